"""`python -m tests.app.readme_pictures`: the README's three pictures of the window, over the sample library.

Run by `make screenshots`, after a change of the window or of the starter pack; look at them before keeping them.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, Qt
from PySide6.QtWidgets import QApplication

from app import theme
from app.application import Program, make_application
from app.views.window import Window
from engine.demo.clips import make_clips
from engine.paths import assets_dir
from tests.app.screenshots import Camera, search_for

FOLDER = assets_dir() / "screenshots"
MOST_BYTES = 200_000
SIZE = (1200, 750)
QUALITY = 85


def _first(camera: Camera, program: Program, clips: Path) -> None:
    camera.wait(lambda: program.window.pages.currentWidget() is program.window.first)
    _keep(program, "first")
    program.window.add_paths((clips,))
    window = program.window
    camera.wait(lambda: window.model.rowCount() and not window.indexing.state.is_running, least_s=6)
    window.messages.hide()


def _search(camera: Camera, program: Program, _clips: Path) -> None:
    _show_first(camera, program.window, "red car driving through the snow")
    _keep(program, "search")


def _dark(camera: Camera, program: Program, _clips: Path) -> None:
    _show_first(camera, program.window, "fireworks over the city")
    _keep(program, "dark")


def _show_first(camera: Camera, window: Window, query: str) -> None:
    """Search, and choose the first moment."""
    search_for(camera, window, query)
    window.results.grid.setFocus()
    window.results.grid.setCurrentIndex(window.model.index(0, 0))
    camera.wait(lambda: window.player.screen_.shows_film and window.player.heat.heat, least_s=3)
    tiles = window.thumbnails
    camera.wait(lambda: not tiles._queue and not tiles._flying, least_s=1)


TAKES: tuple[tuple[Qt.ColorScheme, Callable[[Camera, Program, Path], None]], ...] = (
    (Qt.ColorScheme.Light, _first),
    (Qt.ColorScheme.Light, _search),
    (Qt.ColorScheme.Dark, _dark),
)


def _keep(program: Program, name: str) -> None:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    program.window.grab().save(buffer, "WEBP", QUALITY)
    data = buffer.data().data()
    if len(data) > MOST_BYTES:
        raise SystemExit(f"{name} has {len(data)} bytes; README pictures have at most {MOST_BYTES}.")
    (FOLDER / f"{name}.webp").write_bytes(data)


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="home-") as made:
        clips = Path(made) / "Videos"
        make_clips(clips, lambda *_: None, threading.Event())
        application: QApplication = make_application()
        for scheme, take in TAKES:
            theme.prefer(scheme)
            theme.apply(application)
            program = Program(application, Path(made) / "library")
            program.start(())
            program.window.resize(*SIZE)
            camera = Camera(application, program.window, "readme")
            camera.wait(lambda: True, least_s=3)
            take(camera, program, clips)
            program.close()


if __name__ == "__main__":
    main()
