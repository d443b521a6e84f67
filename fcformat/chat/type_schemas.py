"""JSON schemas of Python types: what a JSON value must be so that it can be passed where the type is expected.

A `SchemaBuilder` collects the classes that it meets (dataclasses, `TypedDict`s, pydantic models, type aliases) as
definitions, so that a class that contains itself is a `$ref` and no endless text. Types that have no JSON form raise;
nothing is loosened to "any value" in silence. Signatures of functions are in `callables`.
"""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import enum
import inspect
import json
import re
import types
import typing
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from fcformat.chat._checks import json_copy
from fcformat.chat.docstrings import parse_docstring
from fcformat.chat.references import PREFIX, reachable, rename
from fcformat.chat.schema_parts import (
    add_default,
    annotated,
    described,
    enumeration,
    is_required,
    special_form,
    union_of,
)
from fcformat.errors import FormatError

__all__ = ["SchemaBuilder", "type_hints"]

_SIMPLE: dict[type, dict[str, str]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    datetime.time: {"type": "string", "format": "time"},
    datetime.timedelta: {"type": "string", "format": "duration"},
    uuid.UUID: {"type": "string", "format": "uuid"},
}
_ARRAYS = frozenset(
    (
        *(list, collections.deque, collections.abc.Sequence, collections.abc.MutableSequence),
        *(collections.abc.Collection, collections.abc.Iterable),
    )
)
_SETS = frozenset((set, frozenset, collections.abc.Set, collections.abc.MutableSet))
_OBJECTS = frozenset((dict, collections.OrderedDict, collections.abc.Mapping, collections.abc.MutableMapping))


class SchemaBuilder:
    """Builds schemas that share one set of definitions.

    Attributes:
        definitions: The schemas of the classes met so far, for `$defs` at the root.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._adopted: dict[tuple[str, str], str] = {}

    def of(self, hint: Any, where: str) -> dict[str, Any]:
        """A new schema of a type.

        Args:
            hint: The type, with forward references resolved.
            where: Start of error messages.

        Raises:
            FormatError: The type has no JSON form that this knows.
        """
        origin = typing.get_origin(hint)
        if origin is None:
            return self._plain(hint, where)
        arguments = typing.get_args(hint)
        if origin is typing.Annotated:
            return annotated(self.of(arguments[0], where), hint.__metadata__)
        if origin in (typing.Union, types.UnionType):
            return union_of([self.of(member, where) for member in arguments])
        if origin is typing.Literal:
            return enumeration(arguments, where)
        if special_form(origin) in ("Required", "NotRequired", "ReadOnly", "Final"):
            return self.of(arguments[0], where)
        if origin is tuple and arguments[1:] != (Ellipsis,) and hint is not typing.Tuple:  # noqa: UP006
            if arguments in ((), ((),)):
                return {"type": "array", "maxItems": 0}
            items = [self.of(item, where) for item in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return self._collection(origin, arguments, where)

    def properties(
        self,
        parameters: Iterable[inspect.Parameter],
        hints: Mapping[str, Any],
        descriptions: Mapping[str, str],
        where: str,
    ) -> dict[str, Any]:
        """The schema of an object that holds the arguments of a call by keyword.

        Args:
            parameters: The parameters. Those with a default are not required.
            hints: Type of each parameter that has one; the others take any value.
            descriptions: Description of each parameter that has one and whose type does not describe it.
            where: Start of error messages.

        Raises:
            FormatError: A parameter cannot be passed by keyword, or its type has no JSON form.
        """
        properties: dict[str, Any] = {}
        required: list[str] = []
        additional: Any = False
        for parameter in parameters:
            name = parameter.name
            place = f"{where}: parameter {name!r}"
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                kind = "*args" if parameter.kind is parameter.VAR_POSITIONAL else "a positional-only parameter"
                raise FormatError(f"{place}: found {kind}, expected a parameter that can be passed by name")
            schema = self.of(hints.get(name, Any), place)
            if parameter.kind is parameter.VAR_KEYWORD:
                if name in descriptions:
                    schema.setdefault("description", descriptions[name])
                additional = schema or True
                continue
            default = parameter.default
            if callable(getattr(default, "is_required", None)) and hasattr(default, "description"):
                schema = annotated(schema, (default,))  # a pydantic `Field(...)` as the default
                default = parameter.empty if default.is_required() else default.default
            if default is None:
                schema = union_of([schema, {"type": "null"}])
            if name in descriptions:
                schema.setdefault("description", descriptions[name])
            if default is parameter.empty:
                required.append(name)
            else:
                add_default(schema, default)
            properties[name] = schema
        built: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            built["required"] = required
        built["additionalProperties"] = additional
        return built

    def _plain(self, hint: Any, where: str) -> dict[str, Any]:
        """The schema of a type that is not a parametrised one."""
        if hint is None:
            return {"type": "null"}
        if hint is Any or hint is object:
            return {}
        if isinstance(hint, dataclasses.InitVar):
            return self.of(hint.type, where)
        if isinstance(hint, typing.TypeVar):
            if hint.__constraints__:
                return union_of([self.of(member, where) for member in hint.__constraints__])
            return {} if hint.__bound__ is None else self.of(hint.__bound__, where)
        if hasattr(hint, "__supertype__"):  # NewType
            return self.of(hint.__supertype__, where)
        if not isinstance(hint, type):
            if hasattr(hint, "__value__"):  # a `type` statement, which may refer to itself
                return self._defined(hint, lambda: self.of(hint.__value__, where))
            raise FormatError(f"{where}: found the type {hint!r}, which has no JSON schema")
        if hint in _SIMPLE:
            return dict(_SIMPLE[hint])
        if issubclass(hint, enum.Enum):
            return enumeration(list(hint), where)
        if callable(getattr(hint, "model_json_schema", None)):
            return self._pydantic(hint, where)
        if dataclasses.is_dataclass(hint):
            return self._defined(hint, lambda: self._dataclass(hint, where))
        if issubclass(hint, dict) and hasattr(hint, "__required_keys__"):
            return self._defined(hint, lambda: self._typed_dict(hint, where))
        return self._collection(hint, (), where)

    def _collection(self, origin: Any, arguments: tuple[Any, ...], where: str) -> dict[str, Any]:
        """The schema of a list, set, mapping or tuple of any length with these type arguments; none: any items."""
        if origin is tuple or origin in _ARRAYS or origin in _SETS:
            schema: dict[str, Any] = {"type": "array"}
            items_schema = self.of(arguments[0], where) if arguments else {}
            if items_schema:
                schema["items"] = items_schema
            if origin in _SETS:
                schema["uniqueItems"] = True
            return schema
        if origin in _OBJECTS:
            schema = {"type": "object"}
            if arguments:
                keys, values = self.of(arguments[0], where), self.of(arguments[1], where)
                kinds = {"string"} if not keys else keys.get("type")
                if kinds not in ("string", {"string"}):
                    raise FormatError(f"{where}: found a mapping with keys {arguments[0]!r}, expected strings")
                if set(keys) - {"type", "description"}:
                    schema["propertyNames"] = keys
                if values:
                    schema["additionalProperties"] = values
            return schema
        raise FormatError(f"{where}: found the type {origin!r}, which has no JSON schema")

    def _defined(self, hint: Any, build: typing.Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """A reference to the definition of a class, which is built when it is first met."""
        if hint not in self._names:
            name = self._names[hint] = self._free_name(hint.__name__)
            self.definitions[name] = {}  # holds the place while the class refers to itself
            self.definitions[name] = build()
        return {"$ref": PREFIX + self._names[hint]}

    def _free_name(self, wanted: str) -> str:
        wanted = re.sub(r"[^A-Za-z0-9_.-]", "_", wanted)
        name, number = wanted, 1
        while name in self.definitions:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _dataclass(self, hint: Any, where: str) -> dict[str, Any]:
        where = f"{where}: {hint.__name__}"
        text = hint.__doc__ or ""
        if text.startswith(f"{hint.__name__}("):  # what `dataclasses` writes where there is no docstring
            text = ""
        docstring = parse_docstring(text)
        descriptions = dict(docstring.parameters)
        for field in dataclasses.fields(hint):
            if isinstance(field.metadata.get("description"), str):
                descriptions[field.name] = field.metadata["description"]
        schema = self.properties(
            inspect.signature(hint).parameters.values(), type_hints(hint, where), descriptions, where
        )
        return described(schema, docstring.description)

    def _typed_dict(self, hint: Any, where: str) -> dict[str, Any]:
        where = f"{where}: {hint.__name__}"
        docstring = parse_docstring(hint.__doc__)
        hints = type_hints(hint, where)
        properties: dict[str, Any] = {}
        required: list[str] = []
        for name, value in hints.items():
            properties[name] = self.of(value, f"{where}: key {name!r}")
            if name in docstring.parameters:
                properties[name].setdefault("description", docstring.parameters[name])
            if is_required(value, name in hint.__required_keys__):
                required.append(name)
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False
        return described(schema, docstring.description)

    def _pydantic(self, model: Any, where: str) -> dict[str, Any]:
        """A reference to a pydantic model's own schema, whose definitions become definitions here."""
        if model in self._names:
            return {"$ref": PREFIX + self._names[model]}
        schema = json_copy(model.model_json_schema(), f"{where}: {model.__name__}")
        definitions = schema.pop("$defs", {})
        reference = schema.get("$ref", "")
        if reference.startswith(PREFIX) and len(schema) == 1:
            root = reference[len(PREFIX) :]
        else:
            root = model.__name__
            while root in definitions:
                root += "_"
            definitions[root] = schema
        renamed: dict[str, str] = {}
        added: list[str] = []
        for name in [root, *definitions]:
            # Two definitions are one where they and everything that they refer to are written the same.
            key = (name, json.dumps({part: definitions[part] for part in reachable(name, definitions)}))
            if key not in self._adopted:
                self._adopted[key] = self._free_name(name)
                self.definitions[self._adopted[key]] = {}
                added.append(name)
            renamed[name] = self._adopted[key]
        for name in added:
            self.definitions[renamed[name]] = rename(definitions[name], renamed)
        self._names[model] = renamed[root]
        return {"$ref": PREFIX + renamed[root]}


def type_hints(owner: Any, where: str) -> dict[str, Any]:
    """The resolved type hints of a function or class, `Annotated` kept.

    Raises:
        FormatError: A forward reference cannot be resolved.
    """
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except (AttributeError, NameError, SyntaxError, TypeError) as error:
        raise FormatError(f"{where}: found type hints that cannot be resolved ({error})") from error
