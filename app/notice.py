"""Says through the desktop that a long job has ended, when nobody looks at the window; nothing where it cannot."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.icons import application_icon

LONG_S = 30.0
"""Who started something that takes longer than this is elsewhere by then."""
SHOWN_MS = 10_000


class Notice(QObject):
    """The sign in the desktop's tray is there only as long as its message is."""

    clicked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        self._began: dict[str, float] = {}
        self._hide = QTimer(self)
        self._hide.setSingleShot(True)
        self._hide.setInterval(SHOWN_MS)
        self._hide.timeout.connect(self._take_down)

    def began(self, work: str) -> None:
        """Work of this name is going on; asked again and again while it does."""
        self._began.setdefault(work, time.monotonic())

    def ended(self, work: str, text: str) -> None:
        """Tell that it has ended, if it took long and the window is not being looked at."""
        if self._took_s(work) >= LONG_S and not self._window.isActiveWindow():
            QApplication.alert(self._window)
            self._show(text)

    def dropped(self, work: str) -> None:
        """It is over, and there is nothing to tell."""
        self._began.pop(work, None)

    def _took_s(self, work: str) -> float:
        began = self._began.pop(work, None)
        return time.monotonic() - began if began is not None else 0.0

    def _show(self, text: str) -> None:
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(application_icon(), self)
            self._tray.setToolTip("Reelfind")
            self._tray.messageClicked.connect(self.clicked)
            self._tray.activated.connect(self._activated)
        self._tray.show()
        self._tray.showMessage("Reelfind", text, application_icon(), SHOWN_MS)
        self._hide.start()

    def _activated(self, _reason: QSystemTrayIcon.ActivationReason) -> None:
        self.clicked.emit()

    def _take_down(self) -> None:
        if self._tray is not None:
            self._tray.hide()
