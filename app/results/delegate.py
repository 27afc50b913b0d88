"""Draws one tile: picture, time, how well it matches, file name and a line of words. Called while painting."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from app import theme
from app.results.layout import LABEL
from app.results.model import percent
from app.words import TIMES, clock, span, tr
from engine.types import Hit

DIMMED = 0.6
BADGE_HEIGHT = 18


@dataclass(frozen=True, slots=True)
class Look:
    """What a tile shows beside its hit."""

    hit: Hit | None
    picture: QPixmap | None
    is_selected: bool = False
    is_current: bool = False
    is_hovered: bool = False
    scrub: float | None = None
    """Where in the moment the pointer is, from 0 to 1."""
    is_found: bool = True
    """Whether a score means anything: a list of everything has none."""


class TilePainter:
    """Holds what does not change from tile to tile."""

    def __init__(self, font: QFont) -> None:
        self._name_font = QFont(font)
        self._small = QFont(font)
        self._small.setPointSizeF(max(7.5, font.pointSizeF() - 1))
        self._now = theme.colours()

    def draw(self, painter: QPainter, box: QRect, look: Look) -> None:
        now = self._now
        frame = QRect(box.x(), box.y(), box.width(), box.height() - LABEL)
        if look.is_selected or look.is_current:
            self._draw_choice(painter, box, look.is_selected)
        if look.hit is None:
            _fill(painter, frame, now.raised)
            return
        is_faint = not look.hit.is_online or (look.is_found and not look.hit.is_confident)
        painter.setOpacity(DIMMED if is_faint and not look.is_hovered else 1.0)
        if look.picture is None:
            _fill(painter, frame, now.raised)
        else:
            painter.drawPixmap(frame, look.picture)
        painter.setOpacity(1.0)
        self._draw_badges(painter, frame, look)
        if look.scrub is not None:
            _line(painter, frame, look.scrub, now.accent)
        elif look.is_found:
            _line(painter, frame, look.hit.score, now.accent if look.hit.is_confident else now.muted)
        self._draw_words(painter, QRect(box.x(), frame.bottom() + 6, box.width(), LABEL - 6), look)

    def _draw_choice(self, painter: QPainter, box: QRect, is_selected: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(self._now.accent)
        tint.setAlpha(46 if is_selected else 0)
        painter.setBrush(tint)
        painter.setPen(QPen(QColor(self._now.accent), 1.5))
        painter.drawRoundedRect(QRectF(box).adjusted(-5, -5, 5, 3), 8, 8)

    def _draw_badges(self, painter: QPainter, frame: QRect, look: Look) -> None:
        hit = look.hit
        if hit is None:
            return
        time = span(hit.start_s, hit.end_s) if look.is_found else clock(hit.end_s)
        self._badge(painter, frame, time, Qt.AlignmentFlag.AlignRight, at_top=False)
        if hit.copies:
            self._badge(painter, frame, f"{TIMES} {len(hit.copies) + 1}", Qt.AlignmentFlag.AlignRight, at_top=True)
        if not hit.is_online:
            text = tr("offline: {volume}", volume=hit.volume_label)
            self._badge(painter, frame, text, Qt.AlignmentFlag.AlignLeft, at_top=True)

    def _badge(self, painter: QPainter, frame: QRect, text: str, side: Qt.AlignmentFlag, *, at_top: bool) -> None:
        metrics = QFontMetrics(self._small)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, frame.width() - 28)
        width = metrics.horizontalAdvance(text) + 10
        x = frame.right() - width - 5 if side == Qt.AlignmentFlag.AlignRight else frame.x() + 6
        y = frame.y() + 6 if at_top else frame.bottom() - BADGE_HEIGHT - 7
        place = QRect(x, y, width, BADGE_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor("#ffffff"))
        painter.setFont(self._small)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_words(self, painter: QPainter, place: QRect, look: Look) -> None:
        hit, now = look.hit, self._now
        if hit is None:
            return
        name_metrics, small_metrics = QFontMetrics(self._name_font), QFontMetrics(self._small)
        score = f"{percent(hit)} %" if look.is_found else ""
        room = small_metrics.horizontalAdvance(score) + 8 if score else 0
        first = QRect(place.x() + 1, place.y(), place.width() - 2, name_metrics.height())
        painter.setFont(self._name_font)
        painter.setPen(QColor(now.text if hit.is_online else now.muted))
        name = shown_name(hit)
        elided = name_metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, first.width() - room)
        painter.drawText(first, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.setFont(self._small)
        painter.setPen(QColor(now.muted))
        if score:
            painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, score)
        second = QRect(first.x(), first.bottom() + 3, first.width(), small_metrics.height())
        words = small_metrics.elidedText(one_line(hit), Qt.TextElideMode.ElideRight, second.width())
        painter.drawText(second, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


def shown_name(hit: Hit) -> str:
    """The file's name, without what cannot be written."""
    return hit.path.name.encode("utf-8", "replace").decode("utf-8")


def one_line(hit: Hit) -> str:
    """What is said of the moment; else when it was recorded."""
    if hit.caption:
        return hit.caption
    said = next((why.text for why in hit.why if why.text), None)
    return said or hit.recorded_at[:10]


def _fill(painter: QPainter, frame: QRect, colour: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)


def _line(painter: QPainter, frame: QRect, share: float, colour: str) -> None:
    """A thin line along the picture's lower edge."""
    width = frame.width() - 2 * theme.RADIUS
    base = QRect(frame.x() + theme.RADIUS, frame.bottom() - 3, width, 3)
    painter.fillRect(base, QColor(0, 0, 0, 90))
    painter.fillRect(QRect(base.x(), base.y(), max(2, round(width * min(1.0, share))), 3), QColor(colour))
