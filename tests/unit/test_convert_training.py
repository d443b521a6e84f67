"""Records for training: Hermes' tags inside of ShareGPT's texts, GLM-4's records, and how much single messages count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import convert
from fcformat.conversion import Converted
from fcformat.errors import FormatError
from fcformat.formats import get_format

BOOKS: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "find_books",
        "description": "Finds books.",
        "parameters": {"type": "object", "properties": {"topics": {"type": "array", "items": {"type": "string"}}}},
    },
}
#: As the publisher's own sample has it.
GLM4: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "", "tools": [BOOKS]},
        {"role": "user", "content": "Any books?"},
        {"role": "assistant", "content": '{"name": "find_books", "arguments": {"topics": ["历史"]}}'},
        {"role": "observation", "content": '{"books": ["Sapiens"]}'},
        {"role": "assistant", "content": "Sapiens."},
    ]
}
#: As in NousResearch's function-calling data: Python's quotes, a line break at the end, several blocks in a turn.
HERMES: dict[str, Any] = {
    "id": "a1",
    "conversations": [
        {"from": "system", "value": "You are a function calling AI model."},
        {"from": "human", "value": "Any books?"},
        {
            "from": "gpt",
            "value": "I look.\n<tool_call>\n{'arguments': {'topics': ['a']}, 'name': 'find_books'}\n</tool_call>\n"
            '<tool_call>\n{"name": "find_books", "arguments": {"topics": ["b"]}}\n</tool_call>\n',
        },
        {
            "from": "tool",
            "value": '<tool_response>\n{"books": 1}\n</tool_response>\n<tool_response>\ntwo\n</tool_response>\n',
        },
        {"from": "gpt", "value": "These."},
    ],
    "tools": json.dumps([BOOKS]),
}


def kinds(converted: Converted) -> set[str]:
    return {loss.kind for loss in converted.losses}


def called(request: Any) -> list[list[tuple[str, Any]]]:
    return [
        [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message["tool_calls"]]
        for message in request["messages"]
        if "tool_calls" in message
    ]


def test_calls_and_results_between_hermes_tags_are_read() -> None:
    converted = convert(HERMES, target="openai")
    assert converted.source == "sharegpt"
    assert kinds(converted) <= {"ids", "spelling"}
    assert called(converted.value) == [[("find_books", {"topics": ["a"]}), ("find_books", {"topics": ["b"]})]]
    roles = [message["role"] for message in converted.value["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert [message["content"] for message in converted.value["messages"][2:5]] == ["I look.", '{"books": 1}', "two"]
    assert converted.value["id"] == "a1"


def test_hermes_tags_are_written_and_read_back() -> None:
    request = convert(HERMES, target="openai").value
    written = convert(request, target="sharegpt-hermes").value
    turns = written["conversations"]
    assert [turn["from"] for turn in turns] == ["system", "human", "gpt", "tool", "gpt"]
    assert turns[2]["value"].startswith(
        'I look.\n<tool_call>\n{"name": "find_books", "arguments": {"topics": ["a"]}}\n'
    )
    assert turns[3]["value"].count("<tool_response>") == 2
    assert called(convert(written, target="openai").value) == called(request)
    plain = convert(written, target="sharegpt").value
    assert [turn["from"] for turn in plain["conversations"]][2:5] == ["gpt", "function_call", "observation"]


def test_what_hermes_models_train_on_is_what_their_format_reads() -> None:
    turns = convert(HERMES, target="sharegpt-hermes").value["conversations"]
    message = get_format("hermes").parse(turns[2]["value"], [BOOKS], strict=True)
    assert [call.function.name for call in message.tool_calls] == ["find_books", "find_books"]


@pytest.mark.parametrize(
    "text", ["The tag <tool_call> begins a call.", '<tool_call>\n{"name": "f", "arguments": {"a": "b']
)
def test_tags_without_a_whole_call_stay_text(text: str) -> None:
    record = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": text}]}
    assert convert(record, target="openai", on_loss="drop").value["messages"][1] == {
        "role": "assistant",
        "content": text,
    }


def test_glm4s_own_sample_is_read_and_written_back() -> None:
    converted = convert(GLM4, target="openai")
    assert converted.source == "glm4-finetune"
    assert converted.value["tools"] == [BOOKS]
    assert called(converted.value) == [[("find_books", {"topics": ["历史"]})]]
    assert [message["role"] for message in converted.value["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert convert(converted.value, target="glm4-finetune").value == GLM4


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "assistant", "content": 'find_books\n{"topics": ["历史"]}'},
        {"role": "assistant", "metadata": "find_books", "content": '{"topics": ["历史"]}'},
    ],
)
def test_glm4s_calls_are_also_read_as_its_server_writes_them(turn: Any) -> None:
    messages = [*GLM4["messages"][:2], turn, *GLM4["messages"][3:]]
    assert convert({"messages": messages}, target="glm4-finetune").value == GLM4


def test_json_that_is_no_call_is_what_glm4_says() -> None:
    for text in ('{"name": "Ann"}', '{"name": "Ann", "arguments": 3}', "{", '{"books": []}'):
        record = {"messages": [GLM4["messages"][0], {"role": "assistant", "content": text}]}
        assert convert(record, target="openai").value["messages"] == [{"role": "assistant", "content": text}]


def test_glm4s_records_become_its_prompt_and_losses_are_stated() -> None:
    prompt = convert(GLM4, target="glm4").value
    assert 'find_books\n{"topics": ["历史"]}' in prompt
    request = convert(HERMES, target="openai").value
    with pytest.raises(FormatError, match="text beside the call"):
        convert(request, target="glm4-finetune")
    back = convert(convert(request, target="glm4-finetune", on_loss="drop").value, target="openai")
    assert called(back.value) == called(request)
    assert back.value["messages"][0] == {"role": "system", "content": "You are a function calling AI model."}
    with pytest.raises(FormatError, match=r"messages\[0\]: role: found 'bot', expected one of"):
        convert({"messages": [{"role": "bot", "content": "a"}]}, source="glm4-finetune", target="openai")


WEIGHTED: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "a", "weight": None},
        {"role": "assistant", "content": "b", "weight": 0},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d", "weight": 1},
    ]
}


def test_weights_of_messages_are_carried_under_each_shapes_key() -> None:
    turns = convert(WEIGHTED, target="sharegpt")
    assert turns.losses == ()
    assert [turn.get("weight") for turn in turns.value["conversations"]] == [None, 0, None, 1]
    records = convert(turns.value, target="chatglm3-finetune").value
    assert [turn.get("loss") for turn in records["conversations"]] == [None, False, None, True]
    back = convert(records, target="openai").value["messages"]
    assert [message.get("weight") for message in back] == [None, 0, None, 1]


def test_a_weight_that_a_target_cannot_write_is_stated() -> None:
    for target in ("anthropic", "qwen2.5", "glm4-finetune", "llamafactory", "alpaca"):
        stated = [loss for loss in convert(WEIGHTED, target=target).losses if loss.kind == "weights"]
        assert [loss.message for loss in stated] == [1]  # what counts fully is what every trainer does
    half = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0.5}]}
    assert convert(half, target="sharegpt").value["conversations"][1]["weight"] == 0.5
    converted = convert(half, target="chatglm3-finetune")
    assert kinds(converted) == {"weights"}
    assert "loss" not in converted.value["conversations"][1]


@pytest.mark.parametrize("given", [{"weight": "high"}, {"weight": -1}, {"weight": 0, "train": True}])
def test_a_weight_that_says_nothing_is_refused(given: Any) -> None:
    with pytest.raises(FormatError, match=r"messages\[0\]"):
        convert([{"role": "assistant", "content": "b", **given}], source="openai", target="sharegpt")
