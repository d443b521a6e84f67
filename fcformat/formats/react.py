"""Generic ReAct: `Action:` and `Action Input:` lines, several pairs for several calls, in ChatML.

The text that tells of the tools is LLaMA-Factory's default tool format, for models that were fine-tuned with it or are only
prompted; it describes parameters one level deep. Thoughts and `Final Answer:`, as LangChain's prompts teach them, are read
and not written. Results follow as `Observation:` lines in the assistant's turn.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.react_lines import ReActLines
from fcformat.formats.folded_format import FoldedFormat, Folding
from fcformat.formats.tool_lines import ToolLines
from fcformat.formats.tool_texts import ToolsTold

__all__ = ["REACT"]

_AFTER = """Use the following format if using a tool:
```
Action: tool name (one of [{names}])
Action Input: the input to the tool, in a JSON format representing the kwargs (e.g. ```{"input": "hello world", "num_beams": 5}```)
```
"""
_TOLD = ToolsTold(before="You have access to the following tools:\n", tool=ToolLines(), after=_AFTER)

REACT = FoldedFormat(
    "react",
    aliases=("generic-react", "llamafactory-default"),
    folding=Folding(
        told={(): _TOLD},
        told_in="system",
        observed=("\nObservation:", " "),
        answered="\n",
        resumed="\n",
        continued="\n",
        calls_apart="\n",
    ),
    turn=ReActLines(parallel=True),
    stops=("\nObservation:",),
    opens="",
)
