"""Random values that are probably valid under a schema, and random spellings of values.

Nothing here decides validity: a judge does. The generator follows the schema well enough that most of its values are valid, and
spoils some of them on purpose, so that both answers of the engine are asked for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from fcformat.json_style import JSONStyle
from support.schemas import NAMES, NUMBERS, PATTERNS, STRINGS, TYPES, Draw, Schema, values

_matching = {pattern: st.from_regex(pattern).filter(lambda text: text.isprintable()) for pattern in PATTERNS}
# Required members of a schema that refers to itself have no end otherwise.
DEEPEST = 6
_mutants = st.one_of(values, st.text(max_size=3), st.integers(), st.sampled_from([str(number) for number in NUMBERS]))
_FLEXIBLE_GAPS = ("",) * 12 + (" ",) * 4 + ("\n", "\t \r\n", "   ")
_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@st.composite
def instances(draw: Draw, schema: Schema) -> Any:
    """A value that is valid under the schema more often than not. Decimals stand for numbers that are no Python ints."""
    return _value(draw, schema, schema, 0)


def _value(draw: Draw, schema: Schema, root: Schema, depth: int) -> Any:
    if depth > DEEPEST or draw(st.integers(0, 29)) == 29:
        return draw(_mutants)
    flat = _flatten(draw, schema, root, 0)
    if flat is None or not flat:
        return draw(values)
    if "const" in flat:
        return flat["const"]
    if "enum" in flat:
        return draw(st.sampled_from(flat["enum"])) if flat["enum"] else None
    kinds = flat.get("type", TYPES)
    kind = draw(st.sampled_from([kinds] if isinstance(kinds, str) else list(kinds) or ["null"]))
    if kind == "object":
        return _object(draw, flat, root, depth)
    if kind == "array":
        return _array(draw, flat, root, depth)
    if kind == "string":
        return _string(draw, flat)
    if kind in ("integer", "number"):
        return _number(draw, flat, kind)
    return draw(st.booleans()) if kind == "boolean" else None


def _flatten(draw: Draw, schema: Schema, root: Schema, hops: int) -> dict[str, Any] | None:
    """The schema with references and one choice of its alternatives merged in; None where it is a boolean."""
    if isinstance(schema, bool) or hops > 8:
        return None
    flat = {
        k: v for k, v in schema.items() if k not in ("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "$defs")
    }
    parts = list(schema.get("allOf", ()))
    parts += [draw(st.sampled_from(schema[keyword])) for keyword in ("anyOf", "oneOf") if schema.get(keyword)]
    if "$ref" in schema:
        parts.append(root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    if "if" in schema:
        parts += [schema["if"], schema.get("then", True)] if draw(st.booleans()) else [schema.get("else", True)]
    for part in parts:
        _merge(flat, _flatten(draw, part, root, hops + 1) or {})
    return flat


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for keyword, content in other.items():
        if keyword not in into:
            into[keyword] = content
        elif keyword == "properties":
            into[keyword] = {**into[keyword], **content}
        elif keyword == "required":
            into[keyword] = [*into[keyword], *content]
        elif keyword == "type":
            ours = [into[keyword]] if isinstance(into[keyword], str) else into[keyword]
            theirs = [content] if isinstance(content, str) else content
            into[keyword] = [kind for kind in ours if kind in theirs] or ours
        elif keyword == "enum":
            into[keyword] = [value for value in into[keyword] if value in content] or content
        elif keyword.startswith(("min", "exclusiveMin")):
            into[keyword] = max(into[keyword], content)
        elif keyword.startswith(("max", "exclusiveMax")):
            into[keyword] = min(into[keyword], content)


def _object(draw: Draw, flat: dict[str, Any], root: Schema, depth: int) -> dict[str, Any]:
    properties = flat.get("properties", {})
    names = list(dict.fromkeys(flat.get("required", ())))
    if depth < 4 and (optional := [name for name in properties if name not in names]):
        names += draw(st.lists(st.sampled_from(optional), unique=True, max_size=3))
    rest = flat.get("additionalProperties", True)
    fewest = max(flat.get("minProperties", 0) - len(names), 0)
    if rest is not False and depth < 3 and (fewest or draw(st.integers(0, 2)) == 0):
        extra = st.sampled_from(NAMES) | st.sampled_from(STRINGS) | st.text(max_size=2)
        names += [
            name
            for name in draw(st.lists(extra, unique=True, min_size=fewest, max_size=fewest + 1))
            if name not in names
        ]
    order = draw(st.permutations(names)) if draw(st.booleans()) else names
    return {name: _value(draw, properties.get(name, rest), root, depth + 1) for name in order}


def _array(draw: Draw, flat: dict[str, Any], root: Schema, depth: int) -> list[Any]:
    prefix = flat.get("prefixItems", [])
    fewest = flat.get("minItems", 0)
    most = min(flat.get("maxItems", 3 if depth < 3 else 0), 4)
    length = draw(st.integers(fewest, max(most, fewest)))
    if draw(st.integers(0, 14)) == 14:
        length += 1
    rest = flat.get("items", True)
    return [_value(draw, prefix[index] if index < len(prefix) else rest, root, depth + 1) for index in range(length)]


def _string(draw: Draw, flat: dict[str, Any]) -> str:
    if "pattern" in flat and draw(st.integers(0, 4)) < 4:
        return draw(_matching[flat["pattern"]])[:8]
    if draw(st.booleans()):
        return draw(st.sampled_from(STRINGS))
    fewest = flat.get("minLength", 0)
    return draw(
        st.text(st.sampled_from('ab0 \n"\\é天😀') | st.characters(codec="utf-8"), min_size=fewest, max_size=fewest + 2)
    )


def _number(draw: Draw, flat: dict[str, Any], kind: str) -> int | Decimal:
    bounds = [
        Decimal(str(flat[k])) for k in flat if k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    ]
    exact = [Decimal(str(number)) for number in NUMBERS]
    use_bounds = bool(bounds) and draw(st.booleans())
    base = draw(st.sampled_from(bounds if use_bounds else exact))
    value = base + draw(
        st.sampled_from([Decimal(step) for step in ("0", "0", "1", "-1", "0.5", "-0.001", "17", "-17")])
    )
    if "multipleOf" in flat and draw(st.integers(0, 4)) < 4:
        step = Decimal(str(flat["multipleOf"]))
        value = (value // step) * step
    if kind == "integer" and draw(st.integers(0, 9)) < 9:
        value = value.to_integral_value()
    return int(value) if value == value.to_integral_value() else value


# --------------------------------------------------------------------------------------------------------- spelling


@st.composite
def spellings(draw: Draw, value: Any, style: JSONStyle | None = None) -> bytes:
    """A text that spells the value; mostly one that the style allows, as far as numbers are concerned."""
    style = style if style is not None else JSONStyle()
    gaps = [gap for gap in _FLEXIBLE_GAPS if len(gap) <= style.max_whitespace]
    plain = draw(st.booleans())

    def gap(python: str = "") -> str:
        if style.whitespace == "flexible":
            return "" if plain else draw(st.sampled_from(gaps))
        return python if style.whitespace == "python" else ""

    def text(value: Any) -> str:
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, str):
            return _spell_string(draw, value, style)
        if isinstance(value, dict):
            members = [f"{text(key)}{gap()}:{gap(' ')}{text(item)}" for key, item in value.items()]
            return "{" + gap() + f"{gap()},{gap(' ')}".join(members) + (gap() if members and not plain else "") + "}"
        if isinstance(value, list):
            return (
                "["
                + gap()
                + f"{gap()},{gap(' ')}".join(map(text, value))
                + (gap() if value and not plain else "")
                + "]"
            )
        return _spell_number(draw, value)

    return text(value).encode()


def _spell_string(draw: Draw, value: str, style: JSONStyle) -> str:
    escaping = style.escapes == "any" and draw(st.integers(0, 3)) == 0
    out = []
    for char in value:
        way = draw(st.sampled_from(("raw", "short", "unicode"))) if escaping else "raw"
        if way == "unicode" or (way == "raw" and ord(char) < 0x20):
            units = char.encode("utf-16-be")
            hexes = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
            out += [f"\\u{unit.upper() if escaping and draw(st.booleans()) else unit}" for unit in hexes]
        elif char in _SHORT and (way == "short" or char in '"\\'):
            out.append(_SHORT[char])
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def _spell_number(draw: Draw, value: float | Decimal) -> str:
    exact = Decimal(str(value))
    plain = format(exact, "f")
    if exact == exact.to_integral_value():
        plain = plain.split(".")[0]
    way = draw(st.sampled_from(("plain",) * 7 + ("zeros", "exponent", "Exponent", "shifted")))
    if way == "plain":
        return plain
    if way == "zeros":
        return plain + ("0" if "." in plain else ".0")
    sign, digits, exponent = exact.as_tuple()
    assert isinstance(exponent, int)
    if way == "shifted":  # 1.5 as 150e-2
        more = draw(st.integers(0, 3))
        return "-" * sign + ("".join(map(str, digits)) + "0" * more).lstrip("0").rjust(1, "0") + f"e{exponent - more}"
    written = "-" * sign + str(digits[0]) + ("." + "".join(map(str, digits[1:])) if digits[1:] else "")
    power = exponent + len(digits) - 1
    return f"{written}{'e' if way == 'exponent' else 'E'}{'+' if power >= 0 and draw(st.booleans()) else ''}{power}"
