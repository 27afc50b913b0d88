"""How well each moment of some videos fits each direction of a query: curves over their frames' times, end to end.

Frames carry the times; the clip and the captions around a frame lend it theirs. Where a video has not been described
yet, only its frames speak, and it is not punished for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.index.kind import KindIndex
from engine.index.matrix import Indexes
from engine.search.aim import Aim
from engine.search.timeline import Floats, Instants, Mask, Timeline, instants, lay_out
from engine.types import VectorKind, Vectors, VideoId

LARGE_VIDEO = 1500
WINDOW_S = 45.0

Aims = Mapping[VectorKind, Sequence[Aim]]
"""For each kind of vector one aim for each direction of the query, in the same order."""
Near = Mapping[VideoId, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of all videos, in order, none over another of its video, with a score for each direction and the row that
    earned it."""

    numbers: Indexes
    starts: Floats
    ends: Floats
    places: Floats
    """Of the starts."""
    scores: Vectors
    owners: Indexes

    def around(self, at: Instants) -> tuple[Indexes, Mask]:
        """For each time the span around it, and whether there is one."""
        found = np.searchsorted(self.places, at.places, "right") - 1
        held = np.maximum(found, 0)
        inside = (found >= 0) & (self.numbers[held] == at.numbers)
        inside &= (at.times < self.ends[held]) | (at.times == self.starts[held])
        return held, inside


@dataclass(frozen=True, slots=True)
class Scores:
    at: Instants
    frames: Vectors
    """[times, directions]; NaN at times that have no frame."""
    frame_rows: Indexes
    """-1 at times that have no frame."""
    clips: Spans | None
    captions: Spans | None


@dataclass(frozen=True, slots=True)
class _Scored:
    """Rows of one kind with the number of their video."""

    numbers: Indexes
    rows: Indexes
    starts: Floats
    ends: Floats
    scores: Vectors


def score_videos(kinds: Mapping[VectorKind, KindIndex], aims: Aims, near: Near) -> Scores:
    """Scores of the videos in `near`; of a very long one only around the times given there, if any are."""
    everywhere: Near = dict.fromkeys(near, ())
    frames = _score(kinds, aims, "frame", near)
    clips = _score(kinds, aims, "clip", everywhere)
    captions = _score(kinds, aims, "caption", everywhere)
    known = [one for one in (frames, clips, captions) if one is not None]
    line = lay_out(near, max((float(one.ends.max()) for one in known), default=0.0))
    lenders = _spans(kinds, "clip", line, clips), _spans(kinds, "caption", line, captions)
    width = known[0].scores.shape[1] if known else 0
    return _joined(line, width, frames, lenders)


def _score(kinds: Mapping[VectorKind, KindIndex], aims: Aims, kind: VectorKind, near: Near) -> _Scored | None:
    """All rows of all videos in one reading, in the order they lie on disk."""
    if kind not in aims:
        return None
    index = kinds[kind]
    rows = [_near_rows(index, video, times) for video, times in near.items()]
    wanted = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    if not len(wanted):
        return None
    order = np.argsort(wanted, kind="stable")
    directions = np.stack([aim.direction for aim in aims[kind]])
    offsets = np.array([aim.offset for aim in aims[kind]], np.float32)
    scores = np.empty((len(wanted), len(offsets)), np.float32)
    scores[order] = index.dot(directions, wanted[order]) + offsets
    numbers = np.repeat(np.arange(len(rows)), [len(found) for found in rows])
    known = index.columns.rows
    return _Scored(numbers, wanted, known["start_s"][wanted], known["end_s"][wanted], scores)


def _near_rows(index: KindIndex, video: VideoId, times: Sequence[float]) -> Indexes:
    rows = index.of_video(video)
    if len(rows) <= LARGE_VIDEO or not times:
        return rows
    ordered = np.sort(np.asarray(times, np.float64))
    starts = index.columns.rows["start_s"][rows]
    after = np.clip(np.searchsorted(ordered, starts), 0, len(ordered) - 1)
    distance = np.minimum(abs(ordered[after] - starts), abs(ordered[np.maximum(after - 1, 0)] - starts))
    return rows[distance <= WINDOW_S]


def _joined(line: Timeline, width: int, frames: _Scored | None, lenders: tuple[Spans | None, Spans | None]) -> Scores:
    """Of a video described without frames of this pack, the middles of its spans stand in for them."""
    spans = [one for one in lenders if one is not None]
    with_frames = frames.numbers if frames else np.zeros(0, np.int64)
    numbers = np.concatenate([with_frames, *(one.numbers for one in spans)])
    times = np.concatenate([frames.starts if frames else np.zeros(0), *((s.starts + s.ends) / 2 for s in spans)])
    rows = np.full(len(numbers), -1)
    scores = np.full((len(numbers), width), np.nan, np.float32)
    if frames is not None:
        rows[: len(frames.rows)], scores[: len(frames.rows)] = frames.rows, frames.scores
    has_frames = np.zeros(len(line.videos), np.bool_)
    has_frames[with_frames] = True
    order = np.argsort(line.places(numbers, times), kind="stable")
    order = order[(rows[order] >= 0) | ~has_frames[numbers[order]]]
    repeats = np.zeros(len(order), np.bool_)
    repeats[1:] = (rows[order[1:]] < 0) & (np.diff(line.places(numbers, times)[order]) == 0)
    order = order[~repeats]
    return Scores(instants(line, numbers[order], times[order]), scores[order], rows[order], *lenders)


def _spans(
    kinds: Mapping[VectorKind, KindIndex], kind: VectorKind, line: Timeline, scored: _Scored | None
) -> Spans | None:
    """Rows of the same span joined: for each direction the best score, and the owner best for the first of them."""
    if scored is None:
        return None
    order = np.lexsort((-scored.scores[:, 0], scored.ends, scored.starts, scored.numbers))
    starts, ends, numbers = scored.starts[order], scored.ends[order], scored.numbers[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1]) | (numbers[1:] != numbers[:-1])
    first = np.flatnonzero(is_new)
    return Spans(
        numbers[first],
        starts[first],
        ends[first],
        line.places(numbers[first], starts[first]),
        np.maximum.reduceat(scored.scores[order], first),
        kinds[kind].columns.rows["owner"][scored.rows[order][first]],
    )
