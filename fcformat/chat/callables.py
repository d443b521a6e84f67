"""Python callables and classes as function definitions: the signature gives the schema, the docstring the words.

The definition describes the object of keyword arguments with which the callable is to be called. What cannot be called
that way raises. Nothing is called here, and return annotations say nothing about a call.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from typing import Any

from fcformat.chat._checks import found
from fcformat.chat.docstrings import parse_docstring
from fcformat.chat.references import inline_root
from fcformat.chat.type_schemas import SchemaBuilder, type_hints
from fcformat.errors import FormatError

__all__ = ["function_from_callable"]


def function_from_callable(tool: Any, where: str = "tool") -> dict[str, Any]:
    """The function dict (`name`, `description`, `parameters`) of a callable or class.

    Args:
        tool: A function, a method (`self` and `cls` are not arguments), a `functools.partial`, an object with
            `__call__`, or a class: pydantic model, dataclass, `TypedDict`.
        where: Start of error messages.

    Raises:
        FormatError: It has no name, its arguments cannot be passed by name, or a type has no JSON form.
    """
    if isinstance(tool, type):
        return _from_class(tool, where)
    function = tool
    while isinstance(function, functools.partial):
        function = function.func
    name: object = getattr(function, "__name__", None)
    if name is None:
        name, function = type(function).__name__, function.__call__
    if not isinstance(name, str) or not name.isidentifier():
        raise FormatError(f"{where}: name: found {found(name)}, expected a function with a name of its own")
    where = f"{where} ({name})"
    try:
        parameters = list(inspect.signature(tool).parameters.values())
    except (TypeError, ValueError) as error:
        raise FormatError(f"{where}: found a callable whose signature cannot be read ({error})") from error
    if parameters and parameters[0].name in ("self", "cls") and parameters[0].annotation is parameters[0].empty:
        del parameters[0]
    docstring = parse_docstring(_text(tool, function))
    builder = SchemaBuilder()
    hints = type_hints(inspect.unwrap(function), where)
    schema = builder.properties(parameters, hints, docstring.parameters, where)
    if builder.definitions:
        schema["$defs"] = builder.definitions
    return _definition(name, docstring.description, schema)


def _from_class(tool: type, where: str) -> dict[str, Any]:
    typed_dict = issubclass(tool, dict) and hasattr(tool, "__required_keys__")
    pydantic = callable(getattr(tool, "model_json_schema", None))
    if not (pydantic or typed_dict or dataclasses.is_dataclass(tool)):
        raise FormatError(
            f"{where}: found the class {tool.__name__}, expected a function, a pydantic model, a dataclass or a TypedDict"
        )
    builder = SchemaBuilder()
    schema = inline_root(builder.of(tool, f"{where} ({tool.__name__})"), builder.definitions)
    schema.pop("title", None)
    return _definition(tool.__name__, schema.pop("description", None), schema)


def _text(tool: Any, function: Any) -> str | None:
    """The docstring: of the function, or for an object with `__call__` of its method, else of its class."""
    if isinstance(tool, functools.partial) or hasattr(tool, "__name__"):
        return _docstring_of(function)
    return _docstring_of(function) or _docstring_of(type(tool))


def _docstring_of(owner: Any) -> str | None:
    text = getattr(owner, "__doc__", None)
    return text if isinstance(text, str) else None


def _definition(name: str, description: str | None, schema: dict[str, Any]) -> dict[str, Any]:
    definition: dict[str, Any] = {"name": name}
    if description is not None:
        definition["description"] = description
    definition["parameters"] = schema
    return definition
