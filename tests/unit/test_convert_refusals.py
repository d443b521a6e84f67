"""What records of each shape may not hold, and what of them cannot be carried: where it stands, what was found, what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import Conversation, FormatError, Message, Tool, convert
from fcformat.chat import FunctionCall, ToolCall

USER = {"role": "user", "content": "u"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "content": "r", "tool_call_id": "c"}


def turns(*given: Any) -> dict[str, Any]:
    return {"messages": list(given)}


def blocks(role: str, *given: Any) -> dict[str, Any]:
    return turns({"role": role, "content": list(given)})


@pytest.mark.parametrize(
    ("source", "record", "message"),
    [
        ("anthropic", {"messages": 1}, "record: messages: found 1, expected a list"),
        ("anthropic", turns(1), r"messages\[0\]: found 1, expected an object"),
        ("anthropic", turns({"role": "system", "content": "s"}), r"messages\[0\]: role: found 'system', expected 'user' or"),
        ("anthropic", turns({"role": "user", "content": 1}), r"messages\[0\]: content: found 1, expected a string or a list"),
        ("anthropic", blocks("user", "text"), r"content\[0\]: found 'text', expected a block with a type"),
        ("anthropic", blocks("user", {"type": "text"}), r"content\[0\]: text: found None, expected a string"),
        ("anthropic", {**turns(USER), "system": [{"type": "image"}]}, r"system\[0\]: found 'image', expected a block of text"),
        ("anthropic", blocks("assistant", {"type": "tool_use", "input": {}}), r"content\[0\]: name: found None"),
        ("openai", {"tools": []}, "found no 'messages', expected a list of messages"),
        ("openai", {"messages": {}}, "record: messages: found an object, expected a list"),
        ("openai", {**turns(USER), "tools": [{"name": "f"}], "functions": [{"name": "f"}]}, "found both 'tools' and 'functions'"),
        ("alpaca", {"instruction": None}, "found neither 'instruction' nor 'output', expected both"),
        ("alpaca", {"instruction": 1}, "record: instruction: found 1"),
        ("alpaca", {"instruction": "q", "output": "a", "history": {}}, "record: history: found an object, expected a list of pairs"),
        ("alpaca", {"instruction": "q", "output": "a", "history": [["q"]]}, r"record: history\[0\]: found a list, expected two"),
        ("chatglm3-finetune", {"conversations": {}}, "conversations: found an object, expected a list of turns"),
        ("chatglm3-finetune", {"conversations": [{"role": "nobody"}]}, "role: found 'nobody', expected one of"),
        ("chatglm3-finetune", {"conversations": [{"role": "tool", "name": ""}]}, "name: found '', expected a nonempty string"),
        ("chatglm3-finetune", {"conversations": [], "tools": {"a": 1}}, "record: tools: found .*, expected a list"),
        ("sharegpt", {"conversations": [{"from": "function_call", "value": '{"name": 1}'}]}, "name: found 1, expected a nonempty"),
        ("qwen2.5", {"messages": []}, "qwen2.5: found .*, expected the text of a prompt"),
        ("openai-tools", {"name": "f"}, "tools: found .*, expected a list of tools"),
    ],
)  # fmt: skip
def test_a_record_is_refused_where_it_is_wrong(source: str, record: Any, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        convert(record, source=source, target="openai-strict-tools" if source == "openai-tools" else "openai")


@pytest.mark.parametrize(
    ("source", "record", "loss"),
    [
        ("anthropic", {**turns(USER), "max_tokens": 9}, "max_tokens: found a parameter of the request"),
        ("anthropic", blocks("user", {"type": "image", "source": {}}), "content[0]: found a block of type 'image', expected text"),
        ("anthropic", blocks("assistant", {"type": "server_tool_use"}), "content[0]: found a block of type 'server_tool_use'"),
        (
            "anthropic",
            blocks("assistant", {"type": "thinking", "thinking": "t", "signature": "x"}),
            "the signature of the reasoning is not carried on",
        ),
        (
            "anthropic",
            blocks("assistant", {"type": "text", "text": "a"}, {"type": "thinking", "thinking": "t"}),
            "found text or reasoning after a call or a text",
        ),
        (
            "anthropic",
            blocks("user", {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}),
            "cache_control is not carried on",
        ),
        ("openai", {**turns(USER), "temperature": 1}, "temperature: found a parameter of the request"),
        ("openai", turns({**USER, "mood": "good"}), "mood: found 'good' under a key that has no place in a message"),
        (
            "openai",
            turns({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]}),
            "content[1]: found a part of type 'image_url', expected text",
        ),
        ("chatglm3-finetune", {"conversations": [USER], "tools": ["what I do"]}, "tool 0: found a text, 'what I do', expected"),
        (
            "chatglm3-finetune",
            {
                "conversations": [
                    {"role": "assistant", "content": "a", "loss": True},
                    {"role": "tool", "name": "f", "parameters": {}, "observation": {"x": 1}, "loss": False},
                ]
            },
            "a text of weight 1.0 and its call of 0.0 become one message",
        ),
    ],
)  # fmt: skip
def test_what_a_record_holds_beside_a_conversation_is_stated(source: str, record: Any, loss: str) -> None:
    converted = convert(record, source=source, target="openai", on_loss="drop")
    assert any(loss in str(each) for each in converted.losses), converted.losses


def test_a_result_in_anthropics_blocks_is_read() -> None:
    result = {
        "type": "tool_result",
        "tool_use_id": "c",
        "is_error": True,
        "content": [{"type": "text", "text": "no"}, {"type": "image"}],
    }
    silent = {"type": "tool_result", "tool_use_id": "d"}
    record = {
        "system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "messages": [
            USER,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]},
            *blocks("user", result, silent)["messages"],
        ],
    }
    converted = convert(record, target="openai", on_loss="drop")
    assert [(m["role"], m.get("content")) for m in converted.value["messages"]] == [
        ("system", "a"), ("system", "b"), ("user", "u"), ("assistant", None), ("tool", "no"), ("tool", None)
    ]  # fmt: skip
    assert {loss.kind for loss in converted.losses} >= {"is_error", "media"}


def said(*messages: Message, tools: tuple[Tool, ...] = ()) -> Conversation:
    return Conversation(messages, tools)


QUESTION, ANSWER = Message("user", "q"), Message("assistant", "a")
ASKED = Message("assistant", None, (ToolCall(FunctionCall("f", "{}"), "c"),))
GIVEN = Message("tool", "r", tool_call_id="c")


@pytest.mark.parametrize(
    ("target", "conversation", "kinds"),
    [
        ("anthropic", said(Message("developer", "d"), QUESTION, ANSWER, Message("system", "late")), {"roles", "systems"}),
        ("anthropic", said(Message("user", "q", name="Ann"), Message("assistant", "a", reasoning="t")), {"name", "signature"}),
        ("alpaca", said(QUESTION, ASKED, GIVEN, ANSWER), {"calls", "results"}),
        ("alpaca", said(Message("developer", "d"), Message("user", "q", name="Ann"), ANSWER, ANSWER), {"roles", "name", "order"}),
        ("alpaca", said(QUESTION, QUESTION), {"order", "ends"}),
        ("alpaca", said(QUESTION, ANSWER, Message("system", "late"), QUESTION, ANSWER), {"systems"}),
        ("prompt-response", said(QUESTION, ANSWER, QUESTION, ANSWER, tools=(Tool("f"),)), {"messages", "tools"}),
        ("prompt-response", said(Message("system", "s"), QUESTION, ANSWER), {"systems"}),
        (
            "chatglm3-finetune",
            said(Message("developer", "d"), Message("user", "q", name="Ann"), Message("assistant", "a", reasoning="t"), Message("system", "late")),
            {"roles", "name", "reasoning", "systems"},
        ),
        ("chatglm3-finetune", said(QUESTION, GIVEN, ASKED), {"results"}),
        ("llamafactory", said(Message("developer", "d"), QUESTION, ANSWER, Message("system", "late")), {"roles", "systems"}),
        ("llamafactory", said(ANSWER, Message("user", "q", name="Ann")), {"order", "name", "ends"}),
        (
            "llamafactory",
            said(QUESTION, Message("assistant", "now", (*ASKED.tool_calls, *ASKED.tool_calls)), GIVEN, GIVEN, ANSWER),
            {"content", "results"},
        ),
    ],
)  # fmt: skip
def test_what_a_shape_has_no_place_for_is_stated(target: str, conversation: Conversation, kinds: set[str]) -> None:
    converted = convert(conversation, target=target, on_loss="drop")
    assert {loss.kind for loss in converted.losses} >= kinds, converted.losses
    with pytest.raises(FormatError):
        convert(conversation, target=target, on_loss="raise")


def test_the_legacy_shape_has_functions_names_in_place_of_ids() -> None:
    converted = convert(said(QUESTION, ASKED, GIVEN, ANSWER), target="openai-legacy")
    assert {loss.kind for loss in converted.losses} == {"ids"}
    assert converted.value["messages"][2] == {"role": "function", "content": "r", "name": "f"}


def test_a_record_of_no_question_cannot_be_written() -> None:
    with pytest.raises(FormatError, match="found no question, expected at least one"):
        convert(said(ANSWER), target="alpaca", on_loss="drop")


def test_a_result_without_its_call_has_no_functions_name() -> None:
    with pytest.raises(FormatError, match="message 1: found a result of no call, expected the name of its function"):
        convert(said(QUESTION, GIVEN), target="openai-legacy", on_loss="drop")


def test_options_are_for_prompts_alone() -> None:
    with pytest.raises(FormatError, match="found the option 'add_generation_prompt', expected none but for prompts"):
        convert(turns(USER), source="openai", target="alpaca", add_generation_prompt=True)
    with pytest.raises(FormatError, match="on_loss: found 'ignore', expected 'raise', 'warn' or 'drop'"):
        convert(turns(USER), target="openai", on_loss="ignore")
    with pytest.raises(FormatError, match="source: found 'openai' beside"):
        convert(said(QUESTION), source="openai", target="alpaca")
    with pytest.raises(FormatError, match="found a text, which does not tell its format"):
        convert("<|im_start|>user", target="openai")
