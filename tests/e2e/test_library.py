"""Stories about the library and the program: folders that are dropped and watched, pages, notices, and bad days."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QMessageBox, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app import notice
from app.library.page import LibraryPage
from app.views.about import AboutPage
from app.views.window import Window
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


def test_a_pack_is_chosen_among_those_that_are_installed(window: Window, qtbot: QtBot) -> None:
    click_place(window, qtbot, "Settings")
    page = window.pages.page("settings")
    (choice,) = page.findChildren(QComboBox)
    qtbot.waitUntil(lambda: choice.count() > 2, timeout=PATIENCE_MS)
    assert choice.currentText() == "The best one that is installed"
    qtbot.keyClick(choice, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: window.desk.engine.settings().pack == "tiny", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "from now on" in window.messages.text, timeout=PATIENCE_MS)
    qtbot.keyClick(choice, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.desk.engine.settings().pack == "", timeout=PATIENCE_MS)


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
