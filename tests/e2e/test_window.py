"""The stories of a user, told with mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.application import Program, make_application
from app.single import leave_note
from app.views.crash import CrashDialog
from app.views.tag_dialog import TagDialog
from app.views.window import Window
from tests.e2e.hands import (
    LEFT,
    PATIENCE_MS,
    choose_first,
    choosing_path,
    clear_search,
    click_place,
    drop,
    names,
    press,
    saying,
    search,
    tick,
    tile,
    typing_into_dialog,
)
from tests.packs import build_tiny_pack
from tests.scenes import draw


def test_an_empty_library_asks_for_a_folder_and_is_searchable_after(
    tmp_path: Path, videos: Path, open_window: Callable[[Path], Window], qtbot: QtBot
) -> None:
    build_tiny_pack(tmp_path / "library" / "models" / "tiny")
    window = open_window(tmp_path / "library")
    assert window.pages.currentWidget() is window.first
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS), choosing_path(window, videos):
        qtbot.mouseClick(window.first.add, LEFT)
    assert search(window, qtbot, "red")[0] == "red then blue.mp4"
    qtbot.waitUntil(lambda: videos.name in window.side.texts())


def test_everything_is_listed_before_anything_is_typed(window: Window) -> None:
    assert sorted(names(window)) == ["blue.mp4", "green.mp4", "red then blue.mp4"]
    assert window.results.line == "3 videos"


def test_a_search_says_what_it_understood_and_esc_takes_it_back(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "red > blue")
    assert [chip.text for chip in window.search.answer.chips] == ["red", ">", "blue"]
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.bar.line.text() == "" and window.results.line == "3 videos")


def test_nothing_good_is_said_to_be_nothing_good(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "xylophone")
    assert window.results.line == "No good match. Nearest:"


def test_filters_that_leave_nothing_say_so(window: Window, qtbot: QtBot) -> None:
    assert search(window, qtbot, "tag:none") == []
    assert "filters" in window.results._nothing.text()


def test_the_bottom_line_counts_what_a_search_goes_through(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "blue")
    answer = window.search.answer
    assert answer is not None
    assert answer.searched.moments > 0
    said = f"{answer.searched.videos} videos", f"{answer.searched.moments} moments"
    qtbot.waitUntil(lambda: all(one in window.bottom.text for one in said), timeout=PATIENCE_MS)


def test_hovering_shows_the_moment(window: Window, qtbot: QtBot) -> None:
    grid = window.results.grid
    search(window, qtbot, "red")
    qtbot.mouseMove(grid.viewport(), tile(window, 0))
    grid.grab()
    hit = window.model.hit(0)
    assert hit is not None
    qtbot.waitUntil(lambda: bool(window.thumbnails.strip(hit)), timeout=PATIENCE_MS)


def test_not_this_takes_a_moment_out_and_undo_brings_it_back(window: Window, qtbot: QtBot) -> None:
    first = search(window, qtbot, "blue")[0]
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: names(window)[0] != first, timeout=PATIENCE_MS)
    qtbot.mouseClick(window.messages._button, LEFT)
    qtbot.waitUntil(lambda: names(window)[0] == first, timeout=PATIENCE_MS)


def test_similar_moments_are_found_and_the_chip_takes_it_back(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        qtbot.keyClick(window.results.grid, Qt.Key.Key_F)
    assert window.search.wanted.label.startswith("like green.mp4")
    chip = next(one for one in window.bar.findChildren(QPushButton) if one.property("kind") == "like")
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        qtbot.mouseClick(chip, LEFT)
    assert not window.search.wanted.has_anchor


def test_a_search_can_be_kept_and_taken_up_again(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "red")
    with qtbot.waitSignal(window.upkeep.known_read, timeout=PATIENCE_MS), typing_into_dialog(window, "My reds"):
        press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    clear_search(window, qtbot)
    click_place(window, qtbot, "My reds")
    qtbot.waitUntil(lambda: window.bar.line.text() == "red" and not window.search.is_busy, timeout=PATIENCE_MS)
    press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "My reds" not in window.side.texts(), timeout=PATIENCE_MS)


def test_a_corrected_caption_is_found_at_once(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "green")
    choose_first(window, qtbot)
    with (
        qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS),
        typing_into_dialog(window, "our garden in spring"),
    ):
        press(qtbot, window, Qt.Key.Key_F2)
    assert search(window, qtbot, "garden in spring")[0] == "green.mp4"


def test_a_moment_is_exported_to_a_file(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    search(window, qtbot, "yellow")
    choose_first(window, qtbot)
    hit = window.model.hit(0)
    assert hit is not None
    told: list[float] = []
    window.actions_.export_moved.connect(told.append)
    with choosing_path(window, tmp_path / "cut.mp4"):
        press(qtbot, window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "cut.mp4" in window.messages.text, timeout=PATIENCE_MS)
    with av.open(str(tmp_path / "cut.mp4")) as container:
        assert container.duration == pytest.approx((hit.end_s - hit.start_s) * 1e6, abs=2e5)
    assert told[0] == 0.0
    assert told[-1] < 0  # the progress is gone from the bar


def test_path_and_time_are_copied(window: Window, qtbot: QtBot, videos: Path) -> None:
    search(window, qtbot, "yellow")
    choose_first(window, qtbot)
    press(qtbot, window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    path, time = QApplication.clipboard().text().split("\t")
    assert Path(path) == videos / "blue.mp4"
    assert time.startswith("0:0")


def test_a_picture_is_pasted_and_searched_for(window: Window, qtbot: QtBot) -> None:
    picture = QImage(64, 48, QImage.Format.Format_RGB888)
    picture.fill(QColor("#00c000"))
    QApplication.clipboard().setImage(picture)
    window.bar.line.setFocus()
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        press(qtbot, window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.search.is_busy, timeout=PATIENCE_MS)
    assert window.search.wanted.picture is not None
    assert names(window)[0] == "green.mp4"
    QApplication.clipboard().clear()


def test_a_picture_dropped_on_the_search_is_searched_for(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    picture = QImage(64, 48, QImage.Format.Format_RGB888)
    picture.fill(QColor("#00c000"))
    assert picture.save(str(tmp_path / "meadow.png"))
    drop(window.bar.line, tmp_path / "meadow.png")
    qtbot.waitUntil(lambda: window.search.wanted.picture is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.search.is_busy, timeout=PATIENCE_MS)
    assert names(window)[0] == "green.mp4"
    assert "meadow.png" in window.search.wanted.label


def test_grouping_keeps_the_moments_of_a_video_together(window: Window, qtbot: QtBot) -> None:
    search(window, qtbot, "blue")
    with qtbot.waitSignal(window.search.answered, timeout=PATIENCE_MS):
        qtbot.mouseClick(window.results.group, LEFT)
    found = names(window)
    assert [name for at, name in enumerate(found) if at == 0 or found[at - 1] != name] == list(dict.fromkeys(found))


def test_a_broken_file_is_on_the_page_of_problems_with_what_to_do(window: Window, qtbot: QtBot) -> None:
    click_place(window, qtbot, "Problems (1)")
    model = window.pages.page("problems")._table.model()
    row = [model.index(0, column).data() for column in range(model.columnCount())]
    assert row[0] == "broken.mp4"
    assert all(row)
    again = next(one for one in window.pages.page("problems").findChildren(QPushButton) if "all" in one.text())
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):  # tried again at once, and no better for it
        qtbot.mouseClick(again, LEFT)
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=PATIENCE_MS)


def test_a_folder_taken_out_takes_its_videos_along(window: Window, qtbot: QtBot, videos: Path) -> None:
    click_place(window, qtbot, videos.name)
    with saying(window, QMessageBox.StandardButton.Yes):
        press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.first, timeout=PATIENCE_MS)
    assert (videos / "green.mp4").exists()


def test_the_pack_in_use_is_named_and_checked(window: Window, qtbot: QtBot) -> None:
    click_place(window, qtbot, "Models")
    page = window.pages.page("models")
    qtbot.waitUntil(lambda: "In use" in _texts(page), timeout=PATIENCE_MS)
    assert "Every file is sound." in _texts(page)
    with qtbot.waitSignal(window.upkeep.packs_read, timeout=PATIENCE_MS):
        qtbot.mouseClick(page._check, LEFT)


def _texts(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def test_the_window_opens_as_it_was_closed(library: Path, open_window: Callable[[Path], Window], qtbot: QtBot) -> None:
    window = open_window(library)
    press(qtbot, window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    window.player.set_volume(30)
    columns, is_shown = window.results.grid.columns, window.player.isVisible()
    assert window.close()
    again = open_window(library)
    assert (again.results.grid.columns, again.player.isVisible()) == (columns, is_shown)
    assert (columns, is_shown) == (3, False)
    assert again.state().volume == 30


def test_settings_are_kept(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.upkeep.settings is not None, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.upkeep.settings_read, timeout=PATIENCE_MS):
        qtbot.keyClick(window.bottom._throttle, Qt.Key.Key_Down)
    assert window.desk.engine.settings().cpu_percent == 50
    click_place(window, qtbot, "Settings")
    page = window.pages.page("settings")
    hidden = next(one for one in page.findChildren(QCheckBox) if "dot" in one.text())
    with qtbot.waitSignal(window.upkeep.settings_read, timeout=PATIENCE_MS):
        tick(qtbot, hidden)
    assert window.desk.engine.settings().include_hidden
    assert window.desk.engine.settings().cpu_percent == 50


def test_a_second_start_brings_this_window_and_its_paths(
    window: Window, qtbot: QtBot, library: Path, videos: Path
) -> None:
    leave_note(library, [videos / "green.mp4"])
    qtbot.waitUntil(lambda: window.bar.line.text() == 'name:"green.mp4"', timeout=PATIENCE_MS)


def test_a_question_mark_shows_all_keys(window: Window, qtbot: QtBot) -> None:
    choose_first(window, qtbot)
    press(qtbot, window, Qt.Key.Key_Question)
    assert window.overlay.isVisible()
    qtbot.keyClick(window.overlay, Qt.Key.Key_Space)
    assert not window.overlay.isVisible()


def test_closing_while_indexing_asks_once_and_goes_on_next_time(
    library: Path, tmp_path: Path, open_window: Callable[..., Window], qtbot: QtBot
) -> None:
    for number in range(8):
        draw(tmp_path / "more" / f"{number}.mp4", [("red", 4 + number)], size=(640, 360))
    window = open_window(library)
    drop(window, tmp_path / "more")
    qtbot.waitUntil(window.bottom._pause.isVisible, timeout=PATIENCE_MS)
    qtbot.mouseClick(window.bottom._pause, LEFT)
    qtbot.waitUntil(lambda: window.indexing.state.is_paused, timeout=PATIENCE_MS)
    with saying(window, QMessageBox.StandardButton.No) as asked:
        assert not window.close()
    assert len(asked) == 1
    assert window.close()

    again = open_window(library, keeps_watch=True)
    qtbot.waitUntil(lambda: again.messages.text == "The library is up to date.", timeout=PATIENCE_MS)
    assert len(search(again, qtbot, "in:more")) == 8


def test_every_control_has_a_name_for_those_who_do_not_see_it(window: Window, qtbot: QtBot) -> None:
    for page in ("library", "problems", "models", "settings", "about"):
        window.show_page(page)
    qtbot.waitUntil(lambda: bool(window.pages.page("library").cards), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(window.pages.page("models")._cards), timeout=PATIENCE_MS)
    dialogs = [TagDialog([["one"], []], ["two"], window), CrashDialog("Traceback: boom", window)]
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QAbstractSpinBox, QAbstractItemView)
    ours = [one for kind in kinds for one in window.findChildren(kind) if _is_ours(one)]
    nameless = [one for one in ours if not one.accessibleName() and not getattr(one, "text", str)()]
    assert [(type(one).__name__, one.objectName(), one.parentWidget()) for one in nameless] == []
    for dialog in dialogs:
        dialog.close()


def _is_ours(widget: QWidget) -> bool:
    """Not what Qt puts inside its own controls."""
    owner = widget.parentWidget()
    insides = (QComboBox, QLineEdit, QAbstractSpinBox, QTabBar, QAbstractItemView, QTabWidget)
    is_shown_apart = not isinstance(widget.window(), Window | QDialog)
    return not is_shown_apart and not isinstance(owner, insides) and not widget.objectName().startswith("qt_")


@pytest.mark.parametrize("broken", ["settings.toml", "library.db"])
def test_a_library_that_cannot_be_opened_says_why(broken: str, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / broken).write_text("cpu_percent = many, and this is no database either")
    program = Program(make_application(), tmp_path)
    with qtbot.waitSignal(program.bridge.refused, timeout=PATIENCE_MS):
        program.start(())
    assert broken in program.window.messages.text
    assert broken in program.window.results._nothing.text()
    program.close()
    program.deleteLater()
