"""Checks for users' tools, formats and templates: they pass what is right, and fail what is wrong with a small case."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from fcformat.chat import Message
from fcformat.formats import Format, get_format
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.reading.prompt_text import PromptRead
from fcformat.testing import check_format, check_template, check_tool
from support.tokenizers import small_tokenizer


def test_a_tool_that_takes_everything_that_its_schema_allows_passes() -> None:
    calls = []

    def add(a: int, b: int = 0, note: str | None = None) -> str:
        """Adds.

        Args:
            a: One.
            b: Other.
            note: What for.
        """
        calls.append({"a": a, "b": b, "note": note})
        return str(a + b)

    check_tool(add)
    assert len(calls) > 20
    assert len({call["note"] is None for call in calls}) == 2


def test_a_tool_that_fails_is_shown_with_the_smallest_call() -> None:
    calls = []

    def divide(a: int, b: int) -> float:
        """Divides."""
        calls.append((a, b))
        return a / b

    with pytest.raises(ZeroDivisionError):
        check_tool(divide)
    assert calls[-1] == (0, 0)
    check_tool(divide, allow=(ArithmeticError,))


def test_a_result_that_is_no_json_is_refused() -> None:
    def look(name: str) -> Any:
        """Looks."""
        return {name}

    with pytest.raises(AssertionError, match="which cannot be sent back"):
        check_tool(look)
    check_tool(look, json_result=False)


def test_an_async_tool_is_awaited() -> None:
    seen = []

    async def wait(seconds: float) -> None:
        """Waits."""
        seen.append(seconds)

    check_tool(wait, max_examples=10)
    assert seen


def test_a_tool_may_come_with_its_own_definition() -> None:
    def run(**arguments: Any) -> str:
        return json.dumps(sorted(arguments))

    check_tool(run, definition={"name": "run", "parameters": {"type": "object", "properties": {"x": {"const": 1}}}})


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3", "openai", "mistral-v11-tekken", "qwen3_coder"])
def test_a_format_that_keeps_its_promises_passes(name: str) -> None:
    check_format(name, max_examples=10)


class Forgetful(ConversationFormat):
    """Loses calls when it reads."""

    def parse(self, text: str, *args: Any, **options: Any) -> Message:
        return Message("assistant", text)


def _copy_of(form: Format, kind: type[Format]) -> Format:
    made = object.__new__(kind)
    made.__dict__.update(form.__dict__)
    return made


def test_a_format_that_breaks_a_promise_is_found_out() -> None:
    broken = _copy_of(get_format("qwen2.5"), Forgetful)
    with pytest.raises(AssertionError, match=r"qwen2\.5 reads"):
        check_format(broken, checks=["round_trip"], max_examples=30)
    with pytest.raises(AssertionError, match="as a whole"):
        check_format(broken, checks=["chunking"], max_examples=30)


class Mumbling(ConversationFormat):
    """Loses what users say when it reads a prompt."""

    def _read_prompt(self, text: str) -> PromptRead:
        read = super()._read_prompt(text)
        messages = tuple(message for message in read.conversation.messages if message.role != "user")
        return dataclasses.replace(read, conversation=dataclasses.replace(read.conversation, messages=messages))


def test_a_format_that_reads_its_prompts_wrongly_is_found_out() -> None:
    with pytest.raises(AssertionError, match=r"qwen2\.5 writes what it has read in a prompt otherwise"):
        check_format(_copy_of(get_format("qwen2.5"), Mumbling), checks=["prompts"], max_examples=10)
    check_format("granite", checks=["prompts"], max_examples=1)  # it reads none, and promises nothing of them


CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_template_and_its_own_format_agree() -> None:
    tokenizer = small_tokenizer()
    tokenizer.chat_template = CHATML
    check_template(tokenizer, checks=["render", "injection"], max_examples=10)
    check_template(tokenizer, "qwen2.5", [], checks=["injection", "chunking", "round_trip"], max_examples=10)


def test_a_template_that_is_not_the_formats_is_found_out() -> None:
    tokenizer = small_tokenizer()
    tokenizer.chat_template = CHATML.replace("<|im_end|>\n", "<|im_end|>")
    with pytest.raises(AssertionError, match="render differently"):
        check_template(tokenizer, "qwen2.5", checks=["render"], max_examples=10)


def test_an_unknown_check_is_named() -> None:
    with pytest.raises(ValueError, match="checks: found 'speed', expected some of round_trip"):
        check_format("qwen2.5", checks=["speed"])
