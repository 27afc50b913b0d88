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
from engine.index.matrix import inner_products
from engine.search.look import Candidate
from engine.search.timeline import Floats
from engine.types import Vectors, VideoId

SAME_COSINE = 0.97
ALIKE_COSINE = 0.85
"""The two samples need not fall together: best frames that are only this alike are worth a closer look."""
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
    looks = _Looks(candidates, frames)
    kept: dict[int, None] = {}
    copies: dict[int, list[VideoId]] = {}
    for at, candidate in enumerate(candidates):
        twin = next((other for other in looks.alike(at) if other in kept and looks.are_copies(at, other)), None)
        if twin is None:
            kept[at] = None
        elif candidate.video not in copies.setdefault(twin, []):
            copies[twin].append(candidate.video)
    return [replace(candidates[at], copies=tuple(copies[at])) if at in copies else candidates[at] for at in kept]


class _Looks:
    """The candidates' best frames, compared all at once, and what surrounds them, read where that matters."""

    def __init__(self, candidates: Sequence[Candidate], frames: Sequence[KindIndex]) -> None:
        self._candidates = candidates
        self._frames = frames
        self._views: dict[int, _View] = {}
        self._alike: dict[int, list[int]] = {}
        for side, index in enumerate(frames):
            self._compare(side, index)

    def alike(self, at: int) -> Sequence[int]:
        """Better candidates of other videos whose best frames are like this one's, the best first."""
        return self._alike.get(at, ())

    def are_copies(self, a: int, b: int) -> bool:
        return _are_copies(self._view(a), self._view(b))

    def _compare(self, side: int, index: KindIndex) -> None:
        wanted = [at for at, one in enumerate(self._candidates[:COMPARED]) if one.side == side and one.frame_row >= 0]
        rows, where = np.unique([self._candidates[at].frame_row for at in wanted], return_inverse=True)
        vectors = index.read(rows.astype(np.int64))
        alike = (inner_products(vectors, vectors) >= ALIKE_COSINE)[np.ix_(where, where)]
        for first, second in np.argwhere(np.tril(alike, -1)).tolist():
            a, b = wanted[first], wanted[second]
            if self._candidates[a].video != self._candidates[b].video:
                self._alike.setdefault(a, []).append(b)

    def _view(self, at: int) -> _View:
        if at not in self._views:
            candidate = self._candidates[at]
            self._views[at] = _view(candidate, self._frames[candidate.side])
        return self._views[at]


def _view(candidate: Candidate, frames: KindIndex) -> _View:
    rows = frames.of_video(candidate.video)
    times = frames.columns.rows["start_s"][rows]
    near = np.abs(times - candidate.best_s) <= WINDOW_S
    order = np.argsort(times[near], kind="stable")
    vectors = frames.read(rows[near])[order]
    best = frames.read(np.array([candidate.frame_row]))[0]
    return _View(times[near][order] - candidate.best_s, vectors, best, candidate.best_s, float(times.max()))


def _are_copies(view: _View, other: _View) -> bool:
    if not len(view.vectors) or not len(other.vectors):
        return False
    agreement = inner_products(view.vectors, other.vectors)
    shift = float(other.offsets[int(np.argmax(inner_products(other.vectors, view.best[None, :])))])
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
