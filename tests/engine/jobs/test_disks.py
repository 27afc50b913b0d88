"""Disks that are unplugged, full or read-only, for real: small file systems made and mounted by the test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import ExpectedError
from engine.jobs.events import Done
from engine.jobs.plan import Plan
from engine.store.db import check_health, open_library
from tests.disks import call, mounted
from tests.libraries import tiny_library
from tests.scenes import draw

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mkfs.ext4") is None,
        reason="needs to mount file systems: root and mkfs.ext4",
    ),
]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """The image of a small disk with a file system of its own."""
    image = tmp_path / "stick.img"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    call("mkfs.ext4", "-q", "-L", "STICK", image)
    return image


def index(library: Path, *folders: Path) -> Done:
    engine = Engine(library)
    return engine.index(engine.supervisor(lambda _event: None), Plan(folders))


def test_an_unplugged_disk_is_offline_and_plugged_in_elsewhere_is_back(tmp_path: Path, stick: Path) -> None:
    library, videos = tmp_path / "library", tmp_path / "videos"
    tiny_library(library)
    draw(videos / "here.mp4", [("red", 2.0)])
    with mounted(videos / "usb", "-o", "loop", stick) as usb:
        draw(usb / "there.mp4", [("blue", 2.0)])
        first = index(library, videos)
        assert first.videos == 2
    assert index(library, videos).moments == first.moments
    held = Engine(library).status().summary
    assert (held.videos, held.offline_videos, held.missing_videos) == (2, 1, 0)
    assert any("STICK is not plugged in" in finding.message for finding in Engine(library).doctor())
    with mounted(tmp_path / "other place", "-o", "loop", stick):
        again = index(library, videos, tmp_path / "other place")
        assert (again.videos, again.moments, again.video_s) == (2, first.moments, 0.0)
        assert Engine(library).status().summary.offline_videos == 0


def test_a_file_deleted_from_a_disk_that_is_present_is_missing_only_then(tmp_path: Path, stick: Path) -> None:
    library, usb = tmp_path / "library", tmp_path / "usb"
    tiny_library(library)
    with mounted(usb, "-o", "loop", stick):
        draw(usb / "a.mp4", [("red", 2.0)])
        index(library, usb)
    index(library)
    assert Engine(library).status().summary.missing_videos == 0
    with mounted(usb, "-o", "loop", stick):
        (usb / "a.mp4").unlink()
        index(library)
        assert Engine(library).status().summary.missing_videos == 1


def test_a_full_disk_loses_nothing_and_room_finishes_the_job(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for number in range(12):
        draw(videos / f"{number}.mp4", [("red", 2.0 + number / 10), ("blue", 2.0)])
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=700k", "tmpfs") as library:
        tiny_library(library)
        with pytest.raises(ExpectedError, match="full"):
            index(library, videos)
        call("mount", "-o", "remount,size=64m", library)
        db = open_library(library)
        assert check_health(db) is None
        db.close()
        done = index(library, videos)
        assert (done.videos, list(done.failed)) == (12, [])


def test_a_read_only_library_can_be_read_and_says_why_it_cannot_grow(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    draw(videos / "a.mp4", [("red", 2.0)])
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs") as library:
        tiny_library(library)
        index(library, videos)
        call("mount", "-o", "remount,ro", library)
        with pytest.raises(ExpectedError, match="cannot be written"):
            index(library, videos)
        assert Engine(library).status().summary.videos == 1
