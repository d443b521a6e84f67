"""Which format a chat template or a tokenizer belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.registry import get_format

if TYPE_CHECKING:
    from fcformat.formats.templates.template_format import TemplateFormat

__all__ = ["detect_format", "format_from_template"]


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


def detect_format(tokenizer: Any) -> Format:
    raise FormatError("")
