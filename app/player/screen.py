"""Where the picture is seen: frames of the player, or still pictures where a file cannot be played.

Frames are painted by Qt itself into this widget, so it works without OpenGL, and a late repaint only skips frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.words import tr

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QVideoFrame

SMALLEST = QSize(240, 135)


class Screen(QWidget):
    clicked = Signal()
    full_screen_left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._frame: QVideoFrame | None = None
        self._image: QImage | None = None
        self._note = ""
        self.setMinimumSize(SMALLEST)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Picture"))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 9 // 16

    def sizeHint(self) -> QSize:
        return QSize(360, 202)

    @property
    def shows_film(self) -> bool:
        return self._frame is not None

    def show_frame(self, frame: QVideoFrame) -> None:
        if frame.isValid():
            self._frame = frame
            self.update()

    def show_image(self, image: QImage | None) -> None:
        """A still picture instead of frames."""
        self._frame, self._image = None, image
        self.update()

    def show_note(self, text: str) -> None:
        """A line over the picture, such as why it does not move."""
        self._note = text
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#0b0c0e"))
        if self._frame is not None:
            options = self._frame.PaintOptions()
            options.aspectRatioMode = Qt.AspectRatioMode.KeepAspectRatio
            self._frame.paint(painter, QRectF(self.rect()), options)
        elif self._image is not None:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, *_pair(size))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        if self._note:
            self._paint_note(painter)
        painter.end()

    def _paint_note(self, painter: QPainter) -> None:
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = self.rect().adjusted(16, 0, -16, 0)
        needed = painter.fontMetrics().boundingRect(room, int(flags), self._note)
        strip = QRect(0, self.height() - needed.height() - 12, self.width(), needed.height() + 12)
        painter.fillRect(strip, QColor(0, 0, 0, 180))
        painter.setPen(QColor("#ffffff"))
        painter.drawText(strip.adjusted(16, 0, -16, 0), flags, self._note)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        del event
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isFullScreen() and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            self.full_screen_left.emit()
        elif self.isFullScreen() and event.key() == Qt.Key.Key_Space:
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()
