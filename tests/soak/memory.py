"""Memory over many searches and many files: what is used once is used again, and nothing piles up.

Resident memory is looked at in two windows of the same work; the later may not stand above the earlier by more than
the noise of an allocator.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from engine.engine import Engine
from engine.jobs.events import Event, Finished
from engine.jobs.indexer import Plan
from engine.search.searcher import Searcher
from tests.libraries import tiny_library
from tests.scenes import draw
from tests.soak import fuzz

WARM_SHARE = 0.4
"""Caches fill and allocators settle before this; what grows after it grows for good."""
NOISE_MB = 8.0
"""What an allocator may keep back; a leak of a kilobyte a search would be ten."""
FEW = 8
"""Clips enough to have something to find and few enough for thousands of searches."""
COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta", "white")


@dataclass
class Course:
    """Memory in MB, in the order of the work."""

    mb: list[float] = field(default_factory=list)

    @property
    def growth_mb(self) -> float:
        """From the middle of what follows the warming up to the end, by medians."""
        steady = self.mb[int(len(self.mb) * WARM_SHARE) :]
        half = max(1, len(steady) // 2)
        return statistics.median(steady[half:] or steady) - statistics.median(steady[:half])

    @property
    def most_mb(self) -> float:
        return max(self.mb)


def over_searches(searcher: Searcher, number: int, every: int = 20) -> Course:
    """Ordinary and odd queries in turn, so that no ranking is taken from what was remembered."""
    course = Course()
    odd = fuzz.queries(number, number)
    for at, query in enumerate(odd):
        searcher.search(f"{COLOURS[at % len(COLOURS)]} {at}" if at % 2 else query)
        if at % every == 0:
            course.mb.append(_rss_mb(psutil.Process()))
    return course


def over_files(folder: Path, number: int) -> Course:
    """The child's memory while it looks at and describes that many different clips."""
    courses: dict[int, Course] = {}
    fill(folder, number, _listener(courses))
    (course,) = courses.values()
    return course


def fill(folder: Path, number: int, hear: Callable[[Event], None] = lambda _event: None) -> None:
    """A library in `folder` of that many clips, indexed by the real child."""
    for at in range(number):
        _clip(folder / "videos", at)
    engine = Engine(tiny_library(folder / "library", stall_s=600))
    engine.index(engine.supervisor(hear), Plan((folder / "videos",)))


def _clip(videos: Path, number: int) -> None:
    """Drawn once for each length and colour; the tail, which no decoder reads, makes each a video of its own."""
    model = videos.parent / "models" / f"{number % 28}.mp4"
    if not model.exists():
        draw(model, [(COLOURS[number % 7], 1.0 + number % 4 / 2), (COLOURS[(number + 3) % 7], 1.0)])
    path = videos / f"{number // 200}" / f"{number}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.read_bytes() + b"\0\0\0\x10free" + number.to_bytes(8, "big"))


def _listener(courses: dict[int, Course]) -> Callable[[Event], None]:
    def hear(event: Event) -> None:
        if isinstance(event, Finished) and event.stage in ("look", "describe"):
            for child in psutil.Process().children():
                courses.setdefault(child.pid, Course()).mb.append(_rss_mb(child))

    return hear


def _rss_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6
