"""Checks for a user's own tools, formats and chat templates, each one line in a test.

Each draws many cases with Hypothesis and raises the smallest that fails, as a `@given` test does. Needs the extra `hypothesis`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fcformat.chat import Conversation, Message, Tool, join_deltas, normalize_tools
from fcformat.errors import FcformatError, FormatError
from fcformat.formats import Format, get_format
from fcformat.formats.argument_schemas import arguments_schema
from fcformat.formats.losses import FormatLossWarning

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover - the tests have it
    raise ImportError("fcformat.testing needs Hypothesis: pip install 'fcformat[hypothesis]'") from error

from fcformat import strategies as fst
from fcformat.strategies.chat import _callable, abilities
from fcformat.strategies.outputs import assistant_turns, written

__all__ = ["FORMAT_CHECKS", "TEMPLATE_CHECKS", "check_format", "check_template", "check_tool"]

FORMAT_CHECKS = ("round_trip", "chunking", "hostile", "grammar", "prompts")
TEMPLATE_CHECKS = ("render", "injection", *FORMAT_CHECKS)

#: Tools whose arguments are of every kind, where the caller gives none.
_TOOLS: tuple[dict[str, Any], ...] = (
    {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "scale": {"type": "number"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "safe": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["city"],
        },
    },
    {"name": "ping", "description": "Nothing.", "parameters": {"type": "object", "properties": {}}},
)


def check_tool(
    tool: Callable[..., Any],
    *,
    definition: Any = None,
    allow: tuple[type[BaseException], ...] = (),
    json_result: bool = True,
    max_examples: int = 100,
) -> None:
    """Calls a Python tool with arguments of all kinds that its schema allows, as a model may, and lets what it raises through.

    Args:
        tool: The function, plain or `async`.
        definition: The tool as models are told of it; default: made from the function's type hints and docstring.
        allow: Exceptions by which the tool is free to refuse a call.
        json_result: Whether what it returns must be a text or JSON, so that it can be sent back to a model.
        max_examples: How many calls.

    Raises:
        FormatError, SchemaError: There is no schema, or none that has values.
        AssertionError: A result is no JSON.
        BaseException: Whatever the tool raises, with the smallest arguments that make it.
    """
    known = Tool.from_any(definition if definition is not None else tool)
    values = fst.from_schema(arguments_schema(known))
    name = known.name

    def call(arguments: dict[str, Any]) -> None:
        try:
            result = tool(**arguments)
            if inspect.isawaitable(result):
                result = asyncio.run(_awaited(result))
        except allow:
            return
        if json_result and not isinstance(result, str):
            try:
                json.dumps(result, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise AssertionError(f"{name} returned {result!r}, which cannot be sent back: {error}") from error

    _run(given(arguments=values)(call), max_examples)


async def _awaited(result: Any) -> Any:
    return await result


def check_format(
    format: Format | str,
    tools: Iterable[Any] | None = None,
    *,
    checks: Sequence[str] = FORMAT_CHECKS,
    max_examples: int = 50,
) -> None:
    """Holds a format to what every format promises.

    - `round_trip`: what the format writes for a message, it reads back as that message, strictly.
    - `chunking`: a reply read in any pieces gives the message that it gives as a whole, and deltas that add up to it.
    - `hostile`: no text makes the tolerant parser raise; calls that it reports have a name and text as arguments.
    - `grammar`: what the format writes, its grammar allows.
    - `prompts`, where the format reads prompts: what it reads in one is written again to the byte; it holds the calls and
      texts of the conversation, unless rendering stated losses.

    Args:
        format: The format or its name.
        tools: Tools to call; default: two small ones.
        checks: Which of these to do.
        max_examples: How many cases of each.

    Raises:
        FormatError: The format or the tools are wrong.
        ValueError: A check is none of these.
        AssertionError: A promise is not kept; Hypothesis adds the smallest case.
    """
    form = get_format(format) if isinstance(format, str) else format
    _known(checks, FORMAT_CHECKS)
    known = normalize_tools(_TOOLS if tools is None else tools)
    _check_replies(form, known, checks, max_examples)
    if "prompts" in checks and form.reads_prompts:
        _check_prompts(form, known, max_examples)


def check_template(
    tokenizer: Any,
    format: Format | str | None = None,
    tools: Iterable[Any] | None = None,
    *,
    checks: Sequence[str] = TEMPLATE_CHECKS,
    max_examples: int = 50,
) -> None:
    """Holds a tokenizer's chat template and a format against each other.

    - `render`: the format renders what `tokenizer.apply_chat_template` does, to the byte.
    - `injection`: text from users, tools and results that spells the vocabulary's control tokens yields no more of them
      than harmless text does.
    - and the checks of `check_format`.

    Args:
        tokenizer: A transformers tokenizer with a chat template.
        format: The format or its name; default: what `detect_format` finds.
        tools: As `check_format`.
        checks: Which of these to do.
        max_examples: How many cases of each.

    Raises:
        FormatError: There is no format for the tokenizer, or it has no prompts.
        ValueError: A check is none of these.
        AssertionError: They differ; Hypothesis adds the smallest case.
    """
    _known(checks, TEMPLATE_CHECKS)
    if format is None:
        from fcformat.formats.templates.detection import detect_format

        format = detect_format(tokenizer)
    form = get_format(format) if isinstance(format, str) else format
    known = normalize_tools(_TOOLS if tools is None else tools)
    conversations = fst.conversations(form, known if abilities(form).tools else None)
    if "render" in checks:

        def render_equally(conversation: Any) -> None:
            request = conversation.to_openai()
            expected = tokenizer.apply_chat_template(
                request["messages"], tools=request.get("tools"), tokenize=False, add_generation_prompt=False
            )
            found = form.render(conversation.messages, tools=conversation.tools or None).text
            assert found == expected, f"{form.name} and the tokenizer's template render differently"

        _run(given(conversation=conversations)(render_equally), max_examples)
    if "injection" in checks:
        controls = sorted({str(token) for token in (*tokenizer.all_special_tokens, *tokenizer.get_added_vocab())})
        ids = set(tokenizer.convert_tokens_to_ids(controls))

        def keep_text_as_text(conversation: Any, data: st.DataObject) -> None:
            spelled = data.draw(st.sampled_from(controls or ["<|im_end|>"]), label="control token")
            turns = [turn for turn in conversation.messages if turn.role in ("user", "tool", "system")]
            turn = data.draw(st.sampled_from(turns), label="turn")
            counts = []
            for inserted in (spelled, "word"):
                changed = tuple(
                    _with_content(each, f"a {inserted} b") if each is turn else each for each in conversation.messages
                )
                rendered = form.render(changed, tools=conversation.tools or None)
                counts.append(sum(token in ids for token in rendered.encode(tokenizer)))
            assert counts[0] == counts[1], f"{spelled!r} in the text of a {turn.role} becomes a control token"

        _run(given(conversation=conversations, data=st.data())(keep_text_as_text), max_examples)
    _check_replies(form, known, checks, max_examples)


def _check_replies(form: Format, tools: tuple[Tool, ...], checks: Sequence[str], max_examples: int) -> None:
    turns = assistant_turns(form, _callable(tools, "forbid"))
    prompt = _prompt_of(form)
    if "round_trip" in checks:

        def read_back(message: Message) -> None:
            read = form.parse(written(form, message), tools, prompt=prompt, strict=True)
            assert _said(read) == _said(message), f"{form.name} reads {read!r} in what it wrote for the message"
            assert read.issues == (), f"{form.name} finds fault with what it wrote: {read.issues}"

        _run(given(message=turns)(read_back), max_examples)
    if "chunking" in checks or "hostile" in checks:
        for quality in ("valid", "sloppy", "hostile"):

            def read_in_pieces(text: str, data: st.DataObject) -> None:
                whole = form.parse(text, tools, prompt=prompt)
                for call in whole.tool_calls:
                    assert call.function.name, "a call without a name"
                if "chunking" not in checks:
                    return
                parser = form.stream_parser(tools, prompt=prompt)
                deltas = [delta for piece in data.draw(fst.chunkings(text)) for delta in parser.feed(piece)]
                message = parser.finish()
                assert message == whole, f"{form.name} reads {message!r} in pieces and {whole!r} as a whole"
                joined = join_deltas([*deltas, *parser.final_deltas])
                assert joined == whole, f"{form.name}: deltas add up to {joined!r}, not to {whole!r}"

            outputs = fst.model_outputs(form, tools, quality)
            _run(given(text=outputs, data=st.data())(read_in_pieces), max_examples)
    if "grammar" in checks:
        from fcformat.decoding import GrammarCompiler, GrammarMatcher, TokenizerInfo

        info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
        grammar = GrammarCompiler(info).compile_grammar(form.grammar(tools, prompt=prompt))

        def allowed(message: Message) -> None:
            matcher = GrammarMatcher(grammar)
            text = written(form, message)
            assert matcher.accept_string(text), f"{form.name}: the grammar refuses {text!r}"
            assert matcher.can_terminate(), f"{form.name}: the grammar asks for more after {text!r}"

        _run(given(message=turns)(allowed), max_examples)


def _check_prompts(form: Format, tools: tuple[Tool, ...], max_examples: int) -> None:
    conversations = fst.conversations(form, tools if abilities(form).tools else None)

    def read_back(conversation: Conversation, generate: bool) -> None:
        rendered = form.render(conversation.messages, conversation.tools or None, generate)
        read = form.read_prompt(rendered.text)
        options: dict[str, Any] = {"on_loss": "drop", **read.options}
        again = form.render(
            read.conversation.messages, read.conversation.tools or None, read.add_generation_prompt, **options
        )
        assert again.text == rendered.text, f"{form.name} writes what it has read in a prompt otherwise"
        if rendered.losses:
            return
        messages = read.conversation.messages
        if messages[0].role == "system" != conversation.messages[0].role:  # the family's own
            messages = messages[1:]
        assert _told(messages) == _told(conversation.messages), (
            f"{form.name} reads {messages!r} in the prompt that it wrote for {conversation.messages!r}"
        )

    test = given(conversation=conversations, generate=st.booleans())(read_back)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FormatLossWarning)
        _run(test, max_examples)


def _told(messages: tuple[Message, ...]) -> tuple[Counter[str], list[tuple[str, Any]]]:
    """The characters and the calls: what any family's prompt tells, whichever message and place it puts texts in."""
    texts = "".join(f"{message.reasoning or ''}{message.content or ''}" for message in messages)
    calls = [
        (call.function.name, json.loads(call.function.arguments)) for message in messages for call in message.tool_calls
    ]
    return Counter("".join(texts.split())), calls


def _run(test: Callable[[], None], max_examples: int) -> None:
    profile = settings(max_examples=max_examples, deadline=None, suppress_health_check=list(HealthCheck))
    profile(test)()


def _known(checks: Sequence[str], known: Sequence[str]) -> None:
    for check in checks:
        if check not in known:
            raise ValueError(f"checks: found {check!r}, expected some of {', '.join(known)}")


def _prompt_of(form: Format) -> str:
    """A prompt that holds nothing of the reply; families differ in what they take a reply to begin with that has none."""
    ask = (Message("user", "Hello."),)
    candidates = ["Hello", "[INST]Hello[/INST]"]
    try:
        candidates.append(form.render(ask, add_generation_prompt=True).text)
    except FcformatError:  # formats without prompts
        pass
    for prompt in candidates:
        if not form.begun(prompt):
            return prompt
    raise FormatError(f"{form.name}: every prompt holds the beginning of a reply")


def _said(message: Message) -> tuple[Any, ...]:
    calls = []
    for call in message.tool_calls:
        try:
            calls.append((call.function.name, json.loads(call.function.arguments)))
        except ValueError:
            calls.append((call.function.name, call.function.arguments))
    return message.content or "", message.reasoning, calls


def _with_content(message: Message, content: str) -> Message:
    return dataclasses.replace(message, content=content)
