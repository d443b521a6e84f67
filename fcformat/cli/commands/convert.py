"""`fcformat convert`: records, prompts, calls and tools from one shape into another."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import fcformat
from fcformat.cli.batch import Done, add_batch_options, run_batch
from fcformat.cli.console import CommandError, date, option, read_tools
from fcformat.records import TOOLS, record_shape

__all__ = ["ABOUT", "add_options", "is_turn", "run", "text_field"]

ABOUT = """\
Convert conversations, datasets, calls and tools between APIs, training tools and models' prompts.

PATH is a file of JSON (one record, or a list of records), a file of JSON Lines, a folder of such files, a prompt's text, or
standard input. Records are worked on one by one. A record that is wrong, or that would lose something, is named with its line
and left out; --on-loss says otherwise. Texts among several records stand under the key "text". --list lists the shapes.

  fcformat convert --to chatglm3-finetune --out train.jsonl sharegpt.json
  fcformat convert --from llamafactory --to qwen2.5 --on-loss drop --out prompts data/
  fcformat convert --from qwen2.5 --to openai prompt.txt
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--from", dest="source", metavar="SHAPE", help="a shape or format (default: told from each record)"
    )
    parser.add_argument("--to", dest="target", metavar="SHAPE", help="a shape or format")
    parser.add_argument("--list", action="store_true", help="list the shapes")
    parser.add_argument("--tools", metavar="FILE", help="JSON list of tools, for records that have none")
    parser.add_argument(
        "--on-loss",
        choices=("raise", "warn", "drop"),
        default="raise",
        help="what to do with a record of which something cannot be carried: leave it out (default), tell, or only count",
    )
    parser.add_argument("--add-generation-prompt", action="store_true", help="prompts end with the opening of a reply")
    parser.add_argument("--date", type=date, metavar="YYYY-MM-DD", help="today, in prompts that write it")
    parser.add_argument(
        "--option",
        type=option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the target's prompts",
    )
    add_batch_options(parser, "files or folders; - is standard input (the default)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    if arguments.list:
        shapes = fcformat.list_shapes()
        width = max(len(name) for name, _, _ in shapes)
        for name, kind, about in shapes:
            print(f"{name.ljust(width)}  {kind:<12}  {about}")
        print(f"{'any format'.ljust(width)}  {'text':<12}  its prompts, or its calls (see: fcformat formats)")
        return 0
    if arguments.target is None:
        raise CommandError("found no --to, expected the shape to convert to (--list lists them)")
    tools = read_tools(arguments.tools)
    options: dict[str, Any] = dict(arguments.option)
    if arguments.add_generation_prompt:
        options["add_generation_prompt"] = True
    if arguments.date is not None:
        options["date"] = arguments.date
    shape = record_shape(arguments.target)
    if shape is None:
        fcformat.get_format(arguments.target)
    texts = arguments.source is not None and record_shape(arguments.source) is None
    if texts:
        fcformat.get_format(arguments.source)

    def work(value: Any) -> Done:
        beside: Mapping[str, Any] = {}
        if texts:
            value, beside = text_field(value)
        converted = fcformat.convert(
            value,
            source=arguments.source,
            target=arguments.target,
            on_loss="raise" if arguments.on_loss == "raise" else "drop",
            tools=tools,
            **options,
        )
        result = converted.value
        if beside:
            result = {"text": result} if isinstance(result, str) else result
            result = {**{key: each for key, each in beside.items() if key not in result}, **result}
        return Done(result, [(loss.kind, str(loss)) for loss in converted.losses], converted.fields)

    listed = shape is not None and shape.kind == TOOLS
    return run_batch(
        arguments,
        work,
        how="text"
        if texts and all(not path.endswith((".json", ".jsonl", ".ndjson")) for path in arguments.files)
        else None,
        whole=lambda item: listed or is_turn(item),
        tell=arguments.on_loss == "warn",
    )


def is_turn(item: Any) -> bool:
    """Whether an item of a list is a message, so that the list is one conversation."""
    return isinstance(item, dict) and "role" in item and "messages" not in item and "conversations" not in item


def text_field(value: Any) -> tuple[Any, Mapping[str, Any]]:
    """The text of a record that is one or holds one under `text`, and what else it holds."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return value["text"], {key: each for key, each in value.items() if key != "text"}
    return value, {}
