"""The times of several videos laid end to end on one line, so that one operation on arrays serves them all.

A video's times keep their own seconds; beside them each has its place on the line, where videos lie so far apart that
nothing that looks to its sides reaches another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.index.matrix import Indexes
from engine.types import VideoId

APART_S = 1000.0

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
SpansByVideo = Mapping[VideoId, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which videos follow each other, and how far their beginnings lie apart."""

    videos: tuple[VideoId, ...]
    step_s: float

    def places(self, numbers: Indexes, times: Floats) -> Floats:
        """`numbers` are positions in `videos`. What lies far outside of a video is put at its nearer end."""
        return numbers * self.step_s + np.clip(times, -APART_S / 3, self.step_s - APART_S / 2)


def lay_out(videos: Iterable[VideoId], longest_s: float) -> Timeline:
    return Timeline(tuple(videos), max(0.0, longest_s) + APART_S)


@dataclass(frozen=True, slots=True)
class Instants:
    """Times of a timeline's videos, in order."""

    line: Timeline
    numbers: Indexes
    times: Floats
    places: Floats
    edges: Indexes
    """Where each video's times begin, and one number more: where the last one's end."""

    def __len__(self) -> int:
        return len(self.times)

    def take(self, chosen: Indexes) -> Instants:
        """Some of the times, given in order."""
        return instants(self.line, self.numbers[chosen], self.times[chosen])

    def of_video(self, number: int) -> slice:
        return slice(int(self.edges[number]), int(self.edges[number + 1]))

    def within(self, numbers: Indexes, starts: Floats, ends: Floats) -> tuple[Indexes, Indexes]:
        """For each span its first time and the first behind it. A span's end belongs to what follows, but a span
        without length is there at its time."""
        places = self.line.places(numbers, starts)
        first = np.searchsorted(self.places, places)
        stop = np.searchsorted(self.places, self.line.places(numbers, ends))
        return first, np.maximum(stop, np.searchsorted(self.places, places, "right"))

    def inside(self, spans: SpansByVideo) -> Mask:
        """Which times lie in any of the spans."""
        flat = [(at, *span) for at, video in enumerate(self.line.videos) for span in spans.get(video, ())]
        table = np.array(flat, np.float64).reshape(-1, 3)
        found = np.zeros(len(self), np.bool_)
        found[between(*self.within(table[:, 0].astype(np.int64), table[:, 1], table[:, 2]))] = True
        return found


def instants(line: Timeline, numbers: Indexes, times: Floats) -> Instants:
    """`times` in order of videos and, within each, of time."""
    edges = np.searchsorted(numbers, np.arange(len(line.videos) + 1))
    return Instants(line, numbers, times, line.places(numbers, times), edges)


def between(first: Indexes, stop: Indexes) -> Indexes:
    """All positions from each `first` to before its `stop`, one run after the other."""
    lengths = stop - first
    begins = np.cumsum(lengths) - lengths
    return np.repeat(first - begins, lengths) + np.arange(int(lengths.sum()))
