"""A closer look at recalled videos: score curves, what must be there and what must not, and the moments they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import pairwise

import numpy as np
from sqlite_utils import Database

from engine.search.calibrate import LOG_ODDS, Scale
from engine.search.evidence import phrase_mask, said_spans, seen, seen_from
from engine.search.explain import Evidence, evidence_at
from engine.search.fuse import Curve, Leg, coverage_at, fuse
from engine.search.goal import Goal
from engine.search.moments import Bounds, Cuts, Found, Frame, Line, cut, find_moments, make_line, moments_around
from engine.search.query import Query
from engine.search.scores import Scores, score_videos
from engine.search.sequence import best_chain, contrasted
from engine.search.timeline import SpansByVideo
from engine.search.words import WordHit
from engine.store.search import durations_of, shot_spans
from engine.types import VideoId

GAP_FREE_S = 60.0
LEAST_CHANCE = 0.03
"""A video has a second moment only where that may be right; one is always looked at."""
RISE_ODDS = 2.4
"""A moment ends, at the least, where its log-odds have fallen by half of this."""
GAP_COST = 0.3
"""Parts of `A > B` that lie further apart count a little less, for each doubling of the distance."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One moment on its way to becoming a hit."""

    side: int
    video: VideoId
    start_s: float
    end_s: float
    best_s: float
    value: float
    explain: Callable[[], tuple[Evidence, ...]] = field(compare=False)
    """Why; worked out only for what is shown, and once."""
    scale: Scale
    frame_row: int
    """The best frame's row in the side's frame vectors; -1 where there is none."""
    coverage: float = 0.0
    """The share of the query that a text holds at the best time."""
    copies: tuple[VideoId, ...] = ()
    """Other videos that show the same, less well."""

    def valued(self, value: float) -> Candidate:
        return replace(self, value=value)


@dataclass(frozen=True, slots=True)
class Words:
    """What the full-text leg found, per part of the query and video."""

    parts: tuple[Mapping[VideoId, Sequence[WordHit]], ...]

    def of(self, part: int) -> Mapping[VideoId, Sequence[WordHit]]:
        return self.parts[part] if part < len(self.parts) else {}


@dataclass(frozen=True, slots=True)
class Demands:
    """What the words of a query insist on or forbid, looked up for a set of videos."""

    phrases: tuple[tuple[SpansByVideo, ...], ...]
    absent: tuple[SpansByVideo, ...]
    seen_from: tuple[float, ...]


def look_up_demands(db: Database, goal: Goal, query: Query, videos: Sequence[VideoId]) -> Demands:
    phrases = tuple(tuple(phrase_mask(db, part, videos)) for part in query.parts)
    absent = tuple(said_spans(db, term, videos) for term in query.absent)
    limits = tuple(seen_from(goal, at) for at in range(len(query.absent)))
    return Demands(phrases, absent, limits)


def look_closely(
    db: Database, goal: Goal, query: Query, words: Words, near: Mapping[VideoId, Sequence[float]]
) -> list[Candidate]:
    """Every moment of these videos, unordered."""
    videos = list(near)
    # Steps that follow each other may lie anywhere in the video.
    scored = score_videos(goal.kinds, goal.aims, dict.fromkeys(videos, ()) if len(query.parts) > 1 else near)
    demands = look_up_demands(db, goal, query, videos)
    frame = Frame(_shots(db, scored), durations_of(db, videos))
    return _Look(goal, query, words, demands, scored, frame).candidates()


def _shots(db: Database, scores: Scores) -> Cuts:
    """Of described videos the clips tell; of the others the library may know shots."""
    line, clips = scores.at.line, scores.clips
    told = set(clips.numbers.tolist()) if clips else set()
    others = [video for number, video in enumerate(line.videos) if number not in told]
    known = cut(line, shot_spans(db, others) if others else {})
    if clips is None:
        return known
    places = np.concatenate([known.places, clips.places])
    order = np.argsort(places, kind="stable")
    numbers = np.concatenate([known.numbers, clips.numbers])
    starts, ends = np.concatenate([known.starts, clips.starts]), np.concatenate([known.ends, clips.ends])
    return Cuts(numbers[order], starts[order], ends[order], places[order])


@dataclass(frozen=True, slots=True)
class _Look:
    goal: Goal
    query: Query
    words: Words
    demands: Demands
    scores: Scores
    frame: Frame

    def candidates(self) -> list[Candidate]:
        count = max(1, len(self.query.parts))
        curves = [self._curve(part) for part in range(count)]
        lines = [self._line(curve, part) for part, curve in enumerate(curves)]
        if count > 1:
            return self._chains(curves, lines)
        return [self._candidate(curves[0], 0, found) for found in find_moments(lines[0])]

    def _line(self, curve: Curve, part: int) -> Line:
        scale = self._scale(part)
        bounds = Bounds(RISE_ODDS / scale.slope, scale.score(LEAST_CHANCE) - curve.bonus)
        return make_line(curve.at, curve.values, self.frame, bounds)

    def _curve(self, part: int) -> Curve:
        direction = part if part < self.goal.part_count else None
        leg = Leg(direction, self.goal.measure(direction).weights, self.goal.calibration.standard["words"])
        curve = fuse(self.scores, leg, self.words.of(part))
        if not self.demands.absent and not any(self.demands.phrases):
            return curve
        hidden = np.zeros(len(curve.at), np.bool_)
        for spans in self.demands.phrases[part] if part < len(self.demands.phrases) else ():
            hidden |= ~curve.at.inside(spans)
        for at, spans in enumerate(self.demands.absent):
            hidden |= curve.at.inside(spans)
            hidden |= seen(self.scores, curve, self.goal.part_count + at, self.demands.seen_from[at])
        return curve.without(hidden)

    def _candidate(self, curve: Curve, part: int, found: Found) -> Candidate:
        frame, number = int(curve.frame_at[found.at]), int(curve.at.numbers[found.at])
        video, best_s = curve.at.line.videos[number], float(curve.at.times[found.at])
        hits = self.words.of(part).get(video, ())
        return Candidate(
            self.goal.number,
            video,
            found.start_s,
            found.end_s,
            best_s,
            found.value + float(curve.bonus[number]),
            cache(partial(evidence_at, self.scores, curve, hits, found.at)),
            self._scale(part),
            int(self.scores.frame_rows[frame]) if frame >= 0 else -1,
            coverage_at(hits, best_s),
        )

    def _scale(self, part: int) -> Scale:
        return self.goal.measure(part if part < self.goal.part_count else None).scale

    def _chains(self, curves: Sequence[Curve], lines: Sequence[Line]) -> list[Candidate]:
        """At most one moment a video: from the first part's start to the last part's end."""
        aligned = _on_shared_times(lines)
        times = aligned[0].at
        odds = contrasted(
            [
                self._scale(part).slope * (line.smooth + curve.bonus[times.numbers] - self._scale(part).midpoint)
                for part, (line, curve) in enumerate(zip(aligned, curves, strict=True))
            ]
        )
        chains = []
        for number in range(len(times.line.videos)):
            own = times.of_video(number)
            best = best_chain([values[own] for values in odds])
            if best is not None:
                chains.append((best[0], [own.start + at for at in best[1]]))
        columns = zip(*(chain for _, chain in chains), strict=True) if chains else [()] * len(aligned)
        steps = [
            [_unaligned(curve, line, found) for found in moments_around(line, np.array(column, np.int64))]
            for curve, line, column in zip(curves, aligned, columns, strict=True)
        ]
        return [
            self._chained(curves, weakest, walk)
            for (weakest, _), walk in zip(chains, zip(*steps, strict=True), strict=True)
        ]

    def _chained(self, curves: Sequence[Curve], weakest: float, steps: Sequence[Found]) -> Candidate:
        each = [
            self._candidate(curve, part, step) for part, (curve, step) in enumerate(zip(curves, steps, strict=True))
        ]
        gap_s = max(b.start_s - a.end_s for a, b in pairwise(steps))
        cost = GAP_COST * float(np.log2(max(1.0, gap_s / GAP_FREE_S)))
        return replace(
            each[0],
            end_s=max(step.end_s for step in steps),
            value=weakest - cost,
            scale=LOG_ODDS,
            explain=partial(_all_of, [one.explain for one in each]),
            coverage=0.0,
        )


def _all_of(explanations: Sequence[Callable[[], tuple[Evidence, ...]]]) -> tuple[Evidence, ...]:
    return tuple(evidence for explain in explanations for evidence in explain())


def _on_shared_times(lines: Sequence[Line]) -> list[Line]:
    """Word times differ between parts; a chain is looked for on the times that all parts have."""
    places = lines[0].at.places
    for line in lines[1:]:
        places = np.intersect1d(places, line.at.places)
    chosen = [np.searchsorted(line.at.places, places) for line in lines]
    return [
        replace(line, at=line.at.take(at), raw=line.raw[at], smooth=line.smooth[at])
        for line, at in zip(lines, chosen, strict=True)
    ]


def _unaligned(curve: Curve, line: Line, found: Found) -> Found:
    return replace(found, at=int(np.searchsorted(curve.at.places, line.at.places[found.at])))
