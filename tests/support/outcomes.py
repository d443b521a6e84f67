"""How an engine did on a schema with labelled instances, in classes that can be compared: they may only get better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fcformat import GrammarLimitError, JSONStyle, SchemaError, UnsupportedSchemaError
from support.engine import SINGLE_BYTES, accepts_from_start, compiler

# From best to worst. `unsatisfiable`: the schema is refused as one that no value satisfies, and no instance is labelled valid.
CLASSES = ("pass", "unsatisfiable", "unsupported", "limit", "false_reject", "wrong_error", "false_accept", "crash")
RANK = {name: rank for rank, name in enumerate(CLASSES)}


def text_of(value: Any) -> str:
    """A value as `json.dumps` writes it; without raw characters where lone surrogates leave no other way."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def outcomes(
    schema: Any, instances: Sequence[tuple[Any, bool]], style: JSONStyle | None = None, resources: str | None = None
) -> list[str]:
    """The class of each instance, given as (value, is it valid); without instances one class, of compiling alone."""
    failed = ""
    grammar = None
    try:
        grammar = compiler(SINGLE_BYTES, resources).compile_json_schema(json.dumps(schema), style)
    except UnsupportedSchemaError:
        failed = "unsupported"
    except GrammarLimitError:
        failed = "limit"
    except SchemaError:
        failed = "unsatisfiable" if instances and not any(valid for _, valid in instances) else "wrong_error"
    except Exception:
        failed = "crash"
    if failed:
        return [failed] * max(len(instances), 1)
    return [_outcome(grammar, text_of(value), valid) for value, valid in instances] or ["pass"]


def _outcome(grammar: Any, text: str, valid: bool) -> str:
    try:
        accepted = accepts_from_start(grammar, text)
    except GrammarLimitError:
        return "limit"
    except Exception:
        return "crash"
    if accepted == valid:
        return "pass"
    return "false_accept" if accepted else "false_reject"
