"""`fcformat render`: conversations as prompts."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any

import fcformat
from fcformat.chat import Conversation
from fcformat.cli.batch import Done, add_batch_options, run_batch
from fcformat.cli.commands.convert import is_turn
from fcformat.cli.console import date, option, read_tools
from fcformat.formats.losses import Loss

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = """\
Print the prompt that a conversation becomes in a format.

PATH holds JSON: a list of messages in OpenAI's shape, or an object with "messages" and, if there are any, "tools"
(or the legacy "functions"). Files of JSON Lines, lists of such objects and folders are rendered record by record, to
objects with "text". Other shapes: fcformat convert.

  fcformat render --format qwen2.5 --add-generation-prompt conversation.json
  fcformat render --format glm4 --out prompts.jsonl conversations.jsonl
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("--format", required=True, metavar="NAME", help="the format (see: fcformat formats)")
    parser.add_argument("--tools", metavar="FILE", help="JSON list of tools, instead of those in the conversation")
    parser.add_argument(
        "--add-generation-prompt", action="store_true", help="end with the opening of the assistant's turn"
    )
    parser.add_argument("--date", type=date, metavar="YYYY-MM-DD", help="today, in formats that write it")
    parser.add_argument(
        "--on-loss",
        choices=("raise", "warn", "drop"),
        default="raise",
        help="what to do with what the format cannot express",
    )
    parser.add_argument("--segments", action="store_true", help="print the segments as JSON: text, control, trainable")
    parser.add_argument(
        "--option", type=option, action="append", default=[], metavar="NAME=VALUE", help="an option of the format"
    )
    add_batch_options(parser, "the conversation, files or folders; - is standard input (the default)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    form = fcformat.get_format(arguments.format)
    given_tools = read_tools(arguments.tools)
    # To the byte; only a terminal gets a line break after it.
    end = "\n" if arguments.out is None and sys.stdout.isatty() else ""

    def work(value: Any) -> Done:
        conversation = Conversation.from_openai({"messages": value} if isinstance(value, list) else value)
        rendered = form.render(
            conversation.messages,
            tools=conversation.tools if given_tools is None else given_tools,
            add_generation_prompt=arguments.add_generation_prompt,
            date=arguments.date,
            on_loss="raise" if arguments.on_loss == "raise" else "drop",
            **dict(arguments.option),
        )
        losses = [(loss.kind if isinstance(loss, Loss) else "format", str(loss)) for loss in rendered.losses]
        if arguments.segments:
            return Done([dataclasses.asdict(segment) for segment in rendered.segments], losses)
        return Done(rendered.text + end, losses)

    # Also without "warn": what a family's own code leaves out on purpose does not raise.
    return run_batch(arguments, work, whole=is_turn, tell=arguments.on_loss != "drop")
