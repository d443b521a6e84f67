"""The entry of `fcformat demo`."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fcformat.demo.attempt import DEMO_FORMATS
from fcformat.demo.show import make_layout, show_each, show_seeds

__all__ = ["run"]


def run(
    formats: Sequence[str] = (),
    seed: int = 0,
    seeds: int | None = None,
    max_new_tokens: int = 2048,
    plain: bool = False,
) -> bool:
    """Runs the demonstration and prints it.

    Args:
        formats: Names of formats; none: the three that the demonstration is about.
        seed: Decides weights and sampling.
        seeds: How many seeds to run, from `seed` on, printed as a table; `None`: one, printed at length.
        max_new_tokens: Where to cut an answer off; the longest possible call is shorter than the default.
        plain: Without colours and boxes, also where there could be some.

    Returns:
        Whether every constrained answer was a valid call.
    """
    # Threads only get into each other's way in a model this small.
    torch.set_num_threads(1)
    layout = make_layout(plain)
    names = tuple(formats) or DEMO_FORMATS
    if seeds is None:
        return show_each(layout, names, seed, max_new_tokens)
    return show_seeds(layout, names, range(seed, seed + seeds), max_new_tokens)
