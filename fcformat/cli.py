"""The command `fcformat`: the library's views of a format, on files and standard input.

Reads arguments and files, calls the public API, prints. Exit codes: 0; 1 where a text is refused, 2 where the command
cannot be carried out (wrong usage, an unreadable file, an error of the library), with one line on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import importlib.util
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fcformat
from fcformat.chat import Conversation
from fcformat.data import demo_vocabulary
from fcformat.decoding.bitmask import bitmask_words
from fcformat.errors import FcformatError, ParseError
from fcformat.formats.call_format import CallFormat

__all__ = ["main"]

_EPILOG = """\
FILE is a path, or - for standard input (the default). Exit codes: 0, 1 (a text is refused), 2 (the command failed).
"""

_RENDER = """\
Print the prompt that a conversation becomes in a format.

FILE holds JSON: a list of messages in OpenAI's shape, or an object with "messages" and, if there are any, "tools"
(or the legacy "functions").

  fcformat render --format qwen2.5 --add-generation-prompt conversation.json
"""

_PARSE = """\
Read what a model wrote in a format, and print it as one message in OpenAI's shape.

What the parser had to repair, or could not read as a call, is listed on standard error and under "issues" nowhere else;
with --strict such a text is refused.

  fcformat parse --format chatglm3 --tools tools.json output.txt
"""

_MASK = """\
Show what a constraint lets a model write next.

The constraint is a JSON schema, a regular expression, or the calls of a set of tools in a format. TEXT is what has been
written so far; exit code 1 says that the constraint does not allow it.

  fcformat mask --schema schema.json --text '{"city": "Par'
  fcformat mask --format qwen2.5 --tools tools.json --tool-choice required
"""

_DEMO = """\
Let a model with random weights answer a question with tool calls, in each format, without and with the constraint.

Needs the extra "transformers"; downloads nothing. With --seeds, exit code 1 says that some call is not valid.

  fcformat demo --format chatglm3 --seed 7
  fcformat demo --seeds 20
"""


class _CommandError(Exception):
    """The command cannot be carried out; the message is one sentence for the user."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: The arguments; `None`: those of the process.

    Returns:
        The exit code. Wrong usage and `--help` leave through `SystemExit`, as `argparse` does.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has gone: nothing is left to say, and flushing at exit must not say so either.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except ParseError as error:
        return _fail(f"the text is refused: {error}", 1)
    except (FcformatError, _CommandError) as error:
        return _fail(str(error), 2)


def _complain(message: str) -> None:
    print(f"fcformat: {' '.join(message.split())}", file=sys.stderr)


def _fail(message: str, code: int) -> int:
    _complain(message)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fcformat",
        description="Render prompts, constrain decoding, parse replies: tool-call formats on the command line.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"fcformat {fcformat.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text.splitlines()[0].rstrip("."),
            description=text,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    demo = command("demo", _DEMO, _run_demo)
    demo.add_argument(
        "--format", action="append", default=[], metavar="NAME", help="a format (again for more; default: three)"
    )
    demo.add_argument("--seed", type=int, default=0, help="decides weights and sampling (default: 0)")
    demo.add_argument("--seeds", type=_positive, metavar="N", help="run N seeds and print a table")
    demo.add_argument(
        "--max-new-tokens", type=_positive, default=2048, metavar="N", help="cut answers off here (default: 2048)"
    )
    demo.add_argument("--plain", action="store_true", help="no boxes and colours")

    render = command("render", _RENDER, _run_render)
    render.add_argument("--format", required=True, metavar="NAME", help="the format (see: fcformat formats)")
    render.add_argument("--tools", metavar="FILE", help="JSON list of tools, instead of those in the conversation")
    render.add_argument(
        "--add-generation-prompt", action="store_true", help="end with the opening of the assistant's turn"
    )
    render.add_argument("--date", type=_date, metavar="YYYY-MM-DD", help="today, in formats that write it")
    render.add_argument(
        "--on-loss",
        choices=("raise", "warn", "drop"),
        default="raise",
        help="what to do with what the format cannot express",
    )
    render.add_argument("--segments", action="store_true", help="print the segments as JSON: text, control, trainable")
    render.add_argument("file", nargs="?", default="-", metavar="FILE", help="the conversation")

    parse = command("parse", _PARSE, _run_parse)
    parse.add_argument("--format", required=True, metavar="NAME", help="the format (see: fcformat formats)")
    parse.add_argument("--tools", metavar="FILE", help="JSON list of the tools that the model was offered")
    parse.add_argument("--prompt", metavar="FILE", help="the prompt; its end tells which block is already open")
    parse.add_argument("--strict", action="store_true", help="refuse a text that needs repair")
    parse.add_argument("file", nargs="?", default="-", metavar="FILE", help="what the model wrote")

    mask = command("mask", _MASK, _run_mask)
    what = mask.add_mutually_exclusive_group(required=True)
    what.add_argument("--schema", metavar="FILE", help="a JSON schema")
    what.add_argument("--regex", metavar="PATTERN", help="a regular expression (ECMA-262) for the whole text")
    what.add_argument("--format", metavar="NAME", help="a format; goes with --tools")
    mask.add_argument("--tools", metavar="FILE", help="JSON list of tools")
    mask.add_argument("--tool-choice", default="auto", metavar="CHOICE", help="auto, none, required, or a tool's name")
    mask.add_argument(
        "--tokenizer", default="demo", metavar="PATH", help="demo (default), a tokenizer.json, or a model's folder"
    )
    mask.add_argument("--limit", type=_positive, default=20, metavar="N", help="how many tokens to list (default: 20)")
    mask.add_argument("--json", action="store_true", help="print JSON")
    text = mask.add_mutually_exclusive_group()
    text.add_argument("--text", default="", help="what has been written so far")
    text.add_argument("file", nargs="?", metavar="FILE", help="file with what has been written so far")

    command("formats", "List the formats: where their prompts come from, whether replies may reason.", _run_formats)
    return parser


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a date such as 2023-10-27") from error


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"found {value}, expected at least 1")
    return value


def _read(path: str) -> str:
    """The text of a file, or of standard input, byte for byte: line breaks are part of what a model wrote."""
    name = "standard input" if path == "-" else path
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise _CommandError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _CommandError(f"{name}: not UTF-8 at byte {error.start}") from error


def _read_json(path: str) -> Any:
    name = "standard input" if path == "-" else path
    try:
        return json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise _CommandError(f"{name}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise _CommandError(f"{name}: JSON that is nested too deep") from error


def _read_tools(path: str | None) -> list[Any] | None:
    if path is None:
        return None
    tools = _read_json(path)
    if not isinstance(tools, list):
        raise _CommandError(f"{path}: found a JSON {_kind(tools)}, expected a list of tools")
    return tools


def _kind(value: Any) -> str:
    """What JSON calls a value's type."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _run_formats(arguments: argparse.Namespace) -> int:
    del arguments
    rows = [("format", "prompt", "reasoning", "also called")]
    for name in fcformat.list_formats():
        each = fcformat.get_format(name)
        prompt = "its template" if isinstance(each, CallFormat) else "native"
        rows.append((each.name, prompt, "yes" if each.turn.reasons else "-", ", ".join(each.aliases)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join((*cells, row[3])).rstrip())
    return 0


def _run_render(arguments: argparse.Namespace) -> int:
    given = _read_json(arguments.file)
    conversation = Conversation.from_openai({"messages": given} if isinstance(given, list) else given)
    tools = conversation.tools if arguments.tools is None else _read_tools(arguments.tools)
    rendered = fcformat.get_format(arguments.format).render(
        conversation.messages,
        tools=tools,
        add_generation_prompt=arguments.add_generation_prompt,
        date=arguments.date,
        on_loss="raise" if arguments.on_loss == "raise" else "drop",
    )
    # Also without "warn": what a family's own code leaves out on purpose does not raise.
    if arguments.on_loss != "drop":
        for loss in rendered.losses:
            _complain(loss)
    if arguments.segments:
        _print_json([dataclasses.asdict(segment) for segment in rendered.segments])
    else:
        # To the byte; only a terminal gets a line break after it.
        _write(rendered.text + ("\n" if sys.stdout.isatty() else ""))
    return 0


def _run_parse(arguments: argparse.Namespace) -> int:
    prompt = _read(arguments.prompt) if arguments.prompt else ""
    fmt = fcformat.get_format(arguments.format)
    message = fmt.parse(
        _read(arguments.file), tools=_read_tools(arguments.tools), prompt=prompt, strict=arguments.strict
    )
    for issue in message.issues:
        _complain(issue)
    _print_json(message.to_openai())
    return 0


def _run_demo(arguments: argparse.Namespace) -> int:
    _need_transformers("the demonstration")
    for name in arguments.format:
        fcformat.get_format(name)
    from fcformat.demo.run import run

    valid = run(arguments.format, arguments.seed, arguments.seeds, arguments.max_new_tokens, arguments.plain)
    return 0 if valid else 1


def _run_mask(arguments: argparse.Namespace) -> int:
    text = _read(arguments.file) if arguments.file else arguments.text
    info = _tokenizer_info(arguments.tokenizer)
    matcher = fcformat.GrammarMatcher(_compile(arguments, fcformat.GrammarCompiler(info)))
    accepted = _accepted_length(matcher, info, text)
    if accepted < len(text):
        found, before = text[accepted : accepted + 20], text[max(0, accepted - 20) : accepted]
        return _fail(f"the text is refused at character {accepted}: found {found!r} after {before!r}", 1)
    bitmask = np.zeros((1, bitmask_words(info.vocab_size)), dtype=np.int32)
    if not matcher.fill_next_token_bitmask(bitmask):
        bitmask.fill(-1)
    bits = np.unpackbits(bitmask.view(np.uint8)[0], bitorder="little")[: info.vocab_size]
    allowed = np.flatnonzero(bits).tolist()
    report = {
        "complete": matcher.can_terminate(),
        "forced": matcher.find_jump_forward_string(),
        "vocabulary": info.vocab_size,
        "allowed": len(allowed),
        "tokens": [{"id": token, "text": _token_text(info, token)} for token in allowed[: arguments.limit]],
    }
    if arguments.json:
        _print_json(report)
        return 0
    print(f"accepted: {len(text)} characters, {'complete' if report['complete'] else 'not complete yet'}")
    if report["forced"]:
        print(f"forced:   {report['forced']!r}")
    print(f"allowed:  {len(allowed)} of {info.vocab_size} tokens")
    for token in allowed[: arguments.limit]:
        print(f"{token:>9} {_token_text(info, token)!r}")
    if len(allowed) > arguments.limit:
        print(f"          ... {len(allowed) - arguments.limit} more (--limit)")
    return 0


def _compile(arguments: argparse.Namespace, compiler: fcformat.GrammarCompiler) -> fcformat.CompiledGrammar:
    if arguments.schema is not None:
        return compiler.compile_json_schema(_read_json(arguments.schema))
    if arguments.regex is not None:
        return compiler.compile_regex(arguments.regex)
    fmt = fcformat.get_format(arguments.format)
    return compiler.compile_grammar(fmt.grammar(_read_tools(arguments.tools), tool_choice=arguments.tool_choice))


def _tokenizer_info(path: str) -> fcformat.TokenizerInfo:
    """The vocabulary that the package ships, or one from a file or folder; never one from the network."""
    if path == "demo":
        tokens, control_tokens, stop_token_ids = demo_vocabulary()
        return fcformat.TokenizerInfo.from_bytes(tokens, control_tokens=control_tokens, stop_token_ids=stop_token_ids)
    if not Path(path).exists():
        raise _CommandError(f"{path}: found nothing there, expected a tokenizer.json or a folder with a tokenizer")
    _need_transformers("a tokenizer from a file")
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        if Path(path).is_file():
            return fcformat.TokenizerInfo.from_huggingface(PreTrainedTokenizerFast(tokenizer_file=path))
        return fcformat.TokenizerInfo.from_huggingface(AutoTokenizer.from_pretrained(path, local_files_only=True))
    except FcformatError:
        raise
    except Exception as error:  # the loaders raise whatever their parts raise, bare Exception included
        raise _CommandError(f"{path}: no tokenizer could be loaded: {error}") from error


def _accepted_length(matcher: fcformat.GrammarMatcher, info: fcformat.TokenizerInfo, text: str) -> int:
    """How many characters of the text the matcher takes. A control token's text is that token where the matcher takes it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _CommandError(f"the text is not UTF-8 at character {error.start}") from error
    ids = {spelling: token for token, spelling in info.control_tokens.items()}
    spellings = re.compile("|".join(re.escape(spelling) for spelling in sorted(ids, key=len, reverse=True)) or "(?!)")
    position = 0
    while position < len(text):
        control = spellings.match(text, position)
        if control and matcher.accept_token(ids[control.group()]):
            position = control.end()
        elif matcher.accept_string(text[position]):
            position += 1
        else:
            break
    return position


def _token_text(info: fcformat.TokenizerInfo, token: int) -> str:
    """How a token reads: its text, or its bytes as \\xNN where they are no whole text."""
    if token in info.control_tokens:
        return info.control_tokens[token]
    return (info.token_bytes(token) or b"").decode("utf-8", "backslashreplace")


def _need_transformers(what: str) -> None:
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise _CommandError(f'{what} needs {package}: pip install "fcformat[transformers]"')


def _print_json(value: Any) -> None:
    _write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _write(text: str) -> None:
    """Writes text as UTF-8 to the byte, whatever the terminal's encoding and the platform's line breaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
