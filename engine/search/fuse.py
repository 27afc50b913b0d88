"""From several legs to one curve a part of the query: the weighted mean of the standardised vector scores that are
there, plus what the words add. Never a plain mean of raw scores: their units differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.search.scores import Floats, Spans, VideoScores
from engine.search.words import WordHit
from engine.types import VectorKind, VideoId

SOURCE_TRUST = {"name": 0.8, "metadata": 0.8, "user": 1.2, "caption": 0.15}
"""A caption is a machine's guess, and what it means is in its vector already: trusted in full, its words put the right
moment first in a tenth fewer of the clips of held-out photos."""
RRF_K = 60

Mask = npt.NDArray[np.bool_]
_Inside = tuple[Sequence[int], Sequence[int]]
"""For each text the position of the first time inside, and that of the first time behind it."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One part of the query over the times of one video."""

    video: VideoId
    times: Floats
    values: Floats
    legs: Mapping[VectorKind, Floats]
    """What each kind of vector adds to the value; NaN where it has nothing to say."""
    words: Floats
    """What texts add at each time, those that speak for the whole video included."""
    bonus: float
    """What a text for the whole video adds everywhere: it ranks the video and says nothing of where."""
    frame_at: npt.NDArray[np.int64]
    """For each time the position of its frame in the scores; -1 where there is none."""

    def without(self, hidden: Mask) -> Curve:
        values = np.where(hidden, -np.inf, self.values)
        return replace(self, values=values)


@dataclass(frozen=True, slots=True)
class Leg:
    """What to take a curve of: one direction, or words alone (None), and the weights."""

    direction: int | None
    weights: Mapping[VectorKind, float]
    words_weight: float


def fuse(scores: VideoScores, leg: Leg, hits: Sequence[WordHit]) -> Curve:
    """The curve of one direction with the word hits of this video."""
    direction, weights = leg.direction, leg.weights
    times, frame_at, inside = _with_word_times(scores, hits)
    legs: dict[VectorKind, Floats] = {}
    if direction is not None:
        if len(scores.times) and scores.frame_rows[0] >= 0:
            legs["frame"] = scores.frames[frame_at, direction].astype(np.float64)
        if scores.clips is not None:
            legs["clip"] = _lent(scores.clips, times, direction)
        if scores.captions is not None:
            legs["caption"] = _lent(scores.captions, times, direction)
    words = leg.words_weight * _coverage(len(times), hits, inside)
    bonus = leg.words_weight * max((trust(hit) for hit in hits if is_whole(hit)), default=0.0)
    shares, total = _weighted_mean(legs, weights)
    return Curve(scores.video, times, total + (words - bonus), shares, words, bonus, frame_at)


def _weighted_mean(
    legs: Mapping[VectorKind, Floats], weights: Mapping[VectorKind, float]
) -> tuple[Mapping[VectorKind, Floats], Floats | float]:
    """What each leg adds at each time, and the sum; a leg that has nothing to say there takes no part."""
    if not legs:
        return {}, 0.0
    values = np.stack(list(legs.values()))
    weight = np.array([[weights.get(kind, 0.0)] for kind in legs])
    is_known = ~np.isnan(values)
    shares = values * weight / np.maximum((is_known * weight).sum(axis=0), 1e-9)
    return dict(zip(legs, shares, strict=True)), np.where(is_known, shares, 0.0).sum(axis=0)


def reciprocal_ranks(lists: Sequence[Sequence[VideoId]]) -> dict[VideoId, float]:
    """Reciprocal rank fusion: needs only the order of each list, so it holds when scores cannot be compared."""
    found: dict[VideoId, float] = {}
    for ranked in lists:
        for rank, video in enumerate(dict.fromkeys(ranked), 1):
            found[video] = found.get(video, 0.0) + 1.0 / (RRF_K + rank)
    return found


def within(times: Floats, start_s: float, end_s: float) -> Mask:
    """Times of a span; its end belongs to what follows, but a span without length is there at its time."""
    return (times >= start_s) & ((times < end_s) | (times == start_s))


def trust(hit: WordHit) -> float:
    """How much of the words' weight a text earns."""
    return hit.coverage * SOURCE_TRUST.get(hit.match.source, 1.0)


def is_whole(hit: WordHit) -> bool:
    """Whether a text speaks for the whole video: its name, its title, its camera."""
    return hit.match.source in ("name", "metadata") and hit.match.start_s <= 0.0


def coverage_at(hits: Sequence[WordHit], time_s: float) -> float:
    """The share of the query that one text at this time holds."""
    return max((hit.coverage for hit in hits if is_at(hit, time_s)), default=0.0)


def is_at(hit: WordHit, time_s: float) -> bool:
    """`within`, for one time."""
    return hit.match.start_s <= time_s < hit.match.end_s or time_s == hit.match.start_s


def _with_word_times(scores: VideoScores, hits: Sequence[WordHit]) -> tuple[Floats, npt.NDArray[np.int64], _Inside]:
    """The frames' times, and the middle of each short text that falls between two frames; the frame of each time."""
    times = scores.times
    inside = _positions(times, hits)
    first, stop = inside
    extra = [(hit.match.start_s + hit.match.end_s) / 2 for hit, a, b in zip(hits, first, stop, strict=True) if a == b]
    if not extra:
        return times, np.arange(len(times)), inside
    joined = np.unique(np.concatenate([times, np.asarray(extra, np.float64)]))
    if not len(times):
        return joined, np.full(len(joined), -1), _positions(joined, hits)
    right = np.clip(np.searchsorted(times, joined), 0, len(times) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(abs(times[left] - joined) <= abs(times[right] - joined), left, right)
    return joined, nearest, _positions(joined, hits)


def _lent(spans: Spans, times: Floats, direction: int) -> Floats:
    at, inside = spans.at(times)
    return np.where(inside, spans.scores[at, direction].astype(np.float64), np.nan)


def _coverage(count: int, hits: Sequence[WordHit], inside: _Inside) -> Floats:
    covered = np.zeros(count)
    for hit, first, stop in zip(hits, *inside, strict=True):
        np.maximum(covered[first:stop], trust(hit), out=covered[first:stop])
    return covered


def _positions(times: Floats, hits: Sequence[WordHit]) -> _Inside:
    """Which of the ascending times are `within` each text."""
    if not hits:
        return [], []
    starts = np.array([hit.match.start_s for hit in hits])
    first = np.searchsorted(times, starts)
    stop = np.searchsorted(times, [hit.match.end_s for hit in hits])
    return first.tolist(), np.maximum(stop, np.searchsorted(times, starts, "right")).tolist()
