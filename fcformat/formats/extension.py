"""The next prompt behind a sampled reply, without rendering history again.

What follows a turn of the assistant does not depend on what the turn says, only on what is in it: text, calls, reasoning. So a
stand-in of the same shape is rendered with and without the new messages; the difference is what follows the reply. Where
rendering with them changes the stand-in, the format does not keep sampled turns as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fcformat.chat import FunctionCall, Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.rendered import Rendered, Segment
from fcformat.formats.token_text import tokenizer_info_of

if TYPE_CHECKING:
    from fcformat.formats.base import Format

__all__ = ["extended"]

_QUESTION = Message("user", "?")


def extended(
    form: Format,
    prompt_ids: Sequence[int],
    completion_ids: Sequence[int],
    new_messages: tuple[Message, ...],
    tokenizer: Any,
    *,
    tools: tuple[Tool, ...],
    add_generation_prompt: bool,
    keep_history: bool,
    options: Mapping[str, Any],
) -> list[int]:
    """See `Format.extend`."""
    if not new_messages or any(message.role == "assistant" for message in new_messages):
        raise FormatError(
            f"new_messages: found {[message.role for message in new_messages]}, expected results, questions or other messages "
            "that are not the assistant's"
        )
    options = dict(options)
    on_loss = options.pop("on_loss", "raise")
    info = tokenizer_info_of(tokenizer)
    parser = form.stream_parser(tools, prompt=info.decode(prompt_ids).decode("utf-8", "replace"), tokenizer=info)
    parser.feed_ids(completion_ids)
    history = (_QUESTION, _stand_in(parser.finish(), new_messages))
    before = form.render(history, tools, on_loss="drop", **options)
    after = form.render(
        (*history, *new_messages), tools, add_generation_prompt=add_generation_prompt, on_loss="drop", **options
    )
    lost = [loss for loss in after.losses if loss not in before.losses]
    if on_loss == "raise" and any(not loss.startswith("message 1:") for loss in lost):
        raise FormatError(f"{form.name}: {lost[0]} (the new messages begin at message {len(history)})")
    rest = _behind(after.segments, _through_turn(before))
    if rest is None and keep_history:
        rest = _behind(after.segments, _through_turn(after))
    if rest is None:
        raise FormatError(
            f"{form.name}: found that the assistant's turn is written otherwise once {new_messages[0].role!r} follows, "
            "expected it to stay as it was sampled (keep_history=True goes on with the sampled tokens)"
        )
    end = Rendered(_end(before, form.stops)).encode(tokenizer)
    # A text on which generation was stopped, and with which what follows begins, has been sampled.
    reply = info.decode(completion_ids).decode("utf-8", "replace")
    following = "".join(segment.text for segment in rest)
    for stop in map(str.lstrip, form.stops):
        begins = following[: following.find(stop) + len(stop)] if following.lstrip().startswith(stop) else ""
        if begins and reply.endswith(begins):
            rest = _behind(rest, begins) or rest
            break
    tail = Rendered(rest).encode(tokenizer)
    last = completion_ids[-1] if completion_ids else None
    if last in info.stop_token_ids or info.control_tokens.get(last, "") in form.boundaries:
        # The turn has been ended; where the beginning of the next one ends it, that has been sampled as well.
        tail = tail[1:] if not end and tail[:1] == [last] else tail
    else:
        tail = end + tail
    return [*prompt_ids, *completion_ids, *tail]


def _stand_in(reply: Message, new_messages: tuple[Message, ...]) -> Message:
    """A message of the reply's shape, whose calls are those that the new messages answer."""
    results = [message for message in new_messages if message.role == "tool"]
    calls = []
    for index, call in enumerate(reply.tool_calls):
        answered = results[index].tool_call_id if index < len(results) else None
        calls.append(
            dataclasses.replace(
                call, id=answered if answered is not None else call.id, function=FunctionCall(call.function.name, "{}")
            )
        )
    return Message(
        "assistant",
        "." if reply.content else (None if calls else ""),
        tuple(calls),
        reasoning="." if reply.reasoning else None,
    )


def _through_turn(rendered: Rendered) -> str:
    """The text up to the end of what the assistant writes."""
    last = max((place for place, segment in enumerate(rendered.segments) if segment.trainable), default=-1)
    return "".join(segment.text for segment in rendered.segments[: last + 1])


def _behind(segments: tuple[Segment, ...], text: str) -> tuple[Segment, ...] | None:
    """The segments behind this text; `None` if they do not begin with it."""
    at = 0
    for place, segment in enumerate(segments):
        if at == len(text):
            return segments[place:]
        if text.startswith(segment.text, at):
            at += len(segment.text)
        elif segment.text.startswith(text[at:]):
            return (dataclasses.replace(segment, text=segment.text[len(text) - at :]), *segments[place + 1 :])
        else:
            return None
    return () if at == len(text) else None


def _end(rendered: Rendered, stops: tuple[str, ...]) -> tuple[Segment, ...]:
    """What ends the assistant's turn, of what the assistant writes."""
    written = [segment for segment in rendered.segments if segment.trainable]
    return (written[-1],) if written and written[-1].text in stops else ()
