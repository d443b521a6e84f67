"""Hostile inputs: schemas, patterns, texts and replies made to take long, to take much, or to get something wrong through.

A case is a function that does one thing and returns what came out, beside what must come out: `"refused"` (a typed error of
this library), or the right answer. How long it may take, and how much memory, is the same for all: `SECONDS` and `MEBIBYTES`.
"""

from __future__ import annotations

import builtins
import dataclasses
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import FunctionCall
from fcformat.errors import FcformatError
from fcformat.formats import get_format, list_formats

__all__ = ["CASES", "KNOWN", "MEBIBYTES", "SECONDS", "Case", "outcome"]

#: `max_seconds` bounds each operation at 15 s; a busy machine may take twice as long to notice.
SECONDS = 40.0
#: Above what the interpreter with this library takes.
MEBIBYTES = 1_200

#: What is not as it should be yet, and why.
KNOWN: dict[str, str] = {}

Schema = Any


@dataclasses.dataclass(frozen=True)
class Case:
    """One attack.

    Attributes:
        name: What it is called.
        group: Who sends it: the author of a schema, of a pattern, of a grammar, or a model.
        what: What it does, in a line.
        run: Does it and says what came out.
        expected: What must come out: any of these.
    """

    name: str
    group: str
    what: str
    run: Callable[[], str]
    expected: tuple[str, ...]


def outcome(case: Case) -> str:
    """What comes out of a case: what it returns, or `refused: ` and the error's class."""
    try:
        return case.run()
    except FcformatError as error:
        return f"refused: {type(error).__name__}"


CASES: dict[str, Case] = {}
LIMIT, WRONG = "refused: GrammarLimitError", "refused: SchemaError"
UNSUPPORTED = "refused: UnsupportedSchemaError"


def _case(group: str, what: str, *expected: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    def add(run: Callable[[], str]) -> Callable[[], str]:
        name = run.__name__.strip("_")
        CASES[name] = Case(name, group, what, run, expected)
        return run

    return add


def _compiler(**options: Any) -> GrammarCompiler:
    tokens: list[bytes | None] = [*(bytes([byte]) for byte in range(256)), b'":', b'",', b"aa", b"  ", None]
    info = TokenizerInfo.from_bytes(tokens, stop_token_ids=[len(tokens) - 1])
    return GrammarCompiler(info, **options)


def _bitmask(compiler: GrammarCompiler) -> Any:
    """A row of a bitmask, without torch, whose import takes longer than most attacks."""
    return np.zeros((1, (compiler.tokenizer_info.vocab_size + 31) // 32), np.int32)


def _values(schema: Schema, right: tuple[Any, ...], wrong: tuple[Any, ...], **options: Any) -> str:
    """Compiles a schema, fills a mask, and holds it against values that it must accept and refuse."""
    return _texts(schema, tuple(map(json.dumps, right)), tuple(map(json.dumps, wrong)), **options)


def _texts(schema: Schema, right: tuple[str, ...], wrong: tuple[str, ...], **options: Any) -> str:
    compiler = _compiler(**options)
    return _answers(compiler, compiler.compile_json_schema(schema), right, wrong)


def _answers(compiler: GrammarCompiler, grammar: Any, right: tuple[str, ...], wrong: tuple[str, ...]) -> str:
    bitmask = _bitmask(compiler)
    GrammarMatcher(grammar).fill_next_token_bitmask(bitmask, 0)
    for text, expected in [*((text, True) for text in right), *((text, False) for text in wrong)]:
        matcher = GrammarMatcher(grammar)
        accepted = matcher.accept_string(text) and matcher.can_terminate()
        if accepted != expected:
            return f"{'accepted' if accepted else 'not accepted'}: {text[:60]}"
    return "right"


def _pattern(pattern: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> str:
    return _values({"type": "string", "pattern": pattern}, right, wrong)


# --- schemas ----------------------------------------------------------------------------------------------------------


@_case("schema", "`oneOf` of two objects, nested 14 deep", "right", LIMIT)
def nested_one_of() -> str:
    schema: Schema = {"type": "null"}
    value: Any = None
    for _ in range(14):
        schema = {
            "oneOf": [
                {"required": ["a"], "properties": {"a": schema}},
                {"properties": {"b": schema}, "required": ["b"]},
            ],
            "type": "object",
        }
        value = {"a": value}
    return _values(schema, (value,), ({"a": 1},))


@_case("schema", "`allOf` of 30 choices between two required names: 2³⁰ combinations", "right", LIMIT)
def product_of_choices() -> str:
    pairs = [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(30)]
    return _values({"type": "object", "allOf": pairs}, ({f"a{i}": 0 for i in range(30)},), ({"a0": 1},))


@_case("schema", "`not` around `allOf` of 25 `anyOf`", "right", LIMIT)
def negated_product() -> str:
    parts = [
        {"anyOf": [{"type": "number", "minimum": i}, {"type": "object", "required": [f"k{i}"]}]} for i in range(25)
    ]
    return _values({"not": {"allOf": parts}}, (-1, {"k0": 1}, "a"), (99, {f"k{i}": 1 for i in range(25)}))


@_case("schema", "25 `if`/`then`/`else` beside each other", "right", LIMIT)
def many_conditions() -> str:
    parts = [
        {"if": {"required": [f"k{i}"]}, "then": {"required": [f"t{i}"]}, "else": {"required": [f"e{i}"]}}
        for i in range(25)
    ]
    return _values({"type": "object", "allOf": parts}, ({f"e{i}": 0 for i in range(25)},), ({},))


@_case("schema", "`unevaluatedProperties` beside 16 `anyOf`", "right", LIMIT)
def unevaluated_choices() -> str:
    parts = [
        {"anyOf": [{"properties": {f"a{i}": True}}, {"properties": {f"b{i}": {"type": "null"}}}]} for i in range(16)
    ]
    return _values({"type": "object", "allOf": parts, "unevaluatedProperties": False}, ({},), ({"z": 1},))


@_case("schema", "a `$ref` to itself", WRONG)
def reference_to_itself() -> str:
    return _values({"$ref": "#"}, (), ())


@_case("schema", "a circle of 500 definitions, each a `$ref` to the next", WRONG)
def circle_of_references() -> str:
    definitions = {f"d{i}": {"$ref": f"#/$defs/d{(i + 1) % 500}"} for i in range(500)}
    return _values({"$defs": definitions, "$ref": "#/$defs/d0"}, (), ())


@_case("schema", "`$dynamicRef` in a circle", WRONG, "right")
def circle_of_dynamic_references() -> str:
    return _values({"$dynamicAnchor": "x", "$dynamicRef": "#x"}, (), ())


@_case("schema", "an object whose own required property is itself: no finite value", WRONG)
def endless_value() -> str:
    return _values({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, (), ())


@_case("schema", "definitions that refer to the next one twice, 60 deep: 2⁶⁰ copies", "right", LIMIT)
def billion_laughs() -> str:
    definitions: dict[str, Schema] = {
        f"d{i}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/d{i + 1}"}] * 2, "minItems": 2} for i in range(60)
    }
    definitions["d60"] = {"type": "null"}
    return _values({"$defs": definitions, "$ref": "#/$defs/d0"}, (), ([], None, [None, None]))


@_case("schema", "the same with `allOf`, which joins in place", "right", LIMIT)
def billion_conjunctions() -> str:
    definitions: dict[str, Schema] = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"minimum": i, "$ref": f"#/$defs/d{i + 1}"}]}
        for i in range(60)
    }
    definitions["d60"] = {"type": "integer"}
    return _values({"$defs": definitions, "$ref": "#/$defs/d0"}, (59,), (58, "a"))


@_case("schema", "100,000 properties", "right", LIMIT)
def many_properties() -> str:
    properties = {f"property_{i}": {"type": "integer"} for i in range(100_000)}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return _values(schema, ({"property_99999": 1},), ({"property_100000": 1}, {"property_1": ""}))


@_case("schema", "20,000 required properties", "right", LIMIT)
def many_required() -> str:
    names = [f"p{i}" for i in range(20_000)]
    return _values({"type": "object", "required": names}, (), ({}, {"p1": 1}))


@_case("schema", "an `enum` of 200,000 strings", "right", LIMIT)
def large_enum() -> str:
    return _values({"enum": [f"value {i}" for i in range(200_000)]}, ("value 199999",), ("value 200000",))


@_case("schema", "60 `patternProperties` that overlap in every way", "right", LIMIT)
def overlapping_patterns() -> str:
    patterns = {f"{chr(97 + i % 26)}.*{chr(97 + i * 7 % 26)}": {"minimum": i} for i in range(60)}
    return _values({"type": "object", "patternProperties": patterns}, ({"": 1},), ())


@_case("schema", "nesting 100,000 deep", LIMIT)
def deep_schema() -> str:
    schema: Schema = {}
    for _ in range(100_000):
        schema = {"items": schema}
    return _values(schema, (), ())


@_case("schema", "a JSON text nesting 100,000 deep", WRONG, LIMIT)
def deep_schema_text() -> str:
    return _texts('{"not":' * 100_000 + "true" + "}" * 100_000, (), ())


@_case("schema", "a constant that nests 690 deep", "right", LIMIT)
def deep_constant() -> str:
    value: Any = 0
    for _ in range(690):
        value = [value]
    return _values({"const": value}, (value,), ([value],))


@_case("schema", "`minItems` 10⁹", "right", LIMIT)
def many_items() -> str:
    return _values({"type": "array", "minItems": 10**9, "items": {"type": "null"}}, (), ([], [None]))


@_case("schema", "`minItems` 10⁹ and `uniqueItems` over three values", WRONG)
def many_unique_items_of_few() -> str:
    return _values({"type": "array", "minItems": 10**9, "uniqueItems": True, "items": {"enum": [1, 2, 3]}}, (), ())


@_case("schema", "`uniqueItems`, `minItems` 2,000 over the integers to 2,500", "right", LIMIT)
def many_unique_items() -> str:
    items = {"type": "integer", "minimum": 1, "maximum": 2500}
    return _values({"type": "array", "minItems": 2000, "uniqueItems": True, "items": items}, (), ([1, 1],))


@_case("schema", "`minLength` and `maxLength` 10⁹", "right", LIMIT)
def long_strings() -> str:
    return _values({"type": "string", "minLength": 10**9, "maxLength": 10**9 + 1}, (), ("", "a" * 1000))


@_case("schema", "`minProperties` 10⁹", "right", LIMIT)
def many_members() -> str:
    return _values({"type": "object", "minProperties": 10**9}, (), ({},))


@_case("schema", "12 `contains` in one array", "right", LIMIT)
def many_contains() -> str:
    parts = [{"contains": {"multipleOf": i + 2}, "minContains": 3} for i in range(12)]
    return _values({"type": "array", "allOf": parts}, (), ([],))


@_case("schema", "`multipleOf` of ten large primes at once", "right", LIMIT)
def coprime_divisors() -> str:
    parts = [{"multipleOf": prime} for prime in (10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093)]
    return _values({"type": "integer", "minimum": 1, "allOf": parts}, (), (1,))


@_case("schema", "`multipleOf` 10⁻⁹⁰⁰", "right", LIMIT, WRONG)
def tiny_divisor() -> str:
    return _texts('{"type": "number", "multipleOf": 1e-900, "minimum": 0.5, "maximum": 1}', ("0.5",), ("2",))


@_case("schema", "a bound with the exponent 10,000,000", LIMIT, WRONG)
def huge_exponent() -> str:
    return _texts('{"type": "integer", "minimum": 1e10000000}', (), ("1",))


@_case("schema", "a bound of 100,000 digits", "right", LIMIT)
def long_bound() -> str:
    return _texts('{"type": "number", "minimum": 0.' + "9" * 100_000 + "}", ("1",), ("0.5",))


@_case("schema", "`dependentRequired` in a chain of 3,000", "right", LIMIT)
def chain_of_dependencies() -> str:
    chain = {f"k{i}": [f"k{i + 1}"] for i in range(3000)}
    return _values({"type": "object", "dependentRequired": chain}, ({},), ({"k0": 1},))


@_case("schema", "names of quotes, backslashes, control and invisible characters", "right")
def strange_names() -> str:
    names = ['"', "\\", '\\"', "\x00", "\x1f\n", "\u2028", "\ufeff", "é", "e\u0301", "", " ", "😀", '":1,"x', "}"]
    schema = {
        "type": "object",
        "properties": {name: {"const": i} for i, name in enumerate(names)},
        "additionalProperties": False,
    }
    right = {name: i for i, name in enumerate(names)}
    return _values(schema, (right, {"\x00": 3}), ({'":1,"x': 0}, {"x": 1}, {"\u0301": 1}))


@_case("schema", "lone surrogates as names, constants and patterns", "right", WRONG, LIMIT)
def lone_surrogates() -> str:
    schema = {"properties": {"\ud800": {"type": "integer"}}, "enum": [{"\ud800": 1}, "\udfff", 5]}
    return _texts(schema, ("5",), ('"\\udfff"', '{"\\ud800": 1}'))


# --- patterns ---------------------------------------------------------------------------------------------------------


@_case("pattern", "`(a+)+b` and its like, over 30,000 characters", "right")
def catastrophic_backtracking() -> str:
    return _pattern("^((a+)+|(a|aa)*|(.*a){12})b$", ("a" * 30_000 + "b",), ("a" * 30_000 + "c",))


@_case("pattern", "`(a|b)*a(a|b){60}`: 2⁶⁰ states when determinised", "right")
def blow_up_of_states() -> str:
    return _pattern("^(a|b)*a(a|b){60}$", ("a" + "b" * 60,), ("b" * 61, "a" * 60))


@_case("pattern", "and its complement in a lookahead", "right", LIMIT)
def blow_up_of_complement() -> str:
    return _pattern("^(?!(a|b)*a(a|b){40}$)[ab]+$", ("b" * 41,), ("a" + "b" * 40,))


@_case("pattern", "26 lookaheads at once: all letters in any order", "right", LIMIT)
def many_lookaheads() -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return _pattern("".join(f"(?=.*{letter})" for letter in letters), (letters[::-1],), (letters[1:],))


@_case("pattern", "counts in counts: `((a{1000}){1000}){1000}`", "right", LIMIT)
def counts_in_counts() -> str:
    return _pattern("^((a{1000}){1000}){1000}$", (), ("a" * 1000,))


@_case("pattern", "`a{2147483647}`", "right", LIMIT, WRONG)
def huge_count() -> str:
    return _pattern("^a{2147483647}$", (), ("a",))


@_case("pattern", "`^(a?){300}a{300}$`", "right", LIMIT)
def optional_counts() -> str:
    return _pattern("^(a?){300}a{300}$", ("a" * 300, "a" * 600), ("a" * 299, "a" * 601))


@_case("pattern", "60,000 groups inside one another", LIMIT, WRONG)
def nested_groups() -> str:
    return _pattern("(" * 60_000 + "a" + ")" * 60_000, (), ())


@_case("pattern", "60,000 groups beside one another", "right", LIMIT)
def many_groups() -> str:
    return _pattern("^" + "(a)" * 60_000 + "$", ("a" * 60_000,), ("a" * 59_999,))


@_case("pattern", "20,000 alternatives", "right", LIMIT)
def many_alternatives() -> str:
    return _pattern("^(" + "|".join(f"word{i}" for i in range(20_000)) + ")$", ("word19999",), ("word20000",))


@_case("pattern", "1,000,000 characters", LIMIT, WRONG)
def long_pattern() -> str:
    return _pattern("a" * 1_000_000, (), ())


@_case("pattern", "letters of every script, 1,000 to 2,000 of them, none of them twice", "right", LIMIT)
def large_classes() -> str:
    return _pattern(r"^[\p{L}\p{N}--]{1000,2000}$", ("é" * 1500,), ("é" * 999,))


@_case("pattern", "a back-reference", UNSUPPORTED)
def back_reference() -> str:
    return _pattern(r"^(a*)b\1$", (), ())


@_case("pattern", "word boundaries, 400 of them", "right", LIMIT)
def many_boundaries() -> str:
    return _pattern(r"^" + r"\b\w+\b " * 200 + "$", ("a " * 200,), ("a" * 400,))


# --- grammars ---------------------------------------------------------------------------------------------------------


def _ebnf(text: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> str:
    compiler = _compiler()
    return _answers(compiler, compiler.compile_ebnf(text), right, wrong)


@_case("grammar", '`a ::= a a | "x"`, over 2,000 characters: Catalan many readings', "right", LIMIT)
def ambiguous_grammar() -> str:
    return _ebnf('root ::= root root | "x"', ("x" * 2_000,), ("x" * 1_000 + "y",))


@_case("grammar", "groups 10,000 deep", "refused: GrammarError", LIMIT)
def deep_grammar() -> str:
    return _ebnf("root ::= " + "(" * 10_000 + '"x"' + ")" * 10_000, (), ())


@_case("grammar", '`((("x"*)*)*)*`', "right", LIMIT)
def stars_of_stars() -> str:
    return _ebnf('root ::= (((("x"*)*)*)*)* "y"', ("x" * 500 + "y",), ("x" * 500,))


@_case("grammar", "2,000 schemas in turn through one compiler", "right")
def filled_cache() -> str:
    compiler = _compiler(cache_size=64)
    for i in range(2_000):
        grammar = compiler.compile_json_schema(
            {"type": "object", "properties": {f"p{i}": {"maxLength": i, "type": "string"}}}
        )
        if not GrammarMatcher(grammar).accept_string(f'{{"p{i}": "'):
            return f"refused at {i}"
    return "right"


@_case("grammar", "a mask in each of 4,000 states with 1 MiB for masks", "right")
def filled_masks() -> str:
    compiler = _compiler(limits={"mask_cache_bytes": 1 << 20})
    matcher = GrammarMatcher(compiler.compile_json_schema({"type": "string", "pattern": "^[a-y]{3000}z*$"}))
    bitmask = _bitmask(compiler)
    for char in itertools.chain('"', "a" * 3000, "z" * 1000):
        matcher.fill_next_token_bitmask(bitmask, 0)
        if not matcher.accept_string(char):
            return f"refused {char}"
    return "right"


# --- what a model writes, under a constraint --------------------------------------------------------------------------


@_case("model", "a million blanks where JSON allows white space", "right")
def endless_blanks() -> str:
    return _texts({"type": "array"}, (), ("[" + " " * 1_000_000 + "]",))


@_case("model", "a million digits", "right")
def endless_digits() -> str:
    return _texts({"type": "number"}, (), ("1" * 1_000_000,))


@_case("model", "a million opening brackets", "right", LIMIT)
def endless_nesting() -> str:
    return _texts(True, (), ("[" * 1_000_000,))


@_case("model", "a string of 4 MB", "right", LIMIT)
def long_text() -> str:
    return _texts({"type": "string"}, ('"' + "a" * 4_000_000 + '"',), ())


@_case("model", "20,000 members whose names must differ", "right", LIMIT)
def many_keys() -> str:
    text = ",".join(f'"{i:04x}":0' for i in range(20_000))
    return _texts({"type": "object"}, ("{" + text + "}",), ("{" + text + ',"0001":0}',))


@_case("model", "5,000 items that must differ", "right", LIMIT)
def many_different_items() -> str:
    text = ",".join(map(str, range(5_000)))
    return _texts({"type": "array", "uniqueItems": True}, (f"[{text}]",), (f"[{text},17]",))


# --- what a model writes, parsed --------------------------------------------------------------------------------------

_TOOLS = [
    {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
]


def _parsed(text_of: Callable[[Any], str], streamed: bool = False) -> str:
    for name in list_formats():
        form = get_format(name)
        text = text_of(form)
        if streamed:
            parser = form.stream_parser(_TOOLS)
            for at in range(0, len(text), 7):
                parser.feed(text[at : at + 7])
            parser.finish()
        else:
            form.parse(text, _TOOLS)
    return "right"


def _openings(form: Any) -> list[str]:
    return [*form.turn.openings, *form.boundaries, "<tool_call>", "```", "<think>", "{"]


@_case("reply", "every mark of every format, cut in half, thousands of times", "right")
def half_marks() -> str:
    def text_of(form: Any) -> str:
        return "".join((mark[: max(1, len(mark) // 2)] * (40_000 // len(mark) + 1)) for mark in _openings(form))

    return _parsed(text_of)


@_case("reply", "the same, in pieces of seven characters", "right")
def half_marks_streamed() -> str:
    def text_of(form: Any) -> str:
        return "".join((mark[: max(1, len(mark) // 2)] * (5_000 // len(mark) + 1)) for mark in _openings(form))

    return _parsed(text_of, streamed=True)


@_case("reply", "every mark of every format, thousands of times", "right")
def repeated_marks() -> str:
    return _parsed(lambda form: "".join(mark * (30_000 // len(mark) + 1) for mark in _openings(form)))


@_case("reply", "arguments of 100,000 opening brackets", "right")
def deep_arguments() -> str:
    return _parsed(lambda form: '<tool_call>\n{"name": "f", "arguments": ' + '{"a":[' * 50_000)


@_case("reply", "10 MB of one half tag", "right")
def ten_megabytes() -> str:
    message = get_format("qwen2.5").parse("<tool_call" * 1_000_000, _TOOLS)
    return "right" if message.content == "<tool_call" * 1_000_000 else "content is not kept"


@_case("reply", "a call with 100,000 arguments", "right")
def many_arguments() -> str:
    arguments = json.dumps({f"a{i}": i for i in range(100_000)})
    text = '<tool_call>\n{"name": "f", "arguments": ' + arguments + "}\n</tool_call>"
    (call,) = get_format("qwen2.5").parse(text, _TOOLS).tool_calls
    return "right" if json.loads(call.function.arguments) == json.loads(arguments) else "arguments differ"


@_case("reply", "lone surrogates, NUL and byte-order marks in text and arguments", "right")
def strange_characters() -> str:
    return _parsed(
        lambda form: "\ud800\x00\ufeff" + _openings(form)[0] + '{"name": "f", "arguments": {"a": "\udfff\\ud800\x00"}}'
    )


@_case("reply", "arguments that nest 100,000 deep, read as an object", "refused: FormatError")
def deep_arguments_read() -> str:
    FunctionCall("f", '{"a":' + "[" * 100_000 + "]" * 100_000 + "}").arguments_object()
    return "read"


@_case("reply", "Python source where a call's arguments should stand", "right")
def code_in_arguments() -> str:
    ran: list[int] = []
    builtins.ran_by_a_model = ran.append  # type: ignore[attr-defined]
    text = "f\n```python\ntool_call(a=ran_by_a_model(1), b=[ran_by_a_model(2) for _ in 'x'], c=f'{ran_by_a_model(3)}')\n```"
    for name in list_formats():
        get_format(name).parse(text, _TOOLS)
    return "it was run" if ran else "right"
