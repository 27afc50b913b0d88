"""`python -m tests.app.screenshots [FOLDER OF VIDEOS]`: the main states of the window as pictures, light and dark.

Written to `screenshots/` for people to look at. Without a folder the videos are drawn clips of plain colours. Other
languages and sizes are set as for any program, and shown light alone: `LC_ALL=de_DE.UTF-8 QT_SCALE_FACTOR=2`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication

from app import theme
from app.application import Program, make_application
from app.views.window import Window
from engine.models.catalog import list_packs, pack_dirs
from engine.types import Hit
from tests.packs import build_tiny_pack
from tests.scenes import draw

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
PATIENCE_S = 300.0
SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
LONG = "a very long name that somebody gave to a film of the summer holidays by the sea "


class Camera:
    def __init__(self, application: QApplication, window: Window, name: str) -> None:
        self._application = application
        self._window = window
        self._name = name

    def wait(self, is_ready: Callable[[], object], least_s: float = 0.8) -> None:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            self._application.processEvents()
            if time.monotonic() - began > least_s and is_ready():
                return

    def take(self, state: str) -> None:
        self.wait(lambda: True)
        self._window.grab().save(str(FOLDER / f"{self._name}-{state}.png"))


def states(camera: Camera, window: Window, videos: Path, query: str) -> Iterator[str]:
    """Brings the window from state to state and names each."""
    yield "first start"
    camera.wait(lambda: window.upkeep.status is not None)
    if not window.side._folders:
        window.add_paths((videos,))
        camera.wait(lambda: window.indexing.state.files)
        yield "indexing"
        camera.wait(lambda: window.model.rowCount() and not window.indexing.state.is_running, least_s=4)
    window.messages.hide()
    yield "everything"
    search_for(camera, window, query)
    window.results.grid.setFocus()
    window.results.grid.setCurrentIndex(window.model.index(0, 0))
    camera.wait(lambda: window.player.screen_.shows_film, least_s=2)
    window.results.grid._hover(window.results.grid.visualRect(window.model.index(1, 0)).center())
    yield "search"
    yield from _own_words(window)
    yield from _searches(camera, window, query)
    for page in ("library", "problems", "models", "settings", "about"):
        window.show_page(page)
        camera.wait(lambda: True, least_s=3)
        yield page
    window.show_page("all")
    window.overlay.toggle()
    yield "keys"
    window.overlay.hide()
    window.resize(window.minimumSize())
    search_for(camera, window, query)
    yield "narrow"


def _own_words(window: Window) -> Iterator[str]:
    hits = _hits(window)
    window.desk.change_tags([one.video_id for one in hits], ("Summer", "Grandma's house"), ())
    window.desk.rate([hits[0].video_id], 4)
    window.desk.write_note(hits[0].video_id, "To be cut for the birthday of Anna.")
    window.upkeep.refresh_known()
    window.player.reload([hits[0].video_id])
    window.player.evidence.show_own_words()
    yield "own words"
    window.player.evidence.show_why()
    window.focus_search()
    window.bar.line.setText("tag:")
    window.bar._suggest("tag:")
    yield "suggestions"
    window.bar.line.offer(())


def _searches(camera: Camera, window: Window, query: str) -> Iterator[str]:
    search_for(camera, window, f"{query} > blue -dog after:2020 size:9")
    yield "understood"
    window.results.group.click()
    search_for(camera, window, query)
    yield "grouped"
    window.results.group.click()
    search_for(camera, window, "xylophone")
    yield "nothing good"
    unplugged = [replace(hit, is_online=False, volume_label="Travel disk", copies=(hit.path,)) for hit in _hits(window)]
    window.model.show(unplugged, len(unplugged))
    yield "offline"
    search_for(camera, window, "tag:none")
    yield "nothing"


def _suffix() -> str:
    language, scale = QLocale.system().name()[:2], os.environ.get("QT_SCALE_FACTOR", "")
    return ("" if language in ("en", "C") else f"-{language}") + (f"-{scale}x" if scale else "")


def search_for(camera: Camera, window: Window, query: str) -> None:
    window._start_text(query)
    camera.wait(lambda: window.search.answer is not None and window.search.answer.query == query, least_s=1.5)


def _hits(window: Window) -> list[Hit]:
    return [hit for row in range(4) if (hit := window.model.hit(row)) is not None]


def drawn(folder: Path) -> Path:
    for number, pair in enumerate(permutations(("red", "green", "blue", "yellow"), 2)):
        name = f"{LONG if number == 2 else ''}{' to '.join(pair)}.mp4"
        draw(folder / name, [(pair[0], 4), (pair[1], 5)], size=(320, 180))
    (folder / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42 and nothing more")
    return folder


def main(arguments: list[str]) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        videos = Path(arguments[0]).resolve() if arguments else drawn(Path(made) / "videos")
        query = arguments[1] if len(arguments) > 1 else "red"
        library = Path(made) / "library"
        if not arguments or not any(one.is_sound for one in list_packs(pack_dirs(library))):
            build_tiny_pack(library / "models" / "tiny")
        application = make_application()
        for name, scheme in list(SCHEMES.items())[: 1 if _suffix() else None]:
            theme.prefer(scheme)
            theme.apply(application)
            program = Program(application, library)
            camera = Camera(application, program.window, f"{name}{_suffix()}")
            program.start(())
            program.window.resize(1280, 800)
            for state in states(camera, program.window, videos, query):
                camera.take(state)
            program.close()


if __name__ == "__main__":
    main(sys.argv[1:])
