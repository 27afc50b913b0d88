"""The window's thread opens no file and no database, whatever the user does: it would wait for a disk that sleeps."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import all_suffixes
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import app
import engine
from app.views.window import Window
from tests.e2e.hands import PATIENCE_MS, choose_first, clear_search, click_place, search, tile

CODE = tuple(all_suffixes())
PACKAGES = tuple(str(Path(one.__file__ or "").parent) for one in (app, engine))
WATCHED = ("open", "sqlite3.connect", "os.listdir", "os.scandir", "subprocess.Popen")


class _Listener:
    """Hears of every file that Python code opens. A hook stays for good, so it is one, and mostly deaf."""

    def __init__(self) -> None:
        self._heard: list[str] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if self._heard is None or event not in WATCHED or threading.current_thread() is not threading.main_thread():
            return
        path = str(args[0])
        if not path.endswith(CODE) and not path.startswith(PACKAGES):  # a page's code is loaded when it is first shown
            self._heard.append(f"{event}: {path}")

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        self._heard = heard = []
        try:
            yield heard
        finally:
            self._heard = None


LISTENER = _Listener()


def test_the_thread_of_the_window_waits_for_no_disk(window: Window, qtbot: QtBot) -> None:
    with LISTENER.listening() as heard:
        search(window, qtbot, "blue")
        qtbot.mouseMove(window.results.grid.viewport(), tile(window, 0))
        choose_first(window, qtbot)
        qtbot.waitUntil(lambda: bool(window.player.heat.heat), timeout=PATIENCE_MS)
        qtbot.keyClick(window.results.grid, Qt.Key.Key_4)
        clear_search(window, qtbot)
        for page in ("Library", "Problems (1)", "Models", "Settings"):
            click_place(window, qtbot, page)
        click_place(window, qtbot, "All videos")
        with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):
            window.upkeep.retry(())
    assert heard == []


def test_the_listener_hears(window: Window) -> None:
    with LISTENER.listening() as heard:
        window.desk.known()
    assert heard
