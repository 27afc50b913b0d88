"""Which way up, and how large: display matrices and pixel shapes, as pure functions."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.types import RgbImage

MAX_ASPECT = 4
"""Longer strips are squeezed: a picture of 16384 x 16 is not worth 700 MB."""
_BELIEVABLE_PIXEL = (Fraction(1, 8), Fraction(8))


@dataclass(frozen=True, slots=True)
class Orientation:
    """Clockwise quarter turns, then a left-right mirror, that bring a coded picture upright."""

    quarter_turns: int = 0
    is_mirrored: bool = False

    @property
    def is_sideways(self) -> bool:
        return self.quarter_turns % 2 == 1


UPRIGHT = Orientation()


def orientation(display_matrix: bytes) -> Orientation:
    """What a display matrix of nine 32-bit numbers asks for, to the nearest quarter turn."""
    if len(display_matrix) < 36:
        return UPRIGHT
    a, b, _, c, d, *_ = struct.unpack("=9i", display_matrix[:36])
    is_mirrored = a * d - b * c < 0
    if is_mirrored:
        a, c = -a, -c
    if a == b == 0:
        return UPRIGHT
    return Orientation(round(math.degrees(math.atan2(b, a)) / 90) % 4, is_mirrored)


def turn(image: RgbImage, way: Orientation) -> RgbImage:
    """A picture brought upright, as an array of its own."""
    if way.quarter_turns:
        image = np.rot90(image, -way.quarter_turns)
    if way.is_mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def pixel_shape(stated: Fraction | None) -> Fraction:
    """Width over height of one pixel; nonsense counts as square."""
    low, high = _BELIEVABLE_PIXEL
    return stated if stated is not None and low <= stated <= high else Fraction(1)


def upright_size(width: int, height: int, pixel: Fraction, way: Orientation) -> tuple[int, int]:
    """Width and height a viewer sees, in square pixels; a pixel's shape stretches, it never takes pixels away."""
    if pixel >= 1:
        width = round(width * pixel)
    else:
        height = round(height / pixel)
    return (height, width) if way.is_sideways else (width, height)


def fitted(width: int, height: int, short_side: int) -> tuple[int, int]:
    """The size whose short side is as asked, with the same shape up to four to one."""
    long_side = round(short_side * min(MAX_ASPECT, max(width, height) / min(width, height)))
    return (long_side, short_side) if width >= height else (short_side, long_side)
