"""What each vector belongs to, column by column: its number in the store, video, owner, time span, alive or not.

Rows are in the order of the store's numbers. One thread appends; others read whatever was there when they looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.index.matrix import Indexes
from engine.types import VideoId

ROW = np.dtype(
    [
        ("seq", "<i8"),
        ("owner", "<i8"),
        ("start_s", "<f8"),
        ("end_s", "<f8"),
        ("video", "<i4"),
        ("alive", "?"),
    ],
    align=True,
)

Rows = npt.NDArray[np.void]
VideoMask = npt.NDArray[np.bool_]
"""Indexed by video id: whether the video may be found."""


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    stop: int


class Columns:
    def __init__(self, rows: Rows | None = None) -> None:
        self._rows: Rows = np.zeros(0, ROW) if rows is None else rows
        self._count = len(self._rows)
        self._runs: dict[int, list[_Run]] = {}
        self.dead = int(self._count - np.count_nonzero(self._rows["alive"]))
        self._note_runs(0)

    @property
    def count(self) -> int:
        return self._count

    @property
    def alive_count(self) -> int:
        return self._count - self.dead

    @property
    def rows(self) -> Rows:
        """All rows, dead ones too; a view."""
        return self._rows[: self._count]

    def append(self, rows: Rows) -> None:
        before, needed = self._count, self._count + len(rows)
        if needed > len(self._rows):
            grown = np.zeros(max(needed, len(self._rows) * 3 // 2, 1024), ROW)
            grown[:before] = self._rows[:before]
            self._rows = grown
        self._rows[before:needed] = rows
        self._count = needed
        self._note_runs(before)

    def kill(self, seqs: Sequence[int]) -> Indexes:
        """Mark the rows with these store numbers dead; returns the rows that were alive."""
        wanted = np.asarray(sorted(seqs), np.int64)
        known = self.rows["seq"]
        at = np.searchsorted(known, wanted)
        inside = at < len(known)
        at = at[inside][known[at[inside]] == wanted[inside]]
        at = at[self._rows["alive"][at]]
        self._rows["alive"][at] = False
        self.dead += len(at)
        return at

    def of_video(self, video_id: VideoId) -> Indexes:
        """The living rows of one video, in the order they were written."""
        runs = self._runs.get(video_id, ())
        if not runs:
            return np.zeros(0, np.int64)
        found = np.concatenate([np.arange(run.start, run.stop) for run in runs])
        return found[self._rows["alive"][found]]

    def videos(self) -> Indexes:
        """Ids of the videos that have living rows."""
        rows = self.rows
        return np.unique(rows["video"][rows["alive"]]).astype(np.int64)

    def allowed(self, videos: VideoMask | None, since: int = 0) -> VideoMask:
        """For each row from `since` on, whether it is alive and of a video that may be found."""
        rows = self._rows[since : self._count]
        if videos is None:
            return rows["alive"].copy()
        ids = rows["video"]
        fits = ids < len(videos)
        return rows["alive"] & fits & videos[np.where(fits, ids, 0)] if len(videos) else np.zeros(len(rows), np.bool_)

    def _note_runs(self, start: int) -> None:
        videos = self._rows["video"][start : self._count]
        if not len(videos):
            return
        edges = [0, *(np.flatnonzero(np.diff(videos)) + 1).tolist(), len(videos)]
        for first, stop in pairwise(edges):
            runs = self._runs.setdefault(int(videos[first]), [])
            if runs and runs[-1].stop == start + first:
                runs[-1] = _Run(runs[-1].start, start + stop)
            else:
                runs.append(_Run(start + first, start + stop))
