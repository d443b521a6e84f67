"""What of a rendered text the assistant wrote, or would be trained to write.

A turn is what the template put out while its loop was at the assistant's message. It begins where a prompt for it would have
ended, and ends with the turn's last control token. A template may write results of calls in the middle of a turn; they and
what the template puts around them are not the assistant's. (A template with `{% generation %}` blocks says all this
itself; then this module is not asked.)
"""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence

from fcformat.formats.templates.printed import CONTROL, Printed, common_prefix
from fcformat.formats.templates.probes import REASONING, Probes, token_ends

__all__ = ["assistant_turns"]


#: A stretch of somebody's text: start, end and message.
_Said = tuple[int, int, int]


def assistant_turns(
    printed: Printed,
    roles: Sequence[str],
    message_of: Callable[[str], int | None],
    controls: Sequence[tuple[int, int]],
    probes: Probes,
    stops: Sequence[str],
    ends: Sequence[str],
) -> list[tuple[int, int, int]]:
    """Where the assistant's text stands, in order: start, end and message.

    Args:
        printed: The text.
        roles: The role of each message.
        message_of: The message of a mark.
        controls: Where control tokens stand.
        probes: What is known of the template.
        stops: Texts that end the assistant's turn.
        ends: Those of them that are no beginning of another turn.
    """
    said = [(start, end, message) for start, end, mark in printed.runs if (message := message_of(mark)) is not None]
    starts = [run[0] for run in said]
    control_starts = [span[0] for span in controls]
    found: list[tuple[int, int, int]] = []
    for region in _regions(printed, said, roles):
        first, behind = bisect.bisect_left(starts, region.start), bisect.bisect_left(starts, region.end)
        inside = said[first:behind]
        begin = _begin(printed.text, region, inside, said[first - 1] if first else None, roles, probes)
        for stretch, foreign in _stretches(inside, begin, region, roles):
            finish = _finish(printed.text, stretch, foreign, controls, control_starts, probes, stops, ends)
            if stretch.start < finish:
                found.append((stretch.start, finish, region.message))
    return sorted(found)


@dataclasses.dataclass(frozen=True, slots=True)
class _Region:
    """Where the template put out an assistant's message.

    Attributes:
        floor: Where what was put out for the message before ends.
        start: Where it begins.
        end: Where it ends.
        ceiling: Where what was put out for the next message begins.
        message: Index of the message.
    """

    floor: int
    start: int
    end: int
    ceiling: int
    message: int


@dataclasses.dataclass(frozen=True, slots=True)
class _Stretch:
    """What an assistant says without a break: its start, where its text ends, where it must end, and at the latest."""

    start: int
    last: int
    end: int
    ceiling: int


def _regions(printed: Printed, said: Sequence[_Said], roles: Sequence[str]) -> Iterator[_Region]:
    located: list[tuple[int, int, int]] = []
    for start, end, message in printed.regions():
        if message is not None and located and located[-1][2] == message:
            located[-1] = (located[-1][0], end, message)
        elif message is not None:
            located.append((start, end, message))
    floor = 0
    for position, (start, end, message) in enumerate(located):
        ceiling = located[position + 1][0] if position + 1 < len(located) else len(printed.text)
        if roles[message] == "assistant":
            yield _Region(floor, start, end, ceiling, message)
        floor = end
    # What was put out at another time, all at once: a turn is then what lies between the texts of its neighbours.
    known = {message for _, _, message in located}
    at = 0
    for position, (_, end, message) in enumerate(said):
        if position + 1 < len(said) and said[position + 1][2] == message:
            continue
        if roles[message] == "assistant" and message not in known:
            following = said[position + 1][0] if position + 1 < len(said) else len(printed.text)
            yield _Region(at, at, following, following, message)
        at = end


def _begin(
    text: str, region: _Region, inside: Sequence[_Said], before: _Said | None, roles: Sequence[str], probes: Probes
) -> int:
    """Where the assistant begins to write."""
    first = next((run[0] for run in inside if run[2] == region.message), None)
    if before is not None:
        # What a prompt has behind the last message's text, as far as it stands here.
        expected = probes.after.get(roles[before[2]], "")
        there = text[before[1] : before[1] + len(expected)]
        common = len(common_prefix(expected, there))
        for length in token_ends(expected):
            begin = before[1] + length
            whole = length == len(expected) and begin > region.floor
            if length <= common and (begin > region.start or whole) and expected[:length].strip():
                return begin if first is None else min(begin, first)
    own = text[region.floor : first if first is not None else region.start + len(probes.header)]
    for header in _headers(probes.header):
        for length in _lengths(header):
            place = own.rfind(header[:length])
            begin = region.floor + place + length
            if place >= 0 and (begin > region.start or length == len(header) or not own[:place].strip()):
                return begin
    return region.start


def _headers(header: str) -> list[str]:
    """A header, without its white space, and without the end of a turn that it may begin with."""
    opened = REASONING.search(header)
    starts = [match.start() for match in re.finditer(CONTROL, header[: opened.start() if opened else len(header)])]
    return list(dict.fromkeys((header, header.lstrip(), *(header[start:] for start in starts[1:]))))


def _lengths(header: str) -> list[int]:
    """Lengths of the beginnings of a header that end where a token may end and hold a control token, the longest first."""
    first = next((match.end() for match in re.finditer(CONTROL, header)), len(header))
    return [length for length in token_ends(header) if length >= first and length]


def _stretches(
    inside: Sequence[_Said], begin: int, region: _Region, roles: Sequence[str]
) -> Iterator[tuple[_Stretch, bool]]:
    """The assistant's stretches of a turn, and whether a result follows each."""
    start, last, foreign = begin, begin, False
    for run_start, run_end, owner in inside:
        if run_end <= begin:
            continue
        if owner == region.message or roles[owner] == "assistant":
            if foreign:
                start, foreign = run_start, False
            last = run_end
        elif not foreign:
            yield _Stretch(start, last, run_start, run_start), True
            foreign = True
    if not foreign:
        yield _Stretch(start, last, region.end, region.ceiling), False


def _finish(
    text: str,
    stretch: _Stretch,
    foreign: bool,
    controls: Sequence[tuple[int, int]],
    starts: Sequence[int],
    probes: Probes,
    stops: Sequence[str],
    ends: Sequence[str],
) -> int:
    """Where the assistant's turn ends that says its last in this stretch."""
    next_turn = bisect.bisect_left(starts, stretch.end)
    said_last = bisect.bisect_left(starts, stretch.last)
    if foreign:
        # What the template writes of a result may name the function once more: the call ends before.
        between = controls[bisect.bisect_left(starts, stretch.start) : next_turn]
        for number in range(len(between) - 1, -1, -1):
            if text[slice(*between[number])] == probes.call_end:
                finish = between[number][1]
                following = between[number + 1 : number + 2]
                if following and following[0][0] == finish and text[slice(*following[0])] in stops:
                    return following[0][1]
                return finish
        return stretch.last
    inside = controls[said_last:next_turn]
    behind = controls[said_last : bisect.bisect_left(starts, stretch.ceiling)]
    stop = next((span for span in behind if text[slice(*span)] in stops), None)
    if stop is not None:
        return stop[1]
    finish = (
        inside[-1][1] if inside else max(stretch.last, stretch.start + len(text[stretch.start : stretch.end].rstrip()))
    )
    # The end of a turn may be written when the next one begins.
    after = controls[next_turn] if next_turn < len(controls) else None
    if after is not None and text[slice(*after)] in ends and not text[finish : after[0]].strip():
        return after[1]
    return finish
