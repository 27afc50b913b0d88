"""What the window tells people in a sentence: the one place where expected errors and good news are shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.icons import IconButton
from app.words import told_error, tr
from engine.errors import ExpectedError

SHOWN_MS = 6_000


class MessageBar(QFrame):
    """One message at a time, above the bottom bar. News goes by itself, trouble waits to be closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton(tr("Undo"), self)
        self._button.clicked.connect(self._act)
        close = IconButton("close", tr("Close this message"), self)
        close.clicked.connect(self.hide)
        self._action: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 6, 6)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def error(self, error: ExpectedError) -> None:
        """Subject, reason and remedy; stays until it is closed."""
        self._show(told_error(error), "", None)

    def info(self, text: str, button: str = "", action: Callable[[], None] | None = None) -> None:
        self._show(text, button, action)
        self._timer.start(SHOWN_MS)

    def offer(self, text: str, button: str, action: Callable[[], None]) -> None:
        """Something to decide; stays until it is decided or closed."""
        self._show(text, button, action)

    def _show(self, text: str, button: str, action: Callable[[], None] | None) -> None:
        self._timer.stop()
        self._text.setText(text)
        self.setAccessibleName(text)
        self._action = action
        self._button.setText(button)
        self._button.setAccessibleName(button)
        self._button.setVisible(bool(button))
        self.show()

    def _act(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()
