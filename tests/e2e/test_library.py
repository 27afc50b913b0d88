"""Stories about the library and the program: folders that are dropped and watched, pages, notices, and bad days."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QMessageBox, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app import notice
from app.application import CRASH_LOG, Program, _crash_log, make_application
from app.dropping import MOST, dropped_paths
from app.library.page import LibraryPage
from app.views.about import AboutPage
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
    clear_search,
    click_place,
    drop,
    names,
    saying,
    search,
    tick,
)
from tests.scenes import draw

MANY = 5_000
CROWD = 20_000


@pytest.mark.slow
def test_a_dropped_folder_is_indexed_with_the_starter_pack_and_watched(
    tmp_path: Path, open_window: Callable[[Path], Window], qtbot: QtBot
) -> None:
    videos = tmp_path / "My films"
    draw(videos / "sea.mp4", [("blue", 3)])
    window = open_window(tmp_path / "library")
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):
        drop(window.first, videos)
    assert search(window, qtbot, "sea")[0] == "sea.mp4"
    click_place(window, qtbot, "Library")
    page = window.pages.page("library")
    assert isinstance(page, LibraryPage)
    qtbot.waitUntil(lambda: any("all described" in card.text for card in page.cards), timeout=PATIENCE_MS)
    assert page.cards[0].watch.isChecked()
    clear_search(window, qtbot)
    draw(videos / "meadow.mp4", [("green", 3)])
    qtbot.waitUntil(lambda: "meadow.mp4" in names(window), timeout=PATIENCE_MS)
    search(window, qtbot, "meadow")
    choose_first(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.player.evidence.reasons()), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(window.player.heat.heat), timeout=PATIENCE_MS)


def test_watching_is_switched_off_and_a_folder_taken_out(window: Window, qtbot: QtBot) -> None:
    click_place(window, qtbot, "Library")
    page = window.pages.page("library")
    assert isinstance(page, LibraryPage)
    qtbot.waitUntil(lambda: len(page.cards) == 1, timeout=PATIENCE_MS)
    card = page.cards[0]
    assert "1 problem" in card.text
    for wanted in (True, False):
        tick(qtbot, card.watch)
        qtbot.waitUntil(
            lambda wanted=wanted: window.desk.engine.status().folders[0].is_watched == wanted, timeout=PATIENCE_MS
        )
    with saying(window, QMessageBox.StandardButton.Yes):
        qtbot.mouseClick(card.remove, LEFT)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.first, timeout=PATIENCE_MS)
    assert list(page.cards) == []


def test_a_folder_is_chosen_in_the_panel_and_shows_its_videos(window: Window, qtbot: QtBot, videos: Path) -> None:
    click_place(window, qtbot, videos.name)
    qtbot.waitUntil(lambda: len(names(window)) == 3 and not window.search.is_busy, timeout=PATIENCE_MS)
    assert window.bar.line.text().startswith("in:")


def test_a_video_that_is_not_in_the_library_offers_its_folder(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    stranger = draw(tmp_path / "other" / "stranger.mp4", [("yellow", 2)])
    drop(window, stranger)
    qtbot.waitUntil(lambda: "stranger.mp4 is not in the library" in window.messages.text, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):
        qtbot.mouseClick(window.messages._button, LEFT)
    qtbot.waitUntil(lambda: "stranger.mp4" in names(window), timeout=PATIENCE_MS)


def test_a_path_that_leads_nowhere_is_said_to(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    drop(window, tmp_path / "gone")
    qtbot.waitUntil(lambda: "no such folder or file" in window.messages.text, timeout=PATIENCE_MS)


def test_the_libraries_it_is_made_with_are_listed_from_what_is_installed(window: Window, qtbot: QtBot) -> None:
    click_place(window, qtbot, "About")
    page = window.pages.page("about")
    assert isinstance(page, AboutPage)
    qtbot.waitUntil(lambda: page._list.count() > 5, timeout=PATIENCE_MS)
    listed = [page._list.item(row).text() for row in range(page._list.count())]
    assert any(one.startswith("PySide6") and "LGPL" in one for one in listed)
    assert "LGPL 3" in page.terms
    assert "FFmpeg" in page.terms
    numpy = page._list.item(next(at for at, one in enumerate(listed) if one.startswith("numpy")))
    page._list.scrollToItem(numpy)
    qtbot.mouseClick(page._list.viewport(), LEFT, pos=page._list.visualItemRect(numpy).center())
    assert "Copyright" in page._text.toPlainText()


# --- notices ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_tray", [True, False])
def test_a_long_job_that_ended_is_told_only_where_the_desktop_can(
    has_tray: bool, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(notice, "LONG_S", 0.0)
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: has_tray)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: has_tray)
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _self: None)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, _title, text, *_rest: told.append(text))
    monkeypatch.setattr(type(window), "isActiveWindow", lambda _self: False)
    window.notice.began("index")
    window.notice.ended("index", "The library is up to date.")
    assert told == (["The library is up to date."] if has_tray else [])
    window.notice._hide.stop()


def test_a_short_job_is_not_told(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.notice, "_show", lambda _text: pytest.fail("nobody waited for it"))
    monkeypatch.setattr(type(window), "isActiveWindow", lambda _self: False)
    window.notice.began("index")
    window.notice.ended("index", "The library is up to date.")


# --- bad days --------------------------------------------------------------------------------------------------


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
