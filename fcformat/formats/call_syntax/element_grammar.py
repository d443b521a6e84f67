"""The grammar of arguments as nested elements: what a schema permits, as far as elements can be held to it.

Values that are no elements are held to their schema by the engine. Of schemas of elements, those are covered that name their
members and items; what else they say is refused, lest it be ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fcformat import grammar as g
from fcformat.errors import FormatError
from fcformat.json_style import DUMPS
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.typed_values import SchemaView

__all__ = ["ITEM", "ElementGrammar", "quoted_members"]

#: The key of an array's items.
ITEM = "item"
#: Most properties that may be generated in any order; more of them come in the schema's.
MAX_FREE = 8
#: Keywords that the grammar of elements puts into effect, and those that say nothing of validity.
_COVERED = frozenset(("type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems"))
_SILENT = frozenset(
    ("title", "description", "default", "examples", "$defs", "definitions", "$schema", "$comment", "$id")
)


class ElementGrammar:
    """Grammars of elements with one control token before every tag."""

    def __init__(self, token: str) -> None:
        """Sets up the grammars.

        Args:
            token: The control token before every tag.
        """
        self._token = token

    def members(self, schema: Any, root: Any, where: str, depth: int = 0, *, some: bool = False) -> g.Grammar:
        """The members of an object.

        Args:
            schema: The object's schema.
            root: The document that its references point into.
            where: Names the place in errors.
            depth: How deep it stands.
            some: Whether there must be one at least.

        Raises:
            FormatError: The schema says something that elements cannot be held to while they are generated.
        """
        if schema is True or schema == {}:
            schema = {"type": "object"}
        schema = self._covered(schema, root, where, depth)
        required = frozenset(schema.get("required", ()))
        properties = schema.get("properties", {})
        if not isinstance(properties, Mapping) or required - properties.keys():
            raise FormatError(f"{where}: found required properties that are not declared, expected all declared")
        elements = {
            key: self._element(key, below, root, f"{where}/{key}", depth + 1) for key, below in properties.items()
        }
        if some and not elements:
            raise FormatError(
                f"{where}: found an object without members beside a text, which elements cannot tell apart"
            )
        if len(elements) > MAX_FREE:
            if some and not required:
                raise FormatError(f"{where}: found many optional members beside a text, expected a required one")
            return g.sequence(*(each if key in required else g.optional(each) for key, each in elements.items()))
        return _any_order(elements, required, some=some)

    def _element(self, key: str, schema: Any, root: Any, where: str, depth: int) -> g.Grammar:
        view = SchemaView(schema, root)
        kinds = view.permitted.kinds.keys()
        opened = self._spelled(f"{self._token}<{key}>"), self._spelled(f"{self._token}</{key}>")
        if kinds == {"object"}:
            return g.sequence(opened[0], self.members(schema, root, where, depth), opened[1])
        if kinds == {"array"}:
            return g.sequence(opened[0], self._items(schema, root, where, depth, 0), opened[1])
        if kinds & {"object", "array"}:
            return self._either(key, schema, root, where, depth)
        document = _property_document(key, schema, root)
        syntax = g.TaggedArguments(
            before_key=self._spelled(f"{self._token}<"),
            after_key=g.literal(">"),
            after_value=opened[1],
            excludes=(self._token,),
        )
        return g.schema_value(document, syntax=syntax, style=DUMPS)

    def _items(self, schema: Any, root: Any, where: str, depth: int, least: int) -> g.Grammar:
        covered = self._covered(schema, root, where, depth)
        item = self._element(ITEM, covered.get("items", {"type": "string"}), root, f"{where}/items", depth + 1)
        return g.repeat(item, max(least, covered.get("minItems", 0)), covered.get("maxItems"))

    def _either(self, key: str, schema: Any, root: Any, where: str, depth: int) -> g.Grammar:
        """A value that may be of several kinds, elements among them; each kind in the way it would have alone.

        What is empty reads as a text where that is permitted, else as an array: elements have a child at least there. Where
        null may be, too, it is not written.
        """
        branches = self._branches(schema, root, where)
        kinds = [SchemaView(branch, root).permitted.kinds.keys() for branch in branches]
        if any(len(each) > 1 and each & {"object", "array"} for each in kinds) or not all(kinds):
            raise FormatError(f"{where}: found a schema of text or elements, expected one of either in each branch")
        for kind in ("object", "array"):
            if sum(kind in each for each in kinds) > 1:
                raise FormatError(f"{where}: found more than one schema of an {kind}, expected one beside text")
        texts = sorted(set().union(*kinds) - {"object", "array", "null"})  # null has no spelling beside elements
        opened = self._spelled(f"{self._token}<{key}>"), self._spelled(f"{self._token}</{key}>")
        ways: list[g.Grammar] = []
        if texts:
            ways.append(self._element(key, {"allOf": [schema, {"type": texts}]}, root, where, depth))
        array = any("array" in each for each in kinds)
        for branch, each in zip(branches, kinds):
            if "object" in each:
                some = "string" in texts or array
                if array and ITEM in self._covered(branch, root, where, depth).get("properties", {}):
                    raise FormatError(f"{where}: found the member {ITEM!r} beside an array, whose items are called so")
                ways.append(g.sequence(opened[0], self.members(branch, root, where, depth, some=some), opened[1]))
            elif "array" in each:
                least = int("string" in texts)
                ways.append(g.sequence(opened[0], self._items(branch, root, where, depth, least), opened[1]))
        return g.choice(*ways)

    def _branches(self, schema: Any, root: Any, where: str) -> list[Any]:
        """The schemas of a value that may be of several kinds, one for each of its ways."""
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, Mapping) or "$ref" not in schema or schema.keys() - _SILENT - {"$ref"}:
                break
            schema = SchemaView(schema, root).resolved()
        if isinstance(schema, Mapping):
            for keyword in ("anyOf", "oneOf"):
                if keyword in schema and not schema.keys() - _SILENT - {keyword} and isinstance(schema[keyword], list):
                    return list(schema[keyword])
            if isinstance(schema.get("type"), list):
                return [{**schema, "type": kind} for kind in schema["type"]]
        raise FormatError(f"{where}: found a schema of text or elements, expected anyOf, oneOf or a list of types")

    def _covered(self, schema: Any, root: Any, where: str, depth: int) -> Mapping[str, Any]:
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, Mapping) or "$ref" not in schema or schema.keys() - _SILENT - {"$ref"}:
                break
            schema = SchemaView(schema, root).resolved()
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            raise FormatError(f"{where}: found a schema that is boolean, circular or too deep, expected nested objects")
        for keyword in schema:
            if keyword not in _COVERED and keyword not in _SILENT:
                raise FormatError(
                    f"{where}: found {keyword!r} about elements, expected one of {', '.join(sorted(_COVERED))}"
                )
        return schema

    def _spelled(self, text: str) -> g.Grammar:
        return g.sequence(g.control_token(self._token), g.literal(text[len(self._token) :]))


def _any_order(elements: Mapping[str, g.Grammar], required: frozenset[str], *, some: bool = False) -> g.Grammar:
    """The elements in any order, each at most once, the required ones once: a rule for every set that is left.

    Args:
        elements: The elements by their keys.
        required: The keys that must be there.
        some: Whether there must be one at least.
    """
    keys = tuple(elements)
    definitions: dict[str, g.Grammar] = {f"element {place}": elements[key] for place, key in enumerate(keys)}
    definitions["done"] = g.literal("")
    every = (1 << len(keys)) - 1
    for left in range(1, every + 1):
        options: list[g.Grammar] = [
            g.sequence(g.rule(f"element {place}"), g.rule(_rule(left & ~(1 << place))))
            for place in range(len(keys))
            if left >> place & 1
        ]
        done = not any(left >> place & 1 and key in required for place, key in enumerate(keys))
        if done and not (some and left == every):
            options.append(g.literal(""))
        definitions[_rule(left)] = g.choice(*options)
    return g.rules(definitions, _rule(every))


def _rule(left: int) -> str:
    return f"left {left}" if left else "done"


def quoted_members(schema: Any, plain: g.TaggedArguments, quoted: g.TaggedArguments) -> g.Grammar | None:
    """The members of an object whose strings stand as they are or between marks; `None` for schemas that say more of it.

    Args:
        schema: The object's schema.
        plain: How members are written whose values need no marks.
        quoted: How strings are written between marks.
    """
    if not isinstance(schema, Mapping) or schema.get("additionalProperties") is not False:
        return None
    properties, required = schema.get("properties"), frozenset(schema.get("required", ()))
    if not isinstance(properties, Mapping) or schema.keys() - _COVERED - _SILENT or required - properties.keys():
        return None
    if not 0 < len(properties) <= MAX_FREE:
        return None
    elements: dict[str, g.Grammar] = {}
    for key, below in properties.items():
        document = _property_document(key, below, schema)
        elements[key] = g.schema_value(document, syntax=plain, style=DUMPS)
        if "string" in SchemaView(below, schema).permitted.kinds:
            document = _property_document(key, {"allOf": [below, {"type": "string"}]}, schema)
            elements[key] = g.choice(elements[key], g.schema_value(document, syntax=quoted, style=DUMPS))
    return _any_order(elements, required)


def _property_document(key: str, schema: Any, root: Any) -> dict[str, Any]:
    """The schema of an object with this one property and nothing else, its references as in their document."""
    alone = {"type": "object", "properties": {key: schema}, "required": [key], "additionalProperties": False}
    return {**_definitions(root), **alone}


def _definitions(root: Any) -> dict[str, Any]:
    """The parts of a schema that references point into."""
    if not isinstance(root, Mapping):
        return {}
    return {key: root[key] for key in ("$defs", "definitions") if key in root}
