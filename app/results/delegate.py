"""Draws one tile: picture, time, how well it matches, file name and a line of words. Called while painting."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from app import theme
from app.results.layout import LABEL
from app.results.model import percent
from app.words import TIMES, clock, span, tr
from engine.types import Hit

DIMMED = 0.6
BADGE_HEIGHT = 18
TILES_KEPT = 120
"""Somewhat more than the largest screen shows."""
SHADE, LIGHT = QColor(0, 0, 0, 170), QColor("#ffffff")
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


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


@dataclass(frozen=True, slots=True)
class _Kept:
    hit: Hit
    state: tuple[object, ...]
    picture: QPixmap


class TilePainter:
    """Draws each tile once and keeps it as a picture: while scrolling most tiles of a frame are those of the last."""

    def __init__(self, font: QFont) -> None:
        self._name_font = QFont(font)
        self._small = QFont(font)
        self._small.setPointSizeF(max(7.5, font.pointSizeF() - 1))
        self._name_metrics, self._small_metrics = QFontMetrics(self._name_font), QFontMetrics(self._small)
        self._now = theme.colours()
        self._text, self._muted = QColor(self._now.text), QColor(self._now.muted)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def draw(self, painter: QPainter, box: QRect, look: Look) -> None:
        """Paint a tile into its box, with its frame when it is chosen."""
        if look.is_selected or look.is_current:
            self._draw_choice(painter, box, look.is_selected)
        if look.hit is None or look.is_hovered:
            self._draw_tile(painter, box, look)
        else:
            painter.drawPixmap(box.topLeft(), self._picture(look.hit, look, box.size(), painter))

    def _picture(self, hit: Hit, look: Look, size: QSize, painter: QPainter) -> QPixmap:
        """The tile as it was drawn before, or drawn now. The hit is kept along, so that its id stays its own."""
        ratio = painter.device().devicePixelRatio()
        state = (size.width(), ratio, look.is_found, look.picture.cacheKey() if look.picture is not None else 0)
        kept = self._kept.get(id(hit))
        if kept is None or kept.state != state:
            picture = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            own = QPainter(picture)
            self._draw_tile(own, QRect(QPoint(), size), look)
            own.end()
            kept = self._kept[id(hit)] = _Kept(hit, state, picture)
        self._kept.move_to_end(id(hit))
        while len(self._kept) > TILES_KEPT:
            self._kept.popitem(last=False)
        return kept.picture

    def _draw_tile(self, painter: QPainter, box: QRect, look: Look) -> None:
        now = self._now
        frame = QRect(box.x(), box.y(), box.width(), box.height() - LABEL)
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
        left = QRect(frame)
        if hit.copies:
            number = f"{TIMES} {len(hit.copies) + 1}"
            self._badge(painter, frame, number, Qt.AlignmentFlag.AlignRight, at_top=True)
            left.setWidth(frame.width() - self._small_metrics.horizontalAdvance(number) - 14)
        if not hit.is_online:
            text = tr("offline: {volume}", volume=hit.volume_label)
            self._badge(painter, left, text, Qt.AlignmentFlag.AlignLeft, at_top=True)

    def _badge(self, painter: QPainter, frame: QRect, text: str, side: Qt.AlignmentFlag, *, at_top: bool) -> None:
        metrics, most = self._small_metrics, frame.width() - 28
        width = metrics.horizontalAdvance(text)
        if width > most:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, most)
            width = metrics.horizontalAdvance(text)
        width += 10
        x = frame.right() - width - 5 if side == Qt.AlignmentFlag.AlignRight else frame.x() + 6
        y = frame.y() + 6 if at_top else frame.bottom() - BADGE_HEIGHT - 7
        place = QRect(x, y, width, BADGE_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(SHADE)
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(LIGHT)
        painter.setFont(self._small)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_words(self, painter: QPainter, place: QRect, look: Look) -> None:
        hit = look.hit
        if hit is None:
            return
        score = f"{percent(hit)} %" if look.is_found else ""
        room = self._small_metrics.horizontalAdvance(score) + 8 if score else 0
        first = QRect(place.x() + 1, place.y(), place.width() - 2, self._name_metrics.height())
        name = self._name_metrics.elidedText(shown_name(hit), Qt.TextElideMode.ElideMiddle, first.width() - room)
        painter.setFont(self._name_font)
        painter.setPen(self._text if hit.is_online else self._muted)
        painter.drawText(first, LEFT, name)
        painter.setFont(self._small)
        painter.setPen(self._muted)
        if score:
            painter.drawText(first, RIGHT, score)
        second = QRect(first.x(), first.bottom() + 3, first.width(), self._small_metrics.height())
        words = self._small_metrics.elidedText(one_line(hit), Qt.TextElideMode.ElideRight, second.width())
        painter.drawText(second, LEFT, words)


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
