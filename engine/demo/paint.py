"""Colours, a brush, and noise for surfaces.

The brush knows no smooth edges: whoever uses it draws larger than asked and makes the picture smaller afterwards.
"""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]

COLOURS: dict[str, Colour] = {
    "red": (214, 36, 34),
    "orange": (242, 128, 26),
    "yellow": (250, 208, 44),
    "green": (44, 150, 62),
    "blue": (34, 92, 208),
    "purple": (128, 56, 176),
    "pink": (244, 126, 176),
    "brown": (126, 78, 44),
    "black": (34, 34, 38),
    "white": (240, 240, 238),
    "grey": (136, 138, 142),
}


def varied(name: str, chance: random.Random) -> Colour:
    """A colour a person would still call by that name."""
    hue, light, full = colorsys.rgb_to_hls(*(part / 255 for part in COLOURS[name]))
    hue += chance.uniform(-0.012, 0.012)
    light = min(max(light * chance.uniform(0.88, 1.1), 0.03), 0.97)
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, light, full * chance.uniform(0.85, 1.0))
    return round(red * 255), round(green * 255), round(blue * 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with so much of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    return mixed(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float = 0.3) -> Colour:
    return mixed(colour, (10, 10, 16), share)


class Brush:
    """Draws shapes in units: x to the right, y downwards. `tint` dims or warms whatever does not glow."""

    def __init__(self, image: Image.Image, unit: float, origin: Point = (0.0, 0.0)) -> None:
        self.image = image
        self.unit = unit
        self._origin = origin
        self._draw = ImageDraw.Draw(image)
        self.tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
        self.cover = 0.0
        """How much snow lies on what is drawn, 0 to 1."""

    @property
    def width(self) -> float:
        return self.image.width / self.unit

    def polygon(self, points: Sequence[Point], colour: Colour, *, glows: bool = False) -> None:
        self._draw.polygon([self._at(point) for point in points], self._toned(colour, glows=glows))

    def disc(self, centre: Point, radii: Point, colour: Colour, *, glows: bool = False) -> None:
        (x, y), (rx, ry) = centre, radii
        self._draw.ellipse([self._at((x - rx, y - ry)), self._at((x + rx, y + ry))], self._toned(colour, glows=glows))

    def box(self, low: Point, high: Point, colour: Colour, *, round_by: float = 0.0, glows: bool = False) -> None:
        corners = [self._at(low), self._at(high)]
        self._draw.rounded_rectangle(corners, round_by * self.unit, self._toned(colour, glows=glows))

    def line(self, points: Sequence[Point], width: float, colour: Colour, *, glows: bool = False) -> None:
        """With round ends and joints."""
        pixels = [self._at(point) for point in points]
        toned = self._toned(colour, glows=glows)
        self._draw.line(pixels, toned, max(1, round(width * self.unit)), joint="curve")
        half = width * self.unit / 2
        if half > 1:
            for x, y in (pixels[0], pixels[-1]):
                self._draw.ellipse([x - half, y - half, x + half, y + half], toned)

    def limb(self, start: Point, length: float, angle: float, look: tuple[float, Colour]) -> Point:
        """A stroke from `start`; the angle is from straight down, forward positive. Returns its end."""
        width, colour = look
        end = (start[0] + length * math.sin(angle), start[1] + length * math.cos(angle))
        self.line((start, end), width, colour)
        return end

    def ring(self, centre: Point, radius: float, width: float, colour: Colour) -> None:
        (x, y) = centre
        corners = [self._at((x - radius, y - radius)), self._at((x + radius, y + radius))]
        self._draw.ellipse(corners, outline=self._toned(colour), width=max(1, round(width * self.unit)))

    def text(self, middle: Point, words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, ink: Colour) -> None:
        self._draw.text(self._at(middle), words, ink, font, anchor="mm")

    def fade(self, top: float, bottom: float, colours: tuple[Colour, Colour], *, glows: bool = False) -> None:
        """Fill the rows between two heights with a gradient."""
        first, last = round(top * self.unit), round(bottom * self.unit)
        if last <= first:
            return
        ends = np.array([self._toned(colour, glows=glows) for colour in colours], np.float32)
        share = np.linspace(0, 1, last - first, dtype=np.float32)[:, None]
        rows = (ends[0] * (1 - share) + ends[1] * share).astype(np.uint8)[:, None]
        self.image.paste(Image.fromarray(rows).resize((self.image.width, last - first)), (0, first))

    def _at(self, point: Point) -> Point:
        return (point[0] + self._origin[0]) * self.unit, (point[1] + self._origin[1]) * self.unit

    def _toned(self, colour: Colour, *, glows: bool = False) -> Colour:
        if glows:
            return colour
        if self.cover:
            colour = mixed(colour, (246, 248, 252), self.cover)
        red, green, blue = (min(255, round(part * tone)) for part, tone in zip(colour, self.tint, strict=True))
        return red, green, blue


@lru_cache(maxsize=1)
def grain() -> npt.NDArray[np.float32]:
    """A square of noise, coarse and fine, to be laid over pictures in patches."""
    chance = np.random.default_rng(7)
    total = np.zeros((1024, 1024), np.float32)
    for cells, weight in ((16, 0.5), (64, 0.35), (256, 0.35), (1024, 0.5)):
        small = chance.standard_normal((cells, cells), dtype=np.float32)
        total += weight * np.asarray(Image.fromarray(small).resize((1024, 1024), Image.Resampling.BICUBIC))
    return total


def textured(picture: npt.NDArray[np.uint8], strength: float, chance: random.Random) -> npt.NDArray[np.uint8]:
    """The picture under a patch of noise."""
    height, width = picture.shape[:2]
    noise = grain()
    size = max(height, width)
    if size > noise.shape[0]:
        noise = np.tile(noise, (-(-height // noise.shape[0]) + 1, -(-width // noise.shape[1]) + 1))
    top = chance.randrange(noise.shape[0] - height + 1)
    left = chance.randrange(noise.shape[1] - width + 1)
    patch = noise[top : top + height, left : left + width, None]
    return np.clip(picture * (1.0 + strength * patch), 0, 255).astype(np.uint8)
