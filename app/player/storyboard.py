"""Plays a video from the small pictures of the index: for files that are offline or that Qt cannot play."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.bridge import Bridge
from app.desk import Desk
from app.results.thumbnails import image_of
from engine.types import Hit

TICK_MS = 250
_KEY = "storyboard"


class Storyboard(QObject):
    position_changed = Signal(float)
    pictured = Signal(QImage)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._hit: Hit | None = None
        self._at_s = 0.0
        self.speed = 1.0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._advance)

    def show_hit(self, hit: Hit | None) -> None:
        self._timer.stop()
        self._hit = hit
        if hit is None:
            self._bridge.void(_KEY)
        else:
            self.seek(hit.best_s)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    def play(self) -> None:
        if self._hit is not None:
            self._timer.start()

    def pause(self) -> None:
        self._timer.stop()

    def seek(self, at_s: float) -> None:
        if self._hit is None:
            return
        self._at_s = at_s
        self._bridge.submit(self._picture, self._hit.fingerprint, at_s, done=self._show, key=_KEY)
        self.position_changed.emit(at_s)

    def _advance(self) -> None:
        end_s = (self._hit.duration_s or self._hit.end_s) if self._hit is not None else 0.0
        if self._at_s >= end_s:
            self.pause()
        else:
            self.seek(self._at_s + TICK_MS / 1000 * self.speed)

    def _picture(self, fingerprint: str, at_s: float) -> QImage | None:
        """On a bridge's thread."""
        return image_of(self._desk.tile(fingerprint, at_s))

    def _show(self, image: QImage | None) -> None:
        if image is not None:
            self.pictured.emit(image)
