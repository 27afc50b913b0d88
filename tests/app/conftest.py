"""What tests of the window share: a bridge that is closed again, and an eye on what they leave behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from engine.types import Hit, VideoId, Why

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("lane-", "child-"))] == []


@pytest.fixture
def bridge(qapp: object, qtbot: QtBot) -> Iterator[Bridge]:
    made = Bridge(qapp)
    yield made
    made.close()


def hit(number: int = 0, **changes: object) -> Hit:
    """A moment of a video that is nowhere."""
    values: dict[str, object] = {
        "video_id": VideoId(number),
        "fingerprint": f"video{number:05}",
        "path": Path(f"/videos/holiday {number}.mp4"),
        "start_s": 2.0,
        "end_s": 6.0,
        "best_s": 4.0,
        "score": 0.83,
        "is_confident": True,
        "caption": "a dog leaps into a pool",
        "is_online": True,
        "volume_label": "Archive",
        "duration_s": 60.0,
        "recorded_at": "2024-05-01",
        "why": (Why("frame", 4.0, 1.0),),
    }
    return Hit(**(values | changes))
