"""Mistral's instruct models with the tekken tokenizers, by version of mistral-common's encoding: v3, v7, v11, v13.

Source: mistral-common. Version 3 puts the system text in front of the last question and results into JSON; 7 gives the
system a turn and results their id and text; 11 writes each call behind its own tag; 13 drops the ids and tells of the tools
before the first question. Reasoning models of the last two think between `[THINK]` tags, which history leaves out. All of them read each other's calls, so one name, `mistral`, serves where only replies are parsed.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.mistral_calls import MistralCalls
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.mistral_format import MistralFormat, MistralLayout

__all__ = ["MISTRAL_V3", "MISTRAL_V7", "MISTRAL_V11", "MISTRAL_V13"]

_REASONING = Reasoning("[THINK]", "[/THINK]")

MISTRAL_V3 = MistralFormat(
    "mistral-v3-tekken",
    aliases=("mistral-v3", "mistral_v3", "mistralai/Mistral-Nemo-*", "mistralai/Ministral-8B-Instruct-2410*"),
    layout=MistralLayout(system_turns=False, tools_first=False, ids=True, result="object"),
    turn=MistralCalls(array=True, ids=True, text_and_calls=False),
)
MISTRAL_V7 = MistralFormat(
    "mistral-v7-tekken",
    aliases=(
        "mistral-v7",
        "mistral_v7",
        "mistralai/Mistral-Small-24B-Instruct-2501*",
        "mistralai/Mistral-Small-3.1-*",
    ),
    layout=MistralLayout(system_turns=True, tools_first=False, ids=True, result="id"),
    turn=MistralCalls(array=True, ids=True),
)
MISTRAL_V11 = MistralFormat(
    "mistral-v11-tekken",
    aliases=("mistral-v11", "mistral_v11", "mistralai/Mistral-Small-3.2-*", "mistralai/Magistral-Small-2506*"),
    layout=MistralLayout(system_turns=True, tools_first=False, ids=True, result="id"),
    turn=ReasonedTurn(_REASONING, MistralCalls(array=False, ids=True)),
)
MISTRAL_V13 = MistralFormat(
    "mistral-v13-tekken",
    aliases=(
        "mistral",
        "mistral-v13",
        "mistral_v13",
        "mistralai/Devstral-*",
        "mistralai/Magistral-*",
        "mistralai/Ministral-3-*",
    ),
    layout=MistralLayout(system_turns=True, tools_first=True, ids=False, result="text"),
    turn=ReasonedTurn(_REASONING, MistralCalls(array=False, ids=False)),
)
