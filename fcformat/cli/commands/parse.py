"""`fcformat parse`: what a model wrote, as messages."""

from __future__ import annotations

import argparse
from typing import Any

import fcformat
from fcformat.cli.batch import Done, add_batch_options, run_batch
from fcformat.cli.commands.convert import text_field
from fcformat.cli.console import CommandError, read_text, read_tools
from fcformat.cli.records import LINES
from fcformat.errors import FormatError

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = """\
Read what a model wrote in a format, and print it as one message in OpenAI's shape.

What the parser had to repair, or could not read as a call, is listed on standard error and under "issues" nowhere else;
with --strict such a text is refused. In files of JSON Lines, and with --input lines, every line is a reply: a JSON string,
or an object with "text" and maybe "prompt" and "tools"; it becomes an object with "message" and what else the line held.

  fcformat parse --format chatglm3 --tools tools.json output.txt
  fcformat parse --format qwen2.5 --out messages.jsonl replies.jsonl
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("--format", required=True, metavar="NAME", help="the format (see: fcformat formats)")
    parser.add_argument("--tools", metavar="FILE", help="JSON list of the tools that the model was offered")
    parser.add_argument("--prompt", metavar="FILE", help="the prompt; its end tells which block is already open")
    add_batch_options(parser, "what the model wrote, files or folders; - is standard input (the default)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    form = fcformat.get_format(arguments.format)
    given_tools = read_tools(arguments.tools)
    given_prompt = read_text(arguments.prompt) if arguments.prompt else ""
    lined = arguments.input in ("lines", "json") or any(path.lower().endswith(LINES) for path in arguments.files)
    if arguments.input == "auto" and lined and not all(path.lower().endswith(LINES) for path in arguments.files):
        raise CommandError("found files of JSON Lines beside others, expected --input to say how to read them")

    def work(value: Any) -> Done:
        text, beside = text_field(value)
        if not isinstance(text, str):
            raise FormatError("found no text, expected a JSON string or an object with 'text'")
        fields = dict(beside)
        prompt, tools = fields.pop("prompt", given_prompt), fields.pop("tools", given_tools)
        if not isinstance(prompt, str):
            raise FormatError("prompt: found no text, expected the prompt's text")
        message = form.parse(text, tools=tools, prompt=prompt, strict=arguments.strict)
        result = message.to_openai()
        return Done({**fields, "message": result} if lined else result, [("issue", issue) for issue in message.issues])

    # Folders hold texts, unless --input says otherwise.
    return run_batch(arguments, work, how=None if lined else "text", tell=True)
