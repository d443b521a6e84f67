"""Formats by name. A name finds its format whatever its case; a model id finds its family's."""

from __future__ import annotations

import fnmatch

from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.chatglm3 import CHATGLM3
from fcformat.formats.cohere import COHERE_COMMAND, COMMAND_R, COMMAND_R7B
from fcformat.formats.deepseek import DEEPSEEK_V3, DEEPSEEK_V31
from fcformat.formats.deepseek_dsml import DEEPSEEK_V4, DEEPSEEK_V32, DEEPSEEK_V41
from fcformat.formats.firefunction import FIREFUNCTION_V1, FIREFUNCTION_V2
from fcformat.formats.functionary import FUNCTIONARY_V2, FUNCTIONARY_V31, FUNCTIONARY_V32
from fcformat.formats.gemma import FUNCTIONGEMMA, GEMMA4
from fcformat.formats.gigachat import GIGACHAT3, GIGACHAT31, GIGACHAT35
from fcformat.formats.glm4 import GLM4
from fcformat.formats.glm45 import GLM45
from fcformat.formats.glm47 import (
    GLM47,
    HUNYUAN_HY3,
    HUNYUAN_HY3_OPENSOURCE,
    HUNYUAN_HY4,
    IQUEST_Q1,
    LING3,
    POOLSIDE_V1,
    POOLSIDE_V1_COMPACT,
)
from fcformat.formats.harmony import HARMONY
from fcformat.formats.hermes import HERMES
from fcformat.formats.hermes_kin import (
    DOTS,
    GRANITE4,
    GRANITE_20B_FC,
    INTERNLM2,
    MIMO,
    NEMOTRON_MINI,
    PLAIN,
    REKA,
    SPARK25,
)
from fcformat.formats.hermes_reasoning import ERNIE45, EXAONE4, LONGCAT, SMOLLM3, TRINITY
from fcformat.formats.inkling import INKLING
from fcformat.formats.json_arrays import (
    APERTUS,
    APRIEL,
    GRANITE,
    HUNYUAN_A13B,
    JAMBA,
    JSON_ARRAY_REQUIRED,
    NEMOTRON_V2,
    PHI4_MINI,
    XLAM,
)
from fcformat.formats.k2_horizon import K2_HORIZON
from fcformat.formats.kimi_k2 import KIMI_K2
from fcformat.formats.kimi_k3 import KIMI_K3
from fcformat.formats.llama import LLAMA3_JSON, LLAMA31, LLAMA32
from fcformat.formats.minicpm3 import MINICPM3
from fcformat.formats.minicpm5 import MINICPM5
from fcformat.formats.minimax import MINIMAX_M1, MINIMAX_M2, MINIMAX_M3
from fcformat.formats.mistral import MISTRAL_V3, MISTRAL_V7, MISTRAL_V11, MISTRAL_V13
from fcformat.formats.muse import MUSE, MUSE_GLIMMER
from fcformat.formats.nemotron3 import NEMOTRON3
from fcformat.formats.openai import OPENAI
from fcformat.formats.plamo3 import PLAMO3
from fcformat.formats.pythonic import LFM2, LLAMA4_PYTHONIC, OLMO3, PYTHONIC
from fcformat.formats.qwen1_react import QWEN1_REACT
from fcformat.formats.qwen2 import QWEN2, QWEN15
from fcformat.formats.qwen3 import QWEN3, QWEN3_INSTRUCT, QWEN3_THINKING, QWQ
from fcformat.formats.qwen3_coder import QWEN3_CODER, QWEN35, QWEN36, QWEN38
from fcformat.formats.qwen25 import QWEN25
from fcformat.formats.qwen_agent import QWEN_AGENT
from fcformat.formats.react import REACT
from fcformat.formats.seed_oss import SEED_OSS
from fcformat.formats.solar_open import SOLAR_OPEN
from fcformat.formats.step3 import STEP3, STEP5, STEP35

__all__ = ["get_format", "list_formats"]

_FORMATS: tuple[Format, ...] = (
    CHATGLM3,
    DEEPSEEK_V3,
    DEEPSEEK_V31,
    FUNCTIONGEMMA,
    GEMMA4,
    GLM4,
    LFM2,
    LLAMA4_PYTHONIC,
    HERMES,
    ERNIE45,
    EXAONE4,
    LONGCAT,
    SMOLLM3,
    TRINITY,
    COHERE_COMMAND,
    COMMAND_R,
    COMMAND_R7B,
    DOTS,
    GIGACHAT3,
    GIGACHAT31,
    GIGACHAT35,
    GRANITE4,
    GRANITE_20B_FC,
    INTERNLM2,
    MIMO,
    NEMOTRON_MINI,
    PLAIN,
    REKA,
    SPARK25,
    APERTUS,
    APRIEL,
    FIREFUNCTION_V1,
    FIREFUNCTION_V2,
    GRANITE,
    HUNYUAN_A13B,
    JAMBA,
    JSON_ARRAY_REQUIRED,
    NEMOTRON_V2,
    PHI4_MINI,
    XLAM,
    LLAMA31,
    LLAMA32,
    LLAMA3_JSON,
    MISTRAL_V3,
    MISTRAL_V7,
    MISTRAL_V11,
    MISTRAL_V13,
    OLMO3,
    OPENAI,
    PYTHONIC,
    QWEN1_REACT,
    QWEN2,
    QWEN3,
    QWEN3_INSTRUCT,
    QWEN3_THINKING,
    QWEN15,
    QWEN25,
    QWEN_AGENT,
    QWQ,
    REACT,
    DEEPSEEK_V4,
    DEEPSEEK_V32,
    DEEPSEEK_V41,
    GLM47,
    HUNYUAN_HY3,
    HUNYUAN_HY3_OPENSOURCE,
    HUNYUAN_HY4,
    IQUEST_Q1,
    LING3,
    POOLSIDE_V1,
    POOLSIDE_V1_COMPACT,
    NEMOTRON3,
    FUNCTIONARY_V2,
    FUNCTIONARY_V31,
    FUNCTIONARY_V32,
    HARMONY,
    K2_HORIZON,
    KIMI_K2,
    KIMI_K3,
    MINICPM3,
    MINICPM5,
    MINIMAX_M1,
    MINIMAX_M2,
    MINIMAX_M3,
    SEED_OSS,
    SOLAR_OPEN,
    STEP3,
    STEP35,
    STEP5,
    QWEN3_CODER,
    QWEN35,
    QWEN36,
    QWEN38,
    GLM45,
    INKLING,
    MUSE,
    MUSE_GLIMMER,
    PLAMO3,
)
_BY_NAME: dict[str, Format] = {}
_BY_PATTERN: dict[str, Format] = {}
for _format in _FORMATS:
    for _name in (_format.name, *_format.aliases):
        _table, _key = (_BY_PATTERN if "*" in _name else _BY_NAME), _name.lower()
        assert _key not in _table, f"two formats are called {_name}"
        _table[_key] = _format


def get_format(name: str) -> Format:
    """The format of this name, alias or model id.

    Raises:
        FormatError: There is none; the message lists the names.
    """
    if not isinstance(name, str):
        raise FormatError(f"format: found a value of type {type(name).__name__}, expected a name")
    wanted = name.lower()
    found = _BY_NAME.get(wanted)
    if found is not None:
        return found
    patterns = [pattern for pattern in _BY_PATTERN if fnmatch.fnmatchcase(wanted, pattern)]
    if patterns:
        return _BY_PATTERN[max(patterns, key=len)]  # the closest: families share beginnings of names
    raise FormatError(f"format: found {name!r}, expected one of {', '.join(list_formats())}, or a model of theirs")


def list_formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    return tuple(sorted(each.name for each in _FORMATS))
