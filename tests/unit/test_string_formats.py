"""Which strings each format of JSON Schema accepts and refuses: corner cases of the specifications, as data.

The official suite is run elsewhere; here are the limits, and what the specifications say beyond it.
"""

from __future__ import annotations

import json

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from support.engine import accepts

# format -> (accepted, refused)
STRINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "date": (
        ("2024-02-29", "2000-02-29", "0000-02-29", "9999-12-31", "2023-02-28"),
        (
            "1900-02-29",
            "2023-02-29",
            "2024-02-30",
            "2024-04-31",
            "2024-00-10",
            "2024-1-01",
            "20240101",
            "2024-01-01 ",
            "",
        ),
    ),
    "time": (
        ("23:59:60Z", "00:00:00z", "12:00:00.123456789+23:59", "00:00:60.5+00:01", "23:58:60-00:01", "00:29:60-23:30"),
        (
            "23:59:61Z",
            "23:58:60Z",
            "00:00:60Z",
            "12:00:00",
            "12:00:00.Z",
            "12:00:00+24:00",
            "24:00:00Z",
            "12:00Z",
            "00:00:60+00:02",
        ),
    ),
    "date-time": (
        (
            "2024-02-29T08:30:06.28Z",
            "2024-02-29t08:30:06z",
            "1998-12-31T15:59:60.123-08:00",
            "2024-12-31T23:59:59-00:00",
        ),
        (
            "2023-02-29T08:30:06Z",
            "2024-02-29 08:30:06Z",
            "2024-02-29T08:30:06",
            "2024-02-29",
            "2024-02-29T23:59:60+01:00",
        ),
    ),
    "duration": (
        ("P1Y2M3DT4H5M6S", "P4W", "PT0S", "P01D", "PT1M", "P1M", "P1DT1M"),
        ("P", "PT", "P1DT", "P1Y1D", "PT1H1S", "P1W1D", "P1D1M", "PT1.5S", "p1d", "-P1D", "P1S", ""),
    ),
    "email": (
        (
            "a@b",
            "a.b+c@d-e.example",
            '"a b"@example.com',
            '"\\""@example.com',
            '""@example.com',
            "a@[1.2.3.4]",
            "a@[001.02.3.4]",
            "a@[IPv6:2001:db8::1]",
            "a@[ipv6:::ffff:1.2.3.4]",
            f"{'a' * 64}@example.com",
            f'"{"a" * 62}"@example.com',
        ),
        (
            "a",
            "a@",
            "@b",
            ".a@b",
            "a..b@c",
            "a.@b",
            "a@b.",
            "a@-b",
            "a@b_c",
            'a"b@c',
            '"a@b',
            "a@[1.2.3.256]",
            "a@[1.2.3]",
            "a@[IPv6:1.2.3.4]",
            "a@[IPv6:1:2:3:4:5:6:7::]",
            "a@[tag:content]",
            f"{'a' * 65}@example.com",
            f'"{"a" * 63}"@example.com',
            f'"{"a" * 61}\\a"@example.com',
            "ä@example.com",
            "a@b\n",
        ),
    ),
    "idn-email": (
        (
            "ä@example.com",
            "실례@실례.테스트",
            "a@例え.jp",
            '"ä b"@example.com',
            f"{'ä' * 32}@example.com",
            f"{'😀' * 16}@b",
        ),
        (f"{'ä' * 33}@example.com", f"a{'😀' * 16}@b", "ä", "a@b..c", "a@ b"),
    ),
    "hostname": (
        (
            "a",
            "1",
            "a-b",
            "a--b.com",
            "EXAMPLE.com",
            "xn.com",
            f"{'a' * 63}.b",
            ".".join(["a" * 63] * 3 + ["a" * 61]),
            "1.2.3.4",
        ),
        (
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "a b",
            f"{'a' * 64}.b",
            ".".join(["a" * 63] * 3 + ["a" * 62]),
            "xn--x",
            "XN--aa---o47jg78q",
            "ä.com",
            "a\u212a",
        ),
    ),
    "idn-hostname": (
        (
            "example.com",
            "bücher.example",
            "例え。テスト",
            "l·l",
            "עברית.com",
            "می‌خواهم",
            "क्‍ष",
            "παράδειγμα",
            "ไทย",
            "EXAMPLE",
            "العربية.مصر",
        ),
        (
            "Bücher.example",
            "ab--ä",
            "-ä",
            "ä-",
            "a·b",
            "\u0301a",
            "ｅxample",
            "a\u200db",
            "aא",
            "1.א",
            "א1٠",
            "ä.",
            "a@b",
            "u\u0308ber",
            "한\u1100",
            "ä" * 60,
            ".".join(["ä" * 57] * 5),
            "".join(chr(0x4E00 + 397 * i) for i in range(20)),
            "😀.com",
        ),
    ),
    "ipv4": (
        ("0.0.0.0", "255.255.255.255", "1.20.199.249"),
        ("256.0.0.0", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "1.2.3.", "٣.2.3.4", "1.2.3.4/8"),
    ),
    "ipv6": (
        (
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::3:4:5:6:7:8",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5::1.2.3.4",
            "ABCD:EF01::2345",
        ),
        (
            "",
            ":",
            ":::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1::2::3",
            "12345::",
            "g::",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:6::1.2.3.4",
            "::1.2.3",
            "::1.2.3.04",
            "1.2.3.4::",
            "fe80::1%eth0",
            "[::1]",
            "1:",
            ":1",
        ),
    ),
    "uri": (
        (
            "a:",
            "a:b",
            "http://",
            "http://a",
            "http://a:80/b?c#d",
            "http://a:/",
            "http://u:p@[::1]:8080/",
            "http://[v1.a:b]/",
            "a+b-c.1:/",
            "urn:a:b%20c",
            "mailto:a@b.c",
            "file:///a//b/",
            "a:?x?y/z#/?",
        ),
        (
            "",
            "a",
            "//a",
            "1a:b",
            "a:/ b",
            "a:%",
            "a:%g0",
            "http://[::1",
            "http://[::g]/",
            "http://[1.2.3.4]/",
            "http://[fe80::1%25eth0]/",
            "http://a@b@c/",
            "http://a:b/",
            "a:#b#c",
            "a:é",
            "a:{b}",
            "a:[b]",
            "http://a/[b]",
            "a:\n",
        ),
    ),
    "uri-reference": (
        ("", "a", "a/b:c", "./a:b", "/a//b", "//h/p", "?q", "#f", "a:b", "..", "/"),
        ("a b", "1:b", ":a", "%", "#a#b", "\\", "///[", "é", "?[]"),
    ),
    "iri": (
        ("http://é.example/ü?ö#ä", "a:天", "a:?\ue000", "http://[::1]/é"),
        ("é:a", "a:\ue000", "a: ", "a:\u200e", "a:\ufdd0", "a:b#\ue000"),
    ),
    "iri-reference": (("", "é", "//é", "#é", "?\U000f0000", "é/:"), ("é:b", "a b", "#\ue000", "\u202a")),
    "uri-template": (
        ("", "a{b}", "{+a,b.c*}", "{#a:9999}", "{?%41_b}", "{=a}", "é%20", "a'b", "{a}{b}", "\ue000"),
        (
            "{",
            "}",
            "{}",
            "{a",
            "{{a}}",
            "{a:}",
            "{a:10000}",
            "{a*:3}",
            "{ a}",
            "a b",
            "%",
            "%4",
            '"',
            "{a,}",
            "{a..b}",
            "{.}",
            "{-a}",
        ),
    ),
    "uuid": (
        (
            "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
            "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
            "00000000-0000-0000-0000-000000000000",
        ),
        (
            "2eb8aa08aa9811eab4aa73b441d16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
            "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}",
            "2eb8-aa08-aa98-11ea-b4aa73b441d16380",
            "gggggggg-aa98-11ea-b4aa-73b441d16380",
        ),
    ),
    "json-pointer": (("", "/", "//", "/a~0~1", "/é/😀", '/"\\', "/a/-"), ("a", "/~", "/~2", "#/a", "/a~")),
    "relative-json-pointer": (
        ("0", "10", "0#", "1/a", "0-1/a", "2+10#"),
        ("", "01", "-1", "0a", "0##", "#", "/a", "0-0", "0+"),
    ),
    "regex": (
        (
            "",
            "a|b",
            "^([a-z0-9]{2,30})(?:\\d+|x)*?$",
            "(['\"])(?:(?!\\1).)*\\1",
            "(?<n>a)\\k<n>",
            "(?<year>\\d{4})-",
            "[]",
            "[^]",
            "[\\w.\\-]",
            "[-a-]",
            "[a-zA-Z_]",
            "[\\x00-\\x1f]",
            "[\\u4e00-\\u9fa5]",
            "[а-я]",
            "\\p{L}\\P{Script=Greek}",
            "\\u{1F600}",
            "a{3}b{2,}c{0,10}d{12,99}",
            "(?<=a)(?<!b)(?=c)(?!d)",
            "\\cA\\/\\.",
            "((((a))))",
        ),
        (
            "(",
            ")",
            "a)",
            "[",
            "[a",
            "]",
            "*",
            "a**",
            "+",
            "a{2,1}",
            "a{",
            "{1}",
            "[z-a]",
            "[a-\\d]",
            "\\",
            "\\a",
            "\\_",
            "\\1",
            "(a)\\2",
            "\\k<n>",
            "(?<n>a)(?<n>b)",
            "(?<n>a)\\k<q>",
            "(?P<n>a)",
            "(?i)a",
            "(?",
            "^*",
            "(?=a)*",
            "\\p{Nope}",
            "\\u{110000}",
            "\\x4",
            "(a)\\10",
            "[\\x1f-\\x00]",
        ),
    ),
}


def valid(name: str, text: str) -> bool:
    """Whether the engine accepts the text as a string of the format."""
    return accepts({"type": "string", "format": name}, json.dumps(text, ensure_ascii=False))


@pytest.mark.parametrize("name", STRINGS)
def test_every_string_that_the_specification_allows_can_be_written(name: str) -> None:
    assert [text for text in STRINGS[name][0] if not valid(name, text)] == []


@pytest.mark.parametrize("name", STRINGS)
def test_no_string_that_the_specification_forbids_can_be_written(name: str) -> None:
    assert [text for text in STRINGS[name][1] if valid(name, text)] == []


@pytest.mark.parametrize("name", STRINGS)
def test_the_negation_of_a_format_accepts_what_the_format_refuses(name: str) -> None:
    schema = {"type": "string", "not": {"format": name}}
    accepted, refused = STRINGS[name]
    assert [text for text in refused[:4] if not accepts(schema, json.dumps(text, ensure_ascii=False))] == []
    assert [text for text in accepted[:4] if accepts(schema, json.dumps(text, ensure_ascii=False))] == []


def test_an_unknown_format_is_an_annotation() -> None:
    assert valid("phone", "anything")


def test_a_format_says_nothing_about_other_types() -> None:
    assert accepts({"format": "date"}, "12")


def test_a_format_meets_pattern_and_length() -> None:
    schema = {"type": "string", "format": "hostname", "pattern": "\\.example$", "maxLength": 12}
    assert accepts(schema, '"a.example"')
    assert not accepts(schema, '"-.example"')
    assert not accepts(schema, '"a.com"')
    assert not accepts(schema, '"abcde.example"')


def test_escaped_characters_of_a_format_are_the_characters_that_they_mean() -> None:
    assert accepts({"type": "string", "format": "date"}, '"2024\\u002d02-29"')
    assert not accepts({"type": "string", "format": "date"}, '"2024\\u002d02-30"')


@pytest.mark.parametrize("name", STRINGS)
def test_every_prefix_of_an_accepted_string_is_alive_and_nothing_else_follows_a_finished_one(name: str) -> None:
    info = TokenizerInfo.from_bytes(
        [*(bytes([byte]) for byte in range(256)), None], control_tokens={256: "<stop>"}, stop_token_ids=[256]
    )
    state = GrammarMatcher(GrammarCompiler(info).compile_json_schema({"type": "string", "format": name}))
    for byte in json.dumps(STRINGS[name][0][1], ensure_ascii=False).encode():
        assert not state.can_terminate()
        assert state.accept_token(byte)
    assert state.can_terminate()
