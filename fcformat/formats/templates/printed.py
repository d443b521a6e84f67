"""What a template put out, with its marks: where control tokens stand, and the segments.

Control tokens are looked for in the template's own characters only.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re
from collections.abc import Iterable, Sequence

from fcformat.formats.rendered import Segment
from fcformat.formats.templates.marked import OWN, UNKNOWN, marks_of

__all__ = ["CONTROL", "Printed", "common_prefix", "control_pattern"]

#: How vocabularies spell control tokens. What is none in a tokenizer's vocabulary is encoded as text.
CONTROL = (
    r"<\|[^<>|\s]{1,64}\|?>|<[^<>|\s]{1,64}\|>|<｜[^<>]{1,64}｜>|<\|\"\|>"
    r"|</?(?:s|bos|eos|pad|unk|sop|eop|think|answer|tools?|tool_calls?|tool_responses?|tool_sep|arg_key|arg_value|img|image"
    r"|video|audio|escape|seed:\w+|minimax:\w+|start_of_\w+|end_of_\w+|start_function_\w+|end_function_\w+|SPECIAL_\d+"
    r"|extra_id_\d+|unused\d+|image_soft_token|sep)>"
    r"|\[\|[^\[\]|\s]{1,64}\|\]|\[/?[A-Z][A-Z_]{2,40}\]|\[gMASK\]|\]<\]\w+\[>\[|\]~!b\[|\]~b\]|\[e~\["
)
_OWN_RUN = re.compile(f"{OWN}+")
_FOREIGN_RUN = re.compile(r"([\x02-\U0010ffff])\1*")
_UNKNOWN_RUN = re.compile(f"{UNKNOWN}+")


@dataclasses.dataclass(frozen=True, slots=True)
class Printed:
    """A rendered text.

    Attributes:
        text: The text.
        marks: A mark for each character.
        pieces: Start, message and whether in a `generation` block of each piece that was put out, in order.
        runs: Start, end and mark of every stretch of one origin that is not the template.
    """

    text: str
    marks: str
    pieces: tuple[tuple[int, int | None, bool], ...]
    runs: tuple[tuple[int, int, str], ...]

    @classmethod
    def of(cls, chunks: Iterable[tuple[str, int | None, bool]]) -> Printed:
        """Joins the pieces that a template put out, each with its message and whether the assistant generates it."""
        listed = list(chunks)
        pieces: list[tuple[int, int | None, bool]] = []
        at = 0
        for chunk, message, generated in listed:
            if chunk and (not pieces or pieces[-1][1:] != (message, generated)):
                pieces.append((at, message, generated))
            at += len(chunk)
        marks = "".join(marks_of(each[0]) for each in listed)
        runs = tuple((run.start(), run.end(), run[1]) for run in _FOREIGN_RUN.finditer(marks))
        return cls("".join(each[0] for each in listed), marks, tuple(pieces), runs)

    def controls(self, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
        """Where the template itself wrote control tokens."""
        return [
            control.span()
            for run in _OWN_RUN.finditer(self.marks)
            for control in pattern.finditer(self.text, *run.span())
        ]

    def regions(self) -> list[tuple[int, int, int | None]]:
        """Start, end and message of the stretches that were put out for one message."""
        found: list[tuple[int, int, int | None]] = []
        ends = [start for start, _, _ in self.pieces[1:]] + [len(self.text)]
        for (start, message, _), end in zip(self.pieces, ends, strict=True):
            if found and found[-1][2] == message:
                found[-1] = (found[-1][0], end, message)
            else:
                found.append((start, end, message))
        return found

    def python_words(self) -> dict[int, set[str]]:
        """For each message, which of Python's `None`, `True` and `False` were put out for it."""
        found: dict[int, set[str]] = {}
        starts = [start for start, _, _ in self.pieces]
        for run in _UNKNOWN_RUN.finditer(self.marks):
            word = self.text[run.start() : run.end()]
            if word in ("None", "True", "False"):
                message = self.pieces[bisect.bisect_right(starts, run.start()) - 1][1]
                if message is not None:
                    found.setdefault(message, set()).add(word)
        return found

    def generated(self) -> list[tuple[int, int, int | None]]:
        """Where the template says that the assistant generates: start, end and message."""
        ends = [start for start, _, _ in self.pieces[1:]] + [len(self.text)]
        return [(start, end, message) for (start, message, yes), end in zip(self.pieces, ends, strict=True) if yes]

    def segments(
        self, controls: Sequence[tuple[int, int]], trainable: Sequence[tuple[int, int, int | None]]
    ) -> tuple[Segment, ...]:
        """The text in segments.

        Args:
            controls: Where control tokens stand.
            trainable: Start, end and message of what a model is trained to write, in order.
        """
        cuts = {0, len(self.text)}
        cuts.update(edge for span in controls for edge in span)
        cuts.update(edge for start, end, _ in trainable for edge in (start, end))
        for run in _OWN_RUN.finditer(self.marks):
            cuts |= set(run.span())
        starts = dict(controls)
        edges = sorted(cuts)
        found: list[Segment] = []
        spans = iter(trainable)
        span = next(spans, None)
        for start, end in itertools.pairwise(edges):
            while span is not None and span[1] <= start:
                span = next(spans, None)
            trained = span if span is not None and span[0] <= start else None
            found.append(
                Segment(
                    self.text[start:end],
                    control=starts.get(start) == end,
                    trainable=trained is not None,
                    own=self.marks[start] == OWN,
                    message=None if trained is None else trained[2],
                )
            )
        return tuple(found)


def control_pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    """Finds these control tokens, the longest first."""
    return re.compile("|".join(re.escape(token) for token in sorted(set(tokens), key=len, reverse=True)) or r"(?!)")


def common_prefix(left: str, right: str) -> str:
    """The longest beginning that two texts share."""
    size = next((at for at, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
    return left[:size]
