"""Stories about what people put on their videos: tags, stars, notes; and what they take out of the window."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from app.player.own_words import OwnWords
from app.views.tag_dialog import TagDialog
from app.views.window import Window
from engine.types import Labels
from tests.e2e.hands import (
    LEFT,
    PATIENCE_MS,
    choose_first,
    click_place,
    click_tab,
    click_tile,
    come_to_front,
    drag_tile,
    names,
    press,
    search,
    typing_into_dialog,
)


def open_tags(window: Window, qtbot: QtBot) -> TagDialog:
    qtbot.keyClick(window.results.grid, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), TagDialog), timeout=PATIENCE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, TagDialog)
    return dialog


def save(dialog: TagDialog, window: Window, qtbot: QtBot) -> None:
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    button = next(one for one in buttons.buttons() if buttons.buttonRole(one) == QDialogButtonBox.ButtonRole.AcceptRole)
    with qtbot.waitSignal(window.upkeep.known_read, timeout=PATIENCE_MS):
        qtbot.mouseClick(button, LEFT)
    come_to_front(window, qtbot)


def choose_all(window: Window, qtbot: QtBot) -> None:
    choose_first(window, qtbot)
    press(qtbot, window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)


def show_own_words(window: Window, qtbot: QtBot) -> OwnWords:
    """The third tab below the player, once it knows the video."""
    click_tab(qtbot, window.player.evidence._tabs.tabBar(), "Tags and note")
    own = window.player.evidence.own
    qtbot.waitUntil(own.isEnabled, timeout=PATIENCE_MS)
    return own


def labels(window: Window, row: int = 0) -> Labels:
    hit = window.model.hit(row)
    assert hit is not None
    return window.desk.labels([hit.video_id])[0]


def test_many_videos_are_tagged_at_once_and_found_by_the_tag(window: Window, qtbot: QtBot) -> None:
    choose_all(window, qtbot)
    dialog = open_tags(window, qtbot)
    assert dialog.windowTitle() == "Tags of 3 videos"
    qtbot.keyClicks(dialog.line, "Summer in Rome")
    save(dialog, window, qtbot)
    assert "Summer in Rome  3" in window.side.texts()
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    dialog = open_tags(window, qtbot)
    item = dialog.list.item(0)
    assert item is not None
    assert item.checkState() == Qt.CheckState.Checked
    dialog.list.setCurrentItem(item)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Space)
    assert item.checkState() == Qt.CheckState.Unchecked
    save(dialog, window, qtbot)
    click_place(window, qtbot, "Summer in Rome  2")
    qtbot.waitUntil(lambda: sorted(names(window)) == ["blue.mp4", "red then blue.mp4"], timeout=PATIENCE_MS)
    assert window.bar.line.text() == 'tag:"Summer in Rome"'


def test_a_tag_that_only_some_have_stays_unless_it_is_touched(window: Window, qtbot: QtBot) -> None:
    hits = [window.model.hit(row) for row in range(3)]
    window.desk.change_tags([hits[0].video_id], ("some",), ())
    choose_all(window, qtbot)
    dialog = open_tags(window, qtbot)
    assert dialog.list.item(0).checkState() == Qt.CheckState.PartiallyChecked
    qtbot.keyClicks(dialog.line, "all")
    save(dialog, window, qtbot)
    assert [one.tags for one in window.desk.labels([hit.video_id for hit in hits])] == [
        ("all", "some"), ("all",), ("all",),
    ]  # fmt: skip


def test_tags_are_offered_while_typing_and_taken_by_keyboard(window: Window, qtbot: QtBot) -> None:
    window.desk.change_tags([window.model.hit(0).video_id], ("Grandma",), ())
    with qtbot.waitSignal(window.upkeep.known_read, timeout=PATIENCE_MS):
        window.upkeep.refresh_known()
    line = window.bar.line
    window.focus_search()
    qtbot.keyClicks(line, "tag:gr")
    assert line.offered == ["tag:Grandma"]
    popup = line._popup
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == "tag:Grandma"
    qtbot.waitUntil(lambda: len(names(window)) == 1, timeout=PATIENCE_MS)
    assert line.offered == []


def test_file_names_are_offered(window: Window, qtbot: QtBot) -> None:
    window.focus_search()
    qtbot.keyClicks(window.bar.line, "name:gree")
    qtbot.waitUntil(lambda: window.bar.line.offered == ["name:green.mp4"], timeout=PATIENCE_MS)
    qtbot.keyClick(window.bar.line._popup, Qt.Key.Key_Escape)
    assert window.bar.line.offered == []
    assert window.bar.line.text() == "name:gree"


def test_stars_are_given_by_key_and_searched_for(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.actions_.labelling.changed, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_4)
    assert search(window, qtbot, "rating:4") == ["green.mp4"]
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.actions_.labelling.changed, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: names(window) == [], timeout=PATIENCE_MS)


def test_the_player_shows_and_changes_stars_tags_and_note(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    own = show_own_words(window, qtbot)
    qtbot.mouseClick(own._stars[2], LEFT)
    qtbot.waitUntil(lambda: own.labels.rating == 3, timeout=PATIENCE_MS)
    qtbot.keyClicks(own._line, "garden\r")
    qtbot.waitUntil(lambda: own.labels.tags == ("garden",), timeout=PATIENCE_MS)
    qtbot.keyClicks(own._note, "for the birthday of Anna")
    click_tile(window, qtbot, 0)  # going elsewhere keeps what was written
    qtbot.waitUntil(lambda: own.labels.note == "for the birthday of Anna", timeout=PATIENCE_MS)
    chip = next(one for one in own.findChildren(QPushButton) if one.property("tag") == "garden")
    qtbot.mouseClick(chip, LEFT)
    qtbot.waitUntil(lambda: own.labels.tags == (), timeout=PATIENCE_MS)
    assert search(window, qtbot, '"birthday of Anna"')[0] == "green.mp4"


def test_a_note_goes_to_its_own_video_when_another_is_chosen(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Down)
    own = show_own_words(window, qtbot)
    qtbot.keyClicks(own._note, "mine")
    click_tile(window, qtbot, 1)
    qtbot.waitUntil(lambda: labels(window).note == "mine", timeout=PATIENCE_MS)
    assert labels(window, 1).note == ""


def test_a_note_is_written_by_key(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    with (
        qtbot.waitSignal(window.actions_.labelling.changed, timeout=PATIENCE_MS),
        typing_into_dialog(window, "two\nlines"),
    ):
        press(qtbot, window, Qt.Key.Key_M)
    assert labels(window).note == "two\nlines"


def test_a_closing_window_keeps_a_note_that_is_being_written(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Down)
    own = show_own_words(window, qtbot)
    video = window.model.hit(0).video_id
    qtbot.keyClicks(own._note, "last words")
    window.player.close_file()
    window.bridge.close()
    assert window.desk.labels([video])[0].note == "last words"


# --- dragging out ----------------------------------------------------------------------------------------------


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """What each drag carried, instead of a drag that waits for a hand."""
    carried: list[list[Path]] = []

    def take(drag: QDrag, *_actions: object) -> Qt.DropAction:
        carried.append([Path(url.toLocalFile()) for url in drag.mimeData().urls()])
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", take)
    return carried


def test_tiles_are_dragged_out_as_their_files_each_once(
    window: Window, qtbot: QtBot, videos: Path, dropped: list[list[Path]]
) -> None:
    search(window, qtbot, "blue")
    choose_all(window, qtbot)
    drag_tile(window, qtbot, 0)
    assert sorted(dropped[0]) == sorted({videos / name for name in names(window)})


def test_with_alt_the_moment_is_cut_out_first_and_then_dragged(
    window: Window, qtbot: QtBot, dropped: list[list[Path]]
) -> None:
    search(window, qtbot, "yellow")
    hit = window.model.hit(0)
    window.results.grid.dragged.emit([hit], True)
    assert dropped == []  # nothing waits for the cut
    qtbot.waitUntil(lambda: "is cut out" in window.messages.text, timeout=PATIENCE_MS)
    window.results.grid.dragged.emit([hit], True)
    with av.open(str(dropped[0][0])) as container:
        assert container.duration == pytest.approx((hit.end_s - hit.start_s) * 1e6, abs=2e5)
    assert dropped[0][0].name.startswith("blue 0.0")
    window.dragging.close()
    assert not dropped[0][0].parent.exists()


def test_a_cut_of_a_file_that_is_gone_says_so(
    window: Window, qtbot: QtBot, videos: Path, dropped: list[list[Path]]
) -> None:
    search(window, qtbot, "green")
    hit = window.model.hit(0)
    away = videos.parent / "green.away"
    (videos / "green.mp4").rename(away)
    try:
        window.results.grid.dragged.emit([hit], True)
        qtbot.waitUntil(lambda: "green.mp4" in window.messages.text, timeout=PATIENCE_MS)
    finally:
        away.rename(videos / "green.mp4")
    assert dropped == []


def test_like_this_but_takes_words_that_say_how_it_differs(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is window.bar.line
    qtbot.keyClicks(window.bar.line, "blue")
    qtbot.waitUntil(lambda: window.search.wanted.text == "blue" and not window.search.is_busy, timeout=PATIENCE_MS)
    assert window.search.wanted.like is not None
    assert names(window)
