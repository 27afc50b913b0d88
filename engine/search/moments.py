"""From a curve over a video to moments: peaks, with start and end where the curve falls or the picture changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.search.scores import Floats

MOST_IN_A_VIDEO = 8
LONGEST_S = 120.0
SHORTEST_S = 1.0
NEIGHBOUR_S = 5.0
OWN_SHARE = 0.7
RISE = 2.0
"""A peak stands at least this much above its surroundings, for the sake of finding its edges; in standard scores."""
KEEP_SHARE = 0.6

Cuts = Sequence[tuple[float, float]]
"""Shots of a video as (start, end), in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """One moment. `at` is the position of its best time in the curve."""

    start_s: float
    end_s: float
    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A curve made ready for looking for peaks."""

    times: Floats
    raw: Floats
    smooth: Floats
    shots: Cuts
    duration_s: float
    ground: float
    """What most of the video reaches, at least zero: as good as just anything."""
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Bounds:
    """`rise` as the constant above says; `least` is what further moments of a video have to reach."""

    rise: float = RISE
    least: float = -np.inf


def make_line(
    times: Floats, values: Floats, shots: Cuts, duration_s: float | None, bounds: Bounds | None = None
) -> Line:
    last = float(times[-1]) if len(times) else 0.0
    even = smooth(times, values, shots)
    finite = np.sort(even[np.isfinite(even)])
    ground = max(0.0, float(finite[int(0.3 * len(finite))])) if len(finite) else 0.0
    return Line(times, values, even, shots, max(duration_s or 0.0, last), ground, bounds or Bounds())


def smooth(times: Floats, values: Floats, shots: Cuts) -> Floats:
    """Each value leans on its neighbours, where they are near and in the same shot."""
    if len(times) < 2:
        return values.copy()
    which = _shot_of(times, shots)
    finite = np.isfinite(values)
    joined = (times[1:] - times[:-1] <= NEIGHBOUR_S) & (which[1:] == which[:-1]) & finite[1:] & finite[:-1]
    left, right = values.copy(), values.copy()
    left[1:] = np.where(joined, values[:-1], values[1:])
    right[:-1] = np.where(joined, values[1:], values[:-1])
    side = (1 - OWN_SHARE) / 2
    with np.errstate(invalid="ignore"):
        return np.where(finite, OWN_SHARE * values + side * left + side * right, -np.inf)


def find_moments(line: Line) -> list[Found]:
    """The peaks of a curve that are nearly as high as its highest, each once, best first."""
    left = line.smooth.copy()
    found: list[Found] = []
    while len(left) and len(found) < MOST_IN_A_VIDEO:
        at = int(np.argmax(left))
        value = float(left[at])
        if not np.isfinite(value) or (found and value < max(line.bounds.least, KEEP_SHARE * found[0].value)):
            break
        first, last = _extent(line, left, at)
        found.append(fit(line, at, first, last))
        left[first : last + 1] = -np.inf
    return found


def moment_around(line: Line, at: int) -> Found:
    first, last = _extent(line, line.smooth, at)
    return fit(line, at, first, last)


def fit(line: Line, at: int, first: int, last: int) -> Found:
    """Start and end between the last time outside and the first inside: at a cut if there is one, else half-way."""
    times = line.times
    start = 0.0 if first == 0 else _edge(float(times[first - 1]), float(times[first]), line.shots)
    end = line.duration_s if last == len(times) - 1 else _edge(float(times[last]), float(times[last + 1]), line.shots)
    if first == 0:
        start = _shot_edge(line.shots, float(times[0]), 0, max(0.0, float(times[0]) - NEIGHBOUR_S))
    if last == len(times) - 1:
        end = _shot_edge(line.shots, float(times[last]), 1, min(line.duration_s, float(times[last]) + NEIGHBOUR_S))
    start, end = _at_least(start, end, float(times[at]), line.duration_s)
    inside = line.raw[first : last + 1]
    return Found(start, end, first + int(np.argmax(inside)), float(line.smooth[at]))


def _extent(line: Line, left: Floats, at: int) -> tuple[int, int]:
    """The positions around `at` that stay above half of the peak's height over its surroundings."""
    peak = float(left[at])
    ground = min(line.ground, peak - line.bounds.rise)
    floor = ground + (peak - ground) / 2
    earliest, latest = np.searchsorted(line.times, (line.times[at] - LONGEST_S / 2, line.times[at] + LONGEST_S / 2))
    below = np.flatnonzero(left < floor)
    after = int(np.searchsorted(below, at))
    first = max(int(earliest), int(below[after - 1]) + 1 if after else 0)
    last = min(int(latest) - 1, int(below[after]) - 1 if after < len(below) else len(left) - 1)
    return first, max(at, last)


def _edge(before: float, after: float, shots: Cuts) -> float:
    for start, _ in shots:
        if before < start <= after:
            return start
    return (before + after) / 2


def _shot_edge(shots: Cuts, time_s: float, side: int, default: float) -> float:
    """Start (0) or end (1) of the shot around a time, when that is not far away."""
    for shot in shots:
        if shot[0] <= time_s <= shot[1] and abs(shot[side] - time_s) <= 2 * NEIGHBOUR_S:
            return shot[side]
    return default


def _at_least(start: float, end: float, best: float, duration_s: float) -> tuple[float, float]:
    """Not shorter than can be watched, and inside the video."""
    start, end = min(start, best), max(end, best)
    missing = SHORTEST_S - (end - start)
    if missing > 0:
        start, end = start - missing / 2, end + missing / 2
    start = max(0.0, start)
    return start, max(start, min(max(end, start + min(SHORTEST_S, duration_s)), max(duration_s, best)))


def _shot_of(times: Floats, shots: Cuts) -> np.ndarray:
    starts = np.asarray([start for start, _ in shots], np.float64)
    return np.searchsorted(starts, times, "right")
