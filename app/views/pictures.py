"""Searching by a picture: one that was dropped as a file or pasted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage

from app.bridge import Bridge
from app.desk import Desk
from app.searching import Search
from app.words import tr
from engine.types import RgbImage

LARGEST = 1024


class Pictures(QObject):
    def __init__(self, desk: Desk, bridge: Bridge, search: Search) -> None:
        super().__init__(search)
        self._desk = desk
        self._bridge = bridge
        self._search = search
        self._label = ""

    def search_file(self, path: Path) -> None:
        self._label = path.name
        self._bridge.submit(self._desk.picture, path, done=self._start, key="picture")

    def search_image(self, image: QImage) -> None:
        self._label = tr("pasted picture")
        self._bridge.submit(pixels, image, done=self._start, key="picture")

    def _start(self, picture: RgbImage) -> None:
        label = tr("like {what}", what=self._label)
        self._search.start(replace(self._search.wanted, picture=picture, like=None, label=label))


def pixels(image: QImage) -> RgbImage:
    """An image as the engine knows pictures, no larger than it needs. Runs on any thread."""
    if max(image.width(), image.height()) > LARGEST:
        image = image.scaled(LARGEST, LARGEST, Qt.AspectRatioMode.KeepAspectRatio)
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()
