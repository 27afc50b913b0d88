from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.results.layout import GAP
from app.results.model import PAGE, HitModel
from app.results.view import GridView
from engine.types import Hit
from tests.app.conftest import hit


class NoPictures(QObject):
    """Thumbnails that never come, and a note of who asked for them."""

    arrived = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.asked: set[int] = set()

    def draw_at(self, size: QSize) -> None:
        self.size = size

    def picture(self, hit: Hit) -> QPixmap | None:
        self.asked.add(hit.video_id)
        return None

    def strip(self, hit: Hit) -> tuple[QPixmap, ...]:
        self.asked.add(hit.video_id)
        return ()


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[GridView]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = GridView(NoPictures(parent), parent)
    model = HitModel(made)
    model.show([hit(number) for number in range(PAGE)], 1_000_000)
    made.setModel(model)
    parent.resize(900, 600)
    made.resize(900, 600)
    parent.show()
    made.setFocus()
    yield made
    parent.close()


def test_only_what_is_seen_asks_for_pictures(view: GridView, qtbot: QtBot) -> None:
    view.grab()
    assert view._thumbnails.asked == set(range(16))


def test_arrows_walk_through_the_grid(view: GridView, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left):
        qtbot.keyClick(view, key)
    assert view.currentIndex().row() == 4


def test_the_end_of_a_million_is_one_key_away(view: GridView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.currentIndex().row() == 999_999
    assert view.visualRect(view.currentIndex()).bottom() < view.viewport().height()


def test_a_click_chooses_the_tile_below_it(view: GridView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.chosen) as chosen:
        place = view.visualRect(view.model().index(5, 0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [hit(5)]


def test_many_can_be_selected(view: GridView, qtbot: QtBot) -> None:
    for row, modifier in ((1, Qt.KeyboardModifier.NoModifier), (4, Qt.KeyboardModifier.ShiftModifier)):
        place = view.visualRect(view.model().index(row, 0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    assert {one.video_id for one in view.hits()} >= {1, 4}


def test_larger_tiles_are_fewer_in_a_row(view: GridView, qtbot: QtBot) -> None:
    view.set_columns(2)
    assert view.grid.columns == 2
    assert view.grid.tile > 400 - GAP


def test_letters_are_left_to_the_shortcuts(view: GridView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_H)
    assert view.currentIndex().row() == 0
