"""Tools as objects of LangChain and LlamaIndex: definitions to bind to a model, without the function behind them.

Each package is imported when its objects are made, and not before. Reading such objects needs neither.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from fcformat.chat import Tool
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.shape import TOOLS
from fcformat.records.tools import ToolRecords, object_schema

__all__ = ["TOOL_OBJECTS"]


def _langchain(tool: Tool, where: str, policy: LossPolicy) -> Any:
    try:
        from langchain_core.tools import StructuredTool
    except ImportError as error:
        raise FormatError(f"{where}: objects of LangChain need its package: pip install langchain-core") from error
    _state(tool, where, policy)
    return StructuredTool(
        name=tool.name, description=tool.description or "", args_schema=object_schema(tool, where), func=None
    )


def _llamaindex(tool: Tool, where: str, policy: LossPolicy) -> Any:
    try:
        from llama_index.core.tools import FunctionTool, ToolMetadata
    except ImportError as error:
        raise FormatError(f"{where}: objects of LlamaIndex need its package: pip install llama-index-core") from error
    _state(tool, where, policy)
    schema = json.dumps(object_schema(tool, where))

    class Metadata(ToolMetadata):
        """Metadata whose schema is given, not taken from a model class."""

        def get_parameters_dict(self) -> dict[str, Any]:
            parameters: dict[str, Any] = json.loads(schema)
            return parameters

    def run(**arguments: Any) -> NoReturn:
        raise NotImplementedError(f"{tool.name} is a definition, without a function to call")

    return FunctionTool(fn=run, metadata=Metadata(tool.description or "", name=tool.name, fn_schema=None))


def _state(tool: Tool, where: str, policy: LossPolicy) -> None:
    """States what the objects have no place for."""
    if tool.strict is not None:
        policy.lose("schema", None, f"{where}: strict: found {tool.strict}, which has no place here")
    others = [key for key in tool.function_dict() if key not in ("name", "description", "parameters", "strict")]
    if others:
        policy.lose("fields", None, f"{where}: {', '.join(others)}: found under a key that has no place here")


class ToolObjects(ToolRecords):
    """A list of tool objects of a package."""

    kind = TOOLS

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        module = type(value[0]).__module__ if isinstance(value, (list, tuple)) and value else ""
        return module.partition(".")[0] == self._marks[0]


#: Shapes of tool objects.
TOOL_OBJECTS = (
    ToolObjects("langchain-tools", "LangChain's tool objects (needs langchain-core)", _langchain, ("langchain_core",)),
    ToolObjects(
        "llamaindex-tools", "LlamaIndex's tool objects (needs llama-index-core)", _llamaindex, ("llama_index",)
    ),
)
