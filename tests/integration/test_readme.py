"""What the README shows is what happens: its Python runs as it stands, its commands and links exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(fcformat .*)$", README, flags=re.MULTILINE)


def run_block(code: str, folder: Path) -> str:
    """Runs a block as a program of its own and returns what it prints."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "CI": "true"}  # Hypothesis draws the same examples every time
    run = subprocess.run(command, capture_output=True, cwd=folder, env=environment, check=False, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_every_python_block_runs(code: str, tmp_path: Path) -> None:
    run_block(code, tmp_path)


def test_the_first_block_prints_a_call_in_fewer_than_ten_lines(tmp_path: Path) -> None:
    lines = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert len(lines) < 10
    assert run_block(BLOCKS[0], tmp_path).split()[0] in ("get_current_weather", "book_hotel")


def test_the_commands_for_ci_are_one_line_each() -> None:
    for name in ("demo", "test"):
        found = re.findall(rf"^<!-- command: {name} -->\n```bash\n(.*?)\n```$", README, flags=re.MULTILINE | re.DOTALL)
        assert len(found) == 1
        assert "\n" not in found[0]
        assert "-c constraints.txt" in found[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_is_understood(command: str) -> None:
    from fcformat.cli.command_line import command_parser

    command_parser().parse_args(shlex.split(command)[1:])


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link
