"""Pictures for tiles: asked for when painted, newest first, as many as two screens hold; the rest is forgotten.

Reading, decoding and scaling happen on the bridge's threads; here a finished picture is only kept and handed out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap

from app import theme
from app.bridge import Bridge
from app.desk import Desk
from engine.media.thumbs import Tile
from engine.types import Hit, Span

KEPT = 320
QUEUED = 64
BATCH = 8
IN_FLIGHT = 2
STRIPS_KEPT = 8
STRIP_PICTURES = 16
BEFORE_S = 3.0
"""A scrub shows a little of what is around a short moment."""

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Order:
    fingerprint: str
    time_s: float
    key: Key


@dataclass(frozen=True, slots=True)
class _Drawn:
    key: Key
    image: QImage | None


@dataclass(frozen=True, slots=True)
class _Strip:
    key: Key
    images: tuple[QImage, ...]


class Thumbnails(QObject):
    arrived = Signal()

    def __init__(self, desk: Desk, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._size = QSize(320, 180)
        self._kept: OrderedDict[Key, QPixmap | None] = OrderedDict()
        self._sizes: dict[Key, QSize] = {}
        self._queue: OrderedDict[Key, _Order] = OrderedDict()
        self._flying: set[Key] = set()
        self._batches = 0
        self._strips: OrderedDict[Key, tuple[QPixmap, ...]] = OrderedDict()
        self._strip_asked: Key | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._send)

    def draw_at(self, size: QSize) -> None:
        """Pictures are wanted in this size, in real pixels, from now on."""
        self._size = size

    def forget_missing(self) -> None:
        """Videos that had no picture may have one now."""
        for key in [key for key, picture in self._kept.items() if picture is None]:
            del self._kept[key], self._sizes[key]
        for key in [key for key, strip in self._strips.items() if not strip]:
            del self._strips[key]

    def picture(self, hit: Hit) -> QPixmap | None:
        """The picture of the hit's best moment, or None while it is on its way."""
        key = _key(hit)
        found = self._kept.get(key)
        if key in self._kept:
            self._kept.move_to_end(key)
        if key not in self._kept or (found is not None and self._sizes[key] != self._size):
            self._order(_Order(hit.fingerprint, hit.best_s, key))
        return found

    def strip(self, hit: Hit) -> tuple[QPixmap, ...]:
        """The pictures of the whole moment, or none while they are on their way."""
        key = _key(hit)
        if key not in self._strips and key != self._strip_asked:
            self._strip_asked = key
            span = Span(max(0.0, hit.start_s - BEFORE_S), hit.end_s + BEFORE_S)
            self._bridge.submit(self._draw_strip, hit.fingerprint, span, key, self._size, done=self._keep_strip)
        return self._strips.get(key, ())

    # --- inside ------------------------------------------------------------------------------------------------

    def _order(self, order: _Order) -> None:
        if order.key in self._flying:
            return
        self._queue[order.key] = order
        self._queue.move_to_end(order.key)
        while len(self._queue) > QUEUED:
            self._queue.popitem(last=False)
        if not self._timer.isActive():
            self._timer.start()

    def _send(self) -> None:
        while self._queue and self._batches < IN_FLIGHT:
            orders = [self._queue.popitem()[1] for _ in range(min(BATCH, len(self._queue)))]
            self._flying.update(order.key for order in orders)
            self._batches += 1
            self._bridge.submit(self._draw, orders, self._size, done=self._keep)

    def _keep(self, answer: tuple[QSize, Sequence[_Drawn]]) -> None:
        size, drawn = answer
        self._batches -= 1
        for one in drawn:
            self._flying.discard(one.key)
            self._kept[one.key] = None if one.image is None else QPixmap.fromImage(one.image)
            self._kept.move_to_end(one.key)
            self._sizes[one.key] = size
        while len(self._kept) > KEPT:
            self._sizes.pop(self._kept.popitem(last=False)[0])
        self.arrived.emit()
        self._send()

    def _keep_strip(self, strip: _Strip) -> None:
        self._strips[strip.key] = tuple(QPixmap.fromImage(image) for image in strip.images)
        while len(self._strips) > STRIPS_KEPT:
            self._strips.popitem(last=False)
        if self._strip_asked == strip.key:
            self._strip_asked = None
        self.arrived.emit()

    def _draw(self, orders: Sequence[_Order], size: QSize) -> tuple[QSize, list[_Drawn]]:
        """On a bridge's thread. A video without pictures is drawn as nothing, and not asked for again."""
        found = [(order.key, self._desk.tile(order.fingerprint, order.time_s)) for order in orders]
        return size, [_Drawn(key, framed(tile, size)) for key, tile in found]

    def _draw_strip(self, fingerprint: str, span: Span, key: Key, size: QSize) -> _Strip:
        tiles = self._desk.strip(fingerprint, span, STRIP_PICTURES)
        return _Strip(key, tuple(image for tile in tiles if (image := framed(tile, size)) is not None))


def image_of(tile: Tile | None) -> QImage | None:
    """The pixels as Qt knows them. Runs on any thread."""
    pixels = tile.picture() if tile is not None else None
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def framed(tile: Tile | None, size: QSize) -> QImage | None:
    """A picture fitted into a tile with round corners; bars where its shape differs much. Runs on any thread."""
    image = image_of(tile)
    if image is None or size.isEmpty():
        return None
    is_wide = 1.2 < image.width() / max(1, image.height()) < 2.5
    mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding if is_wide else Qt.AspectRatioMode.KeepAspectRatio
    fitted = image.scaled(size, mode, Qt.TransformationMode.SmoothTransformation)
    sheet = QImage(size, QImage.Format.Format_RGB888)
    sheet.fill(QColor("#0b0c0e"))
    painter = QPainter(sheet)
    painter.drawImage((size.width() - fitted.width()) // 2, (size.height() - fitted.height()) // 2, fitted)
    painter.end()
    rounded = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    rounded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(rounded)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(sheet))
    painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), theme.RADIUS, theme.RADIUS)
    painter.end()
    return rounded


def _key(hit: Hit) -> Key:
    return hit.fingerprint, round(hit.best_s * 1000)
