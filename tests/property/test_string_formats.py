"""Formats against the parsers of the standard library, where those are exact; on values, and on values slightly damaged."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from support.engine import accepts

_offsets = st.integers(-1439, 1439).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
_edits = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([*"0129:.-+TZzaF%/[] ~", ""]), st.booleans()), min_size=1, max_size=3
)


def valid(name: str, text: str) -> bool:
    """Whether the engine accepts the text as a string of the format."""
    return accepts({"type": "string", "format": name}, json.dumps(text, ensure_ascii=False))


def damaged(text: str, edits: list[tuple[int, str, bool]]) -> str:
    """The text with characters put in, or in place of others."""
    for at, piece, replaces in edits:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + replaces :]
    return text


def parses(parser: object, text: str) -> bool:
    """Whether a parser of the standard library takes the text."""
    try:
        parser(text)  # type: ignore[operator]
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    """RFC 3339's full-date, from year 1 on."""
    return re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and parses(datetime.date.fromisoformat, text)


def is_date_time(text: str) -> bool:
    """RFC 3339's date-time without leap seconds, from year 1 on."""
    shape = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?:[Zz]|[+-]([0-9]{2}:[0-9]{2}))",
        text,
    )
    if shape is None:
        return False
    date, time, offset = shape.groups()
    return (
        is_date(date)
        and parses(datetime.time.fromisoformat, time)
        and (offset is None or parses(datetime.time.fromisoformat, offset))
    )


@given(st.datetimes(timezones=_offsets))
def test_every_moment_of_the_calendar_is_a_date_time(moment: datetime.datetime) -> None:
    assert valid("date-time", moment.isoformat())
    assert valid("time", moment.timetz().isoformat())
    assert valid("date", moment.date().isoformat())


@given(st.dates(), _edits)
def test_damaged_dates_are_judged_as_the_calendar_does(date: datetime.date, edits: list[tuple[int, str, bool]]) -> None:
    text = damaged(date.isoformat(), edits)
    assert text.startswith("0000") or valid("date", text) == is_date(text)


@given(st.datetimes(timezones=_offsets), _edits)
def test_damaged_date_times_are_judged_as_the_calendar_does(
    moment: datetime.datetime, edits: list[tuple[int, str, bool]]
) -> None:
    text = damaged(moment.isoformat(), edits)
    assert text.startswith("0000") or valid("date-time", text) == is_date_time(text)


@given(st.datetimes(timezones=_offsets))
def test_a_leap_second_is_one_where_it_is_midnight_in_utc(moment: datetime.datetime) -> None:
    text = moment.replace(microsecond=0, second=59).isoformat()
    utc = moment.astimezone(datetime.timezone.utc) if 1 < moment.year < 9999 else None
    if utc is not None:
        assert valid("date-time", text[:17] + "60" + text[19:]) == ((utc.hour, utc.minute) == (23, 59))


@given(st.ip_addresses(v=4).map(str), _edits)
def test_ipv4_addresses_and_damaged_ones(text: str, edits: list[tuple[int, str, bool]]) -> None:
    assert valid("ipv4", text)
    other = damaged(text, edits)
    assert valid("ipv4", other) == parses(ipaddress.IPv4Address, other)


@given(st.ip_addresses(v=6), st.sampled_from(["compressed", "exploded"]), _edits)
def test_ipv6_addresses_and_damaged_ones(
    address: ipaddress.IPv6Address, form: str, edits: list[tuple[int, str, bool]]
) -> None:
    text = getattr(address, form)
    assert valid("ipv6", text)
    other = damaged(text, edits)
    assert valid("ipv6", other) == ("%" not in other and parses(ipaddress.IPv6Address, other))


@given(st.uuids(), _edits)
def test_uuids_and_damaged_ones(value: uuid.UUID, edits: list[tuple[int, str, bool]]) -> None:
    assert valid("uuid", str(value))
    other = damaged(str(value), edits)
    assert valid("uuid", other) == (other.count("-") == 4 and str(_uuid(other)) == other.lower())


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4))
def test_every_list_of_names_has_a_json_pointer(names: list[str]) -> None:
    pointer = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
    assert valid("json-pointer", pointer)
    assert valid("relative-json-pointer", "0" + pointer)
    assert not valid("json-pointer", pointer + "~")
