"""The readable twin of the engine: slow, plain Python that says which texts a schema and a style allow.

`accepts` decides complete texts (`expected`: with what is left to the engine), `is_viable` decides prefixes of them, and `accepted_texts` lists all of them over a small
alphabet. Nothing here shares code with the engine, and nothing here is fast.
"""

from oracle.judge import UnsupportedByJudge, is_valid
from oracle.matcher import accepted_texts, accepts, expected, is_viable
from oracle.reader import Malformed, Number, Unfinished, read

__all__ = [
    "Malformed",
    "Number",
    "Unfinished",
    "UnsupportedByJudge",
    "accepted_texts",
    "accepts",
    "expected",
    "is_valid",
    "is_viable",
    "read",
]
