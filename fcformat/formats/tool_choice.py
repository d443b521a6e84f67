"""Which calls a reply may hold: OpenAI's `tool_choice` and `parallel_tool_calls`, resolved against the tools."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import FormatError

__all__ = ["CallPlan", "plan_calls"]


@dataclasses.dataclass(frozen=True, slots=True)
class CallPlan:
    """What a reply may be.

    Attributes:
        tools: The tools that may be called; empty where none may.
        required: Whether the reply must call.
        most: Most calls in the reply, `None` for any number.
    """

    tools: tuple[Tool, ...]
    required: bool = False
    most: int | None = None


def plan_calls(tools: tuple[Tool, ...], tool_choice: Any, parallel_tool_calls: bool | int) -> CallPlan:
    """Resolves a tool choice.

    Args:
        tools: The tools of the conversation.
        tool_choice: `"auto"`, `"none"`, `"required"`, a tool's name, OpenAI's
            `{"type": "function", "function": {"name": ...}}` (one call of that tool), or its
            `{"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required", "tools": [...]}}`.
        parallel_tool_calls: Whether there may be several calls; a number is the most of them.

    Raises:
        FormatError: The choice is none of these, names an unknown tool, or asks for a call where there are no tools.
    """
    if isinstance(parallel_tool_calls, bool):
        most = None if parallel_tool_calls else 1
    elif parallel_tool_calls >= 1:
        most = parallel_tool_calls
    else:
        raise FormatError(f"parallel_tool_calls: found {parallel_tool_calls!r}, expected a bool or a number from 1 on")
    if tool_choice is None or tool_choice == "auto":
        return CallPlan(tools, most=most)
    if tool_choice == "none":
        return CallPlan(())
    if tool_choice == "required":
        if not tools:
            raise FormatError("tool_choice: found 'required', but there are no tools")
        return CallPlan(tools, required=True, most=most)
    if isinstance(tool_choice, Mapping) and tool_choice.get("type") == "allowed_tools":
        allowed = tool_choice.get("allowed_tools", tool_choice)
        names, mode = allowed.get("tools"), allowed.get("mode", "auto")
        if mode not in ("auto", "required") or not isinstance(names, (list, tuple)) or not names:
            raise FormatError(
                f"tool_choice: found {tool_choice!r}, expected allowed_tools with a mode of 'auto' or 'required' and tools"
            )
        chosen = tuple(_named(tools, name) for name in names)
        return CallPlan(chosen, required=mode == "required", most=most)
    return CallPlan((_named(tools, tool_choice),), required=True, most=1)


def _named(tools: tuple[Tool, ...], choice: Any) -> Tool:
    name = choice
    if isinstance(choice, Mapping):
        function = choice.get("function", choice)
        name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(name, str):
        raise FormatError(
            f"tool_choice: found {choice!r}, expected 'auto', 'none', 'required', a tool's name or an object naming one"
        )
    for tool in tools:
        if tool.name == name:
            return tool
    known = ", ".join(repr(tool.name) for tool in tools) or "there are none"
    raise FormatError(f"tool_choice: found the name {name!r}, expected one of the tools: {known}")
