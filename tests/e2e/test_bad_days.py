"""Bad days: packs, files, disks and devices that are not there, and crowds. A sentence and a way on, never a freeze."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from pytestqt.qtbot import QtBot

from app.application import CRASH_LOG, Program, _crash_log, make_application
from app.dropping import MOST, dropped_paths
from app.views.crash import CrashDialog
from app.views.window import Window
from engine.errors import StoreError
from engine.settings import Settings, save_settings
from engine.store.db import open_library
from engine.store.failures import record_failure
from engine.store.library import remember_volume
from engine.types import Failure, Volume
from tests.e2e.hands import (
    LEFT,
    PATIENCE_MS,
    choose_first,
    choosing_path,
    clear_search,
    drop,
    names,
    press,
    search,
)
from tests.scenes import draw

MANY = 5_000
CROWD = 200_000


def test_a_pack_that_is_gone_is_said_and_another_used(
    library: Path, open_window: Callable[[Path], Window], qtbot: QtBot
) -> None:
    save_settings(library, Settings(pack="was-here"))
    window = open_window(library)
    qtbot.waitUntil(lambda: "was-here" in window.messages.text, timeout=PATIENCE_MS)
    assert search(window, qtbot, "name:green") == ["green.mp4"]


def test_a_library_whose_disk_is_gone_says_so_and_comes_back(window: Window, qtbot: QtBot, library: Path) -> None:
    away = library.with_name("away")
    library.rename(away)
    window.focus_search()
    with qtbot.waitSignal(window.bridge.refused, timeout=PATIENCE_MS):
        window.upkeep.refresh()
    assert "library" in window.messages.text
    away.rename(library)
    with qtbot.waitSignal(window.upkeep.status_read, timeout=PATIENCE_MS):
        window.upkeep.refresh()
    assert search(window, qtbot, "green")[0] == "green.mp4"


def test_thousands_of_failures_are_only_rows(window: Window, qtbot: QtBot, library: Path) -> None:
    db = open_library(library)
    volume = remember_volume(db, Volume("crowd", "Crowd", library, "fixed"))
    with db.conn:
        for number in range(MANY):
            path = f"bad {number}.mp4"
            failure = Failure(library / path, "look", "it is no video", "Convert it")
            record_failure(db, volume, path.encode(), failure, (1, 1))
    db.close()
    window.show_page("problems")  # none is listed yet that could be clicked
    with qtbot.waitSignal(window.upkeep.status_read, timeout=PATIENCE_MS):
        window.upkeep.refresh()
    table = window.pages.page("problems")._table
    assert table.model().rowCount() >= MANY
    table.scrollToBottom()
    table.selectRow(0)
    assert "Convert it" in window.pages.page("problems")._whole.text()


@pytest.mark.slow
def test_a_crowded_folder_does_not_stop_the_search(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(CROWD):
        (crowd / f"{number}.txt").touch()
    draw(crowd / "needle.mp4", [("yellow", 2)])
    drop(window, crowd)
    assert search(window, qtbot, "green")[0] == "green.mp4"
    clear_search(window, qtbot)
    qtbot.waitUntil(lambda: "needle.mp4" in names(window), timeout=PATIENCE_MS)


def test_a_crowd_of_files_is_taken_as_the_folders_they_lie_in(tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / str(number % 2) / f"{number}.mp4")) for number in range(MOST + 1)])
    assert dropped_paths(data) == (tmp_path / "0", tmp_path / "1")


def test_a_library_that_cannot_be_written_is_still_searched(
    library: Path, open_window: Callable[[Path], Window], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.db._migrate", _refuse)
    monkeypatch.setattr("app.desk.open_library", _refuse)
    window = open_window(library)
    assert search(window, qtbot, "green")[0] == "green.mp4"
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.bridge.refused, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_4)
    assert "cannot be written" in window.messages.text


def _refuse(*_args: object, **_options: object) -> None:
    raise StoreError("library.db", "the library cannot be written", "Allow writing to its folder")


def test_a_crash_of_last_time_is_told_with_its_report(library: Path, qtbot: QtBot) -> None:
    (library / CRASH_LOG).write_text("Fatal Python error: Segmentation fault")
    with _crash_log(library) as last:
        assert last == "Fatal Python error: Segmentation fault"
    with _crash_log(library) as last:
        assert last == ""
    program = Program(make_application(), library)
    program.tell_of_crash("Segmentation fault")
    assert "unexpectedly" in program.window.messages.text
    qtbot.mouseClick(program.window.messages._button, LEFT)
    dialog = program.window.findChild(CrashDialog)
    assert dialog is not None
    assert "Segmentation fault" in dialog.report
    dialog.close()
    program.close()
    program.deleteLater()


CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize(
    ("key", "keys"), [(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Return, CONTROL)]
)
def test_a_file_that_went_after_the_search_is_named_by_what_needs_it(
    key: Qt.Key, keys: Qt.KeyboardModifier, window: Window, qtbot: QtBot, videos: Path
) -> None:
    search(window, qtbot, "green")
    away = videos.parent / "green.away"
    (videos / "green.mp4").rename(away)
    try:
        choose_first(window, qtbot)
        press(qtbot, window, key, keys)
        qtbot.waitUntil(lambda: "green.mp4: the file is no longer" in window.messages.text, timeout=PATIENCE_MS)
    finally:
        away.rename(videos / "green.mp4")


def test_an_export_of_a_file_that_went_says_so_and_leaves_nothing(
    window: Window, qtbot: QtBot, videos: Path, tmp_path: Path
) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    away = videos.parent / "green.away"
    (videos / "green.mp4").rename(away)
    try:
        with choosing_path(window, tmp_path / "cut.mp4"):
            press(qtbot, window, Qt.Key.Key_E, CONTROL)
        qtbot.waitUntil(lambda: "green.mp4" in window.messages.text, timeout=PATIENCE_MS)
    finally:
        away.rename(videos / "green.mp4")
    assert list(tmp_path.glob("*cut*")) == []
    assert not window.bottom._export.isVisible()


WITHOUT_DEVICES = {
    "QT_XCB_GL_INTEGRATION": "none",
    "PULSE_SERVER": "/nowhere",
    "PIPEWIRE_REMOTE": "nowhere",
    "ALSA_CONFIG_PATH": "/dev/null",
}
PLAYS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtMultimedia import QMediaDevices
from app.application import Program, make_application
application = make_application()
program = Program(application, Path(sys.argv[1]))
window = program.window
window.keeps_watch = False
def choose():
    window.results.grid.setCurrentIndex(window.model.index(0, 0))
    window.player.toggle()
def moved(at_s):
    if at_s > 0.3 and window.player.screen_.shows_film:
        print("plays", "silent" if QMediaDevices.defaultAudioOutput().isNull() else "with sound")
        application.exit(0)
window.usable.connect(choose)
window.player.position_changed.connect(moved)
QTimer.singleShot(60_000, application.quit)
program.start(())
application.exec()
program.close()
"""


def test_without_sound_and_graphics_a_moment_plays_all_the_same(library: Path) -> None:
    """In a process of its own, because Qt looks for its devices once."""
    command = [sys.executable, "-c", PLAYS, str(library)]
    environment = os.environ | WITHOUT_DEVICES
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("plays"), done.stderr


def test_settings_that_broke_while_the_window_is_open_are_said_and_can_be_mended(
    window: Window, qtbot: QtBot, library: Path
) -> None:
    (library / "settings.toml").write_text("cpu_percent = many")
    with qtbot.waitSignal(window.bridge.refused, timeout=PATIENCE_MS):
        qtbot.keyClick(window.bottom._throttle, Qt.Key.Key_Down)
    assert "settings.toml" in window.messages.text
    (library / "settings.toml").unlink()
    with qtbot.waitSignal(window.upkeep.settings_read, timeout=PATIENCE_MS):
        qtbot.keyClick(window.bottom._throttle, Qt.Key.Key_Down)
