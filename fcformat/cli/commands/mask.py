"""`fcformat mask`: what a constraint lets a model write next."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

import fcformat
from fcformat.cli.console import (
    CommandError,
    fail,
    need_transformers,
    positive,
    print_json,
    read_json,
    read_text,
    read_tools,
)
from fcformat.data import demo_vocabulary
from fcformat.decoding.bitmask import bitmask_words
from fcformat.errors import FcformatError

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = """\
Show what a constraint lets a model write next.

The constraint is a JSON schema, a regular expression, or the calls of a set of tools in a format. TEXT is what has been
written so far; exit code 1 says that the constraint does not allow it.

  fcformat mask --schema schema.json --text '{"city": "Par'
  fcformat mask --format qwen2.5 --tools tools.json --tool-choice required
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--schema", metavar="FILE", help="a JSON schema")
    what.add_argument("--regex", metavar="PATTERN", help="a regular expression (ECMA-262) for the whole text")
    what.add_argument("--format", metavar="NAME", help="a format; goes with --tools")
    parser.add_argument("--tools", metavar="FILE", help="JSON list of tools")
    parser.add_argument(
        "--tool-choice", default="auto", metavar="CHOICE", help="auto, none, required, or a tool's name"
    )
    parser.add_argument(
        "--tokenizer", default="demo", metavar="PATH", help="demo (default), a tokenizer.json, or a model's folder"
    )
    parser.add_argument("--limit", type=positive, default=20, metavar="N", help="how many tokens to list (default: 20)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text", default="", help="what has been written so far")
    text.add_argument("file", nargs="?", metavar="FILE", help="file with what has been written so far")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    text = read_text(arguments.file) if arguments.file else arguments.text
    info = _tokenizer_info(arguments.tokenizer)
    matcher = fcformat.GrammarMatcher(_compile(arguments, fcformat.GrammarCompiler(info)))
    accepted = _accepted_length(matcher, info, text)
    if accepted < len(text):
        found, before = text[accepted : accepted + 20], text[max(0, accepted - 20) : accepted]
        return fail(f"the text is refused at character {accepted}: found {found!r} after {before!r}", 1)
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
        print_json(report)
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
        return compiler.compile_json_schema(read_json(arguments.schema))
    if arguments.regex is not None:
        return compiler.compile_regex(arguments.regex)
    fmt = fcformat.get_format(arguments.format)
    return compiler.compile_grammar(fmt.grammar(read_tools(arguments.tools), tool_choice=arguments.tool_choice))


def _tokenizer_info(path: str) -> fcformat.TokenizerInfo:
    """The vocabulary that the package ships, or one from a file or folder; never one from the network."""
    if path == "demo":
        tokens, control_tokens, stop_token_ids = demo_vocabulary()
        return fcformat.TokenizerInfo.from_bytes(tokens, control_tokens=control_tokens, stop_token_ids=stop_token_ids)
    if not Path(path).exists():
        raise CommandError(f"{path}: found nothing there, expected a tokenizer.json or a folder with a tokenizer")
    need_transformers("a tokenizer from a file")
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        if Path(path).is_file():
            return fcformat.TokenizerInfo.from_huggingface(PreTrainedTokenizerFast(tokenizer_file=path))
        return fcformat.TokenizerInfo.from_huggingface(AutoTokenizer.from_pretrained(path, local_files_only=True))
    except FcformatError:
        raise
    except Exception as error:  # the loaders raise whatever their parts raise, bare Exception included
        raise CommandError(f"{path}: no tokenizer could be loaded: {error}") from error


def _accepted_length(matcher: fcformat.GrammarMatcher, info: fcformat.TokenizerInfo, text: str) -> int:
    """How many characters of the text the matcher takes. A control token's text is that token where the matcher takes it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CommandError(f"the text is not UTF-8 at character {error.start}") from error
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
