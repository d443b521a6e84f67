"""The question that the demonstration asks, and the tools that it offers.

Every string is bounded: a model with random weights would otherwise go on for as long as it is let.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MESSAGES", "TOOLS"]

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "10月27日北京天气怎么样"}]

_WEATHER = {
    "name": "get_current_weather",
    "description": "Get the weather of a place on a day",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "Name of the city", "minLength": 1, "maxLength": 20},
            "time": {
                "type": "string",
                "description": "The day, as YYYY-MM-DD",
                "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
            },
        },
        "required": ["location", "time"],
        "additionalProperties": False,
    },
}

_HOTEL = {
    "name": "book_hotel",
    "description": "Book rooms in a hotel",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": ["北京", "上海", "Paris", "San Francisco, CA"]},
            "nights": {"type": "integer", "minimum": 1, "maximum": 30},
            "guests": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "minLength": 1, "maxLength": 12},
                        "age": {"type": "integer", "minimum": 0, "maximum": 120},
                    },
                    "required": ["name"],
                    "additionalProperties": False,
                },
                "minItems": 1,
                "maxItems": 3,
            },
            "room": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["single", "double", "suite"]},
                    "smoking": {"type": "boolean"},
                    "floor": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 40}, {"type": "null"}]},
                },
                "required": ["kind"],
                "additionalProperties": False,
            },
        },
        "required": ["city", "nights", "guests"],
        "additionalProperties": False,
    },
}

TOOLS: list[dict[str, Any]] = [{"type": "function", "function": function} for function in (_WEATHER, _HOTEL)]
