"""What moves through the air between viewer and scene: rain, snow, fog, fireworks."""

from __future__ import annotations

import colorsys
import math
import random
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from engine.demo.paint import Brush

Size = tuple[int, int]
Mask = npt.NDArray[np.uint8]

FINER = 2
BURST_S = 1.4
FOG = (212, 216, 220)


def fall(image: Image.Image, weather: str, t_s: float, variation: int) -> Image.Image:
    """The picture with the weather in front of it."""
    if weather in ("rain", "snow"):
        return _fall(image, weather, t_s, variation)
    if weather == "fog":
        return _fog(image, t_s, variation)
    if weather == "fireworks":
        return _fireworks(image, t_s, variation)
    return image


def _fall(image: Image.Image, weather: str, t_s: float, variation: int) -> Image.Image:
    tone = (206, 214, 224) if weather == "rain" else (255, 255, 255)
    for layer, mask in enumerate(_flakes(weather, image.size, variation % 8)):
        speed = (1.5 + 0.5 * layer) if weather == "rain" else (0.14 + 0.1 * layer)
        down = round(t_s * speed * image.height)
        aside = -down // 5 if weather == "rain" else round(0.03 * image.height * math.sin(t_s * (1 + layer)))
        moved = np.roll(mask, (down % image.height, aside), (0, 1))
        image.paste(tone, (0, 0), Image.fromarray(moved))
    return image


@lru_cache(maxsize=64)
def _flakes(weather: str, size: Size, variant: int) -> tuple[Mask, ...]:
    """Masks that are moved over the picture, the nearer the faster."""
    chance = random.Random(f"{weather} {variant}")
    layers: list[Mask] = []
    for layer in range(2 if weather == "rain" else 3):
        brush = Brush(Image.new("RGB", (size[0] * FINER, size[1] * FINER)), float(size[1] * FINER))
        for _ in range(round((110 if weather == "rain" else 42) * brush.width)):
            spot = (chance.uniform(0, brush.width), chance.uniform(0, 1))
            if weather == "rain":
                long, bright = 0.035 + 0.03 * layer, chance.randint(90, 150)
                end = (spot[0] - long * 0.2, spot[1] + long)
                brush.line([spot, end], 0.0035 + 0.0015 * layer, (bright, bright, bright))
            else:
                radius = (0.0045 + 0.003 * layer) * chance.uniform(0.7, 1.3)
                bright = chance.randint(190, 250)
                brush.disc(spot, (radius, radius), (bright, bright, bright))
        layers.append(np.asarray(brush.image.convert("L").reduce(FINER)))
    return tuple(layers)


def _fog(image: Image.Image, t_s: float, variation: int) -> Image.Image:
    """Thick above and far away, thinner at the viewer's feet, in slow banks."""
    rows = np.linspace(0, 1, image.height, dtype=np.float32)[:, None]
    columns = np.linspace(0, image.width / image.height, image.width, dtype=np.float32)[None]
    bank = 0.07 * np.sin(4 * columns + 0.4 * t_s + variation % 7) * np.sin(9 * rows + variation % 5)
    mask = np.clip(0.56 - 0.36 * rows + bank, 0, 1) * 255
    image.paste(FOG, (0, 0), Image.fromarray(mask.astype(np.uint8)))
    return image


def _fireworks(image: Image.Image, t_s: float, variation: int) -> Image.Image:
    """Bursts that open and fade, a new one about twice a second."""
    layer = Brush(Image.new("RGB", (image.width * FINER, image.height * FINER)), float(image.height * FINER))
    newest = math.floor(t_s / 0.5) + 3
    for burst in range(newest - 4, newest):
        age = (t_s - (burst - 2) * 0.5) / BURST_S
        if 0.05 < age < 1:
            _burst(layer, age, random.Random(f"{variation} {burst}"))
    return ImageChops.add(image, layer.image.reduce(FINER))


def _burst(brush: Brush, age: float, chance: random.Random) -> None:
    centre = (chance.uniform(0.12, 0.88) * brush.width, chance.uniform(0.1, 0.36))
    hue, reach = chance.random(), chance.uniform(0.14, 0.24)
    fade = 1 - age**2
    red, green, blue = (round(255 * part * fade) for part in colorsys.hsv_to_rgb(hue, 0.7, 1.0))
    open_to = reach * (1 - (1 - age) ** 3)
    rays = chance.randint(16, 26)
    for ray in range(rays):
        for share in (0.55, 1.0):
            angle = 2 * math.pi * (ray + share) / rays
            away = open_to * share
            tip = (centre[0] + away * math.cos(angle), centre[1] + away * math.sin(angle) + 0.06 * age**2)
            tail = (centre[0] + away * 0.8 * math.cos(angle), centre[1] + away * 0.8 * math.sin(angle) + 0.04 * age**2)
            brush.line([tail, tip], 0.006, (red, green, blue), glows=True)
            brush.disc(tip, (0.007, 0.007), (min(255, red + 60), min(255, green + 60), min(255, blue + 60)), glows=True)
