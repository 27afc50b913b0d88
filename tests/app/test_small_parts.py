from __future__ import annotations

import gc
from dataclasses import fields, replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.gc_guard import GcGuard
from app.library.bottom_bar import BottomBar, said
from app.library.indexing import State, _after, _Inbox
from app.outside import player_command
from app.player.evidence import reason
from app.single import claim, leave_note, take_notes
from app.views.crash import CrashDialog
from app.views.settings_page import SettingsPage
from app.views.state import FILE, WindowState, load_state, save_state
from engine.jobs.events import Failed, Paused, Progress, Started
from engine.settings import Settings
from engine.types import LibrarySummary, Why


def test_every_setting_has_a_field_and_a_change_is_told(qtbot: QtBot) -> None:
    page = SettingsPage(None)
    qtbot.addWidget(page)
    assert set(page._setters) == {one.name for one in fields(Settings)}
    page.show_settings(replace(Settings(), ignore=("*.tmp", "*/Rushes/*")))
    with qtbot.waitSignal(page.changed) as changed:
        page._setters["cpu_percent"](40)
    assert changed.args == [replace(Settings(), ignore=("*.tmp", "*/Rushes/*"), cpu_percent=40)]


def test_the_second_window_is_refused_and_its_paths_are_handed_over(tmp_path: Path, qapp: object) -> None:
    first = claim(tmp_path)
    assert first is not None
    assert claim(tmp_path) is None
    leave_note(tmp_path, [Path("/films")])
    assert take_notes(tmp_path / "window-notes") == [Path("/films")]
    assert take_notes(tmp_path / "window-notes") is None
    first.unlock()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"columns": "four"}', '{"columns": null}'])
def test_a_broken_window_state_is_the_usual_one(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    assert load_state(tmp_path) == WindowState()


def test_a_window_state_comes_back(tmp_path: Path) -> None:
    state = WindowState("abc", "def", 6, shows_player=False, volume=10)
    save_state(tmp_path, state)
    assert load_state(tmp_path) == state


def test_players_are_started_at_the_moment() -> None:
    assert player_command("mpv", "mpv", Path("-a.mp4"), 2.5)[-2:] == ["--", "-a.mp4"]
    assert "--start-time=2.500" in player_command("vlc", "vlc", Path("a.mp4"), 2.5)


def test_only_the_newest_progress_waits_to_be_shown() -> None:
    rings: list[object] = []
    inbox = _Inbox(rings.append)
    for done in range(100):
        inbox.put(Progress("look", done, 100, 0.0, 0.0, None, None))
    assert [event.files_done for event in inbox.take()] == [99]
    assert len(rings) == 1


def test_the_bottom_bar_says_what_is_done_and_how_long_still() -> None:
    state = _after(State(), Started("/films/a.mp4", "look"))
    state = _after(state, Progress("look", 3, 10, 30.0, 100.0, 61.0, 130.0))
    assert said(state).split("  \N{MIDDLE DOT}  ") == [
        "Looking at videos", "3 of 10", "61\N{MULTIPLICATION SIGN} real time", "about 2 min left",
    ]  # fmt: skip
    assert said(_after(state, Paused("on battery"))) == "Paused (on battery)"
    assert _after(state, Failed("a", "look", "", "")).failed == 1


def test_evidence_reads_as_a_sentence() -> None:
    assert reason(Why("caption", 3.0, 0.4, "a dog")) == "40 %   Its description: a dog"


def test_a_crash_report_names_versions_and_can_be_copied(qtbot: QtBot, qapp) -> None:
    dialog = CrashDialog("Traceback: boom", None)
    qtbot.addWidget(dialog)
    dialog.copy()
    assert qapp.clipboard().text().startswith("Reelfind ")
    assert "boom" in qapp.clipboard().text()


def test_cycles_are_collected_by_the_guard_alone(qapp) -> None:
    guard = GcGuard(qapp)
    assert not gc.isenabled()
    guard.close()
    assert gc.isenabled()
    guard.deleteLater()


def test_what_is_gone_is_counted_and_said_to_be_remembered(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = BottomBar(window)
    nothing = LibrarySummary(**dict.fromkeys((one.name for one in fields(LibrarySummary)), 0))
    bar.show_summary(nothing)
    assert bar.text == "The library is empty"
    bar.show_summary(replace(nothing, missing_videos=2))
    assert bar.text.endswith("2 videos are gone")
    bar.show_summary(replace(nothing, videos=1, duration_s=60.0, moments=9, missing_videos=1))
    assert bar.text.split("  \N{MIDDLE DOT}  ") == ["1 video", "1 minute", "9 moments", "1 video is gone"]
