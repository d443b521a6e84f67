"""What the command line says of files and options that are not as they should be."""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from fcformat.cli import main
from fcformat.cli.console import CommandError, date, kind_of, need_transformers, option, positive, read_json, read_tools


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_an_option_is_a_name_and_json_or_a_text() -> None:
    assert option("date=2024") == ("date", 2024)
    assert option("mood=good") == ("mood", "good")
    assert option('tools=["a"]') == ("tools", ["a"])
    for text in ("mood", "=good", "no name=1"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected NAME=VALUE"):
            option(text)


def test_dates_and_counts_are_checked() -> None:
    assert date("2023-10-27") == datetime.date(2023, 10, 27)
    assert positive("3") == 3
    with pytest.raises(argparse.ArgumentTypeError, match="found 'today', expected a date such as"):
        date("today")
    with pytest.raises(argparse.ArgumentTypeError, match="found 0, expected at least 1"):
        positive("0")


@pytest.mark.parametrize(
    ("value", "kind"),
    [({}, "object"), ([], "array"), ("", "string"), (True, "boolean"), (None, "null"), (1, "number"), (1.5, "number")],
)
def test_values_have_the_kinds_of_json(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


def test_tools_are_a_list(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text('{"name": "f"}')
    assert read_tools(None) is None
    with pytest.raises(CommandError, match="found a JSON object, expected a list of tools"):
        read_tools(str(path))


def test_json_that_nests_too_deep_is_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(CommandError, match="nested too deep"):
        read_json(str(path))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match=r'the demo needs torch: pip install "fcformat\[transformers\]"'):
        need_transformers("the demo")


def test_a_file_that_is_no_tokenizer_is_a_complaint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    assert main(["mask", "--regex", "a", "--tokenizer", str(path)]) == 2
    assert "no tokenizer could be loaded" in complaint(capsys)
    assert main(["mask", "--regex", "a", "--tokenizer", str(tmp_path)]) == 2
    assert "no tokenizer could be loaded" in complaint(capsys)


@pytest.mark.parametrize("ends", [True, False])
def test_a_folder_with_a_tokenizer_is_a_vocabulary(
    ends: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model = tokenizers.models.BPE({**{char: at for at, char in enumerate(alphabet)}, "ab": 256}, [("a", "b")])
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    end = {"eos_token": "<end>"} if ends else {}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **end).save_pretrained(tmp_path)
    assert main(["mask", "--regex", "a[bc]", "--tokenizer", str(tmp_path), "--json"]) == (0 if ends else 2)
    captured = capsys.readouterr()
    if ends:
        assert {token["text"] for token in json.loads(captured.out)["tokens"]} == {"a", "ab"}
    else:
        assert "stop" in captured.err


def test_text_that_cannot_be_encoded_is_a_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mask", "--regex", ".", "--text", "a\ud800"]) == 2
    assert complaint(capsys) == "fcformat: the text is not UTF-8 at character 1\n"


def test_a_mask_of_everything_lists_as_many_tokens_as_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mask", "--regex", r"[\s\S]*", "--limit", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "accepted: 0 characters, complete"
    assert lines[-1].endswith("more (--limit)")
    assert len(lines) == 5
    assert main(["mask", "--regex", "forced!?", "--text", "f"]) == 0
    assert "forced:   'orced'" in capsys.readouterr().out
