"""One window for a library: a second start leaves a note for the first, which comes to the front and reads it.

A lock file says whether there is a first one. It dies with its process, so a crash locks nobody out.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, Signal

from app.bridge import Bridge

LOCK = "window.lock"
NOTES = "window-notes"


class OnlyWindow(QObject):
    """Held for as long as the window is open."""

    called = Signal(object)
    """Paths that a second start was given; often none."""

    def __init__(self, library: Path, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._folder = library / NOTES
        self._bridge = bridge
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._look)
        if self._folder.is_dir():
            self._watcher.addPath(str(self._folder))

    def _look(self, _folder: str) -> None:
        self._bridge.submit(take_notes, self._folder, done=self._heard)

    def _heard(self, paths: list[Path] | None) -> None:
        if paths is not None:
            self.called.emit(tuple(paths))


def claim(library: Path) -> QLockFile | None:
    """The right to open the window, or None where another has it. A disk that cannot be written refuses nobody."""
    with contextlib.suppress(OSError):
        (library / NOTES).mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(library / LOCK))
    lock.setStaleLockTime(0)
    if lock.tryLock(0):
        return lock
    return None if lock.error() == QLockFile.LockError.LockFailedError else lock


def leave_note(library: Path, paths: Sequence[Path]) -> None:
    folder = library / NOTES
    folder.mkdir(exist_ok=True)
    unfinished = folder / f"{time.time_ns()}.unfinished"
    unfinished.write_text(json.dumps([str(path.absolute()) for path in paths]), encoding="utf-8")
    unfinished.replace(unfinished.with_suffix(".json"))


def take_notes(folder: Path) -> list[Path] | None:
    """What second starts asked for since the last look; None where there was none. Blocking."""
    paths: list[Path] = []
    notes = sorted(folder.glob("*.json"))
    for note in notes:
        with contextlib.suppress(OSError, ValueError, TypeError):
            paths += [Path(one) for one in json.loads(note.read_text(encoding="utf-8"))]
        note.unlink(missing_ok=True)
    return paths if notes else None
