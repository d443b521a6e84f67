"""`fcformat convert`, `render` and `parse` on files, folders and standard input, with records that are wrong among them."""

from __future__ import annotations

import io
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fcformat
from fcformat.cli import main
from fcformat.cli.outputs import results
from fcformat.cli.records import Problem, find_sources
from fcformat.cli.tally import Progress

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
TALK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
CALLING: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "2", "tool_call_id": "c"},
        {"role": "assistant", "content": "Two."},
    ]
}
SHAREGPT = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}


def lines(*values: Any) -> str:
    return "".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values)


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files of every kind, some of their records wrong."""
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    (data / "a.jsonl").write_text(lines(TALK, "{", "", CALLING, {"nothing": 1}), encoding="utf-8")
    (data / "deep" / "b.json").write_text(json.dumps([TALK, CALLING], indent=1), encoding="utf-8")
    (data / "deep" / "c.json").write_text(json.dumps(TALK["messages"]), encoding="utf-8")
    (data / "notes.txt").write_text("no records", encoding="utf-8")
    return data


def test_a_folder_is_converted_file_by_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "out"
    assert main(["convert", "--to", "sharegpt", "--out", str(out), str(folder)]) == 1
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        *("a.jsonl", "deep/b.json", "deep/c.json")
    ]
    first, second = read_lines(out / "a.jsonl")
    assert first == SHAREGPT
    assert second["conversations"][1] == {"from": "function_call", "value": '{"name": "f", "arguments": {"a": 1}}'}
    assert json.loads((out / "deep" / "b.json").read_text(encoding="utf-8"))[0] == SHAREGPT
    assert json.loads((out / "deep" / "c.json").read_text(encoding="utf-8")) == SHAREGPT
    told = capsys.readouterr().err.splitlines()
    assert (
        told[0]
        == f"fcformat: {folder}/a.jsonl:2: not JSON at column 2: Expecting property name enclosed in double quotes"
    )
    assert told[1].startswith(f"fcformat: {folder}/a.jsonl:5: source: found an object of no known shape")
    assert told[2] == "fcformat: 7 read, 5 written, 2 refused"
    assert told[3].startswith(f"fcformat: lost: ids: 2, such as {folder}/a.jsonl:4: ids of calls")
    assert told[4].startswith(f"fcformat: {folder}/deep/b.json:14: ids of calls")


def test_losses_leave_a_record_out_or_are_told_or_only_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(lines(TALK, CALLING), encoding="utf-8")
    command = ["convert", "--to", "alpaca", str(data)]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert captured.out == lines({"instruction": "Hi", "input": "", "output": "Hello"})
    assert f"{data}:2: message 1: found 1 calls" in captured.err
    assert main([*command, "--on-loss", "warn"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert captured.err.count("found 1 calls") == 2  # once told, once as an example
    assert main([*command, "--on-loss", "drop"]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines()[:2] == [
        "fcformat: 2 read, 2 written, 0 refused",
        f"fcformat: lost: calls: 1, such as {data}:2: message 1: found 1 calls, which have no place here; the message is left out",
    ]


def test_strict_stops_at_the_first_record_that_is_wrong_and_writes_no_half_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder.parent / "out"
    out.mkdir()
    (out / "a.jsonl").write_text("what was there before", encoding="utf-8")
    assert main(["convert", "--to", "sharegpt", "--strict", "--out", str(out), str(folder)]) == 1
    assert [path.name for path in out.iterdir()] == ["a.jsonl"]
    assert (out / "a.jsonl").read_text(encoding="utf-8") == "what was there before"
    assert "stopped at the first record" in capsys.readouterr().err


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("before", encoding="utf-8")

    def interrupted() -> None:
        with results(path, "lines") as written:
            written.add({"a": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [each.name for each in tmp_path.iterdir()] == ["out.jsonl"]
    assert path.read_text(encoding="utf-8") == "before"


def test_a_file_may_be_converted_in_place(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines(TALK), encoding="utf-8")
    assert main(["convert", "--to", "sharegpt", "--out", str(path), str(path)]) == 0
    assert read_lines(path) == [SHAREGPT]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (lines(TALK, TALK), lines(SHAREGPT, SHAREGPT)),
        ("\ufeff" + lines("", TALK, TALK), lines(SHAREGPT, SHAREGPT)),
        (json.dumps([TALK, TALK]), lines(SHAREGPT, SHAREGPT)),
        (json.dumps(TALK, indent=2), json.dumps(SHAREGPT, indent=2) + "\n"),
        (json.dumps(TALK), json.dumps(SHAREGPT, indent=2) + "\n"),
        (json.dumps(TALK["messages"], indent=2), json.dumps(SHAREGPT, indent=2) + "\n"),
        ("[]", ""),
    ],
)
def test_standard_input_may_be_lines_a_list_or_one_value(
    text: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    assert main(["convert", "--to", "sharegpt"]) == 0
    assert capsys.readouterr().out == expected


def test_prompts_are_converted_as_texts_and_as_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompt = fcformat.get_format("qwen2.5").render(TALK["messages"]).text
    (tmp_path / "p.txt").write_text(prompt, encoding="utf-8")
    (tmp_path / "p.jsonl").write_text(lines({"text": prompt, "id": 5}, {"id": 6}), encoding="utf-8")
    assert main(["convert", "--from", "qwen2.5", "--to", "sharegpt", str(tmp_path / "p.txt")]) == 0
    turns = json.loads(capsys.readouterr().out)["conversations"]
    assert turns[-2:] == SHAREGPT["conversations"]
    assert main(["convert", "--from", "qwen2.5", "--to", "sharegpt", str(tmp_path / "p.jsonl")]) == 1
    captured = capsys.readouterr()
    (record,) = map(json.loads, captured.out.splitlines())
    assert (record["id"], record["conversations"]) == (5, turns)
    assert "p.jsonl:2: qwen2.5: found an object, expected the text of a prompt" in captured.err


def test_records_become_prompts_under_the_key_text(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text(lines(TALK, TALK), encoding="utf-8")
    out = tmp_path / "prompts.jsonl"
    arguments = ["--to", "qwen3", "--add-generation-prompt", "--option", "enable_thinking=false", "--out", str(out)]
    assert main(["convert", *arguments, str(tmp_path / "data.jsonl")]) == 0
    form = fcformat.get_format("qwen3")
    text = form.render(TALK["messages"], add_generation_prompt=True, enable_thinking=False).text
    assert read_lines(out) == [{"text": text}] * 2


def test_fields_beside_a_conversation_stand_beside_its_prompt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.jsonl").write_text(lines({**TALK, "id": 7}, {**TALK, "text": "taken"}), encoding="utf-8")
    assert main(["convert", "--to", "qwen2.5", str(tmp_path / "data.jsonl")]) == 0
    captured = capsys.readouterr()
    text = fcformat.get_format("qwen2.5").render(TALK["messages"]).text
    assert [json.loads(line) for line in captured.out.splitlines()] == [{"text": text, "id": 7}, {"text": text}]
    assert captured.err.splitlines() == [
        "fcformat: 2 read, 2 written, 0 refused",
        (
            f"fcformat: lost: fields: 1, such as {tmp_path}/data.jsonl:2: text: found beside the conversation, where a prompt "
            "has no place for it"
        ),
    ]


def test_a_list_of_tools_is_one_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tools = [{"name": "f", "parameters": {"type": "object"}}, {"name": "g", "parameters": {"type": "object"}}]
    (tmp_path / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    command = ["convert", "--from", "openai-functions", "--to", "anthropic-tools", str(tmp_path / "tools.json")]
    assert main(command) == 0
    assert [tool["input_schema"] for tool in json.loads(capsys.readouterr().out)] == [{"type": "object"}] * 2


def test_the_shapes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed[:-1] == [name for name, _, _ in fcformat.list_shapes()]


def test_render_works_on_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.jsonl").write_text(lines(TALK, {"messages": 5}, TALK["messages"]), encoding="utf-8")
    assert main(["render", "--format", "qwen2.5", str(tmp_path / "data.jsonl")]) == 1
    captured = capsys.readouterr()
    text = fcformat.get_format("qwen2.5").render(TALK["messages"]).text
    assert [json.loads(line) for line in captured.out.splitlines()] == [{"text": text}] * 2
    assert "data.jsonl:2: messages: found 5, expected a list of messages" in captured.err
    assert "3 read, 2 written, 1 refused" in captured.err


def test_parse_works_on_lines_and_counts_issues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
    replies = lines(
        json.dumps("Hello"), {"text": call, "id": 1}, {"text": call[:-20]}, {"id": 2}, {"text": "", "prompt": 1}
    )
    (tmp_path / "replies.jsonl").write_text(replies, encoding="utf-8")
    assert main(["parse", "--format", "qwen2.5", str(tmp_path / "replies.jsonl")]) == 1
    captured = capsys.readouterr()
    first, second, third = map(json.loads, captured.out.splitlines())
    assert first["message"]["content"] == "Hello"
    assert (second["id"], second["message"]["tool_calls"][0]["function"]["name"]) == (1, "f")
    assert third["message"]["role"] == "assistant"
    assert "replies.jsonl:4: found no text" in captured.err
    assert "replies.jsonl:5: prompt: found no text" in captured.err
    assert "lost: issue: 1, such as" in captured.err
    assert main(["parse", "--format", "qwen2.5", "--strict", str(tmp_path / "replies.jsonl")]) == 1
    assert "replies.jsonl:3: " in capsys.readouterr().err


def test_a_folder_of_replies_becomes_a_folder_of_messages(tmp_path: Path) -> None:
    (tmp_path / "replies").mkdir()
    for name in "ab":
        (tmp_path / "replies" / f"{name}.txt").write_text(name, encoding="utf-8")
    out = tmp_path / "messages"
    assert main(["parse", "--format", "qwen2.5", "--out", str(out), str(tmp_path / "replies")]) == 0
    assert {path.name: json.loads(path.read_text(encoding="utf-8"))["content"] for path in out.iterdir()} == {
        "a.json": "a",
        "b.json": "b",
    }


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["convert"], "found no --to"),
        (["convert", "--to", "nonsense"], "nonsense"),
        (["convert", "--to", "openai", "--from", "nonsense"], "nonsense"),
        (["convert", "--to", "openai", "/nowhere"], "/nowhere: No such file or directory"),
        (["convert", "--to", "openai", "FOLDER"], "found no file that ends in .jsonl"),
        (["convert", "--to", "openai", "--out", "/proc/none/out", "FILE"], "/proc/none/out: "),
        (["convert", "--to", "openai", "--out", "FOLDER", "FILE", "FILE"], "two files would be written here"),
        (["render", "--format", "qwen2.5", "--option", "nothing=1", "FILE"], "'nothing'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    command: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.json").write_text(json.dumps(TALK), encoding="utf-8")
    places = {"FOLDER": str(tmp_path / "empty"), "FILE": str(tmp_path / "file.json")}
    assert main([places.get(part, part) for part in command]) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[1,2 , 3]", [1, 2, 3]),
        ("[12", [None]),
        ("[1,]", [None]),
        ("[1 2]", [None]),
        ("[1] 2", [1, None]),
        ('[{"a": [1, {"b": "]"}]}, "x]"]\n', [{"a": [1, {"b": "]"}]}, "x]"]),
        ("[1, nul]", [1, None]),
        ("  \n[\n1\n,\n2\n]", [1, 2]),
        ('["' + "x" * 200_000 + '", 7]', ["x" * 200_000, 7]),
        ("[" + ", ".join(map(str, range(30_000))) + "]", list(range(30_000))),
    ],
)
def test_a_list_is_read_item_by_item(text: str, values: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(text, encoding="utf-8")
    (source,) = find_sources([str(path)], "auto")
    read = [entry.value for _, entry in source.entries(lambda item: False)]
    assert [None if isinstance(value, Problem) else value for value in read] == values


class Counted(io.RawIOBase):
    """A stream that goes on for ever and counts what is read of it."""

    def __init__(self, pieces: Callable[[int], bytes]) -> None:
        self.read_bytes, self._pieces, self._numbers, self._left = 0, pieces, itertools.count(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or self._pieces(next(self._numbers))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        self.read_bytes += count
        return count


@pytest.mark.parametrize("opening", [b"[", b""])
def test_records_come_while_the_rest_is_not_read_yet(opening: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    separator = b",\n" if opening else b"\n"
    stream = Counted(lambda number: (opening if number == 0 else b"") + b'{"n": %d}' % number + separator)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8"))
    (source,) = find_sources(["-"], "auto")
    taken = list(itertools.islice(source.entries(lambda item: False), 100_000))
    assert [entry.value["n"] for _, entry in taken] == list(range(100_000))
    assert [entry.line for _, entry in taken[:3]] == [1, 2, 3]
    assert stream.read_bytes < sum(entry.size for _, entry in taken) + 400_000


def test_progress_is_shown_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.jsonl").write_text(lines(TALK, TALK), encoding="utf-8")
    assert main(["convert", "--to", "sharegpt", "--progress", str(tmp_path / "data.jsonl")]) == 0
    assert "100%  2 records, 0.0 MB" in capsys.readouterr().err
    assert main(["convert", "--to", "sharegpt", str(tmp_path / "data.jsonl")]) == 0
    assert "records, " not in capsys.readouterr().err


def test_progress_is_taken_away_before_something_else_is_said() -> None:
    stream = io.StringIO()
    progress = Progress(True, None, stream)
    progress._EVERY = 0
    progress.advance(10)
    shown = stream.getvalue()
    progress.clear()
    assert stream.getvalue() == shown + "\r" + " " * len(shown) + "\r"
