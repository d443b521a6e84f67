"""Chat-completions requests as prompts, read back."""

from __future__ import annotations

from fcformat.chat import Conversation
from fcformat.errors import FormatError, ParseError
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.reading.tool_lists import read_json

__all__ = ["read_openai"]


def read_openai(prompt: PromptText) -> PromptRead:
    """Reads a request, and the line break behind it where the model is to answer.

    Raises:
        ParseError: It is none.
    """
    request = read_json(prompt)
    if not isinstance(request, dict):
        prompt.fail("an object with 'messages'", 0)
    generate = prompt.skip("\n")
    if not prompt.at_end():
        prompt.fail("the end of the prompt")
    try:
        return PromptRead(Conversation.from_openai(request), generate)
    except FormatError as error:
        raise ParseError(f"openai: at character 0: {error}") from error
