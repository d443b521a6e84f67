"""How the demonstration prints: plainly, or in boxes where `rich` is there."""

from __future__ import annotations

import sys

import pytest

from fcformat.demo.show import PlainLayout, RichLayout, make_layout


def test_plain_text_has_marks_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    layout = PlainLayout()
    layout.heading("title")
    layout.block("said", "one\ntwo", good=True)
    layout.block("nothing", "", good=False)
    layout.table(["a", "b"], [["long cell", "x"]])
    lines = capsys.readouterr().out.splitlines()
    assert any("title" in line for line in lines)
    assert {"-- said [ok]", "   one", "   two", "-- nothing [no]"} <= set(lines)
    assert lines[-3:] == ["a          b", "---------  -", "long cell  x"]


def test_boxes_show_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    layout = RichLayout()
    layout.heading("title")
    layout.block("said", "[red]no markup[/red]", good=True)
    layout.table(["a"], [["[b]cell[/b]"]])
    out = capsys.readouterr().out
    assert "title" in out
    assert "[red]no markup[/red]" in out
    assert "[b]cell[/b]" in out


def test_boxes_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich")
    assert isinstance(make_layout(), PlainLayout)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert isinstance(make_layout(), RichLayout)
    assert isinstance(make_layout(plain=True), PlainLayout)
