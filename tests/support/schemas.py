"""Random JSON schemas for property tests, over a set of keywords that the caller chooses.

The pools of names, patterns and numbers are small on purpose, so that keywords meet each other: a pattern that an enum's string
matches, a property that is also required, two bounds on one number. References never loop in place (`{"$ref": "#"}`), which no
validator survives; they do loop through properties and items.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn
Schema = Any

FIRST = frozenset(
    (
        *("type", "enum", "const", "anyOf", "allOf", "$ref"),
        *("properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern"),
    )
)
MORE = frozenset(
    (
        *("not", "oneOf", "if", "multipleOf", "format", "uniqueItems", "contains", "unevaluatedItems"),
        *(
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "dependentRequired",
            "dependentSchemas",
        ),
    )
)
SUPPORTED = FIRST | MORE

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NAMES = ("a", "b", "ab", "é", 'q"\\', "")
STRINGS = (*NAMES, "abc", "aa", "ba", "10", "😀", "a😀", "\n", "天气")
PATTERNS = (
    *(
        "^a",
        "b$",
        "^[a-c]*$",
        "^(ab|c)+$",
        "^\\d{2,3}$",
        "^.{0,3}$",
        "[^a]",
        "^a?b{1,2}$",
        "é|😀",
        "^$",
        "\\u0061",
        "^\\S+$",
    ),
    *("^(a|b)*a(a|b){2}$", '"', "\\\\", "^[^b]*$", "^a.*b$", "(^|x)a", "^\\w{1,2}\\s"),
)
FORMATS = ("date", "ipv4", "uuid", "x-unknown")
NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    10,
    12,
    99,
    100,
    -10,
    -12,
    0.5,
    -0.5,
    1.5,
    0.1,
    2.25,
    -2.75,
    0.001,
    1e3,
    1e21,
    10**20,
    -(10**20),
)
DIVISORS = (1, 2, 3, 7, 10, 0.5, 0.1, 0.25, 1.5)

numbers = st.sampled_from(NUMBERS)
sizes = st.integers(0, 3)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(STRINGS))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)


class _Scope:
    """The keywords to use, and the definitions that a reference may name here."""

    def __init__(self, keywords: frozenset[str], names: tuple[str, ...], in_place: tuple[str, ...]) -> None:
        self.keywords = keywords
        self.names = names
        self.in_place = in_place

    def inside(self) -> _Scope:
        """The scope of a property or an item, where every definition may be named."""
        return _Scope(self.keywords, self.names, self.names)

    def pick(self, draw: Draw, *keywords: str) -> list[str]:
        """Some of these keywords, of those that are in use."""
        known = [keyword for keyword in keywords if keyword in self.keywords]
        return draw(st.lists(st.sampled_from(known), unique=True, max_size=3)) if known else []


@st.composite
def schemas(draw: Draw, keywords: frozenset[str] = SUPPORTED) -> dict[str, Schema]:
    """A schema of draft 2020-12 that uses the given keywords, with up to two definitions."""
    count = draw(st.sampled_from((0, 0, 1, 2))) if "$ref" in keywords else 0
    names = tuple(f"d{index}" for index in range(count))
    root = _schema(draw, _Scope(keywords, names, names), 3)
    schema: dict[str, Schema] = {"allOf": [root]} if isinstance(root, bool) else root
    for index, name in enumerate(names):
        schema.setdefault("$defs", {})[name] = _schema(draw, _Scope(keywords, names, names[index + 1 :]), 2)
    return schema


def _schema(draw: Draw, scope: _Scope, depth: int) -> Schema:
    if depth <= 0:
        leaf = draw(st.sampled_from(("scalar", "scalar", "const", "true", "ref")))
    else:
        leaf = draw(
            st.sampled_from(("typed",) * 6 + ("combined",) * 3 + ("scalar", "const", "enum", "true", "false", "ref"))
        )
    if leaf == "ref" and scope.in_place:
        schema: dict[str, Schema] = {"$ref": f"#/$defs/{draw(st.sampled_from(scope.in_place))}"}
        if draw(st.integers(0, 3)) == 0:
            schema.update(_typed(draw, scope, depth - 1))
        return schema
    if leaf == "const":
        return {"const": draw(values)}
    if leaf == "enum":
        return {"enum": draw(st.lists(values, min_size=1, max_size=4))}
    if leaf == "true":
        return draw(st.sampled_from((True, {})))
    if leaf == "false":
        return False
    if leaf == "combined":
        return _combined(draw, scope, depth)
    return _typed(draw, scope, depth if leaf == "typed" else 0)


def _combined(draw: Draw, scope: _Scope, depth: int) -> Schema:
    schema: dict[str, Schema] = _typed(draw, scope, depth - 1) if draw(st.booleans()) else {}
    for keyword in scope.pick(draw, "anyOf", "allOf", "oneOf", "not", "if")[:2]:
        if keyword == "not":
            schema["not"] = _schema(draw, scope, depth - 2)
        elif keyword == "if":
            for part in ("if", *draw(st.sampled_from((("then",), ("else",), ("then", "else"))))):
                schema[part] = _schema(draw, scope, depth - 2)
        else:
            schema[keyword] = [_schema(draw, scope, depth - 1) for _ in range(draw(st.integers(1, 3)))]
    return schema


def _typed(draw: Draw, scope: _Scope, depth: int) -> dict[str, Schema]:
    types = draw(st.lists(st.sampled_from(TYPES if depth > 0 else TYPES[:5]), unique=True, min_size=1, max_size=2))
    schema: dict[str, Schema] = {}
    if draw(st.integers(0, 9)) > 0:
        schema["type"] = types[0] if len(types) == 1 else types
    for kind in types:
        if kind in ("integer", "number"):
            _number(draw, scope, schema)
        elif kind == "string":
            _string(draw, scope, schema)
        elif kind == "array":
            _array(draw, scope, schema, depth)
        elif kind == "object":
            _object(draw, scope, schema, depth)
    if "enum" in scope.keywords and draw(st.integers(0, 9)) == 0:
        schema["enum"] = draw(st.lists(values, min_size=1, max_size=4))
    return schema


def _number(draw: Draw, scope: _Scope, schema: dict[str, Schema]) -> None:
    for keyword in scope.pick(draw, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        schema[keyword] = draw(st.sampled_from(DIVISORS) if keyword == "multipleOf" else numbers)


def _string(draw: Draw, scope: _Scope, schema: dict[str, Schema]) -> None:
    pools = {"pattern": st.sampled_from(PATTERNS), "format": st.sampled_from(FORMATS)}
    for keyword in scope.pick(draw, "minLength", "maxLength", "pattern", "format"):
        schema[keyword] = draw(pools.get(keyword, sizes))


def _array(draw: Draw, scope: _Scope, schema: dict[str, Schema], depth: int) -> None:
    inside = scope.inside()
    for keyword in scope.pick(
        draw, "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"
    ):
        if keyword in ("minItems", "maxItems"):
            schema[keyword] = draw(sizes)
        elif keyword == "uniqueItems":
            schema[keyword] = True
        elif keyword == "prefixItems":
            schema[keyword] = [_schema(draw, inside, depth - 1) for _ in range(draw(st.integers(1, 2)))]
        else:
            schema[keyword] = _schema(draw, inside, depth - 1)
            if keyword == "contains" and draw(st.booleans()):
                schema[draw(st.sampled_from(("minContains", "maxContains")))] = draw(sizes)


def _object(draw: Draw, scope: _Scope, schema: dict[str, Schema], depth: int) -> None:
    inside = scope.inside()
    names = st.sampled_from(NAMES)
    for keyword in (
        "properties",
        *scope.pick(draw, "required", "additionalProperties"),
        *scope.pick(
            draw,
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "dependentRequired",
            "dependentSchemas",
        ),
    ):
        if keyword == "required":
            known = list(schema.get("properties", ())) or ["a"]
            schema[keyword] = draw(st.lists(st.sampled_from(known) | names, unique=True, max_size=2))
        elif keyword in ("minProperties", "maxProperties"):
            schema[keyword] = draw(sizes)
        elif keyword == "dependentRequired":
            schema[keyword] = draw(st.dictionaries(names, st.lists(names, unique=True, max_size=2), max_size=2))
        elif keyword in ("properties", "patternProperties", "dependentSchemas"):
            keys = draw(
                st.lists(
                    st.sampled_from(PATTERNS) if keyword == "patternProperties" else names, unique=True, max_size=3
                )
            )
            place = scope if keyword == "dependentSchemas" else inside
            schema[keyword] = {key: _schema(draw, place, depth - 1) for key in keys}
        else:
            schema[keyword] = draw(st.just(False)) if draw(st.booleans()) else _schema(draw, inside, depth - 1)
