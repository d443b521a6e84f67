"""Trains the small vocabulary that `fcformat demo` uses, on text that this project wrote itself.

Run in a source tree, `python -m fcformat.data.train_vocabulary`: it rewrites `demo_tokenizer.json` from `corpus.txt`, from tool calls
made up here, and from the project's documents and Python files. This is no build step: the vocabulary is committed,
and is trained again only when somebody wants another one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from fcformat.data import DEMO_TOKENIZER

VOCABULARY_SIZE = 4096
SEED = 20231027
SAMPLES = 3000

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "[gMASK]",
    "sop",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
)
# Added tokens that decoding keeps, as Qwen's own are.
NOT_SPECIAL = ("<tool_call>", "</tool_call>")

CITIES = "北京 上海 广州 深圳 杭州 成都 西安 Beijing Shanghai Paris London Berlin Tokyo Madrid Oslo Boston".split()
NAMES = (
    "get_current_weather get_forecast search_web send_email book_hotel book_flight create_event convert_currency "
    "translate_text play_music set_alarm find_restaurant get_stock_price calculate read_file run_query"
).split()
KEYS = (
    "location time date city country unit days query limit offset language title start end attendees subject body to "
    "amount currency from address street name email phone status id type count price total items tags enabled options "
    "description priority rating comment url path sort order page size max_results temperature humidity conditions"
).split()
WORDS = (
    "celsius fahrenheit metric imperial high low medium open closed pending active inactive true false red green blue "
    "sunny cloudy rain snow wind monday friday morning evening hotel museum restaurant station economy business first "
    "en zh fr de es ja USD EUR CNY JPY asc desc none all new old"
).split()


def json_value(draw: random.Random, depth: int) -> object:
    """A made-up JSON value, nested at most `depth` deep."""
    kind = draw.randrange(10 if depth else 7)
    if kind < 2:
        return draw.choice(WORDS)
    if kind == 2:
        return draw.choice(CITIES)
    if kind == 3:
        return draw.choice(
            [draw.randrange(10), draw.randrange(100), draw.randrange(100_000), round(draw.uniform(-90, 180), 2)]
        )
    if kind == 4:
        return f"20{draw.randrange(20, 30)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
    if kind == 5:
        return f"{draw.randrange(24):02}:{draw.randrange(0, 60, 5):02}"
    if kind == 6:
        return draw.choice([True, False, None])
    if kind == 7:
        return [json_value(draw, 0) for _ in range(draw.randrange(4))]
    return json_object(draw, depth - 1)


def json_object(draw: random.Random, depth: int) -> dict[str, object]:
    """A made-up JSON object."""
    return {key: json_value(draw, depth) for key in draw.sample(KEYS, draw.randrange(1, 5))}


def tool_calls() -> Iterator[str]:
    """Tool calls, schemas and Python calls, spelled in the ways that formats spell them."""
    draw = random.Random(SEED)
    for _ in range(SAMPLES):
        call = {"name": draw.choice(NAMES), "arguments": json_object(draw, 2)}
        yield json.dumps(call, ensure_ascii=False)
        yield json.dumps(call, ensure_ascii=draw.random() < 0.1, separators=(",", ":"))
        if draw.random() < 0.3:
            yield json.dumps(
                {"type": "function", "function": schema(draw)}, ensure_ascii=False, indent=draw.choice([None, 2, 4])
            )
        arguments = ", ".join(f"{key}={value!r}" for key, value in json_object(draw, 1).items())
        yield f"```python\ntool_call({arguments})\n```"


def schema(draw: random.Random) -> dict[str, object]:
    """A made-up function description."""
    keys = draw.sample(KEYS, draw.randrange(1, 5))
    types = ("string", "integer", "number", "boolean", "array", "object")
    properties = {
        key: {"type": draw.choice(types), "description": f"The {key} of the {draw.choice(KEYS)}"} for key in keys
    }
    parameters = {"type": "object", "properties": properties, "required": keys[: draw.randrange(len(keys) + 1)]}
    return {"name": draw.choice(NAMES), "description": f"Get the {draw.choice(KEYS)}", "parameters": parameters}


def texts() -> Iterator[str]:
    """All the text there is."""
    here = Path(__file__).parent
    root = here.parent.parent
    # What was written to be learned counts several times against the bulk of the made-up calls.
    yield from (here / "corpus.txt").read_text(encoding="utf-8").splitlines() * 3
    yield from tool_calls()
    for path in [*sorted(root.glob("*.md")), *sorted((root / "fcformat").rglob("*.py"))]:
        yield from path.read_text(encoding="utf-8").splitlines()


def corpus() -> Iterator[str]:
    """The text to train on: without lines that spell a control token, which must not become an ordinary token as well."""
    return (text for text in texts() if not any(token in text for token in (*SPECIAL, *NOT_SPECIAL)))


def train() -> Tokenizer:
    """Trains the vocabulary: 256 bytes, merges, then the control tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - len(SPECIAL) - len(NOT_SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    # Other words hold "sop": only the word by itself is the control token.
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False, single_word=text == "sop") for text in SPECIAL]
    )
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in NOT_SPECIAL])
    if tokenizer.get_vocab_size() != VOCABULARY_SIZE:
        raise ValueError(f"the vocabulary has {tokenizer.get_vocab_size()} tokens, expected {VOCABULARY_SIZE}")
    return tokenizer


if __name__ == "__main__":
    trained = train()
    trained.save(str(DEMO_TOKENIZER), pretty=False)
    print(f"{DEMO_TOKENIZER}: {trained.get_vocab_size()} tokens, {DEMO_TOKENIZER.stat().st_size} bytes")
