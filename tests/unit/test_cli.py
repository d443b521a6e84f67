"""The command line: what it prints, on which stream, and with which exit code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fcformat
from fcformat.cli import main

TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
            "additionalProperties": False,
        },
    },
}
MESSAGES = [{"role": "user", "content": "10月27日北京天气怎么样"}]
CALL = '<tool_call>\n{"name": "get_current_weather", "arguments": {"location": "北京"}}\n</tool_call>'


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Writes a file, a value as JSON, and returns its path."""

    def write(name: str, value: Any) -> str:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


def test_python_m_fcformat_is_the_command(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "fcformat", "--version"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert run.stdout == f"fcformat {fcformat.__version__}\n"
    assert run.stderr == ""


@pytest.mark.parametrize("command", [[], ["demo"], ["render"], ["parse"], ["mask"], ["formats"]])
def test_help_explains_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command, "--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    assert "usage: fcformat" in text
    assert "Exit codes" in text


def test_formats_lists_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:5] == ["format", "prompts", "read", "back", "reasoning"]
    assert [row.split()[0] for row in rows] == list(fcformat.list_formats())
    about = {row.split()[0]: row for row in rows}
    assert about["qwen3"].split()[1:8] == ["native", "yes", "yes", "yes", "yes", "yes", "-"]
    assert about["mistral-v3-tekken"].split()[1:8] == ["native", "yes", "-", "yes", "yes", "-", "yes"]
    assert about["llama3.1"].split()[1:8] == ["native", "yes", "-", "yes", "-", "-", "-"]
    assert "its template  -" in about["gemma4"]


def test_formats_tells_programs_what_each_supports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats", "--json"]) == 0
    about = {each["name"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(about) == list(fcformat.list_formats())
    assert about["harmony"]["reads_prompts"]
    assert not about["harmony"]["parallel"]
    assert not about["plain"]["calls"]
    assert not about["gemma4"]["native"]
    assert "gpt-oss" in about["harmony"]["aliases"]


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3", "openai"])
def test_render_prints_the_prompt_to_the_byte(name: str, write: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    conversation = write("conversation.json", {"messages": MESSAGES, "tools": [TOOL]})
    assert main(["render", "--format", name, "--add-generation-prompt", conversation]) == 0
    rendered = fcformat.get_format(name).render(MESSAGES, tools=[TOOL], add_generation_prompt=True)
    assert capfdbinary.readouterr().out == rendered.text.encode()


def test_render_reads_a_bare_list_of_messages_from_standard_input(
    stdin: Any, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stdin(json.dumps(MESSAGES).encode())
    assert main(["render", "--format", "qwen2.5", "--tools", write("tools.json", [TOOL])]) == 0
    assert capsys.readouterr().out == fcformat.get_format("qwen2.5").render(MESSAGES, tools=[TOOL]).text


def test_render_prints_segments_that_join_to_the_prompt(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--format", "qwen2.5", "--segments", write("c.json", MESSAGES)]) == 0
    segments = json.loads(capsys.readouterr().out)
    assert "".join(segment["text"] for segment in segments) == fcformat.get_format("qwen2.5").render(MESSAGES).text
    written = [segment["text"] for segment in segments if not segment["control"]]
    assert any(MESSAGES[0]["content"] in text for text in written)
    assert {"text": "<|im_start|>", "control": True, "trainable": False}.items() <= segments[0].items()


def test_parse_prints_the_message_in_openai_shape(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tools = write("tools.json", [TOOL])
    assert main(["parse", "--format", "qwen2.5", "--tools", tools, write("output.txt", CALL)]) == 0
    message = json.loads(capsys.readouterr().out)
    assert message["role"] == "assistant"
    function = message["tool_calls"][0]["function"]
    assert function["name"] == "get_current_weather"
    assert json.loads(function["arguments"]) == {"location": "北京"}


def test_parse_keeps_the_line_breaks_of_standard_input(stdin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stdin(b"one\r\ntwo\rthree\n")
    assert main(["parse", "--format", "qwen2.5"]) == 0
    assert json.loads(capsys.readouterr().out)["content"] == "one\r\ntwo\rthree\n"


def test_parse_strict_refuses_with_exit_code_1(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    broken = write("output.txt", '<tool_call>\n{"name": "get_current_weather", "arguments": {"location": 1')
    assert main(["parse", "--format", "qwen2.5", "--strict", broken]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("fcformat: the text is refused: ")


def test_mask_tells_what_may_come_next(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    schema = write("schema.json", {"enum": ["Paris", "Prague"]})
    assert main(["mask", "--schema", schema, "--text", '"P', "--json", "--limit", "100"]) == 0
    report = json.loads(capsys.readouterr().out)
    texts = {token["text"] for token in report["tokens"]}
    assert {"a", "r"} <= texts
    assert all("aris".startswith(text) or "rague".startswith(text) or '"' in text or "\\" in text for text in texts)
    assert report["allowed"] == len(report["tokens"])
    assert report["complete"] is False


def test_mask_tells_that_a_text_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mask", "--regex", "[0-9]{2,3}", "--text", "12"]) == 0
    assert "complete" in capsys.readouterr().out
    assert main(["mask", "--regex", "[0-9]{2,3}", "--text", "1"]) == 0
    assert "not complete yet" in capsys.readouterr().out


def test_mask_says_where_a_text_is_refused(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    schema = write("schema.json", {"type": "integer", "maximum": 100})
    assert main(["mask", "--schema", schema, "--text", "12x"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "fcformat: the text is refused at character 2: found 'x' after '12'\n"


def test_mask_takes_control_tokens_as_tokens(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--format", "qwen2.5", "--tools", write("tools.json", [TOOL]), "--tool-choice", "required", "--json"]
    assert main(["mask", *arguments]) == 0
    first = json.loads(capsys.readouterr().out)
    assert [token["text"] for token in first["tokens"]] == ["<tool_call>"]
    assert main(["mask", *arguments, "--text", CALL]) == 0
    assert json.loads(capsys.readouterr().out)["complete"] is True


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["parse", "--format", "qwen2.5", "/nowhere/at/all"], "/nowhere/at/all: No such file or directory"),
        (["mask", "--regex", "a", "--tokenizer", "/nowhere"], "/nowhere: found nothing there"),
        (["mask", "--regex", "a("], "("),
        (["render", "--format", "no-such-format", "FILE"], "no-such-format"),
        (["mask", "--schema", "FILE"], "unknown"),
    ],
)
def test_failures_are_one_line_and_exit_code_2(
    command: list[str], complaint: str, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("file.json", {"type": "unknown", "messages": MESSAGES})
    assert main([path if part == "FILE" else part for part in command]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("fcformat: ")
    assert captured.err.count("\n") == 1
    assert complaint in captured.err


def test_json_that_is_none_is_named_with_its_place(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("broken.json", '{"messages": [}')
    assert main(["render", "--format", "qwen2.5", path]) == 2
    assert capsys.readouterr().err == f"fcformat: {path}: not JSON at line 1, column 15: Expecting value\n"


def test_bytes_that_are_not_utf8_are_refused(stdin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stdin(b"abc\xff")
    assert main(["parse", "--format", "qwen2.5"]) == 2
    assert capsys.readouterr().err == "fcformat: standard input: not UTF-8 at byte 3\n"


@pytest.mark.parametrize("command", [[], ["nonsense"], ["demo", "--seeds", "0"], ["mask"], ["parse"]])
def test_wrong_usage_is_exit_code_2(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(command)
    assert exit_.value.code == 2
    assert "usage: fcformat" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m fcformat formats | true"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert run.returncode == 0
    assert run.stderr == ""
