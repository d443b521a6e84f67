"""Which format a chat template or a tokenizer belongs to."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_format import CallFormat
from fcformat.formats.losses import FormatLossWarning
from fcformat.formats.registry import get_format, list_formats

if TYPE_CHECKING:
    from fcformat.formats.templates.template_format import TemplateFormat

__all__ = ["detect_format", "format_from_template"]

_DAY = datetime.date(2025, 1, 15)
_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place <now>.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": 'Städte & "Orte"'},
                "days": {"type": "integer", "minimum": 1},
            },
            "required": ["place"],
        },
    },
}
_USER = {"role": "user", "content": "What's the weather in Zürich?"}
_CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {
            "id": "call00001",
            "type": "function",
            "function": {"name": "get_weather", "arguments": {"place": "Zürich", "days": 2}},
        }
    ],
}
_RESULT = {"role": "tool", "tool_call_id": "call00001", "name": "get_weather", "content": '{"sky": "blue"}'}
#: Conversations in which formats differ: with and without a system message and tools, calls and their results, and the
#: history of a second round.
_CONVERSATIONS: tuple[tuple[list[dict[str, Any]], list[dict[str, Any]]], ...] = (
    ([_USER], []),
    ([{"role": "system", "content": "Be brief."}, _USER, {"role": "assistant", "content": "It is fine."}, _USER], []),
    ([_USER], [_WEATHER]),
    ([{"role": "system", "content": "Be brief."}, _USER, _CALL, _RESULT], [_WEATHER]),
    ([_USER, {**_CALL, "content": None}, _RESULT], [_WEATHER]),
    ([_USER, _CALL, _RESULT, {"role": "assistant", "content": "It is blue."}, _USER], [_WEATHER]),
    ([_USER, {"role": "assistant", "content": "It is.", "reasoning_content": "Blue?"}, _USER], []),
)
#: Losses of a template that make its text no measure for others.
_DISTORTED = re.compile(r"leaves the call out|missing content")
#: Fewest conversations that a format must write as a template does.
MIN_COMPARED = 3
#: Variables that change prompts, and values that formats which know them must render alike.
_OPTIONS: Mapping[str, tuple[Any, ...]] = {
    "enable_thinking": (True, False),
    "thinking": (True, False),
    "reasoning_effort": ("low", "high"),
    "tools_in_user_message": (True, False),
}


def format_from_template(
    chat_template: str,
    bos_token: str | None = None,
    eos_token: str | None = None,
    *,
    call_format: str | Format | None = None,
    control_tokens: Iterable[str] | None = None,
    variables: Mapping[str, Any] | None = None,
    name: str = "template",
) -> TemplateFormat:
    """A format whose prompts are what a chat template renders.

    The text is what transformers' `apply_chat_template` gives, to the byte. What is the template's own in it, and what
    came from messages and tools, is followed through the template, so that only the template can write control tokens
    and the assistant's turns are known for training. How the model writes calls is told from how the template writes
    them; it can be named where that shows nothing.

    Args:
        chat_template: The text of the Jinja template.
        bos_token: The tokenizer's, which templates print.
        eos_token: The tokenizer's, which templates print and models end with.
        call_format: The format in whose call syntax the model writes, by name; by default what the template shows.
        control_tokens: The control tokens of the model's vocabulary; by default everything that is spelled like one.
        variables: Further texts of the tokenizer that the template may print, such as `pad_token`.
        name: A name for the format, for errors.

    Raises:
        FormatError: The template cannot be compiled, or there is no such call format.
        ImportError: jinja2 is not installed.
    """
    try:
        from fcformat.formats.templates.chat_template import ChatTemplate
        from fcformat.formats.templates.template_format import TemplateFormat
    except ModuleNotFoundError as error:
        if error.name != "jinja2":
            raise
        raise ImportError("chat templates need jinja2: pip install 'fcformat[jinja]'") from error
    template = ChatTemplate(chat_template, {**(variables or {}), "bos_token": bos_token, "eos_token": eos_token})
    named = get_format(call_format) if isinstance(call_format, str) else call_format
    return TemplateFormat(template, name=name, call_format=named, control_tokens=control_tokens, eos_token=eos_token)


def detect_format(tokenizer: Any, *, call_format: str | Format | None = None) -> Format:
    """The format of a tokenizer.

    A format with its own prompts is chosen where it writes the prompts of the tokenizer's chat template, to the byte, in
    conversations that tell formats apart; else the template is a format of its own, see `format_from_template`. A tokenizer
    without a template is known by the model's name.

    Args:
        tokenizer: A transformers tokenizer or processor.
        call_format: The format in whose call syntax the model writes, where the template does not show it.

    Raises:
        FormatError: The tokenizer has no chat template and its name is not known, or the template cannot be compiled.
        ImportError: jinja2 is not installed.
    """
    name = str(getattr(tokenizer, "name_or_path", "") or "")
    source = getattr(tokenizer, "chat_template", None)
    if isinstance(source, dict):  # several templates by name: transformers takes this one where there are tools
        source = source.get("tool_use") or source.get("default")
    if not source:
        try:
            return get_format(name)
        except FormatError as error:
            raise FormatError(
                f"tokenizer: found no chat template, and {name!r} is no model of a known family; name its format with "
                "get_format()"
            ) from error
    if not hasattr(tokenizer, "special_tokens_map"):
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor's
    special = getattr(tokenizer, "special_tokens_map", {})
    variables = {key: str(text) for key, text in special.items() if isinstance(text, str)}
    added = {*getattr(tokenizer, "get_added_vocab", dict)(), *map(str, getattr(tokenizer, "all_special_tokens", ()))}
    controls = added or None
    bos, eos = variables.pop("bos_token", None), variables.pop("eos_token", None)
    rendered = format_from_template(
        source,
        bos,
        eos,
        call_format=call_format,
        control_tokens=controls,
        variables=variables,
        name=name or "template",
    )
    if call_format is None:
        native = _same_prompts(rendered)
        if native is not None:
            return native
        if rendered.call_format is None and name:
            try:
                by_name = get_format(name)
            except FormatError:
                return rendered
            return format_from_template(
                source, bos, eos, call_format=by_name, control_tokens=controls, variables=variables, name=name
            )
    return rendered


def _same_prompts(template: TemplateFormat) -> Format | None:
    """The format that writes this template's prompts, `None` if there is none."""
    candidates = [each for each in map(get_format, list_formats()) if not isinstance(each, CallFormat)]
    compared = 0
    for messages, tools, options in _comparisons(template):
        expected = _rendered(template, messages, tools, {"arguments": template.probes({}).arguments, **options})
        if expected is None:
            continue  # what the template refuses or loses tells nothing about those that do not
        compared += 1
        candidates = [each for each in candidates if _rendered(each, messages, tools, options) == expected]
        if not candidates:
            return None
    if compared < MIN_COMPARED:
        return None
    # Siblings that write these conversations alike differ in the options that they know.
    unread = [name for name in _OPTIONS if name not in template.template.reads]
    surplus = {each.name: sum(_knows(each, option) for option in unread) for each in candidates}
    named = [each for each in candidates if _is_called(each, template.name)]
    return min(named or candidates, key=lambda each: surplus[each.name])


def _knows(each: Format, option: str) -> bool:
    return _rendered(each, [_USER], [], {option: _OPTIONS[option][0]}) is not None


def _is_called(each: Format, name: str) -> bool:
    try:
        return get_format(name) is each
    except FormatError:
        return False


def _comparisons(
    template: TemplateFormat,
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]]:
    settings: list[dict[str, Any]] = [{}]
    for name, values in _OPTIONS.items():
        if name in template.template.reads:
            settings += [{name: value} for value in values]
    for options in settings:
        for messages, tools in _CONVERSATIONS:
            yield messages, tools, options


def _rendered(
    each: Format, messages: list[dict[str, Any]], tools: list[dict[str, Any]], options: dict[str, Any]
) -> tuple[str, str] | None:
    """The text with and without the generation prompt."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FormatLossWarning)
            without, prompt = (
                each.render(messages, tools, ask, date=_DAY, on_loss="drop", **options) for ask in (False, True)
            )
    except FormatError:
        return None
    if any(_DISTORTED.search(loss) for loss in prompt.losses):
        return None
    return without.text, prompt.text
