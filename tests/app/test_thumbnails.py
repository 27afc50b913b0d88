from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.results.thumbnails import KEPT, QUEUED, Thumbnails, framed
from engine.media.thumbs import Tile
from engine.types import Span
from tests.app.conftest import hit


def tile(width: int = 64, height: int = 36) -> Tile:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), (200, 30, 30), np.uint8)).save(file, "WEBP")
    return Tile(1.0, file.getvalue())


class Shelf:
    """A desk with pictures of some videos, that remembers the order in which it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_empty = False

    def tile(self, fingerprint: str, time_s: float) -> Tile | None:
        del time_s
        self.asked.append(fingerprint)
        return None if self.is_empty else tile()

    def strip(self, fingerprint: str, span: Span, limit: int) -> tuple[Tile, ...]:
        del fingerprint, span, limit
        return (tile(), tile())


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def thumbnails(shelf: Shelf, bridge: Bridge, qtbot: QtBot) -> Thumbnails:
    made = Thumbnails(shelf, bridge, bridge)
    made.draw_at(QSize(160, 90))
    return made


def test_a_picture_comes_when_it_is_read(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    with qtbot.waitSignal(thumbnails.arrived):
        assert thumbnails.picture(hit(1)) is None
    assert thumbnails.picture(hit(1)).size() == QSize(160, 90)


def test_the_newest_is_read_first_and_what_was_scrolled_past_not_at_all(
    thumbnails: Thumbnails, shelf: Shelf, qtbot: QtBot
) -> None:
    for number in range(QUEUED * 3):
        thumbnails.picture(hit(number))
    qtbot.waitUntil(lambda: len(shelf.asked) == QUEUED)
    assert hit(QUEUED * 3 - 1).fingerprint in shelf.asked[:16]
    assert hit(0).fingerprint not in shelf.asked


def test_pictures_are_kept_within_bounds(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    for start in range(0, KEPT * 2, QUEUED):
        for number in range(start, start + QUEUED):
            thumbnails.picture(hit(number))
        qtbot.waitUntil(lambda: not thumbnails._queue and not thumbnails._flying)
    assert len(thumbnails._kept) == KEPT
    assert thumbnails._sizes.keys() == thumbnails._kept.keys()


def test_a_video_without_pictures_is_asked_again_when_the_library_grew(
    thumbnails: Thumbnails, shelf: Shelf, qtbot: QtBot
) -> None:
    shelf.is_empty = True
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.picture(hit(1))
    thumbnails.picture(hit(1))
    assert len(shelf.asked) == 1
    shelf.is_empty = False
    thumbnails.forget_missing()
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.picture(hit(1))
    assert thumbnails.picture(hit(1)) is not None


def test_a_strip_has_the_whole_moment(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    with qtbot.waitSignal(thumbnails.arrived):
        assert thumbnails.strip(hit(1)) == ()
    assert len(thumbnails.strip(hit(1))) == 2


@pytest.mark.parametrize(("width", "height"), [(64, 36), (36, 64), (320, 20), (1, 1)])
def test_a_picture_of_any_shape_fits_its_tile(width: int, height: int, qapp) -> None:
    image = framed(tile(width, height), QSize(160, 90))
    assert image is not None
    assert image.size() == QSize(160, 90)
    assert image.pixelColor(80, 45).red() > 100
    assert image.pixelColor(0, 0).alpha() < 128


def test_bytes_that_are_no_picture_are_none() -> None:
    assert framed(Tile(0.0, b"nothing"), QSize(160, 90)) is None
