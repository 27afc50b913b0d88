"""Hits that show the same: another encoding, another resolution, a trimmed copy. Only the best of them is listed.

Two clips of the same room are no copies. What counts is that frames around the two best times agree one by one at
the same distances in time, better than the same frames do when shifted; where nothing moves, both times and lengths
must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.index.kind import KindIndex
from engine.search.look import Candidate
from engine.search.scores import Floats
from engine.types import Vectors

SAME_COSINE = 0.97
WINDOW_S = 15.0
TOLERANCE_S = 0.6
LEAST_PAIRS = 4
CONTRAST = 0.01
STILL_LENGTH_S = 0.1
COMPARED = 60


@dataclass(frozen=True, slots=True)
class _View:
    """The frames around a candidate's best time."""

    offsets: Floats
    vectors: Vectors
    best: Vectors
    at_s: float
    end_s: float


def collapse(candidates: Sequence[Candidate], frames: Sequence[KindIndex]) -> list[Candidate]:
    """The candidates without copies of better ones, which name the videos they stand for.

    `frames` are the frame vectors of each side.
    """
    kept: list[Candidate] = []
    views: list[_View | None] = []
    bests: list[Vectors | None] = []
    for rank, candidate in enumerate(candidates):
        view = _view(candidate, frames[candidate.side]) if rank < COMPARED else None
        alike = _alike(
            view, [best if one.side == candidate.side else None for one, best in zip(kept, bests, strict=True)]
        )
        twin = next((at for at in alike if _are_copies(candidate, view, kept[at], views[at])), None)
        if twin is None:
            kept.append(candidate)
            views.append(view)
            bests.append(None if view is None else view.best)
        elif candidate.video not in kept[twin].copies:
            kept[twin] = replace(kept[twin], copies=(*kept[twin].copies, candidate.video))
    return kept


def _alike(view: _View | None, bests: Sequence[Vectors | None]) -> list[int]:
    """Which of the kept moments show, at their best, what some frame of this one shows."""
    known = [(at, best) for at, best in enumerate(bests) if best is not None]
    if view is None or not known:
        return []
    # The two samples need not fall together, so the best frame of one only has to be near some frame of the other.
    nearest = (view.vectors @ np.stack([best for _, best in known]).T).max(axis=0)
    return [at for (at, _), cosine in zip(known, nearest.tolist(), strict=True) if cosine >= SAME_COSINE]


def _view(candidate: Candidate, frames: KindIndex) -> _View | None:
    if candidate.frame_row < 0:
        return None
    rows = frames.of_video(candidate.video)
    times = frames.columns.rows["start_s"][rows]
    near = np.abs(times - candidate.best_s) <= WINDOW_S
    order = np.argsort(times[near], kind="stable")
    vectors = frames.read(rows[near])[order]
    best = frames.read(np.array([candidate.frame_row]))[0]
    return _View(times[near][order] - candidate.best_s, vectors, best, candidate.best_s, float(times.max()))


def _are_copies(a: Candidate, view: _View | None, b: Candidate, other: _View | None) -> bool:
    if a.video == b.video or a.side != b.side or view is None or other is None:
        return False
    agreement = view.vectors @ other.vectors.T
    shift = float(other.offsets[int(np.argmax(other.vectors @ view.best))])
    distance = np.abs(view.offsets[:, None] + shift - other.offsets[None, :])
    near = distance <= TOLERANCE_S
    pairs = np.flatnonzero(near.any(axis=1))
    if len(pairs) < min(LEAST_PAIRS, len(view.vectors), len(other.vectors)):
        return False
    matched = np.where(near, agreement, -1.0)[pairs].max(axis=1)
    if float(matched.mean()) < SAME_COSINE:
        return False
    partners = np.flatnonzero(near.any(axis=0))
    apart = agreement[pairs][:, partners][distance[pairs][:, partners] > 2 * TOLERANCE_S]
    if len(pairs) >= LEAST_PAIRS and len(apart) and float(matched.mean() - apart.mean()) > CONTRAST:
        return True
    is_shifted = abs(other.at_s + shift - view.at_s) > TOLERANCE_S
    return not is_shifted and abs(view.end_s - other.end_s) <= STILL_LENGTH_S
