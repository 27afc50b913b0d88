"""Dragging tiles out of the window: the files themselves, or with Alt the moment cut out of its video.

What is dragged must be on the disk before it is dropped, and the window must not stand still until it is. So the cut
is made beside it, and the drag begins when it is there; whoever let go by then drags once more.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from threading import Event

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QPixmap

from app.cutting import cut_moment, cut_name
from app.results.thumbnails import Thumbnails
from app.results.view import GridView
from app.tools import Tools
from app.words import shown, tr
from engine.errors import ExpectedError
from engine.types import Hit

PICTURE_WIDTH = 160


class Dragging(QObject):
    def __init__(self, grid: GridView, thumbnails: Thumbnails, tools: Tools) -> None:
        super().__init__(grid)
        self._grid = grid
        self._thumbnails = thumbnails
        self._tools = tools
        self._folder: Path | None = None
        self._cancel = Event()
        self._ready: dict[tuple[str, float, float], Path] = {}
        self._is_cutting = False
        grid.dragged.connect(self._start)

    def close(self) -> None:
        """Stop a cut and throw the cuts away; whoever took one has it by now. Called before the bridge closes."""
        self._cancel.set()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, hits: list[Hit], wants_cut: bool) -> None:
        reachable = [hit for hit in hits if hit.is_online]
        if not reachable:
            self._tools.messages.info(tr("These files are not plugged in, so they cannot be dragged."))
        elif wants_cut:
            self._start_cut(reachable[0])
        else:
            self.drag(reachable[0], list(dict.fromkeys(hit.path for hit in reachable)))

    def drag(self, hit: Hit, paths: list[Path]) -> None:
        """Until it is dropped, in Qt's own loop; the window goes on living in it."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        drag = QDrag(self._grid)
        drag.setMimeData(data)
        picture = self._thumbnails.picture(hit)
        if isinstance(picture, QPixmap):
            drag.setPixmap(picture.scaledToWidth(PICTURE_WIDTH, Qt.TransformationMode.SmoothTransformation))
        drag.exec(Qt.DropAction.CopyAction)

    # --- the cut moment ----------------------------------------------------------------------------------------

    def _start_cut(self, hit: Hit) -> None:
        ready = self._ready.get(_key(hit))
        if ready is not None and ready.exists():
            self.drag(hit, [ready])
        elif self._is_cutting:
            self._tools.messages.info(tr("One moment is being cut out; wait for it."))
        else:
            self._is_cutting = True
            self._cancel = Event()
            self._tools.messages.info(tr("Cutting the moment out; keep holding the tile."))
            self._tools.bridge.submit(
                self._cut, hit, self._cancel, lane="export", done=self._was_cut, failed=self._was_refused
            )

    def _cut(self, hit: Hit, cancel: Event) -> tuple[Hit, Path]:
        """On the bridge's thread."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="reelfind-"))
        _, target = cut_moment(hit, self._folder / cut_name(hit), _ignore, cancel)
        return hit, target

    def _was_cut(self, made: tuple[Hit, Path]) -> None:
        hit, target = made
        self._is_cutting = False
        self._ready[_key(hit)] = target
        if QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self._tools.messages.hide()
            self.drag(hit, [target])
        else:
            self._tools.messages.info(tr("{name} is cut out: drag the tile again with Alt.", name=shown(target.name)))

    def _was_refused(self, error: ExpectedError) -> None:
        self._is_cutting = False
        self._tools.messages.error(error)


def _key(hit: Hit) -> tuple[str, float, float]:
    return hit.fingerprint, hit.start_s, hit.end_s


def _ignore(_share: float) -> None:
    """A drag shows no progress."""
