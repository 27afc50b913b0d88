"""How well each moment of some videos fits each direction of a query: one curve a video, over its frames' times.

Frames carry the times; the clip and the captions around a frame lend it theirs. Where a video has not been described
yet, only its frames speak, and it is not punished for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.index.kind import KindIndex
from engine.index.matrix import Indexes
from engine.search.aim import Aim
from engine.types import VectorKind, Vectors, VideoId

LARGE_VIDEO = 1500
WINDOW_S = 45.0

Floats = npt.NDArray[np.float64]
Aims = Mapping[VectorKind, Sequence[Aim]]
"""For each kind of vector one aim for each direction of the query, in the same order."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans that do not overlap, in order, with a score for each direction and the row that earned it."""

    starts: Floats
    ends: Floats
    scores: Vectors
    owners: Indexes

    def at(self, times: Floats) -> tuple[Indexes, npt.NDArray[np.bool_]]:
        """For each time the span around it, and whether there is one."""
        found = np.searchsorted(self.starts, times, "right") - 1
        inside = found >= 0
        inside &= (times < self.ends[found]) | (times == self.starts[found])
        return np.where(inside, found, 0), inside


@dataclass(frozen=True, slots=True)
class VideoScores:
    video: VideoId
    times: Floats
    frames: Vectors
    """[times, directions]."""
    frame_rows: Indexes
    clips: Spans | None
    captions: Spans | None


def score_videos(
    kinds: Mapping[VectorKind, KindIndex], aims: Aims, near: Mapping[VideoId, Sequence[float]]
) -> dict[VideoId, VideoScores]:
    """Scores of the videos in `near`; of a very long one only around the times given there, if any are."""
    frames = _score(kinds, aims, "frame", near)
    clips = _spans(kinds, "clip", _score(kinds, aims, "clip", dict.fromkeys(near, ())))
    captions = _spans(kinds, "caption", _score(kinds, aims, "caption", dict.fromkeys(near, ())))
    return {video: _joined(kinds, video, frames, clips.get(video), captions.get(video)) for video in near}


@dataclass(frozen=True, slots=True)
class _Scored:
    rows: Mapping[VideoId, Indexes]
    scores: Mapping[VideoId, Vectors]


def _score(
    kinds: Mapping[VectorKind, KindIndex], aims: Aims, kind: VectorKind, near: Mapping[VideoId, Sequence[float]]
) -> _Scored:
    """All rows of all videos in one reading, in the order they lie on disk."""
    if kind not in aims:
        return _Scored({}, {})
    index = kinds[kind]
    rows = {video: _near_rows(index, video, times) for video, times in near.items()}
    rows = {video: found for video, found in rows.items() if len(found)}
    if not rows:
        return _Scored({}, {})
    wanted = np.concatenate(list(rows.values()))
    order = np.argsort(wanted, kind="stable")
    directions = np.stack([aim.direction for aim in aims[kind]])
    offsets = np.array([aim.offset for aim in aims[kind]], np.float32)
    scores = np.empty((len(wanted), len(offsets)), np.float32)
    scores[order] = index.dot(directions, wanted[order]) + offsets
    edges = np.cumsum([len(found) for found in rows.values()])[:-1]
    return _Scored(rows, dict(zip(rows, np.split(scores, edges), strict=True)))


def _near_rows(index: KindIndex, video: VideoId, times: Sequence[float]) -> Indexes:
    rows = index.of_video(video)
    if len(rows) <= LARGE_VIDEO or not times:
        return rows
    ordered = np.sort(np.asarray(times, np.float64))
    starts = index.columns.rows["start_s"][rows]
    after = np.clip(np.searchsorted(ordered, starts), 0, len(ordered) - 1)
    distance = np.minimum(abs(ordered[after] - starts), abs(ordered[np.maximum(after - 1, 0)] - starts))
    return rows[distance <= WINDOW_S]


def _joined(
    kinds: Mapping[VectorKind, KindIndex],
    video: VideoId,
    frames: _Scored,
    clips: Spans | None,
    captions: Spans | None,
) -> VideoScores:
    rows = frames.rows.get(video)
    if rows is None:
        # Described without frames of this pack: the middles of its spans stand in for them.
        known = [spans for spans in (clips, captions) if spans is not None]
        times = np.unique(np.concatenate([(s.starts + s.ends) / 2 for s in known])) if known else np.zeros(0)
        width = known[0].scores.shape[1] if known else 0
        blank = np.full((len(times), width), np.nan, np.float32)
        return VideoScores(video, times, blank, np.full(len(times), -1), clips, captions)
    times = kinds["frame"].columns.rows["start_s"][rows]
    order = np.argsort(times, kind="stable")
    return VideoScores(video, times[order], frames.scores[video][order], rows[order], clips, captions)


def _spans(kinds: Mapping[VectorKind, KindIndex], kind: VectorKind, scored: _Scored) -> dict[VideoId, Spans]:
    """Rows of the same span joined: for each direction the best score, and the owner best for the first of them.

    All videos at once: forty small sorts cost more than a large one.
    """
    if not scored.rows:
        return {}
    known = kinds[kind].columns.rows[np.concatenate(list(scored.rows.values()))]
    scores = np.concatenate(list(scored.scores.values()))
    number = np.repeat(np.arange(len(scored.rows)), [len(rows) for rows in scored.rows.values()])
    order = np.lexsort((-scores[:, 0], known["end_s"], known["start_s"], number))
    starts, ends, number = known["start_s"][order], known["end_s"][order], number[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(is_new)
    edges = np.searchsorted(number[first], np.arange(1, len(scored.rows)))
    columns = (starts[first], ends[first], np.maximum.reduceat(scores[order], first), known["owner"][order][first])
    pieces = zip(*(np.split(column, edges) for column in columns), strict=True)
    return {video: Spans(*piece) for video, piece in zip(scored.rows, pieces, strict=True)}
