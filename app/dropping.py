"""Files and folders dropped on a part of the window. One filter for all parts that take them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

MOST = 1_000
"""More files than this at once are taken as the folders they lie in: nobody chose each of them."""


class Drops(QObject):
    """Lets a widget take what is dropped on it from other programs; what is dragged out of our own window is not."""

    def __init__(self, widget: QWidget, slot: Callable[[tuple[Path, ...]], None]) -> None:
        super().__init__(widget)
        self._slot = slot
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent) and event.mimeData().hasUrls() and event.source() is None:
            event.acceptProposedAction()
            return True
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            event.acceptProposedAction()
            self._slot(dropped_paths(event.mimeData()))
            return True
        return super().eventFilter(watched, event)


def dropped_paths(data: QMimeData) -> tuple[Path, ...]:
    """What was dropped, as few paths as say it."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if len(paths) > MOST:
        paths = list(dict.fromkeys(path.parent for path in paths))
    return tuple(paths)
