"""The cache of compiled grammars: what is one entry, what goes when, and what the counters say."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, JSONStyle, SchemaError, TokenizerInfo
from fcformat.grammar import SchemaValue

INFO = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])


def accepts(compiler: GrammarCompiler, schema: Any, text: str) -> bool:
    matcher = GrammarMatcher(compiler.compile_json_schema(schema))
    return matcher.accept_string(text) and matcher.can_terminate()


def test_equal_schemas_are_one_grammar() -> None:
    compiler = GrammarCompiler(INFO)
    first = compiler.compile_json_schema({"type": "object", "properties": {"a": {"enum": [1, None, "ä"]}}})
    assert compiler.compile_json_schema({"type": "object", "properties": {"a": {"enum": [1, None, "ä"]}}}) is first
    assert (compiler.cache_hits, compiler.cache_misses) == (1, 1)


def test_a_style_is_part_of_what_is_asked_for() -> None:
    compiler = GrammarCompiler(INFO)
    assert compiler.compile_json_schema({}) is not compiler.compile_json_schema({}, JSONStyle(whitespace="compact"))
    assert compiler.compile_json_schema({}) is compiler.compile_json_schema({}, JSONStyle())


def test_values_that_print_alike_are_told_apart() -> None:
    compiler = GrammarCompiler(INFO)
    pairs: list[tuple[Any, Any]] = [(Decimal("1.5"), "1.5"), (1, True), (0, False), ("null", None), ([], {}), ("", [])]
    for one, other in pairs:
        grammars = {compiler.compile_json_schema({"const": value}) for value in (one, other)}
        assert len(grammars) == 2
    assert accepts(compiler, {"const": Decimal("1.5")}, "1.5")
    assert not accepts(compiler, {"const": "1.5"}, "1.5")


def test_nested_lists_of_other_shapes_are_told_apart() -> None:
    compiler = GrammarCompiler(INFO)
    values: list[Any] = [
        [[1], 2],
        [[1, 2]],
        [1, [2]],
        ["1:a", "b"],
        ["1", ":a", "b"],
        {"a": {"b": 1}},
        {"a": {}, "b": 1},
    ]
    assert len({compiler.compile_json_schema({"const": value}) for value in values}) == len(values)


def test_a_cache_of_two_forgets_what_was_not_asked_for_the_longest() -> None:
    compiler = GrammarCompiler(INFO, cache_size=2)
    first = compiler.compile_json_schema({"const": 1})
    second = compiler.compile_json_schema({"const": 2})
    assert compiler.compile_json_schema({"const": 1}) is first
    compiler.compile_json_schema({"const": 3})
    assert compiler.compile_json_schema({"const": 1}) is first
    assert compiler.compile_json_schema({"const": 2}) is not second


def test_grammars_go_when_they_take_too_much_together() -> None:
    size = GrammarCompiler(INFO).compile_json_schema({"const": 100}).nbytes
    compiler = GrammarCompiler(INFO, cache_bytes=3 * size + size // 2)
    for number in range(100, 120):
        compiler.compile_json_schema({"const": number})
        assert compiler.cache_bytes <= 3 * size + size // 2
    compiler.compile_json_schema({"const": 119})
    compiler.compile_json_schema({"const": 100})
    assert (compiler.cache_hits, compiler.cache_misses) == (1, 21)


def test_a_grammar_that_has_grown_counts_as_it_is() -> None:
    compiler = GrammarCompiler(INFO)
    grammar = compiler.compile_json_schema({})
    before = compiler.cache_bytes
    assert before > 0
    assert GrammarMatcher(grammar).accept_string('{"a": [1, "b", {"c": null}]}')
    assert compiler.compile_json_schema({}) is grammar
    assert before < compiler.cache_bytes == grammar.nbytes


def test_grammars_that_have_grown_unasked_are_noticed() -> None:
    compiler = GrammarCompiler(INFO)
    grown = [compiler.compile_json_schema({"title": str(number)}) for number in range(8)]
    for grammar in grown:
        assert GrammarMatcher(grammar).accept_string('{"a": [1, "b", {"c": null}]}')
    for number in range(8):
        compiler.compile_json_schema({"const": number})
    assert compiler.cache_bytes >= sum(grammar.nbytes for grammar in grown)


def test_the_latest_grammar_is_kept_however_large() -> None:
    compiler = GrammarCompiler(INFO, cache_bytes=0)
    assert compiler.compile_json_schema({}) is compiler.compile_json_schema({})


def test_nothing_is_kept_where_the_cache_is_off() -> None:
    compiler = GrammarCompiler(INFO, cache_size=0)
    assert compiler.compile_json_schema({}) is not compiler.compile_json_schema({})
    assert (compiler.cache_hits, compiler.cache_misses, compiler.cache_bytes) == (0, 0, 0)


def test_a_cleared_cache_is_empty() -> None:
    compiler = GrammarCompiler(INFO)
    first = compiler.compile_json_schema({})
    compiler.clear_cache()
    assert compiler.cache_bytes == 0
    assert compiler.compile_json_schema({}) is not first


@pytest.mark.parametrize("arguments", [{"cache_size": -1}, {"cache_bytes": -1}, {"limits": {"max_sheep": 1}}])
def test_a_wrong_bound_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cache_size|cache_bytes|max_sheep"):
        GrammarCompiler(INFO, **arguments)


def test_threads_count_right() -> None:
    compiler = GrammarCompiler(INFO, cache_size=3)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: accepts(compiler, {"const": n % 9}, str(n % 9)), range(300)))
    assert all(done)
    assert compiler.cache_hits + compiler.cache_misses == 300
    compiler.clear_cache()
    assert compiler.cache_bytes == 0


# --- texts ----------------------------------------------------------------------------------------------------------------

TEXTS = {
    '{"const": "a\\u0062\\ud83d\\ude00\\n\\/"}': '"ab😀\\n/"',
    ' {"enum" : [ 1e2 , -0.50, 12345678901234567890123456789 ] }\n': "12345678901234567890123456789",
    '{"const": 1, "const": 2}': "2",
    '{"const": {"b": 1, "a": [true, false, null], "b": 2}}': '{"b": 2, "a": [true, false, null]}',
    "true": "[]",
    '{"const": ""}': '""',
    '{"enum": ["\\ud800", "a"]}': '"a"',
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_means_what_json_loads_says(text: str) -> None:
    compiler = GrammarCompiler(INFO)
    grammar = compiler.compile_json_schema(text)
    matcher = GrammarMatcher(grammar)
    assert matcher.accept_string(TEXTS[text])
    assert matcher.can_terminate()
    source = grammar.grammar
    assert isinstance(source, SchemaValue)
    again = compiler.compile_json_schema(source.schema)
    assert GrammarMatcher(again).accept_string(TEXTS[text])
    copy = pickle.loads(pickle.dumps(grammar))
    assert GrammarMatcher(copy).accept_string(TEXTS[text])


def test_of_many_members_with_one_name_the_last_counts() -> None:
    names = [f"name{number % 40}" for number in range(100)]
    members = ", ".join(f'"{name}": {{"const": {number}}}' for number, name in enumerate(names))
    text = f'{{"properties": {{{members}}}, "required": ["name7"], "additionalProperties": false}}'
    compiler = GrammarCompiler(INFO)
    assert accepts(compiler, text, '{"name7": 87, "name39": 79}')
    assert not accepts(compiler, text, '{"name7": 7}')


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", '{"a" 1}', '{"a": 1,}', '"a', '{"const": "\\x"}', '{"const": 01}', '{"const": 1.}', '{"const": "\n"}',
     "nul", '{"const": NaN}', "{} {}", '{"const": "\\u12"}', '{"const": -}', "\ufeff{}", '{"const": 1e9999999}'],
)  # fmt: skip
def test_a_text_that_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        GrammarCompiler(INFO).compile_json_schema(text)


def test_a_grammar_that_is_in_use_holds_nobody_up() -> None:
    compiler = GrammarCompiler(INFO, cache_size=1)
    busy = GrammarMatcher(compiler.compile_json_schema({"type": "array", "uniqueItems": True}))
    text = "[" + ",".join(map(str, range(400)))  # each item makes new states
    thread = threading.Thread(target=busy.accept_string, args=(text,))
    thread.start()
    for number in range(20):  # the first of them puts the busy one out
        compiler.compile_json_schema({"const": number})
    compiler.clear_cache()
    assert compiler.cache_bytes == 0
    assert thread.is_alive()
    thread.join()
    assert compiler.cache_bytes == 0
