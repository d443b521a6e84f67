"""`constrain()`: the keyword arguments that make a model's `generate()` follow a schema, an expression, a grammar or a format.

It gathers what the pieces need from the places where a model and its tokenizer keep it: the width of the logits, all end tokens,
the padding token. Vocabularies and compilers are kept for as long as their tokenizer lives, so that repeated calls compile
nothing twice. transformers is imported only when `constrain()` runs.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from fcformat._locks import ForkSafeLock
from fcformat.decoding.tokenizer_info import TokenizerInfo

if TYPE_CHECKING:
    from fcformat.decoding.compiler import CompiledGrammar, GrammarCompiler
    from fcformat.decoding.logits_processor import LogitsProcessor
    from fcformat.json_style import JSONStyle

__all__ = ["constrain"]

_compilers: weakref.WeakKeyDictionary[Any, dict[tuple[Any, ...], GrammarCompiler]] = weakref.WeakKeyDictionary()
_compilers_lock = ForkSafeLock()


def constrain(
    model: Any,
    tokenizer: Any,
    schema: Any = None,
    *,
    regex: str | Sequence[str | None] | None = None,
    grammar: Any = None,
    format: Any = None,
    tools: Any = None,
    tool_choice: Any = None,
    prompt: str | Sequence[str] | None = None,
    prefix: str | bytes | Sequence[str | bytes] = "",
    style: JSONStyle | None = None,
    stop_token_ids: int | Iterable[int] | None = None,
    overlap: bool | None = None,
    jump_forward: bool | Literal["verify"] = False,
    report: bool = False,
    **format_options: Any,
) -> dict[str, Any]:
    """Keyword arguments for `model.generate()` under which only what is asked for can be generated.

    Exactly one of `schema`, `regex`, `grammar` and `format` is given. Each of the first three may be a list, one for each prompt
    of the batch, in which None leaves its prompt's rows free; `tools` may be a list of lists in the same way.

    Args:
        model: A model of transformers; its width of logits, end tokens and padding token are read.
        tokenizer: Its tokenizer, or a `TokenizerInfo`, which is taken as it is.
        schema: JSON schema (dict, JSON text, bool) or pydantic model.
        regex: ECMA-262 regular expression, matched from beginning to end.
        grammar: A value of `fcformat.grammar`, or a grammar compiled for this vocabulary.
        format: A format or its name; the model is held to what it can say in it. The format's own end tokens count as well,
            where the vocabulary has them as special tokens.
        tools: The tools that may be called, in any form that formats take.
        tool_choice: As in `Format.grammar`: "auto", "required", "none", or one tool.
        prompt: The text sent to the model, or one for each row's prompt: where its end already holds the beginning of the reply
            (a block that it opened), the format goes on from there.
        prefix: Text of the constrained value with which the prompt already ends, one for all prompts or one each.
        style: Permitted spelling of JSON values, for `schema`.
        stop_token_ids: End tokens beside those that the model and the tokenizer name.
        overlap: Whether masks are filled on another thread while the model computes; None: where that pays.
        jump_forward: Whether tokens that the grammar leaves no choice about are taken without asking the model for each; `"verify"`:
            the model checks them, one sequence at a time. Greedy and sampled decoding only.
        report: Whether `arguments["logits_processor"][0].report(sequences)` can tell afterwards what the constraint did.
        **format_options: Further keywords of `Format.grammar`.

    Returns:
        `{"logits_processor": LogitsProcessorList, "stopping_criteria": StoppingCriteriaList}`, fresh for one `generate()`; with
        `jump_forward` also `"custom_generate"`.

    Raises:
        ValueError: None or several of the four are given, or an argument beside the one that it belongs to.
        TokenizerError: The tokenizer is of an unsupported kind.
        SchemaError: A schema is wrong, unsatisfiable or unsupported.
    """
    _check_one_kind(schema, regex, grammar, format)
    _check_company(
        {"tools": tools, "tool_choice": tool_choice, "prompt": prompt, **format_options}, format is not None, "format"
    )
    _check_company({"style": style}, schema is not None, "schema")
    from transformers.generation.logits_process import LogitsProcessorList
    from transformers.generation.stopping_criteria import StoppingCriteriaList

    from fcformat.decoding.logits_processor import LogitsProcessor
    from fcformat.decoding.stopping import StoppingCriteria

    if isinstance(format, str):
        from fcformat.formats import get_format

        format = get_format(format)
    compiler = _compiler(model, tokenizer, _ids(stop_token_ids), getattr(format, "stops", ()))
    if schema is not None:
        grammars = _compiled(schema, lambda one: compiler.compile_json_schema(one, style=style))
    elif regex is not None:
        grammars = _compiled(regex, compiler.compile_regex)
    elif grammar is not None:
        grammars = _compiled(grammar, lambda one: _compile_grammar(compiler, one))
    else:
        if tool_choice is not None:
            format_options["tool_choice"] = tool_choice
        by_prompt = (
            isinstance(tools, (list, tuple)) and bool(tools) and all(isinstance(one, (list, tuple)) for one in tools)
        )
        grammars = [
            compiler.compile_grammar(format.grammar(one, **format_options)) for one in (tools if by_prompt else [tools])
        ]
        if prompt is not None:
            prefix = [format.begun(one) for one in ([prompt] if isinstance(prompt, str) else prompt)]
            grammars = grammars * len(prefix) if len(grammars) == 1 else grammars
            prefix = prefix * len(grammars) if len(prefix) == 1 else prefix
    processor = LogitsProcessor(
        grammars,
        tokenizer_info=compiler.tokenizer_info,
        pad_token_id=_pad_id(model, tokenizer),
        prefix=prefix,
        logits_width=_logits_width(model),
        overlap=overlap,
        report=report,
    )
    arguments: dict[str, Any] = {
        "logits_processor": LogitsProcessorList([processor]),
        "stopping_criteria": StoppingCriteriaList([StoppingCriteria(processor, begins_masks=jump_forward is not True)]),
    }
    if jump_forward:
        arguments["custom_generate"] = _jump_forward(processor, tokenizer, jump_forward)
    return arguments


def _jump_forward(processor: LogitsProcessor, tokenizer: Any, how: bool | str) -> Any:
    from fcformat.decoding.jump_forward import JumpForward

    if isinstance(tokenizer, TokenizerInfo):
        raise ValueError(
            "constrain(): found jump_forward= with a TokenizerInfo, expected the tokenizer itself: forced text is spelled by it"
        )
    if how not in (True, "verify"):
        raise ValueError(f'constrain(): found jump_forward={how!r}, expected True, False or "verify"')
    return JumpForward(processor, tokenizer, verify=how == "verify")


def _check_one_kind(schema: Any, regex: Any, grammar: Any, format: Any) -> None:
    given = [
        name
        for name, value in (("schema", schema), ("regex", regex), ("grammar", grammar), ("format", format))
        if value is not None
    ]
    if len(given) != 1:
        found = " and ".join(f"{name}=" for name in given) or "none of them"
        raise ValueError(f"constrain(): found {found}, expected exactly one of schema=, regex=, grammar= and format=")


def _check_company(arguments: dict[str, Any], present: bool, leader: str) -> None:
    given = [name for name, value in arguments.items() if value is not None]
    if given and not present:
        raise ValueError(f"constrain(): found {given[0]}= without {leader}=, expected {leader}= beside it")


def _compiled(value: Any, compile_one: Callable[[Any], CompiledGrammar]) -> list[CompiledGrammar | None]:
    """One grammar, or one for each prompt; a schema, an expression or a grammar is never itself a list."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return [None if one is None else compile_one(one) for one in several]


def _compile_grammar(compiler: GrammarCompiler, grammar: Any) -> CompiledGrammar:
    from fcformat.decoding.compiler import CompiledGrammar

    return grammar if isinstance(grammar, CompiledGrammar) else compiler.compile_grammar(grammar)


def _ids(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    return tuple(int(item) for item in value) if isinstance(value, Iterable) else (int(value),)


def _stop_ids(model: Any, tokenizer: Any, more: Any) -> tuple[int, ...]:
    """All end tokens: the generation config's, the tokenizer's, the caller's.

    The model's own configuration counts only where there is no generation config to overrule it: the defaults of configuration
    classes name ids that are ordinary tokens in other vocabularies.
    """
    named = _ids(getattr(getattr(model, "generation_config", None), "eos_token_id", None))
    named = named or _ids(getattr(getattr(model, "config", None), "eos_token_id", None))
    own = (
        tokenizer.stop_token_ids
        if isinstance(tokenizer, TokenizerInfo)
        else _ids(getattr(tokenizer, "eos_token_id", None))
    )
    return tuple(dict.fromkeys([*named, *own, *_ids(more)]))


def _pad_id(model: Any, tokenizer: Any) -> int | None:
    for holder in (getattr(model, "generation_config", None), tokenizer):
        pad: int | None = getattr(holder, "pad_token_id", None)
        if pad is not None:
            return pad
    return None


def _logits_width(model: Any) -> int | None:
    """Width of the lm_head; the configuration's vocabulary size where a model does not show its head."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    weight = getattr(head, "weight", None)
    if weight is not None and weight.ndim == 2:
        return int(weight.shape[0])
    config = getattr(model, "config", None)
    if hasattr(config, "get_text_config"):
        config = config.get_text_config()  # type: ignore[union-attr]
    size = getattr(config, "vocab_size", None)
    return None if size is None else int(size)


def _compiler(model: Any, tokenizer: Any, more_stops: tuple[int, ...], stop_texts: Sequence[str]) -> GrammarCompiler:
    """The compiler for a model and its tokenizer, kept with the tokenizer."""
    from fcformat.decoding.compiler import GrammarCompiler

    stops = _stop_ids(model, tokenizer, more_stops)
    if isinstance(tokenizer, TokenizerInfo):
        if set(stops) != set(tokenizer.stop_token_ids):
            raise ValueError(
                f"constrain(): found the end tokens {sorted(tokenizer.stop_token_ids)} in the TokenizerInfo, expected all of "
                f"{sorted(stops)} that the model and the caller name"
            )
        return GrammarCompiler(tokenizer)
    width = _logits_width(model)
    size = len(tokenizer) if hasattr(tokenizer, "__len__") else None  # a tokenizer may grow after its first use
    key = (size, width, stops, tuple(stop_texts))
    with _compilers_lock.held:
        kept = _kept_compilers(tokenizer)
        if key not in kept:
            info = TokenizerInfo.from_huggingface(tokenizer, width, stops or None)
            named = [i for i, text in info.control_tokens.items() if text in stop_texts and info.token_bytes(i) is None]
            if not set(named) <= set(info.stop_token_ids):
                info = info.with_stop_token_ids([*info.stop_token_ids, *named])
            kept[key] = GrammarCompiler(info)
        return kept[key]


def _kept_compilers(tokenizer: Any) -> dict[tuple[Any, ...], GrammarCompiler]:
    """What is kept with a tokenizer; nothing where it cannot be referred to weakly (one of the `tokenizers` library itself)."""
    try:
        return _compilers.setdefault(tokenizer, {})
    except TypeError:
        return {}
