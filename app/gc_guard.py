"""Keeps Python's search for cycles on the window's thread.

A cycle may hold a Qt object, and Qt objects must be deleted on the thread they live on. The automatic search runs on
whichever thread happens to allocate, so it is switched off and a timer of the window's thread does it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class GcGuard(QObject):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        # What was made until now stays for good; looking through it again and again would be felt.
        gc.freeze()
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def check(self) -> None:
        """Collect the youngest generation that is due, oldest first; short enough not to be felt."""
        for generation, limit in reversed(tuple(enumerate(self._thresholds))):
            if limit and gc.get_count()[generation] > limit:
                gc.collect(generation)
                return

    def close(self) -> None:
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
