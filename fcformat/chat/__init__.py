"""The conversation model: messages, tool calls, tools, and what a stream adds. Imports the standard library only."""

from __future__ import annotations

from fcformat.chat.conversation import Conversation
from fcformat.chat.deltas import Delta, FunctionDelta, ToolCallDelta, join_deltas
from fcformat.chat.messages import ROLES, FunctionCall, Message, ToolCall
from fcformat.chat.normalize import normalize_messages, normalize_tools
from fcformat.chat.tools import Tool

__all__ = [
    "ROLES",
    "Conversation",
    "Delta",
    "FunctionCall",
    "FunctionDelta",
    "Message",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "join_deltas",
    "normalize_messages",
    "normalize_tools",
]
