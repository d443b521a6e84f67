"""Generic ReAct: `Action:` and `Action Input:` lines, several pairs for several calls, in ChatML.

The text that tells of the tools is LLaMA-Factory's default tool format, for models that were fine-tuned with it or are only
prompted; it describes parameters one level deep. Thoughts and `Final Answer:`, as LangChain's prompts teach them, are read
and not written. Results follow as `Observation:` lines in the assistant's turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.call_syntax.react_lines import ReActLines
from fcformat.formats.folded_format import FoldedFormat, Folding

__all__ = ["REACT"]

_INSTRUCTION = """You have access to the following tools:
{tools}Use the following format if using a tool:
```
Action: tool name (one of [{names}])
Action Input: the input to the tool, in a JSON format representing the kwargs (e.g. ```{"input": "hello world", "num_beams": 5}```)
```
"""


def _described(tool: Tool) -> str:
    parameters = tool.parameters if isinstance(tool.parameters, Mapping) else {}
    required = parameters.get("required", ())
    lines = []
    for name, schema in parameters.get("properties", {}).items():
        schema = schema if isinstance(schema, Mapping) else {}
        items = schema.get("items")
        lines.append(
            f"  - {name} ({schema.get('type', '')}{', required' if name in required else ''}): "
            f"{schema.get('description', '')}"
            + (f", should be one of [{', '.join(map(str, schema['enum']))}]" if schema.get("enum") else "")
            + (f", where each item should be {items.get('type', '')}" if isinstance(items, Mapping) and items else "")
            + "\n"
        )
    return f"> Tool Name: {tool.name}\nTool Description: {tool.description or ''}\nTool Args:\n{''.join(lines)}\n"


def _told(tools: tuple[Tool, ...], messages: tuple[Message, ...], options: Mapping[str, Any]) -> str:
    names = ", ".join(tool.name for tool in tools)
    return _INSTRUCTION.replace("{names}", names).replace("{tools}", "".join(map(_described, tools)))


REACT = FoldedFormat(
    "react",
    aliases=("generic-react", "llamafactory-default"),
    folding=Folding(
        tell=_told,
        told_in="system",
        observed=("\nObservation:", " "),
        answered="\n",
        resumed="\n",
        continued="\n",
        calls_apart="\n",
    ),
    turn=ReActLines(parallel=True),
    stops=("\nObservation:",),
    opens="",
)
