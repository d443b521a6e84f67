"""Writes ``unicode_tables.cc``: the sets of code points behind ``\\p{...}`` in patterns.

Run by hand when a new Unicode version is wanted; neither the build nor the library needs it. All data come from the
PyPI package ``regex``, whose tables follow one Unicode version (named in its README), so that categories, scripts and
binary properties agree with each other. Only what ECMA-262 lists as properties of regular expressions is written.

    python csrc/regex/generate_unicode_tables.py 18.0.0

The version is an argument because the package does not tell it at run time.

A set is written as text: for each range the gap to the previous range's end and the length less one, each as groups of
five bits, lowest first, in an alphabet of 64 characters, of which the upper 32 say that another group follows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import regex
from regex import _regex_core

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
LINE_WIDTH = 116
EVERYTHING = "".join(map(chr, range(0x110000)))

# The binary properties of ECMA-262 (table "Binary Unicode property aliases"); Any, ASCII and Assigned are computed.
# Changes_When_NFKC_Casefolded is not in the package's data.
BINARY = [
    "ASCII_Hex_Digit", "Alphabetic", "Bidi_Control", "Bidi_Mirrored", "Case_Ignorable", "Cased",
    "Changes_When_Casefolded", "Changes_When_Casemapped", "Changes_When_Lowercased", "Changes_When_Titlecased",
    "Changes_When_Uppercased", "Dash", "Default_Ignorable_Code_Point", "Deprecated", "Diacritic", "Emoji",
    "Emoji_Component", "Emoji_Modifier", "Emoji_Modifier_Base", "Emoji_Presentation", "Extended_Pictographic",
    "Extender", "Grapheme_Base", "Grapheme_Extend", "Hex_Digit", "IDS_Binary_Operator", "IDS_Trinary_Operator",
    "ID_Continue", "ID_Start", "Ideographic", "Join_Control", "Logical_Order_Exception", "Lowercase", "Math",
    "Noncharacter_Code_Point", "Pattern_Syntax", "Pattern_White_Space", "Quotation_Mark", "Radical",
    "Regional_Indicator", "Sentence_Terminal", "Soft_Dotted", "Terminal_Punctuation", "Unified_Ideograph",
    "Uppercase", "Variation_Selector", "White_Space", "XID_Continue", "XID_Start",
]  # fmt: skip

# General categories that are unions of others, with the aliases of PropertyValueAliases.txt.
GROUPS = {
    "lc casedletter": "lu ll lt",
    "l letter": "lu ll lt lm lo",
    "m mark combiningmark": "mn mc me",
    "n number": "nd nl no",
    "p punctuation punct": "pc pd ps pe pi pf po",
    "s symbol": "sm sc sk so",
    "z separator": "zs zl zp",
    "c other": "cc cf cs co cn",
}
CATEGORIES = {
    "lu": "uppercaseletter", "ll": "lowercaseletter", "lt": "titlecaseletter", "lm": "modifierletter",
    "lo": "otherletter", "mn": "nonspacingmark", "mc": "spacingmark", "me": "enclosingmark",
    "nd": "decimalnumber digit", "nl": "letternumber", "no": "othernumber", "pc": "connectorpunctuation",
    "pd": "dashpunctuation", "ps": "openpunctuation", "pe": "closepunctuation", "pi": "initialpunctuation",
    "pf": "finalpunctuation", "po": "otherpunctuation", "sm": "mathsymbol", "sc": "currencysymbol",
    "sk": "modifiersymbol", "so": "othersymbol", "zs": "spaceseparator", "zl": "lineseparator",
    "zp": "paragraphseparator", "cc": "control cntrl", "cf": "format", "cs": "surrogate", "co": "privateuse",
    "cn": "unassigned",
}  # fmt: skip


def ranges_of(pattern: str) -> list[tuple[int, int]]:
    """Returns the ranges (first, last) of code points that a class of the ``regex`` package matches."""
    return [(m.start(), m.end() - 1) for m in regex.finditer(f"(?:{pattern})+", EVERYTHING)]


def encode_number(value: int) -> str:
    """Returns a number as groups of five bits, lowest first."""
    text = ""
    while value >= 32:
        text += ALPHABET[32 + value % 32]
        value //= 32
    return text + ALPHABET[value]


def encode(ranges: Iterable[tuple[int, int]]) -> str:
    """Returns a set of code points as text, see the top of this file."""
    text, end = "", 0
    for lo, hi in ranges:
        text += encode_number(lo - end) + encode_number(hi - lo)
        end = hi + 1
    return text


def aliases(name: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the values of a property in the package's data, each with all its names."""
    by_value: dict[int, list[str]] = {}
    for alias, value in _regex_core.PROPERTIES[name][1].items():
        by_value.setdefault(value, []).append(alias.lower())
    yield from sorted(by_value.items())


def table(name: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yields the lines of a C++ array of ``UnicodeSet``."""
    yield f"const UnicodeSet {name}[] = {{"
    for names, data in rows:
        pieces = [data[i : i + LINE_WIDTH] for i in range(0, len(data), LINE_WIDTH)] or [""]
        yield f'    {{"{names}",'
        yield "\n".join(f'     "{piece}"' for piece in pieces) + "},"
    yield "    {nullptr, nullptr},\n};\n"


def groups() -> Iterator[str]:
    """Yields the lines of the C++ array of ``UnicodeUnion``."""
    yield "const UnicodeUnion kGeneralCategoryGroups[] = {"
    for names, members in GROUPS.items():
        yield f'    {{"{names}", "{members}"}},'
    yield "    {nullptr, nullptr},\n};\n"


def binary_names(name: str) -> str:
    """Returns all names of a binary property, the long one first."""
    loose = name.replace("_", "").upper()
    value = _regex_core.PROPERTIES[loose][0]
    names = [alias.lower() for alias, (other, _) in _regex_core.PROPERTIES.items() if other == value]
    return " ".join(sorted(names, key=lambda alias: (alias != loose.lower(), alias)))


def source(version: str) -> Iterator[str]:
    """Yields the lines of ``unicode_tables.cc``."""
    yield "// Sets of code points for \\p{...}. Written by generate_unicode_tables.py; do not edit."
    yield f"// Unicode {version}, from the PyPI package regex {regex.__version__}."
    yield "// clang-format off"
    yield '#include "regex/unicode_tables.h"\n\nnamespace fcformat {\n'
    yield f'const char kUnicodeVersion[] = "{version}";\n'
    categories = ((f"{short} {long}", encode(ranges_of(rf"\p{{gc={short}}}"))) for short, long in CATEGORIES.items())
    yield from table("kGeneralCategories", categories)
    yield from groups()
    scripts = [(names[0], " ".join(names)) for _, names in aliases("SCRIPT")]
    base = {key: encode(ranges_of(rf"\p{{Script={key}}}")) for key, _ in scripts}
    extended = {key: encode(ranges_of(rf"\p{{Script_Extensions={key}}}")) for key, _ in scripts}
    yield from table("kScripts", ((names, base[key]) for key, names in scripts))
    yield "// Only the scripts whose extensions differ from the script itself."
    differing = ((names, extended[key]) for key, names in scripts if extended[key] != base[key])
    yield from table("kScriptExtensions", differing)
    yield from table(
        "kBinaryProperties", ((binary_names(name), encode(ranges_of(rf"\p{{{name}}}"))) for name in BINARY)
    )
    yield "}  // namespace fcformat"


if __name__ == "__main__":
    target = Path(__file__).parent / "unicode_tables.cc"
    target.write_text("\n".join(source(sys.argv[1])) + "\n")
