"""A library in a temporary folder, closed after each test, and short ways to fill it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.store import library
from engine.store.db import open_library
from engine.types import FileId, Probe, VideoId, Volume, VolumeId

PROBE = Probe(
    container="mp4", duration_s=60.0, stream_index=0, codec="h264", width=320, height=180, rotation_deg=0,
    pixel_aspect=Fraction(1), time_base=Fraction(1, 90000), start_s=0.0, fps=Fraction(30000, 1001), is_vfr=False,
    pixel_format="yuv420p", bit_depth=8, is_hdr=False, created_at=None, place=None, camera="Canon EOS", title=None,
    audio=(), subtitles=(), chapters=(),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def db(folder: Path) -> Iterator[Database]:
    opened = open_library(folder)
    yield opened
    opened.close()


@pytest.fixture
def volume(db: Database) -> VolumeId:
    return library.remember_volume(db, Volume("uuid:1", "Blue disk", Path("/media/blue"), "removable"))


def add_video(
    db: Database, volume: VolumeId, name: str = "trip/dog.mp4", recorded_at: str = "2024-05-01T12:00:00"
) -> tuple[VideoId, FileId]:
    """A video with one file; the fingerprint is the name."""
    file_id = library.upsert_file(db, volume, name.encode(), 1000, 5)
    video_id = library.add_video(db, name, 1000, recorded_at, PROBE)
    library.attach(db, file_id, video_id)
    return video_id, file_id
