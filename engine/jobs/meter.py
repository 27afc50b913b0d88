"""How far a pass over videos is, also inside a long one: listens to the pass's own events and adds `Progress`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from engine.jobs.events import Beat, Event, Phase, Progress
from engine.jobs.run import Tell
from engine.types import WorkItem

EVERY_S = 0.5
SURE_AFTER_S = 1.0
"""Speed and time left are not told before: the first moments are start-up, not speed."""


class Meter:
    """Stands between a pass and whoever listens. Told from several threads; the counts may be a frame behind."""

    def __init__(self, phase: Phase, items: Sequence[WorkItem], tell: Tell) -> None:
        self._phase: Phase = phase
        self._tell = tell
        self._files = len(items)
        self._all_s = sum(item.video.duration_s or 0.0 for item in items)
        self._files_done = 0
        self._done_s = 0.0
        self._began = self._said_at = time.monotonic()

    def __call__(self, event: Event) -> None:
        self._tell(event)
        is_due = time.monotonic() - self._said_at >= EVERY_S
        if is_due and isinstance(event, Beat) and event.at_s is not None:
            self._say(min(self._done_s + event.at_s, self._all_s))

    def counted(self, done: Iterable[WorkItem]) -> Iterator[WorkItem]:
        """Pass finished videos on, and tell how far the pass is after each."""
        for item in done:
            self._files_done += 1
            self._done_s += item.video.duration_s or 0.0
            self._say(self._done_s)
            yield item

    def _say(self, video_s: float) -> None:
        self._said_at = time.monotonic()
        self._tell(
            progress(self._phase, (self._files_done, self._files), (video_s, self._all_s), self._said_at - self._began)
        )


def progress(phase: Phase, files: tuple[int, int], video_s: tuple[float, float], took_s: float) -> Progress:
    """Speed as video time over real time where video is read, and the time left at that speed."""
    share = video_s[0] / video_s[1] if video_s[1] else files[0] / files[1]
    is_known = took_s >= SURE_AFTER_S and share > 0
    return Progress(
        phase,
        *files,
        *video_s,
        speed=round(video_s[0] / took_s, 2) if is_known and video_s[1] else None,
        left_s=round(took_s * (1 - share) / share, 1) if is_known else None,
    )
