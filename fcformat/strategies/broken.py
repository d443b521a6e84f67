"""`invalid_for`: values that break exactly one of a schema's constraints, and say which.

For each constraint the schema is rewritten so that this one fails and all others hold: the keyword is taken out where it stands
and its negation put in, and what leads there is made to exist (a property becomes required, an array holds such an item). The
engine then draws values of the rewritten schema like of any other, and knows where there are none: a constraint that another
one implies cannot be broken alone, and is left out.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from fcformat.errors import GrammarLimitError, SchemaError
from fcformat.strategies._source import ValueSource
from fcformat.strategies.values import loaded_schema, source_of

__all__ = ["Invalid", "invalid_for"]

Schema = Any
#: Puts a rewritten subschema where it belongs in the whole.
Rebuild = Callable[[Schema], Schema]
Constraints = Iterator[tuple[str, Schema]]

#: Where the schema itself is found by what is rewritten of it.
_ITSELF = "urn:fcformat:schema"
#: Keywords that say nothing of a value by themselves.
_SILENT = frozenset(
    (
        *("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$comment", "$vocabulary", "$defs"),
        *("definitions", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
        *("then", "else", "minContains", "maxContains", "contentSchema"),
    )
)
#: Keywords that say something in one draft only.
_CONTENT, _DRAFT_WITH_CONTENT = frozenset(("contentEncoding", "contentMediaType")), "draft-07"
_DRAFTS_WITH_LONE_REFERENCES = ("draft-03", "draft-04", "draft-06", "draft-07")
_DRAFTS_WITHOUT_PREFIX = (*_DRAFTS_WITH_LONE_REFERENCES, "2019-09")
_IDENTIFIERS = frozenset(("$id", "id", "$dynamicRef", "$recursiveRef"))
#: Places of a schema that hold values, not schemas.
_VALUES = frozenset(("const", "enum", "default", "examples"))
#: Constraints of one schema, at most, and keywords that lead to one.
_MOST_CONSTRAINTS, _DEEPEST = 400, 12


@dataclasses.dataclass(frozen=True)
class Invalid:
    """A value that a schema refuses, for one reason.

    Attributes:
        value: The value.
        pointer: JSON pointer of the constraint that it breaks: `/properties/age/minimum`. One of several required properties is
            told by its place, `/required/0`. `""`: the schema as a whole, where its parts cannot be told apart.
    """

    value: Any
    pointer: str


def invalid_for(
    schema: Any,
    *,
    resources: Mapping[str, Any] | None = None,
    unknown_formats: str = "ignore",
    assert_content: bool = True,
    limits: Mapping[str, float] | None = None,
) -> st.SearchStrategy[Invalid]:
    """Values that break exactly one constraint of a schema.

    All other constraints hold, so a program that checks its input is asked for each of its checks. A constraint that cannot be
    broken alone (`minLength` beside `enum`) is not broken. An `anyOf`, `oneOf` or `not` is one constraint; `properties`, `items`,
    `allOf` and references are looked into. Schemas with identifiers inside them are broken as a whole.

    Args:
        schema: As `from_schema` takes it.
        resources: As `from_schema`.
        unknown_formats: As `from_schema`.
        assert_content: As `from_schema`.
        limits: As `from_schema`.

    Raises:
        SchemaError: The schema is wrong, or no value breaks one of its constraints alone.
        UnsupportedSchemaError: A keyword is outside what is supported.
        GrammarLimitError: A budget is exceeded.
    """
    plain = loaded_schema(schema)
    known = dict(resources or {})

    def source(of: Any) -> ValueSource:
        return source_of(
            of, resources=known, unknown_formats=unknown_formats, assert_content=assert_content, limits=limits
        )

    if plain is not False:
        source(plain)  # raises what is wrong with it
    known[_ITSELF] = plain
    if isinstance(plain, Mapping) and isinstance(plain.get("$id", plain.get("id")), str):
        known.setdefault(plain.get("$id", plain.get("id")), plain)
    found: list[tuple[str, ValueSource]] = []
    for pointer, rewritten in _broken_one_by_one(plain):
        try:
            breaking = source(rewritten)
            breaking.alternatives(breaking.sampler.root)
            found.append((pointer, breaking))
        except (SchemaError, GrammarLimitError):  # the others imply it, or it is too much to decide
            continue
        if len(found) >= _MOST_CONSTRAINTS:
            break
    if not found:
        raise SchemaError("at the root: no value breaks one constraint of the schema alone")
    return _invalid_for(_Broken(plain, tuple(found)))


class _Broken:
    """A schema, and for each of its constraints what draws values that break it."""

    def __init__(self, schema: Any, constraints: tuple[tuple[str, ValueSource], ...]) -> None:
        self.schema = schema
        self.constraints = constraints

    def __repr__(self) -> str:
        return repr(self.schema)


def _draw_invalid(draw: st.DrawFn, broken: _Broken) -> Invalid:
    pointer, source = broken.constraints[draw(st.integers(0, len(broken.constraints) - 1))]
    return Invalid(source.draw(draw), pointer)


_draw_invalid.__name__ = "invalid_for"  # what a strategy's repr says, so that it can be pasted
_invalid_for = st.composite(_draw_invalid)


def _broken_one_by_one(root: Schema) -> Constraints:
    """Each constraint's pointer, and the schema of the values that break it alone."""
    if not isinstance(root, Mapping):
        if root is False:
            yield "", True
        return
    if _names_things(root):
        yield "", {"not": {"$ref": _ITSELF}}
        return
    dialect = {"$schema": root["$schema"]} if "$schema" in root else {}
    breaker = _Breaker(root)
    body = {key: value for key, value in root.items() if key not in _SILENT or key in ("then", "else")}
    body.update({key: root[key] for key in ("minContains", "maxContains") if key in root})
    for pointer, broken in breaker.visit(body, "", lambda schema: schema, 0, ()):
        yield pointer, {**dialect, "allOf": [_pointing_back(broken)]}


class _Breaker:
    """Walks a schema and rewrites it, one constraint at a time."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        named = str(root.get("$schema", ""))
        self._silent = _SILENT if _DRAFT_WITH_CONTENT in named else _SILENT | _CONTENT
        self._lone_references = any(draft in named for draft in _DRAFTS_WITH_LONE_REFERENCES)
        self._prefix = "items" if any(draft in named for draft in _DRAFTS_WITHOUT_PREFIX) else "prefixItems"

    def visit(self, schema: Schema, pointer: str, rebuild: Rebuild, depth: int, opened: tuple[str, ...]) -> Constraints:
        """All constraints of a schema that stands at a pointer."""
        if schema is False:  # what must not be there is broken by being there
            yield pointer, rebuild(True)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return
        if "$ref" in schema and self._lone_references:
            schema = {"$ref": schema["$ref"]}
        for keyword, content in schema.items():
            where = f"{pointer}/{_escaped(keyword)}"
            if keyword in self._silent:
                continue
            if keyword == "required" and isinstance(content, list):
                for index, name in enumerate(content):
                    rest = {**schema, "required": [other for other in content if other != name]}
                    yield f"{where}/{index}", rebuild(_and(rest, {"type": "object"}, {"not": {"required": [name]}}))
            elif keyword == "$ref":
                yield from self._reference(schema, where, rebuild, depth, opened)
            elif (inside := self._inside(schema, keyword)) is not None:
                for step, inner, put in inside:
                    place = f"{where}{step}"
                    yield from self.visit(inner, place, _through(put, rebuild), depth + 1, opened)
            else:
                for step, broken in _without(schema, keyword):
                    yield f"{pointer}{step}", rebuild(broken)

    def _inside(self, schema: Mapping[str, Any], keyword: str) -> list[tuple[str, Schema, Rebuild]] | None:
        """Subschemas of a keyword that each must hold: where, what, and how a broken one is put in. None: not such a keyword."""
        content = schema[keyword]
        if keyword == "properties":
            return [
                (f"/{_escaped(name)}", inner, functools.partial(_with_property, schema, name))
                for name, inner in content.items()
            ]
        if keyword == "allOf" or keyword == "prefixItems" or (keyword == "items" and isinstance(content, list)):
            fewest = {} if keyword == "allOf" else {"type": "array"}

            def put(index: int, broken: Schema) -> Schema:
                listed = {**schema, keyword: [*content[:index], broken, *content[index + 1 :]]}
                return _and(listed, {**fewest, "minItems": index + 1}) if fewest else listed

            return [(f"/{index}", inner, functools.partial(put, index)) for index, inner in enumerate(content)]
        if keyword == "items":
            return [("", content, functools.partial(self._with_item, schema))]
        return None

    def _with_item(self, schema: Mapping[str, Any], broken: Schema) -> Schema:
        """The first item that `items` is about is broken, the others are not."""
        rest = "items" if self._prefix == "prefixItems" else "additionalItems"
        prefix = list(schema.get("prefixItems", ())) if self._prefix == "prefixItems" else []
        listed = {**schema, rest: schema["items"]}
        listed[self._prefix] = [*prefix, broken]
        return _and(listed, {"type": "array", "minItems": len(prefix) + 1})

    def _reference(
        self, schema: Mapping[str, Any], where: str, rebuild: Rebuild, depth: int, opened: tuple[str, ...]
    ) -> Constraints:
        reference = schema["$ref"]
        target = _target(self._root, reference)
        if target is None or reference in opened:
            for _, broken in _without(schema, "$ref"):
                yield where, rebuild(broken)
            return
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        yield from self.visit(
            target, reference[1:], lambda broken: rebuild(_and(rest, broken)), depth + 1, (*opened, reference)
        )


def _through(first: Rebuild, then: Rebuild) -> Rebuild:
    return lambda broken: then(first(broken))


def _without(schema: Mapping[str, Any], keyword: str) -> Constraints:
    """The schema without a keyword, and with its negation; for keywords of several parts, each of them."""
    content = schema[keyword]
    rest = {key: value for key, value in schema.items() if key != keyword}
    if keyword == "if":
        rest = {key: value for key, value in rest.items() if key not in ("then", "else")}
        for branch, holds in (("then", content), ("else", {"not": content})):
            if branch in schema:
                yield f"/{branch}", _and(rest, holds, {"not": schema[branch]})
    elif keyword == "contains":
        fewest, most = schema.get("minContains", 1), schema.get("maxContains")
        rest = {key: value for key, value in rest.items() if key not in ("minContains", "maxContains")}
        limit = {} if most is None else {"maxContains": most}
        low = {"not": {"contains": content, "minContains": fewest}}
        where = "/minContains" if "minContains" in schema else "/contains"
        yield where, _and(rest, {"contains": content, "minContains": 0, **limit} if limit else {}, low)
        if limit:
            high = {"not": {"contains": content, "minContains": 0, **limit}}
            yield "/maxContains", _and(rest, {"contains": content, "minContains": fewest}, high)
    elif keyword == "patternProperties" or keyword.startswith("depend"):
        for name, inner in content.items():
            others = {**content, name: True} if keyword == "patternProperties" else _less(content, name)
            broken = _and({**rest, keyword: others}, {"not": {keyword: {name: inner}}})
            yield f"/{keyword}/{_escaped(name)}", broken
    elif keyword in ("unevaluatedProperties", "unevaluatedItems"):
        yield f"/{keyword}", _and(rest, {"not": schema})
    else:
        own = {keyword: content}
        if keyword == "contentEncoding":  # what cannot be decoded is of no media type
            rest = _less(rest, "contentMediaType")
        elif keyword == "contentMediaType":
            own.update({"contentEncoding": schema["contentEncoding"]} if "contentEncoding" in schema else {})
        elif keyword == "additionalProperties":
            for named in ("properties", "patternProperties"):
                own.update({named: dict.fromkeys(schema[named], True)} if named in schema else {})
        elif keyword == "additionalItems" and isinstance(schema.get("items"), list):
            own["items"] = [True] * len(schema["items"])
        elif keyword in ("minimum", "maximum"):  # draft 4: a flag beside it says whether it is itself outside
            flag = f"exclusive{keyword.capitalize()}"
            own.update({flag: schema[flag]} if flag in schema else {})
        yield f"/{_escaped(keyword)}", _and(rest, {"not": own})


def _and(schema: Mapping[str, Any], *others: Schema) -> dict[str, Any]:
    """The schema, and all of the others."""
    return (
        {**schema, "allOf": [*schema.get("allOf", ()), *(other for other in others if other != {})]}
        if others
        else dict(schema)
    )


def _less(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != name}


def _with_property(schema: Mapping[str, Any], name: str, broken: Schema) -> Schema:
    listed = {**schema, "properties": {**schema["properties"], name: broken}}
    return _and(listed, {"type": "object", "required": [name]})


def _target(root: Mapping[str, Any], reference: Any) -> Schema | None:
    """What a local JSON pointer names; `None` for all other references."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")) or "%" in reference:
        return None
    at: Any = root
    for token in reference[2:].split("/") if len(reference) > 1 else ():
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(at, Mapping) and token in at:
            at = at[token]
        elif isinstance(at, list) and token.isdigit() and int(token) < len(at):
            at = at[int(token)]
        else:
            return None
    return at


def _pointing_back(schema: Schema) -> Schema:
    """A copy whose local references lead into the schema as it was."""
    if isinstance(schema, list):
        return [_pointing_back(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    out = {}
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str) and value.startswith("#"):
            out[key] = _ITSELF + value
        else:
            out[key] = value if key in _VALUES else _pointing_back(value)
    return out


def _names_things(root: Mapping[str, Any]) -> bool:
    """Whether a schema inside has an identifier of its own, or references depend on how they are reached."""
    pending = [value for key, value in root.items() if key not in _VALUES]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if any(isinstance(part.get(name), str) for name in _IDENTIFIERS):
                return True
            pending.extend(value for key, value in part.items() if key not in _VALUES)
        elif isinstance(part, list):
            pending.extend(part)
    return any(name in root for name in ("$dynamicRef", "$recursiveRef"))


def _escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
