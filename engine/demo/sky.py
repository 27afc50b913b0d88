"""The sky of each weather, and the light it gives to everything below."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageFilter

from engine.demo.paint import Brush, Colour, darker, lighter, mixed

Tint = tuple[float, float, float]

STARLIGHT: Colour = (60, 70, 120)


@dataclass(frozen=True, slots=True)
class Light:
    top: Colour
    low: Colour
    tint: Tint
    haze: float = 0.0
    cover: float = 0.0
    cloud: Colour | None = None
    clouds: tuple[int, int] = (0, 0)


LIGHTS: dict[str, Light] = {
    "sunny": Light((58, 132, 226), (192, 222, 250), (1.0, 1.0, 0.98), 0.1, cloud=(250, 252, 255), clouds=(0, 3)),
    "cloudy": Light((140, 156, 178), (208, 214, 220), (0.86, 0.87, 0.9), 0.2, cloud=(226, 230, 234), clouds=(6, 9)),
    "rain": Light((78, 88, 104), (146, 156, 166), (0.62, 0.67, 0.73), 0.3, cloud=(96, 104, 118), clouds=(5, 8)),
    "snow": Light((146, 158, 178), (204, 212, 222), (0.88, 0.92, 0.98), 0.3, cover=0.62),
    "fog": Light((196, 200, 204), (214, 217, 219), (0.88, 0.89, 0.9), 0.75),
    "night": Light((6, 10, 34), (38, 50, 96), (0.34, 0.4, 0.6), 0.1),
    "sunset": Light((74, 56, 120), (252, 156, 78), (0.98, 0.74, 0.64), 0.15, cloud=(246, 150, 120), clouds=(2, 5)),
    "fireworks": Light((4, 6, 24), (26, 32, 66), (0.36, 0.38, 0.56), 0.1),
    "inside": Light((200, 200, 200), (200, 200, 200), (1.0, 1.0, 1.0)),
}


def paint_sky(brush: Brush, weather: str, horizon: float, chance: random.Random) -> None:
    light = LIGHTS[weather]
    shift = chance.uniform(-0.08, 0.08)
    top = lighter(light.top, shift) if shift > 0 else darker(light.top, -shift)
    brush.fade(0, horizon, (top, light.low), glows=True)
    brush.fade(horizon, 1, (light.low, light.low), glows=True)
    if weather in ("night", "fireworks"):
        _stars(brush, horizon, chance, with_moon=weather == "night")
    if weather in ("sunny", "sunset"):
        _sun(brush, weather, horizon, chance)
    if light.cloud:
        for _ in range(chance.randint(*light.clouds)):
            _cloud(brush, (chance.uniform(0, brush.width), chance.uniform(0.02, horizon * 0.75)), light, chance)


def _stars(brush: Brush, horizon: float, chance: random.Random, *, with_moon: bool) -> None:
    for _ in range(chance.randint(40, 90)):
        spot = (chance.uniform(0, brush.width), chance.uniform(0, horizon))
        size = chance.choice((0.002, 0.003, 0.003, 0.005))
        brush.disc(spot, (size, size), mixed((255, 255, 255), STARLIGHT, chance.uniform(0, 0.5)), glows=True)
    if with_moon:
        spot, size = (chance.uniform(0.12, 0.88) * brush.width, chance.uniform(0.1, 0.24)), chance.uniform(0.05, 0.085)
        _glow(brush, spot, size * 3.2, (150, 160, 200))
        brush.disc(spot, (size, size), (246, 242, 214), glows=True)
        if chance.random() < 0.5:
            brush.disc((spot[0] + size * 0.5, spot[1] - size * 0.2), (size * 0.9, size * 0.9), (14, 20, 50), glows=True)
        else:
            for dx, dy, part in ((-0.3, -0.2, 0.22), (0.3, 0.25, 0.28), (0.1, -0.5, 0.14)):
                crater = (spot[0] + dx * size, spot[1] + dy * size)
                brush.disc(crater, (part * size, part * size), (222, 216, 186), glows=True)


def _sun(brush: Brush, weather: str, horizon: float, chance: random.Random) -> None:
    low = weather == "sunset"
    height = horizon * chance.uniform(0.72, 0.95) if low else chance.uniform(0.08, 0.22)
    spot, size = (chance.uniform(0.1, 0.9) * brush.width, height), chance.uniform(0.05, 0.08)
    _glow(brush, spot, size * 3.5, (255, 214, 130) if low else (255, 250, 214))
    brush.disc(spot, (size, size), (255, 226, 140) if low else (255, 246, 190), glows=True)


def _glow(brush: Brush, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    """A soft disc of light."""
    around = max(1, round(radius * brush.unit))
    # Black in the middle and white at the rim, so the other way round: full light inside, none at the rim.
    mask = Image.radial_gradient("L").resize((48, 48)).point([max(0, 150 - value * 5 // 6) for value in range(256)])
    mask = mask.resize((2 * around, 2 * around), Image.Resampling.BILINEAR)
    corner = (round(centre[0] * brush.unit) - around, round(centre[1] * brush.unit) - around)
    brush.image.paste(Image.new("RGB", mask.size, colour), corner, mask)


def _cloud(brush: Brush, centre: tuple[float, float], light: Light, chance: random.Random) -> None:
    """Some soft overlapping puffs with a darker underside."""
    assert light.cloud is not None
    size = chance.uniform(0.04, 0.09)
    width, height = max(8, round(size * 7 * brush.unit)), max(8, round(size * 3 * brush.unit))
    scale = 3
    mask = Image.new("L", (max(width // scale, 8), max(height // scale, 8)), 0)
    puffs = Brush(mask.convert("RGB"), mask.height / 3)
    for _ in range(chance.randint(5, 8)):
        radius = chance.uniform(0.5, 0.9)
        puffs.disc((chance.uniform(1.4, 5.6), chance.uniform(1.2, 1.9)), (radius * 1.3, radius * 0.8), (235, 235, 235))
    soft = puffs.image.convert("L").filter(ImageFilter.GaussianBlur(mask.height / 18)).resize((width, height))
    body = Brush(Image.new("RGB", (width, height)), height)
    body.fade(0, 1, (light.cloud, darker(light.cloud, 0.22)), glows=True)
    corner = (round(centre[0] * brush.unit - width / 2), round(centre[1] * brush.unit - height / 2))
    brush.image.paste(body.image, corner, soft)
