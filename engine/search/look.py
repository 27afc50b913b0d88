"""A closer look at recalled videos: score curves, what must be there and what must not, and the moments they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np
from sqlite_utils import Database

from engine.search.calibrate import LOG_ODDS, Scale
from engine.search.evidence import SpansByVideo, inside, phrase_mask, said_spans, seen, seen_from
from engine.search.explain import Evidence, evidence_at
from engine.search.fuse import Curve, Leg, coverage_at, fuse
from engine.search.goal import Goal
from engine.search.moments import Bounds, Cuts, Found, Line, find_moments, make_line, moment_around
from engine.search.query import Query
from engine.search.scores import VideoScores, score_videos
from engine.search.sequence import best_chain, contrasted
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
    """Why; worked out only for what is shown."""
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

    def of(self, part: int, video: VideoId) -> Sequence[WordHit]:
        return self.parts[part].get(video, ()) if part < len(self.parts) else ()


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
    durations = durations_of(db, videos)
    shots = _shots(db, scored)
    found: list[Candidate] = []
    for video, scores in scored.items():
        look = _Look(goal, query, words, demands, durations.get(video))
        found += look.at(scores, shots.get(video, ()))
    return found


def _shots(db: Database, scored: Mapping[VideoId, VideoScores]) -> dict[VideoId, Cuts]:
    """Of described videos the clips tell; of the others the library may know shots."""
    known: dict[VideoId, Cuts] = {
        video: list(zip(one.clips.starts.tolist(), one.clips.ends.tolist(), strict=True))
        for video, one in scored.items()
        if one.clips is not None
    }
    missing = [video for video in scored if video not in known]
    return {**known, **(shot_spans(db, missing) if missing else {})}


@dataclass(frozen=True, slots=True)
class _Look:
    goal: Goal
    query: Query
    words: Words
    demands: Demands
    duration_s: float | None

    def at(self, scores: VideoScores, shots: Cuts) -> list[Candidate]:
        count = max(1, len(self.query.parts))
        curves = [self._curve(scores, part) for part in range(count)]
        if not len(curves[0].times):
            return []
        lines = [self._line(curve, part, shots) for part, curve in enumerate(curves)]
        if count > 1:
            return self._chain(scores, curves, lines)
        return [self._candidate(scores, curves[0], 0, found) for found in find_moments(lines[0])]

    def _line(self, curve: Curve, part: int, shots: Cuts) -> Line:
        scale = self._scale(part)
        bounds = Bounds(RISE_ODDS / scale.slope, scale.score(LEAST_CHANCE) - curve.bonus)
        return make_line(curve.times, curve.values, shots, self.duration_s, bounds)

    def _curve(self, scores: VideoScores, part: int) -> Curve:
        direction = part if part < self.goal.part_count else None
        leg = Leg(direction, self.goal.measure(direction).weights, self.goal.calibration.standard["words"])
        curve = fuse(scores, leg, self.words.of(part, scores.video))
        if not self.demands.absent and not any(self.demands.phrases):
            return curve
        hidden = np.zeros(len(curve.times), np.bool_)
        for spans in self.demands.phrases[part] if part < len(self.demands.phrases) else ():
            hidden |= ~inside(curve.times, spans.get(scores.video, ()))
        for at, spans in enumerate(self.demands.absent):
            hidden |= inside(curve.times, spans.get(scores.video, ()))
            hidden |= seen(scores, curve, self.goal.part_count + at, self.demands.seen_from[at])
        return curve.without(hidden)

    def _candidate(self, scores: VideoScores, curve: Curve, part: int, found: Found) -> Candidate:
        frame = int(curve.frame_at[found.at])
        return Candidate(
            self.goal.number,
            scores.video,
            found.start_s,
            found.end_s,
            float(curve.times[found.at]),
            found.value + curve.bonus,
            partial(evidence_at, scores, curve, self.words.of(part, scores.video), found.at),
            self._scale(part),
            int(scores.frame_rows[frame]) if frame >= 0 else -1,
            coverage_at(self.words.of(part, scores.video), float(curve.times[found.at])),
        )

    def _scale(self, part: int) -> Scale:
        return self.goal.measure(part if part < self.goal.part_count else None).scale

    def _chain(self, scores: VideoScores, curves: Sequence[Curve], lines: Sequence[Line]) -> list[Candidate]:
        """At most one moment a video: from the first part's start to the last part's end."""
        aligned = _on_shared_times(lines)
        odds = [
            self._scale(part).slope * (line.smooth + curve.bonus - self._scale(part).midpoint)
            for part, (line, curve) in enumerate(zip(aligned, curves, strict=True))
        ]
        best = best_chain(contrasted(odds))
        if best is None:
            return []
        weakest, chain = best
        steps = [moment_around(line, at) for line, at in zip(aligned, chain, strict=True)]
        first = self._candidate(scores, curves[0], 0, _unaligned(curves[0], aligned[0], steps[0]))
        evidence = [first.explain]
        for part, (curve, line, step) in enumerate(zip(curves[1:], aligned[1:], steps[1:], strict=True), 1):
            step = _unaligned(curve, line, step)  # noqa: PLW2901
            evidence.append(partial(evidence_at, scores, curve, self.words.of(part, scores.video), step.at))
        gap_s = max(b.start_s - a.end_s for a, b in pairwise(steps))
        cost = GAP_COST * float(np.log2(max(1.0, gap_s / GAP_FREE_S)))
        end_s = max(step.end_s for step in steps)
        return [
            replace(
                first,
                end_s=end_s,
                value=weakest - cost,
                scale=LOG_ODDS,
                explain=partial(_all_of, evidence),
                coverage=0.0,
            )
        ]


def _all_of(explanations: Sequence[Callable[[], tuple[Evidence, ...]]]) -> tuple[Evidence, ...]:
    return tuple(evidence for explain in explanations for evidence in explain())


def _on_shared_times(lines: Sequence[Line]) -> list[Line]:
    """Word times differ between parts; a chain is looked for on the times that all parts have."""
    times = lines[0].times
    for line in lines[1:]:
        times = np.intersect1d(times, line.times)
    return [
        replace(
            line,
            times=times,
            raw=line.raw[np.searchsorted(line.times, times)],
            smooth=line.smooth[np.searchsorted(line.times, times)],
        )
        for line in lines
    ]


def _unaligned(curve: Curve, line: Line, found: Found) -> Found:
    return replace(found, at=int(np.searchsorted(curve.times, line.times[found.at])))
