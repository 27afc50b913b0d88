"""A whole index run of the real child: speed of the first look, memory, what an hour of video weighs, how soon a pause
is obeyed. Works with the pack a fresh library would use, or with the colour pack of the tests where there is none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import psutil
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from engine.engine import Engine, folder_size_bytes
from engine.jobs.events import Event, Paused, Progress, Started
from engine.jobs.plan import Plan
from engine.models.catalog import pack_in_use
from engine.settings import Settings, load_settings
from tests.bench.decode import Film, made
from tests.bench.rows import Row
from tests.libraries import tiny_library

FILM = Film(1920, 1080, 60)
MINUTES = 10
PAUSES = 5
SPEED_GOAL, MATERIALSEARCH = 60.0, 5.6
MEMORY_LIMIT_MB, SIZE_LIMIT_MB, PAUSE_LIMIT_MS = 700.0, 15.0, 200.0


def run() -> Iterator[Row]:
    with TemporaryDirectory(prefix="reelfind-bench-") as folder:
        videos, library = Path(folder, "videos"), Path(folder, "library")
        videos.mkdir()
        _repeat(made(FILM), videos / "long.mp4", MINUTES)
        pack = _with_pack(library)
        empty = folder_size_bytes(library)
        yield from _look(library, videos, pack)
        yield from _describe(library, empty)
        yield _pause(Path(folder, "other library"), videos)


def _look(library: Path, videos: Path, pack: str) -> Iterator[Row]:
    peak = _Peak()
    speed = _timed(library, Plan((videos,), describe=False), peak)
    yield Row(f"look pass, 1080p, pack {pack}", speed, "x real time", "goal", SPEED_GOAL, speed / SPEED_GOAL, ">= 60")
    yield Row("  against", speed, "x real time", "MaterialSearch", MATERIALSEARCH, speed / MATERIALSEARCH)
    yield Row("  child's memory", peak.mb, "MB", "limit", MEMORY_LIMIT_MB, peak.mb / MEMORY_LIMIT_MB, "<= 700 MB")


def _describe(library: Path, empty: int) -> Iterator[Row]:
    peak = _Peak()
    speed = _timed(library, Plan(), peak)
    yield Row("describe pass", speed, "x real time")
    yield Row("  child's memory", peak.mb, "MB", "limit", MEMORY_LIMIT_MB, peak.mb / MEMORY_LIMIT_MB, "<= 700 MB")
    hour_mb = (folder_size_bytes(library) - empty) / 1e6 * 60 / MINUTES
    yield Row(
        f"an hour's weight, from {MINUTES} minutes",
        hour_mb,
        "MB",
        "limit",
        SIZE_LIMIT_MB,
        hour_mb / SIZE_LIMIT_MB,
        "<= 15",
    )


class _Peak:
    """The largest memory of any child of this process, looked at with each event."""

    mb = 0.0

    def __call__(self, _event: Event) -> None:
        for child in psutil.Process().children():
            try:
                self.mb = max(self.mb, child.memory_info().rss / 1e6)
            except psutil.Error:
                continue


def _timed(library: Path, plan: Plan, hear: _Peak) -> float:
    """Video time over the time between the first file's start and the end."""
    began: list[float] = []

    def on_event(event: Event) -> None:
        hear(event)
        if isinstance(event, Started) and event.stage in ("look", "describe"):
            began.append(time.monotonic())

    engine = Engine(library)
    engine.index(engine.supervisor(on_event), plan)
    return MINUTES * 60 / (time.monotonic() - began[0])


def _pause(library: Path, videos: Path) -> Row:
    """From asking to being told so by the child, the longest of a few."""
    _with_pack(library)
    engine = Engine(library)
    is_busy, is_paused = threading.Event(), threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Started) and event.stage == "look":
            is_busy.set()
        elif isinstance(event, Paused):
            is_paused.set()
        elif isinstance(event, Progress) and event.phase == "look":
            is_busy.clear()

    supervisor = engine.supervisor(hear)
    thread = threading.Thread(target=lambda: engine.index(supervisor, Plan((videos,), describe=False)))
    thread.start()
    is_busy.wait(60)
    longest_ms = 0.0
    for _ in range(PAUSES):
        time.sleep(0.1)
        is_paused.clear()
        asked = time.monotonic()
        supervisor.pause()
        if is_paused.wait(5):
            longest_ms = max(longest_ms, (time.monotonic() - asked) * 1000)
        supervisor.resume()
    thread.join()
    return Row("pause obeyed after", longest_ms, "ms", "limit", PAUSE_LIMIT_MS, longest_ms / PAUSE_LIMIT_MS, "<= 200")


def _with_pack(library: Path) -> str:
    if not pack_in_use(library, Settings()).id:
        tiny_library(library)
    library.mkdir(parents=True, exist_ok=True)
    return pack_in_use(library, load_settings(library)).id


def _repeat(source: Path, target: Path, times: int) -> None:
    """The same packets again and again, each time later: an hour of video in a moment."""
    with av.open(str(target), "w") as out, av.open(str(source)) as film:
        video = film.streams.video[0]
        stream = out.add_stream_from_template(video)
        length = int((video.duration or 0) + (video.start_time or 0))
        for packet in _rounds(film, video, times, length):
            packet.stream = stream
            out.mux(packet)


def _rounds(film: InputContainer, video: VideoStream, times: int, length: int) -> Iterator[Packet[VideoStream]]:
    for number in range(times):
        film.seek(0)
        for packet in film.demux(video):
            if packet.dts is not None and packet.pts is not None:
                packet.pts += number * length
                packet.dts += number * length
                yield packet
