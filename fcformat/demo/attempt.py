"""One question to the model in one format, with or without the constraint, and the verdict on what came back.

Uses the library as any program would: `render`, `constrain`, `generate`, `parse`. How results are shown is no matter of this file.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import json
import time
from typing import Any

import torch

import fcformat
from fcformat.chat import Message
from fcformat.demo.model import load_model, load_tokenizer
from fcformat.demo.scenario import MESSAGES, TOOLS

__all__ = ["DEMO_FORMATS", "Attempt", "answer", "ask", "judge", "prompt_text"]

DEMO_FORMATS = ("qwen2.5", "chatglm3", "openai")


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """What the model wrote and what became of it.

    Attributes:
        text: The text after the prompt, control tokens included.
        message: How the format reads the text.
        problems: Why the message is not a valid call of one of the tools; empty if it is.
        tokens: Number of tokens generated.
        mask_seconds: Time spent in the constraint, all tokens together; 0 without one.
    """

    text: str
    message: Message
    problems: tuple[str, ...]
    tokens: int
    mask_seconds: float


# One object for all attempts, so that its vocabulary is prepared once.
_tokenizer = functools.cache(load_tokenizer)


class _Timed:
    """A logits processor that adds up the time spent in another one."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.seconds = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        start = time.perf_counter()
        result: torch.Tensor = self.processor(input_ids, scores)
        self.seconds += time.perf_counter() - start
        return result


def prompt_text(format_name: str) -> str:
    """The prompt that the model is given."""
    return fcformat.get_format(format_name).render(MESSAGES, tools=TOOLS, add_generation_prompt=True).text


def ask(format_name: str, seed: int, *, constrained: bool, max_new_tokens: int) -> Attempt:
    """Puts the question to the demonstration's model of this seed."""
    return answer(
        load_model(seed), _tokenizer(), format_name, seed, constrained=constrained, max_new_tokens=max_new_tokens
    )


def answer(
    model: Any, tokenizer: Any, format_name: str, seed: int, *, constrained: bool, max_new_tokens: int
) -> Attempt:
    """Renders the question, lets a model answer it by sampling, and reads the answer.

    Args:
        model: A transformers model; its generation config lists its end tokens.
        tokenizer: Its tokenizer.
        format_name: The format.
        seed: Decides the sampling. PyTorch's own random state is left as it was.
        constrained: Whether the model is held to the format and the tools.
        max_new_tokens: Where to cut the answer off.
    """
    fmt = fcformat.get_format(format_name)
    prompt = fmt.render(MESSAGES, tools=TOOLS, add_generation_prompt=True)
    inputs = torch.tensor([prompt.encode(tokenizer)])
    options: dict[str, Any] = {}
    timed: list[_Timed] = []
    if constrained:
        # A model with random weights would also call for ever.
        options = fcformat.constrain(
            model, tokenizer, format=fmt, tools=TOOLS, tool_choice="required", parallel_tool_calls=2
        )
        timed = [_Timed(processor) for processor in options.pop("logits_processor")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        output = model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            do_sample=True,
            max_new_tokens=max_new_tokens,
            logits_processor=timed,
            **options,
        )
    ids = output[0, inputs.shape[1] :]
    text = tokenizer.decode(ids)
    # The token that ended the turn is no part of the reply, and may be of another family than the format.
    reply = ids[:-1] if ids[-1] in model.generation_config.eos_token_id else ids
    message = fmt.parse(tokenizer.decode(reply), tools=TOOLS, prompt=prompt.text)
    return Attempt(text, message, judge(message), len(ids), sum(processor.seconds for processor in timed))


def judge(message: Message) -> tuple[str, ...]:
    """What is wrong with the message as an answer: it must hold calls, and all of them must be valid."""
    if not message.tool_calls:
        return ("no tool call", *message.issues)
    problems = list(message.issues)
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
    for call in message.tool_calls:
        name, arguments = call.function.name, call.function.arguments
        if name not in schemas:
            problems.append(f"there is no tool {name!r}")
        elif found := _schema_error(schemas[name], arguments):
            problems.append(f"{name}: {found}")
    return tuple(problems)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no name may stand twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a name stands twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def _schema_error(schema: dict[str, Any], arguments: str) -> str | None:
    """Why the arguments are not valid, by a judge from outside where there is one, otherwise by our own matcher."""
    try:
        value = json.loads(arguments, object_pairs_hook=_object)
    except ValueError as error:
        return f"the arguments are not JSON: {error}"
    if importlib.util.find_spec("jsonschema") is not None:
        import jsonschema

        violations = jsonschema.Draft202012Validator(schema).iter_errors(value)
        return next((violation.message for violation in violations), None)
    info = fcformat.TokenizerInfo.from_huggingface(_tokenizer())
    matcher = fcformat.GrammarMatcher(fcformat.GrammarCompiler(info).compile_json_schema(schema))
    valid = matcher.accept_string(arguments) and matcher.can_terminate()
    return None if valid else "the arguments do not match the schema"
