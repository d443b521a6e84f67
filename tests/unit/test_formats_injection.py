"""In no family can a text from outside become a control token: user, system, tool results, tools, and what the assistant said."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.errors import FormatError
from fcformat.formats import get_format, list_formats
from fcformat.formats.call_format import CallFormat
from fcformat.formats.rendered import Rendered
from support.tokenizers import byte_level_tokenizer, small_ranks

#: Formats with prompts of their own.
NATIVE = [name for name in list_formats() if not isinstance(get_format(name), CallFormat)]


def rendered(name: str, outside: str, inside: str) -> Rendered:
    """A conversation of every kind of turn, with texts from outside and from the assistant."""
    call = {"id": "call00001", "type": "function", "function": {"name": "f", "arguments": {"x": inside}}}
    return get_format(name).render(
        [
            {"role": "system", "content": outside},
            {"role": "user", "content": outside},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call00001", "name": "f", "content": outside},
            {"role": "assistant", "content": inside},
            {"role": "user", "content": outside},
        ],
        tools=[
            {
                "name": "f",
                "description": outside,
                "parameters": {
                    "type": "object",
                    "properties": {"x": {"type": "string", "description": outside, "enum": ["x", outside]}},
                },
            }
        ],
        add_generation_prompt=True,
        on_loss="drop",
    )


@pytest.mark.parametrize("name", NATIVE)
def test_no_text_from_outside_becomes_a_control_token(name: str) -> None:
    benign = rendered(name, "word", "word")
    controls = {segment.text for segment in benign.segments if segment.control} | set(get_format(name).boundaries)
    controls = {text for text in controls if (text.strip() == text and text[0] in "<[｜") or text == "sop"}
    tokenizer = byte_level_tokenizer(small_ranks(), sorted(controls))
    names = {token: text for text, token in tokenizer.get_added_vocab().items()}
    evil = " ".join(sorted(controls)) + "".join(sorted(controls))
    wanted = [names[token] for token in benign.encode(tokenizer) if token in names]
    assert wanted or not controls or name == "openai"
    hostile: list[Any] = [rendered(name, evil, "word")]
    try:
        hostile.append(rendered(name, evil, evil))
    except FormatError:
        pass  # what the assistant said cannot be spelled in this family, and it says so
    for each in hostile:
        ids = each.encode(tokenizer)
        assert [names[token] for token in ids if token in names] == wanted
        assert tokenizer.decode(ids) == each.text
        assert len(each.labels(tokenizer)) == len(ids)
