"""A window over a small library of drawn clips, indexed once; each test gets its own copy of the library."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Program, make_application
from app.single import claim
from app.views.window import Window
from engine.engine import Engine
from engine.jobs.plan import Plan
from tests.e2e.hands import PATIENCE_MS
from tests.packs import build_tiny_pack
from tests.scenes import draw

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
IGNORED = (
    r"RHI|PulseAudio|pa_context|pipewire|ALSA|No HW decoder|qt\.multimedia|propagateSizeHints|offscreen"
    r"|does not support (?:raise|grabbing)|Could not open media"
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt fails a test, apart from those of a machine without sound and graphics card."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(IGNORED))


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    """No thread that was not there before, and no timer that still ticks."""
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert left == []
    application = QApplication.instance()
    ticking = [timer for timer in application.findChildren(QTimer) if timer.isActive()] if application else []
    assert [(timer.parent(), timer.interval()) for timer in ticking] == []


@pytest.fixture(autouse=True)
def _dialogs_of_qt() -> None:
    """A desktop's own dialogs have no keys and buttons that a test could find."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    draw(folder / "red then blue.mp4", [("red", 4), ("blue", 4)])
    draw(folder / "green.mp4", [("green", 4)])
    draw(folder / "blue.mp4", [("blue", 3), ("yellow", 3)])
    (folder / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42 and nothing more")
    return folder


@pytest.fixture(scope="session")
def indexed(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("indexed") / "library"
    build_tiny_pack(library / "models" / "tiny")
    engine = Engine(library)
    engine.index(engine.supervisor(lambda _event: None), Plan((videos,)))
    return library


@pytest.fixture
def library(indexed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(indexed, tmp_path / "library"))


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[..., Window]]:
    """Opens the window of a library, closing the one before, and waits until it can be used."""
    programs: list[Program] = []
    locks: list[object] = []

    def opened(folder: Path, *, keeps_watch: bool = False) -> Window:
        for before in programs:
            before.close()
        lock = claim(folder)
        program = Program(make_application(), folder)
        program.window.keeps_watch = keeps_watch
        programs.append(program)
        locks.append(lock)
        with qtbot.waitSignal(program.window.usable, timeout=PATIENCE_MS):
            program.start(())
        program.window.resize(1280, 800)
        program.window.activateWindow()  # keys need it on a display without a window manager
        qtbot.waitUntil(program.window.isActiveWindow, timeout=PATIENCE_MS)
        return program.window

    yield opened
    for program in programs:
        program.close()
        program.deleteLater()


@pytest.fixture
def window(library: Path, open_window: Callable[[Path], Window]) -> Window:
    return open_window(library)
