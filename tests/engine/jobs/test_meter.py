"""Progress that is honest: inside a long video too, never past the end, and no speed before there is one."""

from __future__ import annotations

from pathlib import Path

from engine.jobs import meter
from engine.jobs.events import Beat, Event, Progress
from engine.jobs.meter import Meter, progress
from engine.types import FileId, StoredVideo, VideoId, WorkItem


def item(number: int, duration_s: float | None) -> WorkItem:
    video = StoredVideo(VideoId(number), str(number), duration_s, "2024", 1, 1)
    return WorkItem(video, FileId(number), Path(f"{number}.mp4"), 1, 1)


def test_a_long_video_moves_the_bar(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(meter, "EVERY_S", 0.0)
    told: list[Event] = []
    items = [item(1, 60.0), item(2, 3600.0)]
    pass_ = Meter("look", items, told.append)
    for _ in pass_.counted(items[:1]):
        pass
    pass_(Beat(1800.0))
    pass_(Beat(9999.0))
    pass_(Beat())
    assert [event.video_s_done for event in told if isinstance(event, Progress)] == [60.0, 1860.0, 3660.0]


def test_speed_and_time_left_come_after_a_second() -> None:
    early = progress("look", (1, 4), (60.0, 240.0), 0.5)
    assert (early.speed, early.left_s) == (None, None)
    later = progress("look", (1, 4), (60.0, 240.0), 2.0)
    assert (later.speed, later.left_s) == (30.0, 6.0)


def test_without_durations_files_are_counted() -> None:
    told = progress("identify", (1, 4), (0.0, 0.0), 2.0)
    assert (told.speed, told.left_s) == (None, 6.0)
