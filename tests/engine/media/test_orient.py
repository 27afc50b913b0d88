"""Display matrices and pixel shapes, without any file."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from engine.media.orient import UPRIGHT, Orientation, fitted, orientation, pixel_shape, turn, upright_size

ONE = 1 << 16


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return struct.pack("=9i", a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (matrix(1, 0, 0, 1), UPRIGHT),
        (matrix(0, 1, -1, 0), Orientation(1)),
        (matrix(-1, 0, 0, -1), Orientation(2)),
        (matrix(0, -1, 1, 0), Orientation(3)),
        (matrix(-1, 0, 0, 1), Orientation(0, is_mirrored=True)),
        (matrix(1, 0, 0, -1), Orientation(2, is_mirrored=True)),
        (matrix(0, 0, 0, 0), UPRIGHT),
        (b"short", UPRIGHT),
    ],
)
def test_a_display_matrix_is_turns_and_a_mirror(stored: bytes, wanted: Orientation) -> None:
    assert orientation(stored) == wanted


def test_a_slightly_crooked_matrix_counts_as_the_nearest_quarter() -> None:
    assert orientation(struct.pack("=9i", 1000, ONE, 0, -ONE, 1000, 0, 0, 0, 1 << 30)) == Orientation(1)


def test_a_clockwise_turn_moves_the_top_to_the_right() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, :] = 9
    assert (turn(picture, Orientation(1))[:, -1] == 9).all()
    assert turn(picture, Orientation(1)).shape == (3, 2, 3)


def test_a_mirror_swaps_left_and_right_after_the_turn() -> None:
    picture = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert (turn(picture, Orientation(0, is_mirrored=True)) == picture[:, ::-1]).all()


@pytest.mark.parametrize(
    ("stated", "wanted"), [(None, 1), (Fraction(0), 1), (Fraction(16, 11), Fraction(16, 11)), (Fraction(900), 1)]
)
def test_an_unbelievable_pixel_counts_as_square(stated: Fraction | None, wanted: Fraction) -> None:
    assert pixel_shape(stated) == wanted


def test_pixels_are_stretched_before_the_picture_is_turned() -> None:
    assert upright_size(720, 576, Fraction(16, 11), UPRIGHT) == (1047, 576)
    assert upright_size(720, 576, Fraction(1, 2), Orientation(1)) == (1152, 720)


@pytest.mark.parametrize(
    ("size", "wanted"), [((1920, 1080), (398, 224)), ((1080, 1920), (224, 398)), ((16384, 16), (896, 224))]
)
def test_the_short_side_is_fitted_and_strips_are_squeezed(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert fitted(*size, 224) == wanted
