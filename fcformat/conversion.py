"""Conversion between prompts, records of APIs and datasets, single calls and lists of tools.

Every value is read into the conversation model, written out again, and read back: what the conversation model or the
target cannot carry is stated, and nothing is lost in silence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fcformat.chat import Conversation, Message, Tool, ToolCall, normalize_tools
from fcformat.chat._checks import found, json_copy
from fcformat.errors import FcformatError, FormatError
from fcformat.formats import Format, get_format
from fcformat.formats.losses import Loss, LossPolicy
from fcformat.records import CALL, TOOLS, Record, Shape, detect_record, list_records, record_shape
from fcformat.records.differences import Difference, unstated
from fcformat.records.shape import json_value, policy_for
from fcformat.records.texts import PromptShape, ReplyShape
from fcformat.records.weights import state_weights

__all__ = ["Converted", "convert", "list_shapes"]


@dataclasses.dataclass(frozen=True)
class Converted:
    """A converted value.

    Attributes:
        value: A new value: text where the target is a format, else JSON data.
        losses: What could not be carried, as sentences with a `kind` and, where one message is meant, its index `message`.
        source: The name of the shape that was read.
        fields: What stood beside the conversation, where the target is a prompt, which has no place for it.
    """

    value: Any
    losses: tuple[Loss, ...]
    source: str
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def convert(
    value: Any,
    *,
    source: str | Format | None = None,
    target: str | Format,
    on_loss: str = "raise",
    tools: Iterable[Any] | None = None,
    **options: Any,
) -> Converted:
    """Converts a conversation, a call or a list of tools from one shape into another.

    Args:
        value: Text of a format, a record (JSON data, or its text), or a `Conversation`, `Message`, `ToolCall` or `Tool`s.
            It is not changed.
        source: A format or a record shape, or its name (`list_shapes` lists them). By default it is told from the value,
            which is possible where the value is no text.
        target: What it becomes. Formats give text: of a prompt, or where a call is converted, of the reply that calls.
        on_loss: What to do where something cannot be carried: `"raise"`, `"warn"`, or `"drop"`. Losses stand in the
            result in any case. Some only stand there: ids and names that a target has no place for, JSON that is spelled
            otherwise, fields beside the conversation, and what a publisher's own prompts leave out.
        tools: Tools that are known apart from the value. A conversation that has none gets them; calls of formats
            without types are read by them.
        **options: Of the target's `Format.render`, such as `add_generation_prompt`.

    Raises:
        FormatError: The value is not of the source's shape, the target cannot express it, or something would be lost.
        ParseError: A prompt is not as its format has it.
    """
    if on_loss not in ("raise", "warn", "drop"):
        raise FormatError(f"on_loss: found {on_loss!r}, expected 'raise', 'warn' or 'drop'")
    known = normalize_tools(tools)
    losses: list[str] = []
    reader, content = _read(value, source, target, known, on_loss, losses)
    writer = _shape(target, "target", reader.kind, known, on_loss, options)
    if options and not isinstance(writer, PromptShape):
        raise FormatError(f"{writer.name}: found the option {next(iter(options))!r}, expected none but for prompts")
    if isinstance(content, Record):
        content = _for_target(content, reader, writer, known, policy_for(writer.name, on_loss, losses))
    written: list[str] = []
    writing = policy_for(writer.name, on_loss, written)
    if isinstance(content, Record):
        state_weights(content, writer.weight_key, writing)
    result = writer.write(content, writing)
    losses += written
    policy = policy_for(writer.name, on_loss, losses)
    for kind, index, what in _lost(content, result, writer, written):
        policy.lose(kind, index, what)
    if isinstance(content, Record) and isinstance(result, dict):
        _carry(content.fields, result, writer, policy)
    stated = tuple(each if isinstance(each, Loss) else Loss(each, "format") for each in losses)
    left = content.fields if isinstance(content, Record) and isinstance(result, str) else {}
    return Converted(result, stated, reader.name, left)


def list_shapes() -> tuple[tuple[str, str, str], ...]:
    """Name, kind (`"conversation"`, `"call"` or `"tools"`) and description of every record shape; formats come on top."""
    return tuple((shape.name, shape.kind, shape.about) for shape in list_records())


def _read(
    value: Any,
    source: str | Format | None,
    target: str | Format,
    tools: tuple[Tool, ...],
    on_loss: str,
    losses: list[str],
) -> tuple[Shape[Any], Any]:
    """The shape of the value, and what it holds."""
    held = _held(value)
    if held is not None:
        if source is not None:
            raise FormatError(f"source: found {source!r} beside {found(value)}, expected none: what it is is known")
        return held
    if source is None:
        if isinstance(value, str) and value.lstrip()[:1] not in ("{", "["):
            raise FormatError("source: found a text, which does not tell its format, expected source= to name it")
        value = json_value(value, "value")
        reader = detect_record(value)
    else:
        # A format is prompts and replies; which of them is meant shows in the target.
        wanted = record_shape(target) if isinstance(target, str) else None
        reader = _shape(source, "source", wanted.kind if wanted is not None else None, tools, on_loss, {})
        if not isinstance(reader, (PromptShape, ReplyShape)):
            value = json_value(value, "value")
    return reader, reader.read(value, policy_for(reader.name, on_loss, losses))


def _held(value: Any) -> tuple[Shape[Any], Any] | None:
    """The shape and content of a value of the conversation model itself."""
    openai, call, tools = (_registered(name) for name in ("openai", "openai-message", "openai-tools"))
    if isinstance(value, Conversation):
        return openai, Record(value)
    if isinstance(value, Message):
        return call, value
    if isinstance(value, ToolCall):
        return call, Message("assistant", None, (value,))
    if isinstance(value, (list, tuple)) and value and all(isinstance(each, Tool) for each in value):
        return tools, tuple(value)
    return None


def _shape(
    name: str | Format,
    role: str,
    kind: str | None,
    tools: tuple[Tool, ...],
    on_loss: str,
    options: dict[str, Any],
) -> Shape[Any]:
    """The shape that a name means, where the other side is of this kind (`None`: not known)."""
    shape = record_shape(name) if isinstance(name, str) else None
    if shape is None:
        form = _format(name, role)
        if kind == TOOLS:
            raise FormatError(
                f"{role}: found the format {form.name}, expected a shape of tools: formats print theirs in prompts"
            )
        return ReplyShape(form, tools) if kind == CALL else PromptShape(form, on_loss, options)
    if kind not in (None, shape.kind):
        raise FormatError(f"{role}: found {shape.name}, a shape of a {shape.kind}, expected one of a {kind}")
    return shape


def _format(name: Any, role: str) -> Format:
    if isinstance(name, Format):
        return name
    try:
        return get_format(name)
    except FormatError as error:
        shapes = ", ".join(shape.name for shape in list_records())
        raise FormatError(f"{role}: {error}; or one of {shapes}") from None


def _registered(name: str) -> Shape[Any]:
    shape = record_shape(name)
    assert shape is not None  # a name of this package
    return shape


def _for_target(
    record: Record, reader: Shape[Any], writer: Shape[Any], tools: tuple[Tool, ...], policy: LossPolicy
) -> Record:
    """The record with the tools that are known apart, and without what only the source can say."""
    conversation = record.conversation
    if tools and not conversation.tools:
        conversation = dataclasses.replace(conversation, tools=tools)
    elif tools and tools != conversation.tools:
        raise FormatError("tools: found tools beside those of the conversation, expected either")
    prompt = dict(record.prompt)
    if isinstance(writer, PromptShape):
        if not (isinstance(reader, PromptShape) and reader.form is writer.form):
            # Options of one family mean nothing to another; that a reply is asked for does.
            prompt = {key: each for key, each in prompt.items() if key == "add_generation_prompt"}
    for key in record.prompt.keys() - (prompt if isinstance(writer, PromptShape) else {}).keys():
        policy.lose("prompt", None, f"{key}={record.prompt[key]!r}, as the prompt was written, is not carried on")
    return Record(conversation, record.fields, prompt, record.weights)


def _lost(content: Any, result: Any, writer: Shape[Any], stated: list[str]) -> Iterator[Difference]:
    """What is missing where the result is read back, and has not been stated."""
    if isinstance(writer, PromptShape) and not writer.reads:
        return
    try:
        after = writer.read(result, policy_for(writer.name, "drop", []))
    except FcformatError as error:
        yield "unreadable", None, f"the result cannot be read back: {error}"
        return
    if isinstance(content, Record):
        yield from unstated(content.conversation, after.conversation, stated)
    elif isinstance(content, Message):
        yield from unstated(Conversation((content,)), Conversation((after,)), stated)
    else:
        yield from unstated(Conversation((), content), Conversation((), after), stated)


def _carry(fields: Mapping[str, Any], result: dict[str, Any], writer: Shape[Any], policy: LossPolicy) -> None:
    """Adds what the record held beside its conversation, but for keys that mean something in the target."""
    for key, value in fields.items():
        try:
            meant = key in result or key not in writer.read({**result, key: value}, policy_for("", "drop", [])).fields
        except FcformatError:
            meant = True
        if meant:
            policy.lose(
                "fields", None, f"{key}: found beside the conversation, under a key with a meaning of its own here"
            )
        else:
            result[key] = json_copy(value, f"record: {key}")
