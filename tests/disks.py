"""Small disks for tests: real file systems where this machine lets a test mount them, and a stand-in where not.

The stand-in moves a folder in and out; `tests.soak.stage` then tells Reelfind of it as a volume.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


def call(*command: str | Path) -> None:
    try:
        subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine does not let a test mount a disk: {error.stderr.decode().strip()}")


@contextmanager
def mounted(where: Path, *options: str | Path) -> Iterator[Path]:
    where.mkdir(parents=True, exist_ok=True)
    call("mount", *options, where)
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=False, capture_output=True, timeout=60)


@cache
def can_mount() -> bool:
    """Whether a test may make and mount a disk here: root, its tools, and a kernel that allows it."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        return False
    with TemporaryDirectory() as folder:
        try:
            stick = MountedStick("TRY", Path(folder))
            stick.plug(Path(folder, "here"))
            stick.unplug()
        except subprocess.SubprocessError:
            return False
    return True


class Stick:
    """A disk that can be plugged in anywhere and pulled out at any moment."""

    def __init__(self, label: str, store: Path) -> None:
        self.label = label
        self.place: Path | None = None
        self._store = store

    def plug(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self._appear(place)
        self.place = place

    def unplug(self) -> None:
        place, self.place = self.place, None
        if place is not None:
            self._vanish(place)

    def _appear(self, place: Path) -> None:
        raise NotImplementedError

    def _vanish(self, place: Path) -> None:
        raise NotImplementedError


class MountedStick(Stick):
    """A file system of its own in a file, mounted over a loop device."""

    def __init__(self, label: str, store: Path, size_mb: int = 16) -> None:
        super().__init__(label, store)
        self._image = store / f"{label}.img"
        with self._image.open("wb") as file:
            file.truncate(size_mb << 20)
        _run("mkfs.ext4", "-q", "-L", label, str(self._image))

    def _appear(self, place: Path) -> None:
        _run("mount", "-o", "loop", str(self._image), str(place))

    def _vanish(self, place: Path) -> None:
        # Lazily, as a cable is pulled: whoever has a file open keeps that file, and no path leads there any more.
        _run("umount", "-l", str(place))


class MemoryDisk(Stick):
    """A small disk in memory, quickly filled."""

    def _appear(self, place: Path) -> None:
        _run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place))

    def _vanish(self, place: Path) -> None:
        _run("umount", "-l", str(place))


class MovedStick(Stick):
    """A folder that is moved to where it is plugged in, and away again."""

    def __init__(self, label: str, store: Path) -> None:
        super().__init__(label, store)
        self._kept = store / f"{label}.kept"
        self._kept.mkdir(parents=True)

    def _appear(self, place: Path) -> None:
        place.rmdir()
        self._kept.rename(place)

    def _vanish(self, place: Path) -> None:
        place.rename(self._kept)
        place.mkdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
