"""Tool choice, and the schemas that constrain arguments."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.chat import normalize_tools
from fcformat.errors import FormatError
from fcformat.formats.argument_schemas import arguments_schema
from fcformat.formats.tool_choice import CallPlan, plan_calls

TOOLS = normalize_tools([{"name": "f"}, {"name": "g"}])
F, G = TOOLS


@pytest.mark.parametrize(
    ("choice", "parallel", "plan"),
    [
        ("auto", True, CallPlan(TOOLS)),
        (None, False, CallPlan(TOOLS, most=1)),
        ("auto", 3, CallPlan(TOOLS, most=3)),
        ("none", True, CallPlan(())),
        ("required", True, CallPlan(TOOLS, required=True)),
        ("g", True, CallPlan((G,), required=True, most=1)),
        ({"type": "function", "function": {"name": "f"}}, True, CallPlan((F,), required=True, most=1)),
        ({"type": "function", "name": "f"}, True, CallPlan((F,), required=True, most=1)),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]},
            },
            True,
            CallPlan((G,), required=True),
        ),
    ],
)
def test_a_choice_says_what_may_be_called(choice: Any, parallel: bool | int, plan: CallPlan) -> None:
    assert plan_calls(TOOLS, choice, parallel) == plan


@pytest.mark.parametrize(
    ("tools", "choice", "parallel", "error"),
    [
        (TOOLS, "h", True, "tool_choice: found the name 'h', expected one of the tools: 'f', 'g'"),
        ((), "required", True, "tool_choice: found 'required', but there are no tools"),
        (TOOLS, 3, True, "tool_choice: found 3, expected 'auto'"),
        (
            TOOLS,
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
            True,
            "expected allowed_tools with a mode",
        ),
        (TOOLS, "auto", 0, "parallel_tool_calls: found 0, expected a bool or a number from 1 on"),
    ],
)
def test_a_wrong_choice_is_refused(tools: Any, choice: Any, parallel: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        plan_calls(tools, choice, parallel)
    assert error in str(caught.value)


def schema_of(parameters: Any, undeclared: str = "forbid") -> Any:
    return arguments_schema(normalize_tools([{"name": "f", "parameters": parameters}])[0], undeclared)


OBJECT: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = {**OBJECT, "additionalProperties": False}


@pytest.mark.parametrize(
    ("given", "closed"),
    [
        (OBJECT, CLOSED),
        ({"properties": {}}, {"type": "object", "properties": {}, "additionalProperties": False}),
        ({"type": "object"}, {"type": "object", "properties": {}, "additionalProperties": False}),
        ({}, {"type": "object", "properties": {}, "additionalProperties": False}),
        (True, {"type": "object"}),
        (False, False),
        ({**OBJECT, "additionalProperties": {"type": "integer"}}, {**OBJECT, "additionalProperties": {"type": "integer"}}),
        ({**OBJECT, "patternProperties": {"^x": OBJECT}}, {**OBJECT, "patternProperties": {"^x": CLOSED}}),
        ({"type": "object", "properties": {"o": {"anyOf": [OBJECT, {"type": "array", "items": OBJECT}]}}}, {"type": "object", "properties": {"o": {"anyOf": [CLOSED, {"type": "array", "items": CLOSED}]}}, "additionalProperties": False}),
        ({**OBJECT, "allOf": [OBJECT]}, {**OBJECT, "allOf": [OBJECT]}),
        ({**OBJECT, "$defs": {"d": OBJECT}}, {**CLOSED, "$defs": {"d": CLOSED}}),
        ({"type": "object", "properties": {"x": {"allOf": [{"$ref": "#/$defs/d"}]}}, "$defs": {"d": OBJECT}}, {"type": "object", "properties": {"x": {"allOf": [{"$ref": "#/$defs/d"}]}}, "additionalProperties": False, "$defs": {"d": OBJECT}}),
        ({"type": "object", "properties": {"o": {"oneOf": [OBJECT]}}}, {"type": "object", "properties": {"o": {"oneOf": [OBJECT]}}, "additionalProperties": False}),
        ({"type": "object", "properties": {"a": {"default": {"properties": {"not": 1}}}}, "$defs": {"d": OBJECT}}, {"type": "object", "properties": {"a": {"default": {"properties": {"not": 1}}}}, "additionalProperties": False, "$defs": {"d": CLOSED}}),
    ],
)  # fmt: skip
def test_objects_that_declare_properties_have_no_others_where_that_changes_nothing_else(
    given: Any, closed: Any
) -> None:
    assert schema_of(given) == closed


def test_undeclared_arguments_can_be_left_to_the_schema() -> None:
    assert schema_of(OBJECT, "schema") == OBJECT
    with pytest.raises(FormatError, match=r"undeclared_arguments: found 'no', expected 'forbid' or 'schema'"):
        schema_of(OBJECT, "no")
