"""GLM-4.7 and 5, Hy3 and Hy4, Laguna, Ling 3 and IQuest Q1: calls as GLM-4.5 writes them, with other layout, marks and roles.

Sources: the publishers' chat templates; for Hy4 and IQuest Q1, the parsers of serving projects. Ling's models end an open
reasoning block with a call.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.tagged_shapes import key_value_tags

__all__ = [
    "GLM47",
    "HUNYUAN_HY3",
    "HUNYUAN_HY3_OPENSOURCE",
    "HUNYUAN_HY4",
    "IQUEST_Q1",
    "LING3",
    "POOLSIDE_V1",
    "POOLSIDE_V1_COMPACT",
]

_TAGS = ("tool_call", "arg_key", "arg_value", "think")


def _controls(*names: str, suffix: str = "") -> tuple[str, ...]:
    return tuple(f"<{end}{name}{suffix}>" for name in (*_TAGS, *names) for end in ("", "/"))


GLM47 = CallFormat(
    "glm47",
    aliases=("glm-4.7", "glm-5", "zai-org/GLM-4.7*", "zai-org/GLM-5*"),
    turn=ReasonedTurn(
        Reasoning("<think>", "</think>", unopened="undecided", lone=True, left_open_before=("<tool_call>",)),
        key_value_tags(line=""),
    ),
    stops=("<|user|>", "<|observation|>", "<|endoftext|>"),
    headers=("<|assistant|>",),
    begins=("<|assistant|>", "<|system|>"),
    controls=_controls(),
)


#: What the tags of the Hy weights that are published end in.
_OPEN = ":opensource"


def _hy3(name: str, suffix: str, aliases: tuple[str, ...]) -> CallFormat:
    """Hy3; without a suffix, the tags with one are read as well."""

    def calls(suffix: str, kin: CallSections | None = None) -> CallSections:
        return key_value_tags(suffix=suffix, name_end="tool_sep", section="tool_calls", between="\n", kin=kin)

    also = () if suffix else ((f"<think{_OPEN}>", f"</think{_OPEN}>"),)
    return CallFormat(
        name,
        aliases=aliases,
        turn=ReasonedTurn(
            Reasoning(f"<think{suffix}>", f"</think{suffix}>", unopened="undecided", also=also),
            calls(suffix, None if suffix else calls(_OPEN)),
        ),
        stops=(f"<｜hy_eos{suffix}｜>",),
        headers=(f"<｜hy_Assistant{suffix}｜>",),
        begins=(f"<｜hy_User{suffix}｜>", f"<｜hy_Assistant{suffix}｜>"),
        controls=(*_controls("tool_calls", suffix=suffix), f"<tool_sep{suffix}>"),
    )


HUNYUAN_HY3 = _hy3("hunyuan_hy3", "", ("hunyuan", "hy3", "hy_v3"))
#: The tags of the weights that are published.
HUNYUAN_HY3_OPENSOURCE = _hy3("hunyuan_hy3_opensource", _OPEN, ("hy3-opensource", "tencent/Hy3*"))

#: Like Hy3, without a mark behind the name. Tags with the suffix are read as well.
HUNYUAN_HY4 = CallFormat(
    "hunyuan_hy4",
    aliases=("hy4", "hy_v4", "tencent/Hy4*"),
    turn=ReasonedTurn(
        Reasoning(unopened="undecided", also=((f"<think{_OPEN}>", f"</think{_OPEN}>"),)),
        key_value_tags(line="", section="tool_calls", kin=key_value_tags(line="", section="tool_calls", suffix=_OPEN)),
    ),
    stops=("<｜hy_eos｜>",),
    headers=("<｜hy_Assistant｜>",),
    begins=("<｜hy_User｜>", "<｜hy_Assistant｜>"),
    controls=_controls("tool_calls"),
)

IQUEST_Q1 = CallFormat(
    "iquest_q1",
    aliases=("iquest-q1", "IQuestLab/IQuest-Q1*"),
    turn=ReasonedTurn(Reasoning(unopened="undecided"), key_value_tags(tag="iquest_tool_call", line="")),
    stops=("<|im_end|>", "<|endoftext|>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<iquest_tool_call>", "</iquest_tool_call>"),
)


def _laguna(name: str, line: str, aliases: tuple[str, ...]) -> CallFormat:
    marks = Reasoning(
        "<think>",
        "</think>",
        after_opening=line,
        before_closing=line,
        after_closing=line,
        unopened="undecided",
        lone=bool(line),
    )
    return CallFormat(
        name,
        aliases=aliases,
        turn=ReasonedTurn(marks, key_value_tags(line=line, before=line, last=line)),
        stops=("</assistant>",),
        headers=("<assistant>\n", "<assistant>"),
        begins=("<assistant>", "<user>", "<tool_response>"),
        controls=_controls(),
    )


POOLSIDE_V1 = _laguna("poolside_v1", "\n", ("laguna", "poolside/Laguna-XS*"))
#: Without line breaks between tags.
POOLSIDE_V1_COMPACT = _laguna("poolside_v1_compact", "", ("laguna-2.1", "poolside/Laguna-S*"))

LING3 = CallFormat(
    "ling3",
    aliases=("ling-3", "bailing", "inclusionAI/Ling-3*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>",
            "</think>",
            before_opening="\n",
            unopened="undecided",
            ended_by=("<tool_call>",),
        ),
        key_value_tags(before="\n", between="\n", after="", closing_line="\n"),
    ),
    stops=("<|role_end|>",),
    headers=("<role>ASSISTANT</role>",),
    begins=("<role>",),
    controls=_controls(),
)
