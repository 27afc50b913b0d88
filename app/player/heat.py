"""The strip below the picture: the whole video from left to right, how well the query fits where, and where we are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.words import clock, tr
from engine.types import Span

HEIGHT = 40
STEP_S = 5.0


class HeatStrip(QWidget):
    seek_wanted = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._duration_s = 0.0
        self._at_s = 0.0
        self._moment: Span | None = None
        self._heat: tuple[tuple[float, float], ...] = ()
        self._words: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Position in the video; the curve shows where the search fits"))

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def show_video(self, duration_s: float, moment: Span | None) -> None:
        self._duration_s = duration_s
        self._moment = moment
        self._heat, self._words = (), ()
        self.update()

    def show_moment(self, moment: Span | None) -> None:
        self._moment = moment
        self.update()

    def show_heat(self, heat: Sequence[tuple[float, float]], words: Sequence[float]) -> None:
        """The curve, and the times at which something is said or captioned."""
        self._heat, self._words = tuple(heat), tuple(words)
        self.update()

    def show_position(self, at_s: float) -> None:
        if abs(at_s - self._at_s) * self.width() > self._duration_s * 0.5 or at_s == 0:
            self._at_s = at_s
            self.update()

    @property
    def heat(self) -> tuple[tuple[float, float], ...]:
        return self._heat

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        now = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.raised))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        if self._duration_s > 0:
            self._paint_moment(painter, now.accent)
            self._paint_curve(painter, now.accent)
            self._paint_words(painter, now.muted)
            painter.setBrush(QColor(now.text))
            painter.drawRect(QRectF(self._x(self._at_s) - 1, 0, 2, self.height()))
        painter.end()

    def _paint_moment(self, painter: QPainter, colour: str) -> None:
        if self._moment is None:
            return
        tint = QColor(colour)
        tint.setAlpha(60)
        painter.setBrush(tint)
        left, right = self._x(self._moment.start_s), self._x(self._moment.end_s)
        painter.drawRect(QRectF(left, 0, max(2.0, right - left), self.height()))

    def _paint_curve(self, painter: QPainter, colour: str) -> None:
        if len(self._heat) < 2:
            return
        floor = self.height() - 5.0
        points = [QPointF(self._x(at_s), floor - value * (floor - 4)) for at_s, value in self._heat]
        tint = QColor(colour)
        tint.setAlpha(170)
        painter.setBrush(tint)
        painter.drawPolygon(QPolygonF([QPointF(points[0].x(), floor), *points, QPointF(points[-1].x(), floor)]))

    def _paint_words(self, painter: QPainter, colour: str) -> None:
        painter.setBrush(QColor(colour))
        for at_s in self._words:
            painter.drawRect(QRectF(self._x(at_s), self.height() - 4, 1.5, 3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.seek_wanted.emit(self._time(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at_s = self._time(event.position().x())
        QToolTip.showText(event.globalPosition().toPoint(), clock(at_s), self)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_wanted.emit(at_s)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -STEP_S, Qt.Key.Key_Right: STEP_S}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.seek_wanted.emit(max(0.0, min(self._duration_s, self._at_s + step)))

    def _x(self, at_s: float) -> float:
        return at_s / self._duration_s * self.width()

    def _time(self, x: float) -> float:
        return max(0.0, min(1.0, x / max(1, self.width()))) * self._duration_s
