"""`A > B`: the best way to walk through a video so that each part of the query is seen after the one before it.

A chain is as good as its weakest part. Found in one pass a part, by keeping the best prefix so far.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.search.timeline import Floats

MEAN_SHARE = 0.05
"""A little of the mean decides between chains with the same weakest part."""


def best_chain(curves: Sequence[Floats]) -> tuple[float, list[int]] | None:
    """The value of the best chain and a position for each part, strictly later each time; None if there is none."""
    count = len(curves[0])
    if count < len(curves):
        return None
    bonus = MEAN_SHARE / len(curves)
    weakest, total = curves[0].astype(np.float64), bonus * curves[0]
    came_from: list[np.ndarray] = []
    for values in curves[1:]:
        before = _best_so_far(weakest + total)
        came_from.append(before)
        reachable = before >= 0
        at = np.where(reachable, before, 0)
        weakest = np.where(reachable, np.minimum(weakest[at], values), -np.inf)
        total = np.where(reachable, total[at] + bonus * values, -np.inf)
    rank = weakest + total
    last = int(np.argmax(rank))
    if not np.isfinite(rank[last]):
        return None
    chain = [last]
    for before in reversed(came_from):
        chain.append(int(before[chain[-1]]))
    return float(weakest[last]), chain[::-1]


def contrasted(curves: Sequence[Floats]) -> list[Floats]:
    """Each part's curve, lowered where the picture fits another part better: a red ball is half a blue ball."""
    found: list[Floats] = []
    for at, values in enumerate(curves):
        others = np.max([other for number, other in enumerate(curves) if number != at], axis=0)
        with np.errstate(invalid="ignore"):
            rival = np.where(np.isfinite(values), np.maximum(0.0, others - values), 0.0)
        found.append(values - rival)
    return found


def _best_so_far(values: Floats) -> np.ndarray:
    """For each position the best earlier one; -1 for the first, which has none."""
    highest = np.maximum.accumulate(values)
    is_new = np.ones(len(values), np.bool_)
    is_new[1:] = values[1:] > highest[:-1]
    champion = np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))
    return np.concatenate([[-1], champion[:-1]])
