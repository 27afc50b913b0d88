"""Stories about the player: a chosen moment plays, is explained, and obeys its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.views.window import Window
from tests.e2e.hands import (
    LEFT,
    PATIENCE_MS,
    choose_first,
    click_place,
    come_to_front,
    press,
    search,
)


def test_a_chosen_moment_plays_with_space_and_shows_where_else_it_fits(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "blue")
    choose_first(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.player.heat.heat), timeout=PATIENCE_MS)
    assert window.player.evidence.reasons()
    qtbot.keyClick(window.results.grid, Qt.Key.Key_Space)
    with qtbot.waitSignal(window.player.position_changed, timeout=PATIENCE_MS):
        pass
    assert window.player.is_playing
    qtbot.keyClick(window.results.grid, Qt.Key.Key_Space)
    assert not window.player.is_playing


def test_another_search_explains_the_same_moment_anew_or_not_at_all(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "blue")
    choose_first(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.player.heat.heat), timeout=PATIENCE_MS)
    curve, name = window.player.heat.heat, window.player.hit.path.name if window.player.hit else ""
    search(window, qtbot, f'name:"{name}"')
    qtbot.waitUntil(lambda: window.player.evidence.reasons() == [], timeout=PATIENCE_MS)
    search(window, qtbot, "yellow")
    qtbot.waitUntil(lambda: window.player.heat.heat not in ((), curve), timeout=PATIENCE_MS)
    assert window.player.hit is not None
    assert window.player.hit.path.name == name


def test_the_player_obeys_its_keys(window: Window, qtbot: QtBot) -> None:
    player = window.player
    search(window, qtbot, "yellow")
    choose_first(window, qtbot)
    qtbot.waitUntil(lambda: player.screen_.shows_film, timeout=PATIENCE_MS)
    press(qtbot, window, Qt.Key.Key_L)
    assert player._loop.isChecked()
    before = player.at_s
    with qtbot.waitSignal(player.position_changed, timeout=PATIENCE_MS):
        press(qtbot, window, Qt.Key.Key_Period)
    assert player.at_s == pytest.approx(before + 0.1, abs=0.06)  # the clips have ten frames a second
    qtbot.keyClick(player._speed, Qt.Key.Key_Up)
    assert player.board.speed == 0.5
    press(qtbot, window, Qt.Key.Key_F11)
    assert player.screen_.isFullScreen()
    qtbot.keyClick(player.screen_, Qt.Key.Key_Escape)
    assert not player.screen_.isFullScreen()
    come_to_front(window, qtbot)
    press(qtbot, window, Qt.Key.Key_F11)
    assert player.screen_.isFullScreen()
    qtbot.keyClick(player.screen_, Qt.Key.Key_F11)
    assert player.screen_.parentWidget() is player
    assert player.screen_.isVisible()
    come_to_front(window, qtbot)


def test_another_page_has_the_players_room_and_the_film_stops(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "blue")
    choose_first(window, qtbot)
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.player.is_playing, timeout=PATIENCE_MS)
    click_place(window, qtbot, "Settings")
    assert not window.player.isVisible()
    qtbot.waitUntil(lambda: not window.player.is_playing, timeout=PATIENCE_MS)
    click_place(window, qtbot, "All videos")
    assert window.player.isVisible()


def test_a_file_that_is_gone_is_shown_from_the_index(
    window: Window, qtbot: QtBot, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(window, qtbot, "green")
    away = videos.parent / "green.away"
    (videos / "green.mp4").rename(away)
    try:
        with qtbot.waitSignal(window.player.film.failed, timeout=PATIENCE_MS):
            choose_first(window, qtbot)
        with qtbot.waitSignal(window.player.board.pictured, timeout=PATIENCE_MS):
            qtbot.mouseClick(window.player.heat, LEFT, pos=QPoint(window.player.heat.width() // 4, 9))
    finally:
        away.rename(videos / "green.mp4")
