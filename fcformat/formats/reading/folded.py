"""Prompts whose assistant's turn goes on behind tool results, read back: ReAct, Qwen-Agent.

Where a line break is all that parts a result from what the assistant says next, results of one line are right, and so are
those that are JSON; other ones may go on, and `issues` says so.
"""

from __future__ import annotations

import json
import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import ParseError
from fcformat.formats.folded_format import END, START, Folding
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, conversation_of

__all__ = ["read_folded"]

_HEADER = re.compile(rf"{re.escape(START)}([a-z]+)\n")
_ENDS = re.compile(rf"{re.escape(END)}\n?(?={re.escape(START)}|\Z)")
_DECODER = json.JSONDecoder()


def read_folded(prompt: PromptText, folding: Folding, options: tuple[str, ...], reply: ReadReply) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        folding: How the family folds conversations.
        options: The render options that choose how tools are told.
        reply: Reads what the assistant wrote at one time.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    return _Walk(prompt, folding, options, reply).read()


class _Walk:
    """Reads turns in order."""

    def __init__(self, prompt: PromptText, folding: Folding, options: tuple[str, ...], reply: ReadReply) -> None:
        self._prompt = prompt
        self._folding = folding
        self._names = options
        self._reply = reply
        self._messages: list[Message] = []
        self._tools: tuple[Tool, ...] = ()
        self._variant: tuple[Any, ...] | None = None
        self._observed = re.compile(re.escape("".join(folding.observed)))
        # Whether a line break is all that parts a result from what the assistant says next.
        self._unmarked = folding.answered + folding.resumes == "\n"
        self._resumes = re.compile(re.escape(folding.answered + folding.resumes))

    def read(self) -> PromptRead:
        """Reads the prompt."""
        prompt, folding = self._prompt, self._folding
        options: dict[str, Any] = {}
        generate = prompt.drop_end(f"{START}assistant\n")
        closed, first = True, True
        while not prompt.at_end():
            if not closed:
                prompt.fail(repr(END))
            found = prompt.match(_HEADER)
            if found is None or found[1] not in ("system", "user", "assistant"):
                prompt.fail("the header of system, user or assistant", found.start() if found else None)
            start = prompt.position
            text, end = prompt.until(_ENDS)
            closed = end is not None
            if found[1] == "assistant":
                generate = self._assistant(text, closed) or generate
            elif found[1] == "user":
                self._messages.append(Message("user", self._asked(text, start)))
            elif first:
                self._system(text, start)
            else:
                self._messages.append(Message("system", text))
            first = False
        last = self._messages[-1] if self._messages else None
        if not closed and (last is None or last.role in ("system", "user")):
            prompt.issues.append("the last turn has no end")
        elif last is not None and last.role == "assistant" and not last.tool_calls and not generate:
            if closed and not folding.closed:
                options["training"] = True
            generate = folding.closed and not closed
        if self._variant is not None and folding.variant(tuple(self._messages), {}) != self._variant:
            options |= zip(self._names, self._variant, strict=True)
        return PromptRead(conversation_of(self._messages, self._tools, prompt.issues), generate, options)

    def _system(self, text: str, start: int) -> None:
        """Reads the system turn at the beginning."""
        default = self._folding.default_system
        if self._folding.told_in == "system":
            errors: list[ParseError] = []
            for variant, told in self._folding.told.items():
                place = text.find(told.before)
                if place < 0 or (place and not text.endswith("\n\n", 0, place)):
                    continue
                error = self._read_told(self._prompt.part(start + place, start + len(text)), variant)
                if error is None:
                    text = text[: max(0, place - 2)]
                    errors.clear()
                    if not text:
                        return
                    break
                errors.append(error)
            self._note(errors)
        if text != default:
            self._messages.append(Message("system", text))

    def _asked(self, text: str, start: int) -> str:
        """What the user says, without the tools that are told in front of it."""
        if self._folding.told_in != "user" or self._tools:
            return text
        errors: list[ParseError] = []
        for variant, told in self._folding.told.items():
            if text.startswith(told.before):
                part = self._prompt.part(start, start + len(text))
                error = self._read_told(part, variant, self._folding.question)
                if error is None:
                    return part.rest()
                errors.append(error)
        self._note(errors)
        return text

    def _note(self, errors: list[ParseError]) -> None:
        """Notes why tools could not be read: of several variants, what is wrong with the one that fits best."""
        if errors:
            error = max(errors, key=lambda each: each.offset)
            self._prompt.issues.append(f"what looks like a list of tools is none, and is kept as text: {error}")

    def _read_told(self, part: PromptText, variant: tuple[Any, ...], behind: str = "") -> ParseError | None:
        """Reads tools, and what stands behind them; the error, where they cannot be read."""
        told = self._folding.told[variant]
        part.expect(told.before)
        try:
            tools = told.read(part)
            if behind:
                part.expect(behind)
            elif not part.at_end():
                part.fail("the end of the turn")
        except ParseError as error:
            return error
        self._prompt.issues += part.issues
        self._tools, self._variant = tools, variant
        return None

    def _assistant(self, text: str, closed: bool) -> bool:
        """Reads a turn of the assistant; whether it ends where the model is to go on."""
        said, *results = self._observed.split(text)
        generate = False
        if results and not closed and results[-1].endswith(self._folding.resumed):
            results[-1] = results[-1].removesuffix(self._folding.resumed)
            generate = True
        waiting = self._say(said)
        for position, block in enumerate(results):
            waiting -= 1
            last = position + 1 == len(results)
            # What answers another call follows at once.
            alone = waiting > 0 and not last
            whole = alone or (self._unmarked and last and (generate or not closed))
            result, rest = (block, None) if whole else self._parted(block, last=last)
            self._messages.append(Message("tool", result))
            if rest is not None:
                waiting = self._say(rest)
        return generate

    def _say(self, text: str) -> int:
        """Adds what the assistant says and calls; how many calls."""
        # The mark that a turn goes on behind is read away with as much of it as the model was left to write.
        lead = self._folding.answered.lstrip("\n")
        message = self._reply(lead + text, self._tools)
        self._messages.append(message)
        return len(message.tool_calls)

    def _parted(self, block: str, *, last: bool) -> tuple[str, str | None]:
        """A result, and what the assistant says behind it, `None` for nothing."""
        if not self._unmarked:
            found = self._resumes.search(block)
            if found is None:
                return block, None
            return block[: found.start()], block[found.start() + len(self._folding.answered) :]
        place = -1
        if block[:1] in ("{", "["):
            try:
                place = _DECODER.raw_decode(block)[1]
            except (ValueError, RecursionError):
                place = -1
        if place < 0 or not block.startswith("\n", place):
            place = block.find("\n")
            if place >= 0 and "\n" in block[place + 1 :].strip("\n").partition("\nAction:")[0]:
                self._prompt.issues.append(
                    "a result and what the assistant says behind it are parted by a line break, and there are several: "
                    "the first one is taken"
                )
        return (block, None) if place < 0 else (block[:place], block[place + 1 :])
