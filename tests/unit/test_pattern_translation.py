"""Patterns mean what ECMA-262 (with the u flag) says; what is wrong or unsupported in one is said with its offset."""

from __future__ import annotations

import pytest

from fcformat import (
    FcformatError,
    GrammarCompiler,
    GrammarLimitError,
    GrammarMatcher,
    SchemaError,
    UnsupportedSchemaError,
)
from fcformat._core import Expression
from support.engine import SINGLE_BYTES, allowed, compiler

# pattern -> texts in which it is found, texts in which it is not
MEANINGS: dict[str, tuple[list[str], list[str]]] = {
    # Anchors and alternatives.
    "": (["", "a"], []),
    "b": (["b", "abc"], ["", "a"]),
    "^a|b$": (["a", "ax", "b", "xb"], ["xa", "bx", ""]),
    "^(a|b)$": (["a", "b"], ["ab", ""]),
    "(^|,)a(,|$)": (["a", "a,b", "b,a", "b,a,b"], ["ab", "ba", "aa"]),
    "a^": ([], ["", "a", "a\n"]),
    "^$": ([""], ["a", "\n"]),
    "^abc$": (["abc"], ["abc\n"]),
    "a||b": ([""], []),
    # Quantifiers; a lazy one means the same language.
    "^a{2}$": (["aa"], ["a", "aaa"]),
    "^a{2,}$": (["aa", "aaaa"], ["a"]),
    "^a{1,2}?$": (["a", "aa"], ["", "aaa"]),
    "^(?:ab)*?$": (["", "ab", "abab"], ["a", "aba"]),
    "^a{0}$": ([""], ["a"]),
    "^a{1,99999999999999999999}$": (["a", "aaa"], [""]),
    "^(?=a)*b$": (["b"], ["a", "ab"]),
    "^(?=a)+.$": (["a"], ["b"]),
    # Braces and brackets that stand for themselves.
    "^a{$": (["a{"], ["a"]),
    "^{a}$": (["{a}"], ["a"]),
    "^a{,2}$": (["a{,2}"], ["aa"]),
    "^]$": (["]"], [""]),
    # Groups.
    "^(?<year>\\d{4})$": (["2024"], ["24"]),
    "^(?:a(b(c)))$": (["abc"], ["ab"]),
    # Classes.
    "^[a-c-e]$": (["a", "c", "-", "e"], ["d"]),
    "^[a-z0-9-_]$": (["a", "0", "-", "_"], ["A", "."]),
    "^[\\w-.]$": (["a", "-", "."], [",", "/"]),
    "^[\\d-x]$": (["1", "-", "x"], ["w"]),
    "^[-a]$": (["-", "a"], ["b"]),
    "^[a-]$": (["-", "a"], ["b"]),
    "^[^a]$": (["b", "\n", "é"], ["a", ""]),
    "^[]$": ([], ["", "]", "a"]),
    "^[^]$": (["a", "\n", "😀"], ["", "ab"]),
    "^[\\]]$": (["]"], ["\\"]),
    "^[[]$": (["["], ["]"]),
    "^[\\b]$": (["\b"], ["b"]),
    "^[\\s\\S]$": (["a", "\n"], [""]),
    # Characters outside the basic plane are one character.
    "^.$": (["a", "😀", "\u0085"], ["\n", "\r", "\u2028", "\u2029", ""]),
    "^[😀-😂]$": (["😁"], ["😃"]),
    "^[^😀]$": (["😁"], ["😀"]),
    "^🐲*$": (["", "🐲🐲"], ["🐉"]),
    "^\\uD83D\\uDE00$": (["😀"], ["😁"]),
    "^[\\uD83D\\uDE00-\\uD83D\\uDE02]$": (["😁"], ["😃"]),
    "^\\u{1F600}$": (["😀"], ["u"]),
    "\\uD83D": ([], ["😀", ""]),
    # Escapes.
    "^\\d$": (["0", "9"], ["a", "߀"]),
    "^\\D$": (["a", "߀"], ["5"]),
    "^\\w$": (["a", "Z", "0", "_"], ["é", "-", "ſ"]),
    "^\\W$": (["é", "-"], ["a", "_"]),
    "^\\s$": (
        [" ", "\t", "\v", "\f", "\r", "\n", "\xa0", "\u2003", "\u2028", "\ufeff"],
        ["\x85", "\x1f", "\u200b", "\u180e"],
    ),
    "^\\S$": (["a", "\x85"], [" ", "\ufeff"]),
    "^\\t\\n\\v\\f\\r\\0$": (["\t\n\v\f\r\0"], [""]),
    "^\\cC\\cj\\x41\\u0042$": (["\x03\nAB"], [""]),
    '^\\-\\_\\@\\ \\"\\/\\.\\%\\é$': (['-_@ "/.%é'], ["\\-"]),
    # Properties of Unicode.
    "^\\p{L}$": (["a", "é", "λ", "字"], ["1", "_", "\u0301"]),
    "^\\p{Letter}cole$": (["école"], ["1cole"]),
    "^\\P{Lu}$": (["a", "1"], ["A", "É"]),
    "^\\p{gc=Decimal_Number}$": (["1", "߀"], ["½", "a"]),
    "^\\p{digit}+$": (["12", "৪২"], ["-%#"]),
    "^\\p{General_Category=punct}$": (["!", "-", "«"], ["a", "+"]),
    "^[\\p{Ll}\\p{Nd}_]+$": (["a1_é"], ["A"]),
    "^[^\\P{Lu}]$": (["A"], ["a"]),
    "^\\p{Script=Greek}$": (["λ"], ["l", "л"]),
    "^\\p{sc=Cyrl}$": (["л"], ["λ"]),
    "^\\p{Script_Extensions=Hiragana}$": (["あ", "ー"], ["ア"]),
    "^\\p{scx=Hang}$": (["한", "、"], ["中"]),
    "^\\p{sc=Hang}$": (["한"], ["、"]),
    "^\\p{Alphabetic}$": (["a", "ⓐ"], ["1"]),
    "^\\p{White_Space}$": ([" ", "\x85"], ["\ufeff"]),
    "^\\p{ASCII}$": (["a", "\x7f"], ["\x80"]),
    "^\\p{AHex}$": (["f", "F", "0"], ["g", "\uff26"]),
    "^\\p{Emoji_Presentation}$": (["😀"], ["1"]),
    "^\\p{ID_Start}\\p{IDC}*$": (["a1", "é"], ["1a"]),
    "^\\p{Any}$": (["a", "\U0010ffff"], [""]),
    "^\\P{Any}$": ([], ["a", ""]),
    "^\\p{Assigned}$": (["a"], ["\u0378"]),
    # Word boundaries.
    "\\bfoo\\b": (["foo", "a foo.", "-foo-"], ["food", "xfoo", "foo1"]),
    "\\b": (["a", " a"], ["", " ", "é"]),
    "\\B": (["", "ab", " "], ["a"]),
    "^\\w+\\b.\\b\\w+$": (["a-b", "ab cd"], ["abc", "a--b"]),
    "^(?:\\ba-?)*$": (["", "a", "a-a-"], ["aa"]),
    # Lookaheads.
    "^(?!aa)a*$": (["", "a"], ["aa", "aaa"]),
    "^(?=.*\\d)(?=.*[a-z])\\w{3}$": (["a1b", "12c"], ["abc", "123", "a1"]),
    "^((?!mode)(?!Mode).)*$": (["", "modd", "mod"], ["mode", "a Mode"]),
    "^(?!pattern$).*$": (["", "patterns"], ["pattern"]),
    "^([\\da-z](?:(?!.*--)[\\da-z-]*[\\da-z])?)$": (["a", "a-b"], ["a--b", "-a", "a-"]),
    "^(?!tag|category)$": ([""], ["tag", "a"]),
    "a(?=b(?!c))": (["ab", "abd"], ["abc", "a"]),
    "^(?:(?=ab)a|b)*$": (["", "ab", "bab"], ["a", "aa"]),
    "^(?:(?!aa)[ab]){3}$": (["aba", "bab", "bba"], ["aab", "baa"]),
    # Lookbehinds.
    "(?<=a)b": (["ab", "cab"], ["b", "cb"]),
    "(?<!a)b": (["b", "cb", "abb"], ["ab"]),
    "^(?!-)[a-z-]{1,5}(?<!-)$": (["a", "a-b"], ["-a", "a-", ""]),
    "(?<=^|,)a": (["a", ",a", "b,a"], ["ba"]),
    "^(?:[a-z-]+(?<!-)\\.)+$": (["a.", "a-b.c."], ["a-.", "a.b-."]),
    "^.*(?<=a.*)b$": (["ab", "axb"], ["b", "xb"]),
    "(?<=(?<!x)a)b": (["ab", "yab"], ["xab"]),
    "(?=.(?<=a))..": (["ab"], ["ba", "a"]),
}

# pattern -> class of the error, offset, words of its text
ERRORS: dict[str, tuple[type[FcformatError], int, str]] = {
    "a(": (SchemaError, 1, "unterminated group: found the end of the pattern, expected )"),
    "é)": (SchemaError, 1, "found ')' without '('"),
    "😀*+": (SchemaError, 2, "a second quantifier"),
    "*": (SchemaError, 0, "nothing to repeat: found '*'"),
    "a|+": (SchemaError, 2, "nothing to repeat: found '+'"),
    "{2}": (SchemaError, 0, "nothing to repeat"),
    "^*": (SchemaError, 1, "'^' cannot have a quantifier"),
    "\\b+": (SchemaError, 2, "'\\b' cannot have a quantifier"),
    "(?<=a)*": (SchemaError, 6, "a lookbehind cannot have a quantifier"),
    "a{3,2}": (SchemaError, 1, "found {3,2}, expected the smaller one first"),
    "[b-a]": (SchemaError, 1, "found b-a, expected its smaller end first"),
    "a[b": (SchemaError, 1, "unterminated character class"),
    "[\\]": (SchemaError, 0, "unterminated character class"),
    "a\\": (SchemaError, 1, "a backslash at the end"),
    "\\A": (SchemaError, 0, "unknown escape \\A"),
    "a\\Z": (SchemaError, 1, "ECMA-262 writes $ for the end"),
    "\\i": (SchemaError, 0, "unknown escape \\i"),
    "\\xg0": (SchemaError, 0, "found 'g', expected 2 hexadecimal digits"),
    "\\u12": (SchemaError, 0, "found the end of the pattern, expected 4 hexadecimal digits"),
    "\\u{110000}": (SchemaError, 0, "above 10FFFF"),
    "\\c1": (SchemaError, 0, "expected a letter"),
    "\\01": (SchemaError, 0, "octal"),
    "[\\1]": (SchemaError, 1, "back-reference inside a character class"),
    "\\pL": (SchemaError, 0, "expected the name of a property in braces"),
    "\\p{L": (SchemaError, 0, "expected }"),
    "\\p{Foo}": (SchemaError, 0, "unknown property: found \\p{Foo}"),
    "\\P{sc=Foo}": (SchemaError, 0, "unknown property: found \\P{sc=Foo}"),
    "\\p{Greek}": (SchemaError, 0, "expected \\p{Script=Greek}"),
    "(?P<n>a)": (SchemaError, 0, "ECMA-262 writes (?<name>...)"),
    "(?>a)": (SchemaError, 0, "found '>' behind (?"),
    "(?<1>a)": (SchemaError, 0, "bad name of a group: found '1'"),
    "(a)\\1": (UnsupportedSchemaError, 3, "back-references"),
    "(?<n>a)\\k<n>": (UnsupportedSchemaError, 7, "back-references"),
    "(?i)a": (UnsupportedSchemaError, 0, "inline flags are not supported: found (?i)"),
    "a(?i:b)": (UnsupportedSchemaError, 1, "found (?i:"),
    "a(?<=b$)": (UnsupportedSchemaError, 1, "inside a lookbehind"),
}

# what it is -> pattern, the budget that it exceeds
LIMITS: dict[str, tuple[str, str]] = {
    "nested groups": ("(" * 60_000 + ")" * 60_000, "max_group_depth"),
    "open groups": ("(?:" * 60_000, "max_group_depth"),
    "nested lookaheads": ("(?=" * 40_000 + ")" * 40_000, "max_group_depth"),
    "length": ("a" * 200_001, "max_pattern_length"),
    "ranges of classes": ("\\p{L}" * 39_000, "max_pattern_ranges"),
    "ranges of one class": ("[" + "\\p{L}" * 39_000 + "]", "max_class_ranges"),
    "counted assertions": ("(?:a(?!b)){1000000}", "max_pattern_steps"),
    "contexts": ("(?<=a.{12})b", "max_pattern_contexts"),
}


@pytest.mark.parametrize("pattern", MEANINGS)
def test_a_pattern_is_found_in_exactly_these_texts(pattern: str) -> None:
    found, missed = MEANINGS[pattern]
    expression = Expression.search(pattern)
    assert [text for text in found if not expression.matches(text)] == [], "not found"
    assert [text for text in missed if expression.matches(text)] == [], "found"


@pytest.mark.parametrize("pattern", MEANINGS)
def test_a_shortest_text_is_one_that_matches(pattern: str) -> None:
    for expression in (Expression.search(pattern), Expression.full(pattern)):
        shortest = expression.shortest()
        assert (shortest is None) is expression.is_empty()
        assert shortest is None or expression.matches(shortest)


@pytest.mark.parametrize(
    ("pattern", "matched", "missed"),
    [
        ("a", ["a"], ["", "ab", "ba"]),
        ("a|b", ["a", "b"], ["ab"]),
        ("^a$", ["a"], ["aa"]),
        ("\\ba.*", ["a", "a b"], [" a"]),
        ("(?<!b)a", ["a"], ["ba"]),
        ("a(?=b)", [], ["a", "ab"]),
        ("(?=ab)a.", ["ab"], ["aa"]),
    ],
)
def test_a_full_match_spans_the_text(pattern: str, matched: list[str], missed: list[str]) -> None:
    expression = Expression.full(pattern)
    assert [text for text in matched if not expression.matches(text)] == []
    assert [text for text in missed if expression.matches(text)] == []


@pytest.mark.parametrize("pattern", ERRORS)
def test_an_error_says_where_and_what(pattern: str) -> None:
    kind, offset, words = ERRORS[pattern]
    with pytest.raises(kind) as caught:
        Expression.search(pattern)
    assert type(caught.value) is kind
    assert f"at offset {offset}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_an_error_that_names_it(name: str) -> None:
    pattern, budget = LIMITS[name]
    with pytest.raises(GrammarLimitError, match=budget):
        Expression.search(pattern)


def test_groups_nest_as_deep_as_the_limit_allows() -> None:
    assert Expression.full("(" * 250 + "a" + ")" * 250).matches("a")
    assert Expression.full("(?:" * 249 + "a(?!b)" + ")*" * 249).matches("aaa")
    assert Expression.full("(?=" * 250 + "a" + ")" * 250 + "a").matches("a")


@pytest.mark.parametrize(
    "pattern",
    [
        "a" * 100_000,
        "|".join(f"option{i}" for i in range(10_000)),
        "[ab]" * 20_000,
        "^(?:" + "(?!a)" * 5_000 + "b)*$",
        "\\b" * 5_000,
        "(?:(?:x{1000}){1000}){1000}",
    ],
    ids=["literal", "alternatives", "classes", "lookaheads", "boundaries", "counts"],
)
def test_a_long_pattern_takes_expressions_in_proportion(pattern: str) -> None:
    limits = {"max_expression_nodes": 4 * len(pattern) + 1000}
    info = compiler(SINGLE_BYTES).tokenizer_info
    grammar = GrammarCompiler(info, limits=limits).compile_json_schema({"type": "string", "pattern": pattern})
    state = GrammarMatcher(grammar)
    assert state.accept_string('"')
    assert allowed(state)
