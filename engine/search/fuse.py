"""From several legs to one curve a part of the query: the weighted mean of the standardised vector scores that are
there, plus what the words add. Never a plain mean of raw scores: their units differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.index.matrix import Indexes
from engine.search.scores import Scores, Spans
from engine.search.timeline import Floats, Instants, Mask, Timeline, between, instants
from engine.search.words import WordHit
from engine.types import VectorKind, VideoId

SOURCE_TRUST = {"name": 0.8, "metadata": 0.8, "user": 1.2, "caption": 0.15}
"""A caption is a machine's guess, and what it means is in its vector already: trusted in full, its words cost right
first hits. `make bench BENCH=moments` prints what words bring."""
RRF_K = 60

HitsByVideo = Mapping[VideoId, Sequence[WordHit]]


@dataclass(frozen=True, slots=True)
class Curve:
    """One part of the query over the times of the videos looked at."""

    at: Instants
    values: Floats
    legs: Mapping[VectorKind, Floats]
    """What each kind of vector adds to the value; NaN where it has nothing to say."""
    words: Floats
    """What texts add at each time, those that speak for the whole video included."""
    bonus: Floats
    """For each video what a text for all of it adds everywhere: it ranks the video and says nothing of where."""
    frame_at: Indexes
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


@dataclass(frozen=True, slots=True)
class _Said:
    """The word hits of all videos as columns."""

    numbers: Indexes
    starts: Floats
    ends: Floats
    trusts: Floats


def fuse(scores: Scores, leg: Leg, hits: HitsByVideo) -> Curve:
    """The curve of one direction with the word hits of the videos."""
    direction = leg.direction
    said = _columns(scores.at.line, hits)
    at, frame_at = _with_word_times(scores, said)
    legs: dict[VectorKind, Floats] = {}
    if direction is not None:
        if len(scores.at):
            known = scores.frames[frame_at, direction].astype(np.float64)
            legs["frame"] = np.where(frame_at >= 0, known, np.nan)
        if scores.clips is not None:
            legs["clip"] = _lent(scores.clips, at, direction)
        if scores.captions is not None:
            legs["caption"] = _lent(scores.captions, at, direction)
    words = leg.words_weight * _coverage(at, said)
    bonus = leg.words_weight * np.array(
        [max((trust(hit) for hit in hits.get(video, ()) if is_whole(hit)), default=0.0) for video in at.line.videos]
    )
    shares, total = _weighted_mean(legs, leg.weights)
    return Curve(at, total + (words - bonus[at.numbers]), shares, words, bonus, frame_at)


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
    """Whether a text is there at a time: its end belongs to what follows, unless it has no length."""
    return hit.match.start_s <= time_s < hit.match.end_s or time_s == hit.match.start_s


def _columns(line: Timeline, hits: HitsByVideo) -> _Said:
    flat = [
        (number, hit.match.start_s, hit.match.end_s, trust(hit))
        for number, video in enumerate(line.videos)
        for hit in hits.get(video, ())
    ]
    table = np.array(flat, np.float64).reshape(-1, 4)
    return _Said(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


def _with_word_times(scores: Scores, said: _Said) -> tuple[Instants, Indexes]:
    """The frames' times, and the middle of each short text that falls between two frames; the frame of each time."""
    frames = scores.at
    first, stop = frames.within(said.numbers, said.starts, said.ends)
    extra = np.flatnonzero(first == stop)
    if not len(extra):
        return frames, np.where(scores.frame_rows >= 0, np.arange(len(frames)), -1)
    numbers = np.concatenate([frames.numbers, said.numbers[extra]])
    times = np.concatenate([frames.times, (said.starts[extra] + said.ends[extra]) / 2])
    _, chosen = np.unique(frames.line.places(numbers, times), return_index=True)
    at = instants(frames.line, numbers[chosen], times[chosen])
    return at, _nearest_frames(scores, at)


def _nearest_frames(scores: Scores, at: Instants) -> Indexes:
    """For each time the nearest frame of its video, the earlier of two; -1 where there is none."""
    begin, behind = scores.at.edges[at.numbers], scores.at.edges[at.numbers + 1]
    right = np.clip(np.searchsorted(scores.at.places, at.places), begin, np.maximum(behind - 1, begin))
    left = np.maximum(right - 1, begin)
    none = np.full(len(at), -1)
    if not len(scores.at):
        return none
    right, left = (np.minimum(each, len(scores.at) - 1) for each in (right, left))
    is_left = abs(scores.at.times[left] - at.times) <= abs(scores.at.times[right] - at.times)
    nearest = np.where(is_left, left, right)
    return np.where((behind > begin) & (scores.frame_rows[nearest] >= 0), nearest, none)


def _lent(spans: Spans, at: Instants, direction: int) -> Floats:
    held, inside = spans.around(at)
    return np.where(inside, spans.scores[held, direction].astype(np.float64), np.nan)


def _coverage(at: Instants, said: _Said) -> Floats:
    covered = np.zeros(len(at))
    first, stop = at.within(said.numbers, said.starts, said.ends)
    np.maximum.at(covered, between(first, stop), np.repeat(said.trusts, stop - first))
    return covered
