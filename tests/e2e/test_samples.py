"""Who has no videos at hand tries the window with the sample library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.library import samples
from app.views.window import Window
from engine.paths import sample_dir
from tests.e2e.hands import LEFT, PATIENCE_MS, click_place, press, saying
from tests.packs import build_tiny_pack
from tests.sample_part import PART, use_part


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_window: Callable[[Path], Window]) -> Window:
    """The window of a library without videos, on a machine where nothing has been drawn yet."""
    use_part(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    build_tiny_pack(tmp_path / "library" / "models" / "tiny")
    window = open_window(tmp_path / "library")
    assert window.pages.currentWidget() is window.first
    return window


def test_the_sample_library_is_drawn_taken_in_found_and_forgotten(empty: Window, qtbot: QtBot) -> None:
    window, first = empty, empty.first
    told: list[str] = []
    window.upkeep.samples.moved.connect(lambda *_: told.append(first.drawing.text()))
    assert not first.progress.isVisible()
    with qtbot.waitSignal(window.indexing.ended, timeout=4 * PATIENCE_MS):
        qtbot.mouseClick(first.sample, LEFT)
        qtbot.waitUntil(first.progress.isVisible, timeout=PATIENCE_MS)
        assert not first.sample.isEnabled()
    assert f"Drawing sample clips: {len(PART)} of {len(PART)}" in told
    assert window.pages.currentWidget() is window.results
    qtbot.waitUntil(lambda: window.results.line == f"{len(PART)} videos", timeout=PATIENCE_MS)
    folder = sample_dir() / "clips"
    click_place(window, qtbot, "clips")
    with saying(window, QMessageBox.StandardButton.Yes):
        press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: window.model.rowCount() == 0, timeout=PATIENCE_MS)
    assert len(list(folder.glob("*.mp4"))) == len(PART)


def test_closing_the_window_stops_the_drawing(empty: Window, qtbot: QtBot) -> None:
    """That no thread is left is seen by every test here."""
    with qtbot.waitSignal(empty.upkeep.samples.moved, timeout=PATIENCE_MS):
        qtbot.mouseClick(empty.first.sample, LEFT)
    empty.upkeep.samples.stop()


def test_a_folder_that_cannot_be_written_is_said_and_leaves_the_button(
    empty: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", "utf-8")
    with qtbot.waitSignal(empty.bridge.refused, timeout=PATIENCE_MS):
        qtbot.mouseClick(empty.first.sample, LEFT)
    assert empty.first.sample.isEnabled()
    assert not empty.first.progress.isVisible()
    assert "cannot be written" in empty.messages.text


def test_two_clicks_draw_once(empty: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(samples, "draw", lambda *given: drawn.append(given) or sample_dir())
    with qtbot.waitSignal(empty.upkeep.samples.moved, timeout=PATIENCE_MS):
        qtbot.mouseDClick(empty.first.sample, LEFT)
        qtbot.mouseClick(empty.first.sample, LEFT)
    assert len(drawn) == 1
