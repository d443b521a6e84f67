"""Conversations that are laid out by a `Layout`, read back from the same declaration."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import ParseError
from fcformat.formats.layout import Layout, Role, ToolList
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, any_of, conversation_of, joined
from fcformat.formats.reading.tool_lists import read_tools

__all__ = ["read_layout"]


def read_layout(
    prompt: PromptText, layout: Layout, reply: ReadReply, *, segmented: bool, training_end: str = ""
) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        layout: How conversations are laid out.
        reply: Reads what the assistant wrote.
        segmented: Whether each call of a turn stands behind a header of its own.
        training_end: What ends a training text, which has the option `training=True`.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    return _Walk(prompt, layout, reply, segmented, training_end).read()


class _Walk:
    """Reads turns in order."""

    def __init__(
        self, prompt: PromptText, layout: Layout, reply: ReadReply, segmented: bool, training_end: str
    ) -> None:
        self._prompt = prompt
        self._layout = layout
        self._reply = reply
        self._segmented = segmented
        self._training_end = training_end
        self._training = False
        self._messages: list[Message] = []
        self._calls: list[Message] = []
        self._tools: tuple[Tool, ...] = ()
        self._blocks: dict[int, bool] = {}  # whether an assistant's message has a block of reasoning, by its place
        self._effort: str | None = ""  # the one whose text begins the system turn; `""`: none does
        results = layout.results
        self._result = results.role.header + results.opening
        # Results stand in a user's turn in some families: the longer header counts.
        self._headers = {role.header: name for name, role in layout.roles.items()} | {self._result: "tool"}
        self._by_length = sorted(self._headers, key=len, reverse=True)
        # Behind an end, what all headers begin with is another turn, if an unknown one.
        common = _common(self._headers) if all(map(_ending, layout.roles.values())) else ""
        self._next = rf"(?:{any_of((common,) if common else self._headers)}|\Z)"
        self._ends = {name: self._end(role) for name, role in layout.roles.items()}
        more = rf"|{re.escape(results.opening)}" if results.grouped and results.opening else ""
        closing = re.escape(results.closing) + (f"(?:{re.escape(results.unless_last)})?" if results.unless_last else "")
        self._closing = re.compile(rf"{closing}(?={re.escape(_ending(results.role))}{self._next}{more})")

    def read(self) -> PromptRead:
        """Reads the prompt."""
        prompt, layout = self._prompt, self._layout
        prompt.skip(layout.begin)
        options: dict[str, Any] = {}
        generate = self._generation_prompt(options)
        if self._training_end and prompt.drop_end(self._training_end):
            options["training"] = self._training = True
        ended, first = True, True
        while not prompt.at_end():
            if not ended:
                prompt.fail("the end of the prompt")
            ended = self._turn(first)
            first = False
        self._flush()
        if not ended and not layout.last_open:
            prompt.issues.append("the last turn has no end")
        if layout.last_open and not generate and not first:
            generate = ended  # the last turn is ended where the model is to go on
        if options.get("enable_thinking") is False:
            self._without_asides()
        elif layout.efforts and self._effort is not None:
            # Where nothing is said, it is the one that has no text.
            silent = (each for each, said in layout.efforts.items() if not said)
            options["reasoning_effort"] = self._effort or next(silent, None)
        self._find_preserved(options)
        return PromptRead(conversation_of(self._messages, self._tools, prompt.issues), generate, options)

    def _find_preserved(self, options: dict[str, Any]) -> None:
        """Tells from the reasoning of earlier turns whether it was to be kept, where that is not as the family has it."""
        history = self._layout.reasoning
        if history is None or not history.may_keep:
            return
        asked = max((at for at, each in enumerate(self._messages) if history.is_question(each)), default=0)
        earlier = {has_block for at, has_block in self._blocks.items() if at < asked}
        preserves = history.keep == "all"
        if (not preserves) in earlier:
            options["preserve_thinking"] = not preserves

    def _end(self, role: Role) -> re.Pattern[str]:
        return re.compile(rf"{re.escape(_ending(role))}(?={self._next})")

    def _generation_prompt(self, options: dict[str, Any]) -> bool:
        """Takes the generation prompt off the end."""
        history = self._layout.reasoning
        prompts = history.prompts if history is not None and history.prompts else {None: ""}
        # The option is left out where that gives the same prompt.
        by_text = {text: thinking for thinking, text in sorted(prompts.items(), key=lambda each: each[0] is None)}
        for text in sorted(by_text, key=len, reverse=True):
            opened = self._layout.generation_prompt + text
            aside = history.asides.get(by_text[text], "") if history is not None else ""
            if aside and text and self._prompt.ends_with(opened) and not self._asked_with(aside):
                continue  # an empty answer, which some families write as a closed block of reasoning as well
            if self._prompt.drop_end(opened):
                if by_text[text] is not None:
                    options["enable_thinking"] = by_text[text]
                return True
        return False

    def _asked_with(self, aside: str) -> bool:
        """Whether the last user message ends with what is added where thinking is turned off."""
        prompt, header = self._prompt, self._layout.roles["user"].header
        place = prompt.text.rfind(header, prompt.position, prompt.limit)
        part = prompt.part(place + len(header), prompt.limit)
        return place < 0 or part.until(self._ends["user"])[0].endswith(aside)

    def _turn(self, first: bool) -> bool:
        """Reads a turn; whether it is ended."""
        prompt, layout = self._prompt, self._layout
        header = next((each for each in self._by_length if prompt.has(each)), None)
        if header is None:
            prompt.fail(f"the beginning of a turn: {', '.join(map(repr, self._headers))}")
        name = self._headers[header]
        if name != "assistant":
            self._flush()
        prompt.skip(header)
        if name == "tool":
            return self._results()
        start = prompt.position
        content, end = prompt.until(self._ends[name])
        role = layout.roles[name]
        ended = end is not None and (bool(end[0]) or not _ending(role))
        if not ended and role.end and content.endswith(role.end):
            content, ended = content.removesuffix(role.end), True
        if name == "assistant":
            self._assistant(content)
        elif name == "system" and first:
            self._system(content, start)
        else:
            self._messages.append(Message(name, content))
        return ended

    def _results(self) -> bool:
        """Reads results, behind the opening of the first one; whether their turn is ended."""
        prompt, results = self._prompt, self._layout.results
        ending = _ending(results.role)
        while True:
            content, end = prompt.until(self._closing)
            if end is None and ending:
                content = content.removesuffix(results.role.end).removesuffix(results.unless_last)
                content = content.removesuffix(results.closing)
            self._messages.append(Message("tool", content))
            if end is None:
                return not ending
            if not (results.grouped and results.opening and prompt.skip(results.opening)):
                prompt.expect(ending)
                return True

    def _assistant(self, text: str) -> None:
        """Reads what the assistant wrote."""
        message = self._reply(text, self._tools)
        last = self._messages[-1] if self._messages else None
        calls_only = message.tool_calls and not message.content and message.reasoning is None
        if self._segmented and last is not None and last.role == "assistant" and calls_only:
            self._calls.append(message)  # of the same turn
            return
        self._flush()
        history = self._layout.reasoning
        opening = history.prompts.get(None, "").strip() if history is not None else ""
        self._blocks[len(self._messages)] = bool(opening) and text.startswith(opening)
        self._messages.append(message)

    def _flush(self) -> None:
        """Adds the calls that stand behind headers of their own to the message that they are of."""
        if self._calls:
            self._messages[-1] = joined([self._messages[-1], *self._calls])
            self._calls.clear()

    def _system(self, content: str, start: int) -> None:
        """Reads the turn that begins the conversation: system text, tools, or both."""
        told = self._layout.tools
        for effort, said in self._layout.efforts.items():
            if said and (content == said or content.startswith(f"{said}\n\n")):
                self._effort = effort
                if content == said:
                    return
                start += len(said) + 2
                content = content[len(said) + 2 :]
                break
        found = self._told(told, content, start) if told is not None else None
        if told is None or found is None:
            if content != self._layout.default_system or not content:
                self._messages.append(Message("system", content))
            return
        self._tools, before, after = found
        if told.system == "replaced" and not self._training and self._prompt.has(self._layout.roles["system"].header):
            # The first system message is the one that tools replace: a further one comes behind it.
            self._messages.append(Message("system", ""))
        elif told.system == "first" and after:
            self._messages.append(Message("system", after.removeprefix("\n\n")))
        elif told.system == "joined":
            default = self._layout.default_system or told.default_system
            given = bool(told.joint) and before.endswith(told.joint)
            if given:
                self._messages.append(Message("system", before.removesuffix(told.joint)))
            elif before != default:
                self._messages.append(Message("system", before))

    def _told(self, told: ToolList, content: str, start: int) -> tuple[tuple[Tool, ...], str, str] | None:
        """The tools that a system turn tells of, and the text before and after them."""
        joined = told.system == "joined"
        # The definitions cannot hold the text before them, which has line breaks; the system message can.
        place = content.rfind(told.before) if joined else 0
        if place < 0 or not content.startswith(told.before, place):
            return None
        part = self._prompt.part(start + place + len(told.before), start + len(content))
        try:
            tools = read_tools(told, part)
            part.expect(told.after)
            if not part.at_end() and not (told.system == "first" and part.has("\n\n")):
                part.fail("the end of the turn")
        except ParseError as error:
            self._prompt.issues.append(f"what looks like a list of tools is none, and is kept as system text: {error}")
            return None
        return tools, content[:place], part.rest()

    def _without_asides(self) -> None:
        """Takes off what the format adds to each user message where thinking is turned off."""
        history = self._layout.reasoning
        aside = history.asides.get(False, "") if history is not None else ""
        asked = [message for message in self._messages if message.role == "user"]
        if not aside or not all((message.content or "").endswith(aside) for message in asked):
            return
        self._messages = [
            dataclasses.replace(message, content=(message.content or "").removesuffix(aside))
            if message.role == "user"
            else message
            for message in self._messages
        ]


def _ending(role: Role) -> str:
    return role.end + role.after


def _common(texts: Iterable[str]) -> str:
    """What all texts begin with."""
    first, last = min(texts), max(texts)
    return "".join(
        char for char, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    )
