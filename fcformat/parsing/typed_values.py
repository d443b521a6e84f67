"""What an untyped value means: text between tags, typed by the schema of the parameter that it is given for.

Formats that write strings raw write `5` for the number and for the string; the schema decides. The rule, which grammars
share: where only strings are permitted the text is the value, to the byte; where something else is, text that reads (apart
from white space around it) as JSON of a permitted type other than string is that value; any other text is a string. Where
no string is permitted, what models write beside JSON is put right where one reading is possible, and reported.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fcformat.parsing.cursor import Cursor, Report, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.python_literals import number_as_json
from fcformat.parsing.strings import json_string

__all__ = ["ANYTHING", "PYTHON_WORDS", "TEXT", "Permitted", "SchemaView", "Undecided", "typed_value"]

#: Most schemas that are looked at for one parameter; beyond them anything is permitted.
MAX_SCHEMAS = 2_000

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OF_NUMBERS = re.compile(r"[0-9+\-.eE \t\r\n]*")
_LEADING_ZEROS = re.compile(r"([+-]?)0+(?=[0-9])")
_WORDS = {"null": "null", "true": "boolean", "false": "boolean"}
#: Python's words, and what they stand for.
PYTHON_WORDS = {"None": "null", "True": "true", "False": "false"}
_SPACE = " \t\r\n"
_KINDS_OF = {"number": ("integer", "number")}
_ALL = ("null", "boolean", "integer", "number", "string", "array", "object")


@dataclasses.dataclass(frozen=True, slots=True)
class Permitted:
    """The kinds of value that a schema permits, as far as the reading of text depends on them.

    Attributes:
        kinds: Of `null`, `boolean`, `integer`, `number` (that is no integer), `string`, `array` and `object` those that are
            permitted, each with the only values of it, or `None` for any.
    """

    kinds: Mapping[str, tuple[Any, ...] | None]

    @property
    def only_text(self) -> bool:
        """Whether nothing but strings is permitted."""
        return len(self.kinds) == 1 and "string" in self.kinds

    @property
    def no_text(self) -> bool:
        """Whether no string is permitted, but something else is."""
        return bool(self.kinds) and "string" not in self.kinds

    def permits(self, kind: str, written: str) -> bool:
        """Whether JSON text of this kind is permitted."""
        if kind not in self.kinds:
            return False
        values = self.kinds[kind]
        if values is None or kind in ("array", "object"):
            return True
        try:
            return json.loads(written) in values
        except ValueError:  # an integer of more digits than Python converts
            return False


ANYTHING = Permitted(dict.fromkeys(_ALL))
TEXT = Permitted({"string": None})


class SchemaView:
    """A schema inside a document, looked at through its references."""

    __slots__ = ("_declared", "_items", "_permitted", "_properties", "_root", "_schema", "_undeclared")

    def __init__(self, schema: Any, root: Any = None) -> None:
        """Sets up the view.

        Args:
            schema: The schema.
            root: The document that its references point into; by default the schema itself.
        """
        self._schema = schema
        self._root = schema if root is None else root
        self._permitted: Permitted | None = None
        self._properties: dict[str, SchemaView | None] = {}
        self._declared: frozenset[str] | None = None
        self._undeclared: SchemaView | None = None  # the view of every other property
        self._items: SchemaView | None = None

    @property
    def permitted(self) -> Permitted:
        """The kinds of value that the schema permits."""
        if self._permitted is None:
            self._permitted = _Reading(self._root).permitted(self._schema, frozenset())
        return self._permitted

    def resolved(self) -> Any:
        """What the schema's reference points to; the schema itself where it has none."""
        if not isinstance(self._schema, Mapping) or not isinstance(self._schema.get("$ref"), str):
            return self._schema
        return _Reading(self._root).resolve(self._schema["$ref"])

    def property(self, key: str) -> SchemaView | None:
        """The schema of a property; `None` where the schema says nothing of it."""
        if self._declared is None:
            self._declared = frozenset(_Reading(self._root).declared(self._schema))
            self._undeclared = self._view(_Reading(self._root).below(self._schema, "properties", None))
        if key not in self._declared:
            return self._undeclared
        if key not in self._properties:
            self._properties[key] = self._view(_Reading(self._root).below(self._schema, "properties", key))
        return self._properties[key]

    def declares(self, key: str) -> bool:
        """Whether the schema names a property."""
        self.property(key)
        return self._declared is not None and key in self._declared

    def items(self) -> SchemaView | None:
        """The schema of an array's items; `None` where the schema says nothing of them."""
        if self._items is None:
            self._items = self._view(_Reading(self._root).below(self._schema, "items", None))
        return self._items

    def _view(self, found: list[Any]) -> SchemaView | None:
        """A view of what all of these schemas say."""
        if not found:
            return None
        return SchemaView(found[0] if len(found) == 1 else {"anyOf": found}, self._root)


class _Reading:
    """One walk through a schema, which ends after `MAX_SCHEMAS`."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MAX_SCHEMAS

    def permitted(self, schema: Any, seen: frozenset[str]) -> Permitted:
        self._left -= 1
        if schema is False:
            return Permitted({})
        if not isinstance(schema, Mapping) or self._left < 0:
            return ANYTHING
        result = ANYTHING
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            result = self.permitted(self.resolve(reference), seen | {reference})
        names = schema.get("type")
        if isinstance(names, str) or (isinstance(names, list) and names):
            listed = [names] if isinstance(names, str) else [name for name in names if isinstance(name, str)]
            result = _both(result, Permitted(dict.fromkeys(k for name in listed for k in _KINDS_OF.get(name, (name,)))))
        if isinstance(schema.get("enum"), list):
            result = _both(result, _constants(schema["enum"]))
        if "const" in schema:
            result = _both(result, _constants([schema["const"]]))
        for keyword in ("anyOf", "oneOf"):
            branches = schema.get(keyword)
            if isinstance(branches, list) and branches:
                result = _both(result, _either(self.permitted(branch, seen) for branch in branches))
        if isinstance(schema.get("allOf"), list):
            for branch in schema["allOf"]:
                result = _both(result, self.permitted(branch, seen))
        if schema.get("nullable") is True:  # OpenAPI 3.0
            result = _either((result, Permitted({"null": None})))
        return result

    def below(self, schema: Any, keyword: str, key: str | None) -> list[Any]:
        """The schemas of a property (of one that is not declared: `None`) or of the items, from every branch with any."""
        found: list[Any] = []
        for part in self._parts(schema):
            here = part.get(keyword)
            if keyword == "properties" and isinstance(here, Mapping) and key in here:
                found.append(here[key])
            elif keyword == "properties" and isinstance(part.get("additionalProperties"), Mapping):
                found.append(part["additionalProperties"])
            elif keyword == "items" and isinstance(here, Mapping):
                found.append(here)
        return found

    def declared(self, schema: Any) -> Iterator[str]:
        """The names of the properties that any branch declares."""
        for part in self._parts(schema):
            if isinstance(part.get("properties"), Mapping):
                yield from part["properties"]

    def _parts(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        """The schema and those that it refers to and combines."""
        pending, seen = [schema], set()
        while pending and self._left > 0:
            self._left -= 1
            part = pending.pop()
            if not isinstance(part, Mapping):
                continue
            yield part
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                pending.append(self.resolve(reference))
            for combining in ("allOf", "anyOf", "oneOf"):
                if isinstance(part.get(combining), list):
                    pending.extend(reversed(part[combining]))

    def resolve(self, reference: str) -> Any:
        """What a reference into the document points to; `True`, which permits anything, where that is not known."""
        if not reference.startswith("#"):
            return True
        at: Any = self._root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(at, Mapping) and name in at:
                at = at[name]
            elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
                at = at[int(name)]
            else:
                return True
        return at


def typed_value(
    text: str, permitted: Permitted, report: Report, *, prefer_text: bool = False, python_words: bool = False
) -> str:
    """The JSON that a text means.

    Args:
        text: The value as it was written, without the layout around it.
        permitted: What its schema permits.
        report: Told of what had to be put right.
        prefer_text: Whether the text itself says that it is a string; then it is one wherever strings are permitted.
        python_words: Whether `None`, `True` and `False` are as the format has them, and not put right.
    """
    has_text = "string" in permitted.kinds
    if permitted.only_text or (has_text and prefer_text):
        return json_string(text)
    stripped = text.strip(_SPACE)
    found = _exact(stripped)
    if found is None and not has_text:
        found = _tolerant(stripped, report)
    if found is not None and permitted.permits(*found):
        if stripped in PYTHON_WORDS and not python_words:
            report(f"{stripped} for {found[1]}")
        return found[1]
    if has_text:
        return json_string(text)
    report("a value of a type that its schema does not permit")
    return found[1] if found is not None else json_string(text)


class Undecided:
    """Tells of text that arrives in pieces when it can be nothing but a string, where other values are permitted as well."""

    def __init__(self, permitted: Permitted) -> None:
        """Sets up the beginning of a text.

        Args:
            permitted: What its schema permits, strings among it.
        """
        kinds = permitted.kinds
        spelled = ("null", "None") * ("null" in kinds) + ("true", "false", "True", "False") * ("boolean" in kinds)
        self._words: tuple[str, ...] = spelled
        self._opening = "{" * ("object" in kinds) + "[" * ("array" in kinds)
        self._numbers = "integer" in kinds or "number" in kinds
        self._state = "space"
        self._word = ""

    def feed(self, piece: str) -> bool:
        """Adds a piece; whether the text may still be something else than a string."""
        if self._state == "space":
            piece = piece.lstrip(_SPACE)
            if not piece:
                return True
            self._state = "text"
            if piece[0] in self._opening:
                self._state = "container"
            elif piece[0] in "-0123456789":
                self._state = "number" if self._numbers else "text"
            elif any(word[0] == piece[0] for word in self._words):
                self._state = "word"
        if self._state == "number" and not _OF_NUMBERS.fullmatch(piece):
            self._state = "text"
        elif self._state == "word":
            text = self._word + piece
            word = text.rstrip(_SPACE)
            whole = word == text
            if not any(each.startswith(word) if whole else each == word for each in self._words):
                self._state = "text"
            self._word = word if whole else word + " "
        return self._state != "text"


def _exact(text: str) -> tuple[str, str] | None:
    """Kind and JSON text of a value that is no string; the words of Python count."""
    text = PYTHON_WORDS.get(text, text)
    if text in _WORDS:
        return _WORDS[text], text
    if text[:1] in ("{", "["):
        issues: list[str] = []
        written = _container(text, issues)
        return written if written is not None and not issues else None
    return _number(text) if _NUMBER.fullmatch(text) else None


def _tolerant(text: str, report: Report) -> tuple[str, str] | None:
    """The same for text that cannot be a string: what is almost JSON is put right."""
    if text[:1] in ("{", "["):
        issues: list[str] = []
        written = _container(text, issues)
        if written is None and '\\"' in text:
            issues = ["JSON escaped as in a string"]
            try:
                written = _container(json.loads(f'"{text}"', strict=False), issues)
            except ValueError:
                written = None
        if written is not None:
            for issue in issues:
                report(issue)
        return written
    if text[:1] == '"' and text[-1:] == '"':
        try:
            inner = json.loads(text, strict=False)
        except ValueError:
            return None
        found = _exact(inner.strip(_SPACE)) if isinstance(inner, str) else None
        if found is not None:
            report("a quoted value")
        return found
    number = number_as_json(_LEADING_ZEROS.sub(r"\1", text))
    if number is not None:
        report("a number as JSON does not write it")
        return _number(number)
    return None


def _number(text: str) -> tuple[str, str]:
    """Kind and text of a JSON number."""
    whole, _, exponent = text.lower().partition("e")
    fraction = whole.partition(".")[2].rstrip("0")
    shift = int(exponent) if exponent and len(exponent) < 10 else 0
    # Digits before an exponent may end in zeros that a negative one takes away; such spellings count as fractions.
    return ("integer" if len(fraction) <= shift or not (fraction or exponent) else "number"), text


def _container(text: str, issues: list[str]) -> tuple[str, str] | None:
    """Kind and JSON text of an array or object; what was put right is added to the issues."""
    cursor = Cursor()
    cursor.feed(text)
    cursor.ended = True
    written: list[str] = []

    def note(what: str, offset: int | None = None) -> None:
        issues.append(what)

    try:
        for _ in JSONReader(cursor, note).value(written.append):
            raise AssertionError("a reader waits for text after the end")
    except (Unreadable, Truncated):
        return None
    if cursor.position < len(cursor.buffer):
        return None
    return ("object" if text[0] == "{" else "array"), "".join(written)


def _constants(values: list[Any]) -> Permitted:
    kinds: dict[str, tuple[Any, ...] | None] = {}
    for value in values:
        for kind in _kinds_of_value(value):
            kinds[kind] = (*(kinds.get(kind) or ()), value)
    return Permitted(kinds)


def _kinds_of_value(value: Any) -> tuple[str, ...]:
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, (int, float)):
        whole = isinstance(value, int) or not math.isfinite(value) or value == int(value)
        return ("integer",) if whole else ("number",)
    if isinstance(value, str):
        return ("string",)
    return ("object",) if isinstance(value, Mapping) else ("array",)


def _both(one: Permitted, other: Permitted) -> Permitted:
    kinds: dict[str, tuple[Any, ...] | None] = {}
    for kind, values in one.kinds.items():
        if kind in other.kinds:
            others = other.kinds[kind]
            if values is None or others is None:
                kinds[kind] = others if values is None else values
            else:
                kinds[kind] = tuple(value for value in values if value in others)
    return Permitted(kinds)


def _either(options: Iterable[Permitted]) -> Permitted:
    kinds: dict[str, tuple[Any, ...] | None] = {}
    for option in options:
        for kind, values in option.kinds.items():
            known = kinds.get(kind, ())
            kinds[kind] = None if known is None or values is None else (*known, *values)
    return Permitted(kinds)
