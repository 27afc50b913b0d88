"""Stories about a disk that is unplugged and comes back, and about copies: what is known of a video stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.library.page import LibraryPage
from app.results.model import sentence
from app.views.window import Window
from engine.types import Hit
from tests.disks import MovedStick
from tests.e2e.hands import PATIENCE_MS, choose_first, clear_search, click_place, drop, names, search
from tests.scenes import draw
from tests.soak.stage import Stage, enter

LABEL = "Travel disk"


@dataclass
class Travel:
    """A disk in a user's hand."""

    stage: Stage
    stick: MovedStick
    place: Path

    def plug(self) -> None:
        self.stick.plug(self.place)
        self.stage.sticks = ((LABEL, str(self.place)),)
        self.stage.write()

    def unplug(self) -> None:
        self.stage.sticks = ()
        self.stage.write()
        self.stick.unplug()


@pytest.fixture
def travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Travel]:
    monkeypatch.setattr("engine.search.opening.MOUNTS_HOLD_S", 0.0)
    stage = Stage(str(tmp_path / "stage.json"))
    stage.write()
    with enter(tmp_path / "stage.json"):
        disk = Travel(stage, MovedStick(LABEL, tmp_path), tmp_path / "media")
        disk.plug()
        draw(disk.place / "harbour.mp4", [("yellow", 4)])
        yield disk


def hit_named(window: Window, name: str) -> Hit:
    hits = [window.model.hit(row) for row in range(window.model.rowCount())]
    return next(hit for hit in hits if hit is not None and hit.path.name == name)


def take_in(window: Window, qtbot: QtBot, folder: Path, name: str) -> None:
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):
        drop(window, folder)
    qtbot.waitUntil(lambda: name in names(window), timeout=PATIENCE_MS)


def test_an_unplugged_disk_leaves_its_videos_to_be_seen_and_found(
    library: Path, travel: Travel, open_window: Callable[[Path], Window], qtbot: QtBot
) -> None:
    window = open_window(library)
    take_in(window, qtbot, travel.place, "harbour.mp4")
    travel.unplug()
    assert "harbour.mp4" in search(window, qtbot, "name:harbour")
    assert f"offline: {LABEL}" in sentence(hit_named(window, "harbour.mp4"))
    with qtbot.waitSignal(window.player.board.pictured, timeout=PATIENCE_MS):  # from the index, not from the disk
        choose_first(window, qtbot)
    qtbot.keyClick(window.results.grid, Qt.Key.Key_Return)
    assert f"{LABEL}, which is not plugged in" in window.messages.text
    click_place(window, qtbot, "Library")
    page = window.pages.page("library")
    assert isinstance(page, LibraryPage)
    window.upkeep.refresh()
    qtbot.waitUntil(lambda: any(f"{LABEL} is not plugged in" in card.text for card in page.cards))
    travel.plug()
    click_place(window, qtbot, "All videos")
    search(window, qtbot, "yellow")
    assert hit_named(window, "harbour.mp4").is_online
    assert "offline" not in sentence(hit_named(window, "harbour.mp4"))


def test_copies_are_one_tile_with_their_number(window: Window, qtbot: QtBot, videos: Path, tmp_path: Path) -> None:
    twins = tmp_path / "twins"
    twins.mkdir()
    shutil.copy2(videos / "green.mp4", twins / "green again.mp4")
    with qtbot.waitSignal(window.indexing.ended, timeout=PATIENCE_MS):
        drop(window, twins)
    clear_search(window, qtbot)
    qtbot.waitUntil(lambda: bool(hit_named(window, "green.mp4").copies), timeout=PATIENCE_MS)
    assert [path.name for path in hit_named(window, "green.mp4").copies] == ["green again.mp4"]
    assert "green again.mp4" not in names(window)
