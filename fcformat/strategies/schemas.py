"""`json_schemas`: random JSON schemas of any draft, over the keywords that the caller chooses.

The pools of names, patterns and numbers are small on purpose, so that keywords meet each other: a pattern that an enum's string
matches, a property that is also required, two bounds on one number. References loop through properties and items, never in
place (`{"$ref": "#"}`), which no validator survives. Whether a schema has any valid value is not promised.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

__all__ = ["DRAFTS", "json_schemas", "keywords_of"]

Schema = Any

#: The drafts and the URI by which a schema says that it is of one.
DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}
_ORDER = tuple(DRAFTS)
_ALL = frozenset(
    (
        *("type", "enum", "anyOf", "allOf", "oneOf", "not", "$ref"),
        *("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"),
        *("items", "minItems", "maxItems", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format"),
    )
)
_SINCE = {
    "6": ("const", "contains", "propertyNames"),
    "7": ("if",),
    "2019-09": ("dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "minContains"),
    "2020-12": ("prefixItems",),
}

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_NAMES = ("a", "b", "ab", "name", "é", 'q"\\', "")
_STRINGS = (*_NAMES, "abc", "aa", "ba", "10", "😀", "\n", "天气")
_PATTERNS = (
    *("^a", "b$", "^[a-c]*$", "^(ab|c)+$", r"^\d{2,3}$", "^.{0,3}$", "[^a]", "^a?b{1,2}$", "é|😀", "^$", "^[^b]*$"),
    *(r"^\S+$", "^(a|b)*a(a|b){2}$", '"', r"\\", "^a.*b$", r"^\w{1,2}\s", "^(?!a)", "(?=.*b)a"),
)
_FORMATS = ("date", "date-time", "ipv4", "uuid", "email", "x-unknown")
_NUMBERS = (0, 1, -1, 2, 3, 10, 12, 99, 100, -10, 0.5, -0.5, 1.5, 0.1, 2.25, -2.75, 0.001, 1e21, 10**20)
_DIVISORS = (1, 2, 3, 7, 10, 0.5, 0.1, 0.25, 1.5)

_numbers = st.sampled_from(_NUMBERS)
_sizes = st.integers(0, 3)
_names = st.sampled_from(_NAMES)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, st.sampled_from(_STRINGS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=5,
)


def keywords_of(draft: str) -> frozenset[str]:
    """The keywords that `json_schemas` can use in a draft.

    Raises:
        ValueError: There is no such draft.
    """
    if draft not in DRAFTS:
        raise ValueError(f"draft: found {draft!r}, expected one of {', '.join(DRAFTS)}")
    since = [word for name in _ORDER[: _ORDER.index(draft) + 1] for word in _SINCE.get(name, ())]
    older = ("additionalItems", "dependencies") if _ORDER.index(draft) < _ORDER.index("2019-09") else ()
    return _ALL | set(since) | set(older)


def json_schemas(
    draft: str = "2020-12", keywords: Collection[str] | None = None, max_depth: int = 3
) -> st.SearchStrategy[Schema]:
    """Schemas of one draft, with up to two definitions that refer to each other.

    Args:
        draft: One of `DRAFTS`; all but the newest are named in the schema's `$schema`.
        keywords: Use these alone; default: all of the draft's that are known here (`keywords_of`).
        max_depth: How deep subschemas nest.

    Raises:
        ValueError: There is no such draft, or a keyword is not one of its.
    """
    known = keywords_of(draft)
    chosen = known if keywords is None else frozenset(keywords)
    if unknown := sorted(chosen - known):
        raise ValueError(f"keywords: found {', '.join(unknown)}, expected some of {', '.join(sorted(known))}")
    return _schemas(draft, tuple(sorted(chosen)), max_depth)


def _draw_schema(draw: st.DrawFn, draft: str, keywords: tuple[str, ...], max_depth: int) -> Schema:
    count = draw(st.sampled_from((0, 0, 1, 2))) if "$ref" in keywords else 0
    names = tuple(f"d{index}" for index in range(count))
    writer = _Writer(draw, draft, frozenset(keywords), names)
    root = writer.schema(max_depth, names)
    schema: dict[str, Schema] = root if isinstance(root, dict) and "$ref" not in root else {"allOf": [root]}
    if draft != "2020-12":
        schema = {"$schema": DRAFTS[draft], **schema}
    for index, name in enumerate(names):  # in place, a definition refers to later ones alone
        schema.setdefault(writer.definitions, {})[name] = writer.schema(max_depth - 1, names[index + 1 :])
    return schema


_draw_schema.__name__ = "json_schemas"
_schemas = st.composite(_draw_schema)


class _Writer:
    """Writes schemas of one draft with the given keywords."""

    def __init__(self, draw: st.DrawFn, draft: str, keywords: frozenset[str], names: tuple[str, ...]) -> None:
        self._draw = draw
        self._draft = _ORDER.index(draft)
        self._keywords = keywords
        self._names = names
        self.definitions = "$defs" if self._draft >= _ORDER.index("2019-09") else "definitions"
        self._booleans = draft != "4"

    def schema(self, depth: int, in_place: tuple[str, ...]) -> Schema:
        """A schema; `in_place`: the definitions that it may refer to without a value in between."""
        draw = self._draw
        kinds = (
            ("typed", "const", "ref")
            if depth <= 0
            else ("typed",) * 6 + ("combined",) * 3 + ("const", "enum", "free", "ref")
        )
        kind = draw(st.sampled_from(kinds))
        if kind == "ref" and in_place:
            reference = {"$ref": f"#/{self.definitions}/{draw(st.sampled_from(in_place))}"}
            # Beside a reference, older drafts ignore everything.
            alone = self._draft < _ORDER.index("2019-09") or draw(st.integers(0, 3)) > 0
            return reference if alone else {**self._typed(depth - 1), **reference}
        if kind == "const" and "const" in self._keywords:
            return {"const": draw(_values)}
        if kind == "enum" and "enum" in self._keywords:
            return {"enum": draw(st.lists(_values, min_size=1, max_size=4, unique_by=repr))}
        if kind == "free":
            return draw(st.sampled_from((True, {}, False) if self._booleans else ({},)))
        return self._combined(depth, in_place) if kind == "combined" else self._typed(depth)

    def _inside(self, depth: int) -> Schema:
        """The schema of a member or an item, where every definition may be named."""
        return self.schema(depth, self._names)

    def _pick(self, *keywords: str) -> list[str]:
        known = [keyword for keyword in keywords if keyword in self._keywords]
        return self._draw(st.lists(st.sampled_from(known), unique=True, max_size=3)) if known else []

    def _combined(self, depth: int, in_place: tuple[str, ...]) -> dict[str, Schema]:
        draw = self._draw
        schema = self._typed(depth - 1) if draw(st.booleans()) else {}
        for keyword in self._pick("anyOf", "allOf", "oneOf", "not", "if")[:2]:
            if keyword == "not":
                schema["not"] = self.schema(depth - 2, in_place)
            elif keyword == "if":
                for part in ("if", *draw(st.sampled_from((("then",), ("else",), ("then", "else"))))):
                    schema[part] = self.schema(depth - 2, in_place)
            else:
                schema[keyword] = [self.schema(depth - 1, in_place) for _ in range(draw(st.integers(1, 3)))]
        return schema

    def _typed(self, depth: int) -> dict[str, Schema]:
        draw = self._draw
        types = draw(
            st.lists(st.sampled_from(_TYPES if depth > 0 else _TYPES[:5]), unique=True, min_size=1, max_size=2)
        )
        schema: dict[str, Schema] = {}
        if "type" in self._keywords and draw(st.integers(0, 9)) > 0:
            schema["type"] = types[0] if len(types) == 1 else types
        for kind in types:
            if kind in ("integer", "number"):
                self._number(schema)
            elif kind == "string":
                self._string(schema)
            elif kind == "array":
                self._array(schema, depth)
            elif kind == "object":
                self._object(schema, depth)
        return schema

    def _number(self, schema: dict[str, Schema]) -> None:
        for keyword in self._pick("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
            if keyword.startswith("exclusive") and self._draft == 0:  # draft 4: says whether the bound is outside
                schema[keyword.removeprefix("exclusive").lower()] = self._draw(_numbers)
                schema[keyword] = True
            else:
                schema[keyword] = self._draw(st.sampled_from(_DIVISORS) if keyword == "multipleOf" else _numbers)

    def _string(self, schema: dict[str, Schema]) -> None:
        pools = {"pattern": st.sampled_from(_PATTERNS), "format": st.sampled_from(_FORMATS)}
        for keyword in self._pick("minLength", "maxLength", "pattern", "format"):
            schema[keyword] = self._draw(pools.get(keyword, _sizes))

    def _array(self, schema: dict[str, Schema], depth: int) -> None:
        draw = self._draw
        for keyword in self._pick(
            *("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"),
            *("unevaluatedItems",),
        ):
            if keyword in ("minItems", "maxItems"):
                schema[keyword] = draw(_sizes)
            elif keyword == "uniqueItems":
                schema[keyword] = True
            elif keyword in ("prefixItems", "additionalItems"):
                place = "prefixItems" if keyword == "prefixItems" else "items"
                schema[place] = [self._inside(depth - 1) for _ in range(draw(st.integers(1, 2)))]
                if keyword == "additionalItems":
                    schema[keyword] = self._inside(depth - 1)
            else:
                schema[keyword] = self._inside(depth - 1)
                if keyword == "contains" and "minContains" in self._keywords and draw(st.booleans()):
                    schema[draw(st.sampled_from(("minContains", "maxContains")))] = draw(_sizes)

    def _object(self, schema: dict[str, Schema], depth: int) -> None:
        draw = self._draw
        first = ("properties",) if "properties" in self._keywords else ()
        for keyword in (
            *first,
            *self._pick("required", "additionalProperties"),
            *self._pick(
                *("patternProperties", "propertyNames", "minProperties", "maxProperties", "dependencies"),
                *("dependentRequired", "dependentSchemas", "unevaluatedProperties"),
            ),
        ):
            if keyword == "required":
                known = list(schema.get("properties", ())) or ["a"]
                schema[keyword] = draw(st.lists(st.sampled_from(known) | _names, unique=True, min_size=1, max_size=2))
            elif keyword in ("minProperties", "maxProperties"):
                schema[keyword] = draw(_sizes)
            elif keyword in ("dependentRequired", "dependencies"):
                lists = st.lists(_names, unique=True, min_size=1, max_size=2)
                schema[keyword] = draw(st.dictionaries(_names, lists, max_size=2))
            elif keyword in ("properties", "patternProperties", "dependentSchemas"):
                pool = st.sampled_from(_PATTERNS) if keyword == "patternProperties" else _names
                keys = draw(st.lists(pool, unique=True, max_size=3))
                place = self._in_object if keyword == "dependentSchemas" else self._inside
                schema[keyword] = {key: place(depth - 1) for key in keys}
            else:
                closed = (self._booleans or keyword == "additionalProperties") and draw(st.booleans())
                schema[keyword] = False if closed else self._inside(depth - 1)

    def _in_object(self, depth: int) -> Schema:
        """A schema of the same value: without references, which could lead back here."""
        return self.schema(depth, ())
