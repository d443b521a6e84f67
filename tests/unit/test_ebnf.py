"""Grammars as text: what the spelling means, how recursion and ambiguity behave, what errors say."""

from __future__ import annotations

import json
import pickle

import pytest

from fcformat import (
    CompiledGrammar,
    GrammarCompiler,
    GrammarError,
    GrammarLimitError,
    GrammarMatcher,
    JSONStyle,
    SchemaError,
    ebnf,
    grammar,
)
from support.engine import MIXED, SINGLE_BYTES, accepts_from_start, allowed, compiled, compiler


def compile_text(text: str, root: str = "root", limits: dict[str, int] | None = None) -> CompiledGrammar:
    if limits is not None:
        return GrammarCompiler(compiler(SINGLE_BYTES).tokenizer_info, limits=limits).compile_ebnf(text, root)
    return compiler(SINGLE_BYTES).compile_ebnf(text, root)


# A grammar, texts that it allows, texts that it does not allow.
MEANINGS: dict[str, tuple[str, list[str], list[str]]] = {
    "literal": ('root ::= "ab"', ["ab"], ["", "a", "abb"]),
    "empty literal": ('root ::= "" "a"', ["a"], [""]),
    "escapes": (r'root ::= "\n\r\t\\\"\x41\u00e9\U0001F600\[\]\-"', ['\n\r\t\\"Aé😀[]-'], ["nrt"]),
    "other characters as they are": ('root ::= "天气 \'#|"', ["天气 '#|"], ["天气"]),
    "class": ("root ::= [a-cx]", ["a", "c", "x"], ["", "d", "ab", "-"]),
    "class of everything else": (r"root ::= [^a\n]", ["b", "é", "😀", "^"], ["a", "\n", ""]),
    "class with marks": (r'root ::= [\]\\^"-]', ["]", "\\", "^", '"', "-"], ["["]),
    "class that begins with a dash": ("root ::= [-+]", ["-", "+"], [","]),
    "class by code points": (r"root ::= [\x30-\x39\u3041-\u309F\U0001F600-\U0001F64F]", ["5", "ぁ", "😃"], ["a"]),
    "class in a class": (r"root ::= [\d_] [\w] [\s] [^\s]", ["1a \0", "_Z\tx"], ["aa a", "1- a", "1a  "]),
    "negated sets": (r"root ::= [\D] [\W] [\S]", ["a-x", "😀 é"], ["1-x", "ax-", "a- "]),
    "any character": ("root ::= .", ["a", "\n", "😀", "\0"], ["", "ab"]),
    "star": ('root ::= "a"*', ["", "aaa"], ["b"]),
    "plus": ('root ::= "ab"+', ["ab", "abab"], ["", "aba"]),
    "option": ('root ::= "a"? "b"', ["b", "ab"], ["aab"]),
    "count": ('root ::= "a"{3}', ["aaa"], ["aa", "aaaa"]),
    "at least": ('root ::= "a"{2,}', ["aa", "aaaaa"], ["a"]),
    "between": ('root ::= "a"{1,3}', ["a", "aaa"], ["", "aaaa"]),
    "at most": ('root ::= "a"{,2}', ["", "aa"], ["aaa"]),
    "none": ('root ::= "a"{0} "b"', ["b"], ["ab"]),
    "count with blanks": ('root ::= "a"{ 1 , 2 }', ["a", "aa"], ["aaa"]),
    "counts of counts": ('root ::= "a"{2}{3}', ["aaaaaa"], ["aaaaa"]),
    "alternatives": ('root ::= "a" | "b" "c" | ', ["a", "bc", ""], ["b", "ac"]),
    "empty rule": ('root ::= "a" x "b"\nx ::=', ["ab"], ["a"]),
    "group": ('root ::= ("a" | "b")+ "c"', ["abac"], ["c", "ab"]),
    "names": ('root ::= a-B_1 0\na-B_1 ::= "x"\n0 ::= "y"', ["xy"], ["x"]),
    "comments": ('# first\nroot ::= # why\n  "a" # "b"\n# last', ["a"], ["ab"]),
    "lines in a group": ('root ::= (\n  "a" # one\n\n  | "b"\n)\n', ["a", "b"], ["ab"]),
    "lines after a bar": ('root ::= "a" |\n  "b"', ["a", "b"], ["ab"]),
    "lines before a bar": ('root ::= "a"\n  | "b"', ["a", "b"], ["ab"]),
    "lines in a sequence": ('root ::= "a"\n  x\nx ::= "b"', ["ab"], ["a"]),
    "line ends of other systems": ('root ::= x\r\nx ::= "a" |\r\n"b"\ry ::= "c"\r\n', ["a", "b"], ["c"]),
    "rules in any order": ('x ::= "a"\nroot ::= x x', ["aa"], ["a"]),
    "right recursion": ('root ::= "a" root | "b"', ["b", "aab"], ["", "aa"]),
    "left recursion": ('root ::= root "a" | "b"', ["b", "baa"], ["", "a", "ab"]),
    "recursion on both sides": ('root ::= root "+" root | [0-9]', ["1", "1+2+3"], ["+1", "1+"]),
    "recursion in the middle": ('root ::= "(" root ")" | ""', ["", "(())"], ["(", ")("]),
    "left recursion in two steps": (
        'root ::= x "a" | "b"\nx ::= root "c" | "d"',
        ["b", "da", "bca", "dacaca"],
        ["a", "bc"],
    ),
    "left recursion behind what may be empty": (
        'root ::= x? root "a" | "b"\nx ::= "x"*',
        ["b", "xxxba", "xbaa"],
        ["xa"],
    ),
    "a rule that is another name of itself": ('root ::= root | x\nx ::= root | "a"', ["a"], ["", "aa"]),
    "repetition of what may be empty": (
        'root ::= ("a"? x){2,3}\nx ::= "(" x ")" | ""',
        ["", "aaa", "a()a(())"],
        ["aaaa"],
    ),
    "alternatives without an end": ('root ::= "a" | "b" x\nx ::= "c" x', ["a"], ["b", "bc"]),
}


@pytest.mark.parametrize(("text", "texts", "others"), MEANINGS.values(), ids=MEANINGS)
def test_the_spelling_means(text: str, texts: list[str], others: list[str]) -> None:
    made = compile_text(text)
    assert [t for t in texts if not accepts_from_start(made, t)] == []
    assert [t for t in others if accepts_from_start(made, t)] == []


# A grammar, where the error is, what it says.
ERRORS: dict[str, tuple[str, int, int, str]] = {
    "nothing": ("", 1, 1, 'expected a rule "root"'),
    "no root": ('rot ::= "a"', 1, 12, "found the rules ['rot'], expected a rule \"root\""),
    "no name": ('::= "a"', 1, 1, 'found ":", expected the name of a rule'),
    "no sign": ('root = "a"', 1, 6, 'found "=", expected "::=" after the name "root"'),
    "sign on the next line": ('root\n::= "a"', 1, 5, "found a line break"),
    "undefined": ('root ::= "a"\n  | x', 2, 5, 'found the undefined rule "x"'),
    "defined twice": ('root ::= "a"\nroot ::= "b"', 2, 1, 'found a second definition of "root"'),
    "open string": (
        'root ::= "a',
        1,
        12,
        "found the end, expected '\"' for the string that begins at line 1, column 10",
    ),
    "line break in a string": ('root ::= "a\n"', 1, 12, "found a line break"),
    "open class": ("root ::= [a", 1, 12, 'expected "]" for the class that begins at line 1, column 10'),
    "empty class": ("root ::= []", 1, 10, "found [], expected a class with at least one character"),
    "turned range": ("root ::= [z-a]", 1, 11, "found 'z' to 'a'"),
    "unknown escape": (r'root ::= "\q"', 1, 11, r'found "\q", expected one of the escapes \n'),
    "short escape": (r'root ::= "\u12"', 1, 13, "4 hexadecimal digits"),
    "surrogate": (r'root ::= "\ud83d\ude00"', 1, 11, r"\UHHHHHHHH"),
    "beyond Unicode": (r"root ::= [\U00110000]", 1, 11, "code point"),
    "open group": ('root ::= ("a"', 1, 14, 'expected ")" for the "(" at line 1, column 10'),
    "closing too much": ('root ::= "a")', 1, 13, 'found ")"'),
    "nothing to repeat": ("root ::= *", 1, 10, "expected something to repeat"),
    "turned counts": ('root ::= "a"{3,1}', 1, 13, "found {3,1}"),
    "no count": ('root ::= "a"{}', 1, 14, "expected a number or a comma"),
    "rule on the same line": ('root ::= x x ::= "a"', 1, 14, 'found ":"'),
    "lookahead": ('root ::= "a" (= "b")', 1, 14, "lookahead assertions are not supported"),
    "token id": ("root ::= <[1000]>", 1, 10, "token ids are not supported"),
    "negated token": ("root ::= !<think>", 1, 10, "negated tokens are not supported"),
    "macro": ('root ::= TagDispatch("a", x)', 1, 10, "macros are not supported"),
    "quotes of others": ("root ::= 'a'", 1, 10, 'found "\'", expected an item'),
}


@pytest.mark.parametrize(("text", "line", "column", "says"), ERRORS.values(), ids=ERRORS)
def test_an_error_says_where_and_what(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(GrammarError) as caught:
        ebnf.parse_ebnf(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}: found " in str(caught.value)
    assert says in str(caught.value)
    assert vars(pickle.loads(pickle.dumps(caught.value))) == vars(caught.value)


@pytest.mark.parametrize("text", ['root ::= root "a"', "root ::= root", "root ::= x\nx ::= y | root\ny ::= x x"])
def test_rules_without_an_end_are_refused(text: str) -> None:
    with pytest.raises(SchemaError, match='no text satisfies the grammar: found no way to an end in the rules "root"'):
        compile_text(text)


def test_groups_nest_up_to_a_bound() -> None:
    made = compile_text("root ::= " + "(" * 100 + '"a" root?' + ' | "b")' * 100)
    assert accepts_from_start(made, "aab")
    assert accepts_from_start(pickle.loads(pickle.dumps(made)), "aab")
    assert accepts_from_start(compiler(SINGLE_BYTES).compile_grammar(made.grammar), "aab")
    with pytest.raises(GrammarLimitError, match="max_ebnf_nesting = 100"):
        compile_text("root ::= " + "(" * 101 + '"a"' + ")" * 101)
    with pytest.raises(GrammarLimitError, match="max_ebnf_nesting"):
        compile_text("root ::= " + "(" * 100_000)


def test_counts_have_a_bound_from_below_only() -> None:
    assert accepts_from_start(compile_text('root ::= "a"{0,99999999999999999999}'), "aaa")
    with pytest.raises(GrammarLimitError, match="max_ebnf_count"):
        compile_text('root ::= "a"{99999999999999999999}')


def test_another_rule_may_be_the_root() -> None:
    made = compile_text('root ::= x\nx ::= "a"', "x")
    assert made.grammar == grammar.Rules((("root", grammar.Rule("x")), ("x", grammar.Literal("a"))), "x")


def test_compile_grammar_reads_text() -> None:
    text = 'root ::= "a"'
    assert compiler(SINGLE_BYTES).compile_grammar(text) is compiler(SINGLE_BYTES).compile_ebnf(text)


def test_a_control_token_is_one_token() -> None:
    state = GrammarMatcher(compile_text('root ::= <stop> | "a"'))
    assert allowed(state) == {ord("a"), len(SINGLE_BYTES)}


# --- rules as values ---------------------------------------------------------------------------------------------------


def test_rules_are_checked_when_they_are_made() -> None:
    with pytest.raises(GrammarError, match='rule "a": found 2 definitions'):
        grammar.Rules((("a", grammar.literal("x")), ("a", grammar.literal("y"))), "a")
    with pytest.raises(GrammarError, match='rules start at "b": found no rule of that name, expected one of "a"'):
        grammar.rules({"a": grammar.literal("x")}, "b")


def test_a_rule_without_definition_is_found_when_compiled() -> None:
    for value in (grammar.rule("x"), grammar.rules({"a": grammar.rule("x")}, "a")):
        with pytest.raises(GrammarError, match='refers to "x": found no rule of that name'):
            compiler(SINGLE_BYTES).compile_grammar(value)


def test_inner_rules_hide_outer_ones() -> None:
    inner = grammar.rules({"a": grammar.literal("1"), "b": grammar.sequence(grammar.rule("a"), grammar.rule("c"))}, "b")
    outer = grammar.rules(
        {"root": grammar.sequence(inner, grammar.rule("a")), "a": grammar.literal("2"), "c": grammar.literal("3")},
        "root",
    )
    made = compiler(SINGLE_BYTES).compile_grammar(outer)
    assert accepts_from_start(made, "132")
    assert not accepts_from_start(made, "131")


def test_rules_hold_schemas_and_free_text() -> None:
    value = grammar.rules(
        {
            "list": grammar.choice(
                grammar.sequence(grammar.rule("list"), grammar.literal(";"), grammar.rule("item")), grammar.rule("item")
            ),
            "item": grammar.choice(
                grammar.schema_value({"type": "integer", "minimum": 10}),
                grammar.sequence(grammar.literal("'"), grammar.free_text(["'", ";"])),
            ),
        },
        "list",
    )
    made = compiler(SINGLE_BYTES).compile_grammar(value)
    assert [t for t in ("10;99;12", "'x y", "';'a;11") if not accepts_from_start(made, t)] == []
    assert [t for t in ("10;9", ";10", "10;", "'a'") if accepts_from_start(made, t)] == []


def test_arguments_that_may_be_none_stand_in_rules() -> None:
    arguments = grammar.schema_value(
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}, "python_arguments"
    )
    call = grammar.sequence(grammar.literal("f("), arguments, grammar.literal(")"))
    value = grammar.rules(
        {"calls": grammar.choice(call, grammar.sequence(grammar.rule("calls"), grammar.literal(","), call))}, "calls"
    )
    made = compiler(SINGLE_BYTES).compile_grammar(value)
    assert [t for t in ("f()", "f(a=1),f()") if not accepts_from_start(made, t)] == []


# --- classic grammars --------------------------------------------------------------------------------------------------

RIGHT = 'root ::= term ([-+] root)?\nterm ::= factor ([*/] term)?\nfactor ::= [0-9]+ | "(" root ")"'
LEFT = 'root ::= root [-+] term | term\nterm ::= term [*/] factor | factor\nfactor ::= factor0 | "(" root ")"\nfactor0 ::= factor0 [0-9] | [0-9]'
FLAT = 'root ::= root [-+*/] root | "(" root ")" | [0-9] | [0-9] number\nnumber ::= [0-9]+'
WITHOUT_FACTORS = 'root ::= term "+" root | term "-" root | term\nterm ::= factor "*" term | factor "/" term | factor\nfactor ::= [0-9] | [0-9] factor1 | "(" root ")"\nfactor1 ::= [0-9] factor1 | [0-9]'


def test_arithmetic_is_the_same_however_it_recurses() -> None:
    made = [compile_text(text) for text in (RIGHT, LEFT, FLAT, WITHOUT_FACTORS)]
    count = 0
    todo = [("", [GrammarMatcher(g) for g in made])]
    while todo:
        text, states = todo.pop()
        masks = [allowed(state) for state in states]
        assert all(mask == masks[0] for mask in masks), text
        count += 1
        for letter in "1+*()":
            if len(text) < 6 and ord(letter) in masks[0]:
                forks = [state.fork() for state in states]
                assert all(fork.accept_string(letter) for fork in forks)
                todo.append((text + letter, forks))
    assert count > 300


@pytest.mark.parametrize(
    "text",
    [
        'root ::= "(" root ")" | "1"',
        'root ::= "(" root ")" root | "1"?',
        'root ::= root "+" root | "(" root ")" | "1"',
        'root ::= t "+" root | t "-" root | t\nt ::= "(" root ")" | "1"',
    ],
    ids=["alone", "in a row", "ambiguous", "with a choice at every level"],
)
def test_ten_thousand_brackets_are_read_in_few_ways_at_once(text: str) -> None:
    # Work a byte is bounded by the ways to read the text that are open: over the limit there is an error.
    state = GrammarMatcher(compile_text(text, limits={"max_threads": 8}))
    assert state.accept_string("(" * 10_000 + "1")
    assert allowed(state) >= {ord(")")}
    assert not state.can_terminate()
    assert state.accept_string(")" * 10_000)
    assert state.can_terminate()


@pytest.mark.parametrize(
    ("text", "written", "ways"),
    [
        ('root ::= root root | "a"', "a" * 3000, 16),
        ('root ::= root "+" root | root "*" root | "(" root ")" | [0-9]+', "1+2*(3+4)*" * 300 + "1", 16),
        ('root ::= "a" root "x" | "a" root "y" | ""', "a" * 3000 + "xy" * 1500, 16),
        ('root ::= ("a"? "b"? x?)*\nx ::= "(" x ")" | ""', "ab()" * 500, 16),
        ('root ::= "-" root " "* | "1"', "-" * 1000 + "1   ", 1010),
        ('root ::= "if" c root | "if" c root "else" root | ";"\nc ::= "()"', "if()" * 1000 + ";" + "else;" * 1000, 16),
        ("root ::= " + "x? " * 200 + '\nx ::= "a" x "b" | "a"', "a" * 100, 16),
    ],
    ids=["twice itself", "expressions", "parting late", "options", "endings", "dangling else", "many options"],
)
def test_an_ambiguous_grammar_does_not_explode(text: str, written: str, ways: int) -> None:
    state = GrammarMatcher(compile_text(text, limits={"max_threads": ways}))
    assert state.accept_string(written)
    assert state.can_terminate()


def test_too_many_readings_are_an_error_and_no_crash() -> None:
    state = GrammarMatcher(compile_text('root ::= "-" root " "* | "1"'))
    assert state.accept_string("-" * 100_000 + "1")
    with pytest.raises(GrammarLimitError, match=r"max_threads = 4096|max_empty_steps = 50000"):
        state.accept_string(" ")
    assert state.can_terminate()
    state.rollback(1)
    assert state.accept_string("-1")


def test_statements_of_a_language_like_c() -> None:
    made = compile_text(
        r"""
        root       ::= function+
        function   ::= type " " name "(" (type " " name ("," type " " name)*)? ")" block
        block      ::= "{" statement* "}"
        statement  ::= name "=" expression ";" | type " " name ("=" expression)? ";" | name "(" arguments? ")" ";"
                     | "if(" expression ")" statement ("else " statement)? | "return" (" " expression)? ";" | block
        arguments  ::= expression ("," expression)*
        expression ::= expression [-+*/<] expression | "-" expression | "(" expression ")"
                     | name | number | name "(" arguments? ")"
        type       ::= "int" | "float"
        name       ::= [a-z_] [a-z_0-9]*
        number     ::= [0-9]+ ("." [0-9]+)?
        """
    )
    program = "int f(int a,float b){int c=a*(b+1.5);if(a<b)if(c<-a)g(a,h());else {return;}else c=f(a,-(1));return c;}"
    assert accepts_from_start(made, program * 3)
    assert [t for t in ("int f(){a=;}", "int f(){", "f(){}", "int f(){if(a)}") if accepts_from_start(made, t)] == []


JSON = r"""
root    ::= value
value   ::= object | array | string | number | "true" | "false" | "null"
object  ::= "{" (member ("," member)*)? "}"
member  ::= string ":" value
array   ::= "[" (value ("," value)*)? "]"
string  ::= "\"" ( [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" hex{4}) )* "\""
hex     ::= [0-9a-fA-F]
number  ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
"""


def test_json_in_gbnf_is_the_json_of_the_schema_machine() -> None:
    ours = compiled(True, JSONStyle(whitespace="compact", integer_spelling="any"))
    made = compile_text(JSON)
    texts = 0
    todo = [("", GrammarMatcher(made), GrammarMatcher(ours))]
    while todo:
        text, one, other = todo.pop()
        assert one.can_terminate() == other.can_terminate(), text
        texts += one.can_terminate()
        for letter in '{}[]",:10-.et\\':
            left, right = one.fork(), other.fork()
            taken = left.accept_string(letter), right.accept_string(letter)
            assert taken[0] == taken[1], text + letter
            if all(taken) and len(text) < 4:
                todo.append((text + letter, left, right))
    assert texts > 200


def test_every_json_text_of_python_is_in_json_in_gbnf() -> None:
    made = compiler(MIXED).compile_ebnf(JSON)
    values: list[object] = [
        {"a": [1, -2.5e-7, None, True, {}]},
        [],
        [[[{'x\n"é😀': ""}]]],
        "天气",
        0,
        -0.0,
        1e300,
        False,
    ]
    for value in values:
        for ascii_only in (True, False):
            text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
            assert accepts_from_start(made, text), text
