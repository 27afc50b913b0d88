"""The page of all keys, laid over the window; any key or click closes it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.words import tr


class KeysOverlay(QWidget):
    def __init__(self, keys: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("All keys"))
        card = QFrame(self)
        card.setObjectName("card")
        grid = QGridLayout(card)
        grid.setContentsMargins(28, 22, 28, 24)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(7)
        title = QLabel(tr("All keys"), card)
        title.setProperty("role", "heading")
        grid.addWidget(title, 0, 0, 1, 4)
        half = -(-len(keys) // 2)
        for at, (key, meaning) in enumerate(keys):
            row, column = at % half + 1, 2 * (at // half)
            label = QLabel(key, card)
            font = label.font()
            font.setBold(True)
            label.setFont(font)
            grid.addWidget(label, row, column)
            grid.addWidget(QLabel(meaning, card), row, column + 1)
        column_of_all = QVBoxLayout(self)
        column_of_all.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self._below = parent
        parent.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        self.setGeometry(self._below.rect())
        self.raise_()
        self.show()
        self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._below.rect())
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 130))
        painter.end()
