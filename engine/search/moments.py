"""From curves over videos to moments: peaks, with start and end where a curve falls or the picture changes.

All videos at once: each round finds one peak in every video that has another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.index.matrix import Indexes
from engine.search.timeline import Floats, Instants, Timeline
from engine.types import VideoId

MOST_IN_A_VIDEO = 8
LONGEST_S = 120.0
SHORTEST_S = 1.0
NEIGHBOUR_S = 5.0
OWN_SHARE = 0.7
KEEP_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Cuts:
    """The shots of some videos, in order. Behind the last stands one that nothing reaches, so that no list is empty."""

    numbers: Indexes
    starts: Floats
    ends: Floats
    places: Floats
    """Of the starts."""


@dataclass(frozen=True, slots=True)
class Found:
    """One moment. `at` is the position of its best time in the curve."""

    start_s: float
    end_s: float
    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Bounds:
    rise: float
    """A peak stands at least this much above its surroundings, for the sake of finding its edges."""
    least: Floats
    """What further moments of each video have to reach."""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve made ready for looking for peaks."""

    at: Instants
    raw: Floats
    smooth: Floats
    shots: Cuts
    durations: Floats
    """Of each video."""
    ground: Floats
    """What most of each video reaches, at least zero: as good as just anything."""
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of the videos besides their curve."""

    shots: Cuts
    durations: Mapping[VideoId, float]


def cut(line: Timeline, shots: Mapping[VideoId, Sequence[tuple[float, float]]]) -> Cuts:
    """Shots given as (start, end), in order."""
    flat = [(number, *shot) for number, video in enumerate(line.videos) for shot in shots.get(video, ())]
    table = np.array([*flat, (len(line.videos), np.inf, np.inf)], np.float64)
    numbers = table[:, 0].astype(np.int64)
    return Cuts(numbers, table[:, 1], table[:, 2], line.places(numbers, table[:, 1]))


def make_line(at: Instants, values: Floats, frame: Frame, bounds: Bounds) -> Line:
    even = smooth(at, values, frame.shots)
    count = len(at.line.videos)
    durations = np.array([frame.durations.get(video, 0.0) for video in at.line.videos])
    has_times = at.edges[1:] > at.edges[:-1]
    durations[has_times] = np.maximum(durations, at.times[at.edges[1:] - 1])[has_times] if len(at) else 0.0
    ground = np.zeros(count)
    for number in np.flatnonzero(has_times).tolist():
        own = even[at.of_video(number)]
        finite = np.sort(own[np.isfinite(own)])
        ground[number] = max(0.0, finite[int(0.3 * len(finite))]) if len(finite) else 0.0
    return Line(at, values, even, frame.shots, durations, ground, bounds)


def smooth(at: Instants, values: Floats, shots: Cuts) -> Floats:
    """Each value leans on its neighbours, where they are near and in the same shot."""
    which = np.searchsorted(shots.places, at.places, "right")
    finite = np.isfinite(values)
    joined = (np.diff(at.places) <= NEIGHBOUR_S) & (which[1:] == which[:-1]) & finite[1:] & finite[:-1]
    left, right = values.copy(), values.copy()
    left[1:] = np.where(joined, values[:-1], values[1:])
    right[:-1] = np.where(joined, values[1:], values[:-1])
    side = (1 - OWN_SHARE) / 2
    with np.errstate(invalid="ignore"):
        return np.where(finite, OWN_SHARE * values + side * left + side * right, -np.inf)


def find_moments(line: Line) -> list[Found]:
    """The peaks of each video's curve that are nearly as high as its highest, each once; of a video the best first."""
    left = line.smooth.copy()
    found: list[Found] = []
    least = np.full(len(line.durations), -np.inf)
    for turn in range(MOST_IN_A_VIDEO):
        at = _highest(line, left)
        at = at[np.isfinite(left[at]) & (left[at] >= least[line.at.numbers[at]])]
        if not len(at):
            break
        if not turn:
            numbers = line.at.numbers[at]
            least[numbers] = np.maximum(line.bounds.least[numbers], KEEP_SHARE * left[at])
        first, last = _extents(line, left, at)
        found += fit(line, at, first, last)
        for begin, end in zip(first.tolist(), last.tolist(), strict=True):
            left[begin : end + 1] = -np.inf
    return found


def moments_around(line: Line, at: Indexes) -> list[Found]:
    """The moment around each of these times, at most one a video."""
    return fit(line, at, *_extents(line, line.smooth, at))


def fit(line: Line, at: Indexes, first: Indexes, last: Indexes) -> list[Found]:
    """Start and end between the last time outside and the first inside: at a cut if there is one, else half-way."""
    times, numbers = line.at.times, line.at.numbers[at]
    durations = line.durations[numbers]
    is_first = first == line.at.edges[numbers]
    is_last = last == line.at.edges[numbers + 1] - 1
    early = _shot_edges(line, first, 0, np.maximum(0.0, times[first] - NEIGHBOUR_S))
    late = _shot_edges(line, last, 1, np.minimum(durations, times[last] + NEIGHBOUR_S))
    starts = np.where(is_first, early, _edges(line, np.maximum(first - 1, 0), first))
    ends = np.where(is_last, late, _edges(line, last, np.minimum(last + 1, len(times) - 1)))
    starts, ends = _at_least(starts, ends, times[at], durations)
    return [
        Found(start, end, begin + int(np.argmax(line.raw[begin : stop + 1])), value)
        for start, end, begin, stop, value in zip(
            *(column.tolist() for column in (starts, ends, first, last, line.smooth[at])), strict=True
        )
    ]


def _highest(line: Line, left: Floats) -> Indexes:
    """The position of the highest value of each video that has any."""
    begins = line.at.edges[:-1][line.at.edges[1:] > line.at.edges[:-1]]
    if not len(begins):
        return begins
    tops = np.maximum.reduceat(left, begins)
    positions = np.flatnonzero(left == np.repeat(tops, np.diff([*begins, len(left)])))
    return positions[np.searchsorted(positions, begins)]


def _extents(line: Line, left: Floats, at: Indexes) -> tuple[Indexes, Indexes]:
    """For each peak the positions around it that stay above half of its height over its video's surroundings."""
    numbers = line.at.numbers[at]
    ground = np.minimum(line.ground[numbers], left[at] - line.bounds.rise)
    floors = np.full(len(line.durations), -np.inf)
    floors[numbers] = ground + (left[at] - ground) / 2
    below = np.concatenate([[-1], np.flatnonzero(left < floors[line.at.numbers]), [len(left)]])
    after = np.searchsorted(below, at)
    earliest = np.searchsorted(line.at.places, line.at.places[at] - LONGEST_S / 2)
    latest = np.searchsorted(line.at.places, line.at.places[at] + LONGEST_S / 2)
    first = np.maximum(np.maximum(earliest, below[after - 1] + 1), line.at.edges[numbers])
    last = np.minimum(np.minimum(latest, below[after]), line.at.edges[numbers + 1]) - 1
    return first, np.maximum(at, last)


def _edges(line: Line, before: Indexes, after: Indexes) -> Floats:
    places, times, shots = line.at.places, line.at.times, line.shots
    held = np.minimum(np.searchsorted(shots.places, places[before], "right"), len(shots.places) - 1)
    is_cut = (shots.places[held] > places[before]) & (shots.places[held] <= places[after])
    return np.where(is_cut, shots.starts[held], (times[before] + times[after]) / 2)


def _shot_edges(line: Line, at: Indexes, side: int, default: Floats) -> Floats:
    """Start (0) or end (1) of the shot around a time, when that is not far away; the earlier where two meet."""
    times, shots = line.at.times[at], line.shots
    edges = shots.ends if side else shots.starts
    held = np.searchsorted(shots.places, line.at.places[at], "right") - 1
    found = default
    for one in (np.maximum(held, 0), np.maximum(held - 1, 0)):
        fits = (shots.numbers[one] == line.at.numbers[at]) & (shots.starts[one] <= times) & (times <= shots.ends[one])
        found = np.where(fits & (abs(edges[one] - times) <= 2 * NEIGHBOUR_S), edges[one], found)
    return found


def _at_least(starts: Floats, ends: Floats, best: Floats, durations: Floats) -> tuple[Floats, Floats]:
    """Not shorter than can be watched, and inside the video."""
    starts, ends = np.minimum(starts, best), np.maximum(ends, best)
    missing = np.maximum(0.0, SHORTEST_S - (ends - starts))
    starts, ends = np.maximum(0.0, starts - missing / 2), ends + missing / 2
    ends = np.maximum(ends, starts + np.minimum(SHORTEST_S, durations))
    return starts, np.maximum(starts, np.minimum(ends, np.maximum(durations, best)))
