"""The sample library, drawn in the background for people who want to try the program before they add videos."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge
from engine.errors import ExpectedError
from engine.paths import sample_dir


class Samples(QObject):
    moved = Signal(int, int)
    """How many clips are drawn, of how many; 0 of 0 when none are being drawn."""

    def __init__(self, bridge: Bridge, take: Callable[[tuple[Path, ...]], None], parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._take = take
        self._cancel: threading.Event | None = None

    def start(self) -> None:
        if self._cancel is None:
            self._cancel = threading.Event()
            tell = self._bridge.teller(self._tell)
            self._bridge.submit(draw, tell, self._cancel, done=self._done, failed=self._failed, lane="export")

    def stop(self) -> None:
        """Whole clips are kept, and the next time goes on with the others."""
        if self._cancel is not None:
            self._cancel.set()

    def _tell(self, counts: tuple[int, int]) -> None:
        self.moved.emit(*counts)

    def _done(self, folder: Path) -> None:
        self._end()
        self._take((folder,))

    def _failed(self, error: ExpectedError) -> None:
        self._end()
        self._bridge.refused.emit(error)

    def _end(self) -> None:
        self._cancel = None
        self.moved.emit(0, 0)


def draw(tell: Callable[[tuple[int, int]], None], cancel: threading.Event) -> Path:
    """Draw whatever is missing; returns the folder. Blocking."""
    from engine.demo.clips import CLIPS_FOLDER, make_clips  # noqa: PLC0415  few windows ever need to draw

    folder = sample_dir() / CLIPS_FOLDER
    make_clips(folder, lambda done, total: tell((done, total)), cancel)
    return folder
