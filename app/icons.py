"""The window's few icons, drawn as lines in the colour of its text, so that dark and light need no second set."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

from app import theme
from engine.paths import assets_dir

SIDE = 20
SCALE = 2

_PATHS = {
    "search": "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l5 5",
    "plus": "M12 5v14M5 12h14",
    "play": "M8 5l11 7l-11 7z",
    "pause": "M8 5v14M16 5v14",
    "loop": "M17 3l3 3l-3 3M20 6H8a4 4 0 0 0-4 4v1M7 21l-3-3l3-3M4 18h12a4 4 0 0 0 4-4v-1",
    "back": "M6 5v14M18 6l-8 6l8 6z",
    "forward": "M18 5v14M6 6l8 6l-8 6z",
    "sound": "M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.500a8 8 0 0 1 0 11",
    "full": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "close": "M6 6l12 12M18 6L6 18",
    "panel": "M4 5h16v14H4zM14 5v14",
    "group": "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
    "bookmark": "M7 4h10v16l-5-4l-5 4z",
    "help": "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.500v.1",
}


def pixmap(name: str, colour: str) -> QPixmap:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="{_PATHS[name]}"/></svg>'
    )
    picture = QPixmap(SIDE * SCALE, SIDE * SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    picture.setDevicePixelRatio(SCALE)
    return picture


def application_icon() -> QIcon:
    return QIcon(str(assets_dir() / "icons" / "reelfind.svg"))


class IconButton(QToolButton):
    """A button with one of our icons. Its text is for screen readers and the tool tip."""

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._drawn: tuple[str, theme.Colours] | None = None
        self.setIconSize(QSize(SIDE, SIDE))
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._redraw()

    def show_icon(self, name: str, text: str) -> None:
        if name != self._name:
            self._name = name
            self.setToolTip(text)
            self.setAccessibleName(text)
            self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def _redraw(self) -> None:
        """Qt says often that a palette may have changed; drawing is for when the colours did."""
        now = theme.colours()
        if self._drawn == (self._name, now):
            return
        self._drawn = (self._name, now)
        icon = QIcon(pixmap(self._name, now.text))
        icon.addPixmap(pixmap(self._name, now.muted), QIcon.Mode.Disabled)
        icon.addPixmap(pixmap(self._name, now.accent), QIcon.Mode.Normal, QIcon.State.On)
        self.setIcon(icon)
