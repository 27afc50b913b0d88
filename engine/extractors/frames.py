"""Frames between keyframes, and shots: no moment is further than `MAX_GAP_S` from a frame that was looked at, and
where the picture changes there are more, so that shots begin where they really do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from engine.extractors.record import Clip, NewFrame, NewShots, Record
from engine.media.shots import describe_frame, find_shots
from engine.types import Span

Descriptor = npt.NDArray[np.float32]

MAX_GAP_S = 4.0
NEAR_CUT_S = 0.5
MAX_NEAR_CUTS = 400
"""Bounds the work on a video that flickers all the time."""


def extract(clip: Clip) -> Iterable[Record]:
    # Known frames are given on too where a captioner will ask for their tokens: they are decoded here anyway.
    known = set() if "captioner" in clip.model.parts else {frame.pts for frame in clip.frames()}
    times = [frame.time_s for frame in clip.frames()]
    end_s = max([clip.item.video.duration_s or 0.0, *times])
    looked: dict[float, Descriptor] = {}
    yield from _look_at(clip, sorted(times + fill_in_times(times, end_s)), known, looked)
    yield from _look_at(clip, near_cuts(_spans(looked, end_s), list(looked)), known, looked)
    yield NewShots(_spans(looked, end_s))


def _look_at(
    clip: Clip, times_s: Sequence[float], known: set[int], looked: dict[float, Descriptor]
) -> Iterator[Record]:
    """Describe the frame at each time; one that is new is given on at once, so that no picture is kept."""
    for frame in clip.pictures(times_s):
        looked[frame.time_s] = describe_frame(frame.image)
        if frame.pts not in known:
            known.add(frame.pts)
            yield NewFrame(frame)


def fill_in_times(times_s: Sequence[float], end_s: float) -> list[float]:
    """Times that split every gap longer than `MAX_GAP_S` evenly, the head and the tail included."""
    marks = [0.0, *sorted(times_s), end_s]
    found: list[float] = []
    for start, end in itertools.pairwise(marks):
        pieces = int(np.ceil((end - start) / MAX_GAP_S - 1e-9))
        found += [start + (end - start) * k / pieces for k in range(1, pieces)]
    return found


def near_cuts(shots: Sequence[Span], times_s: Sequence[float]) -> list[float]:
    """Times between the two frames around each cut, `NEAR_CUT_S` apart: where the cut can still be."""
    ordered = np.sort(np.asarray(times_s))
    found: list[float] = []
    for shot in shots[1 : MAX_NEAR_CUTS + 1]:
        after = int(np.searchsorted(ordered, shot.start_s, side="left"))
        if 0 < after < len(ordered):
            found += np.arange(ordered[after - 1] + NEAR_CUT_S, ordered[after] - 1e-6, NEAR_CUT_S).tolist()
    return found


def _spans(looked: Mapping[float, Descriptor], end_s: float) -> tuple[Span, ...]:
    if not looked:
        return (Span(0.0, end_s),) if end_s > 0 else ()
    times = sorted(looked)
    return find_shots(times, np.stack([looked[time] for time in times]), end_s)
