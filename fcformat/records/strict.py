"""A tool's schema as OpenAI's strict mode wants it: every object closed, every property required.

https://platform.openai.com/docs/guides/structured-outputs. What was optional may be null instead, which says the same to
a tool that takes null for absent; both are noted. Keywords that strict mode refuses are losses.
"""

from __future__ import annotations

from typing import Any

from fcformat.formats.losses import LossPolicy

__all__ = ["strict_schema"]

#: Keywords that strict mode refuses.
_REFUSED = frozenset(
    """allOf contains dependentRequired dependentSchemas else if maxContains maxProperties minContains minProperties not
    oneOf patternProperties prefixItems propertyNames then unevaluatedItems unevaluatedProperties uniqueItems""".split()
)
_ONE, _MANY, _NAMED = ("items",), ("anyOf",), ("properties", "$defs", "definitions")


def strict_schema(schema: Any, where: str, policy: LossPolicy) -> Any:
    """The schema in strict mode.

    Args:
        schema: JSON data that belongs to the caller; it is not changed. Its depth is bounded.
        where: Start of what is said of losses.
        policy: What is told of losses.

    Raises:
        FormatError: A keyword is refused in strict mode, and losses raise.
    """
    if not isinstance(schema, dict):
        return schema
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _REFUSED:
            policy.lose("tools", None, f"{where}: found the keyword {key!r}, which strict mode refuses")
        elif key in _ONE:
            strict[key] = strict_schema(value, f"{where}: {key}", policy)
        elif key in _MANY and isinstance(value, list):
            strict[key] = [strict_schema(each, f"{where}: {key}[{at}]", policy) for at, each in enumerate(value)]
        elif key in _NAMED and isinstance(value, dict):
            strict[key] = {name: strict_schema(each, f"{where}: {name}", policy) for name, each in value.items()}
        else:
            strict[key] = value
    kind = schema.get("type")
    if "properties" in strict or kind == "object" or (isinstance(kind, list) and "object" in kind):
        _close(strict, where, policy)
    return strict


def _close(strict: dict[str, Any], where: str, policy: LossPolicy) -> None:
    """Closes an object and makes all of its properties required."""
    properties = strict.setdefault("properties", {})
    required = strict.get("required", [])
    for name in properties:
        if name not in required:
            policy.lose("schema", None, f"{where}: the optional {name!r} is required, and may be null")
            properties[name] = _nullable(properties[name])
    if isinstance(strict.get("additionalProperties"), dict) or strict.get("additionalProperties") is True:
        policy.lose("tools", None, f"{where}: found properties of any name, which strict mode refuses")
    elif "additionalProperties" not in strict:
        policy.lose("schema", None, f"{where}: properties that are not declared are refused")
    strict["required"] = list(properties)
    strict["additionalProperties"] = False


def _nullable(schema: Any) -> Any:
    """The schema, or null."""
    if isinstance(schema, dict) and "enum" not in schema and "const" not in schema:
        kind = schema.get("type")
        kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
        if kinds:
            return schema if "null" in kinds else {**schema, "type": [*kinds, "null"]}
    if isinstance(schema, dict) and list(schema) == ["anyOf"]:
        return schema if {"type": "null"} in schema["anyOf"] else {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
