"""Draws a scene at a time. The same scene, time and size always give the same picture."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter, ImageFont

from engine.demo import creatures, things
from engine.demo.falling import fall
from engine.demo.motion import Whereabouts, whereabouts
from engine.demo.paint import Brush, Colour, textured, varied
from engine.demo.places import paint_place
from engine.demo.scene import KINDS, Actor, Scene
from engine.demo.sky import LIGHTS

Size = tuple[int, int]
Picture = npt.NDArray[np.uint8]

FINER = 2
"""So many times larger everything is drawn; small actors larger still."""
SMALL, SMALL_FINER = 60.0, 3
LEFT, UP, RIGHT, DOWN = 1.35, 1.95, 1.35, 0.3
"""How far an actor reaches from its foot, in its own units."""

LEFT_SIDED = ("lake",)
"""Places with something on the left that actors stand on; others are mirrored at random."""

PAINTERS: dict[str, Callable[[Brush, Colour, float], None]] = {
    "car": things.car, "bus": things.bus, "truck": things.truck, "train": things.train, "bicycle": things.bicycle,
    "house": things.house, "tree": things.tree, "flower": things.flower, "ball": things.ball,
    "airplane": things.airplane, "hot air balloon": things.hot_air_balloon, "balloon": things.balloon,
    "kite": things.kite, "rocket": things.rocket, "sailing boat": things.sailing_boat, "ship": things.ship,
    "dog": creatures.dog, "cat": creatures.cat, "horse": creatures.horse, "child": creatures.child,
    "snowman": creatures.snowman, "bird": creatures.bird, "butterfly": creatures.butterfly,
    "duck": creatures.duck, "fish": creatures.fish, "turtle": creatures.turtle,
}  # fmt: skip


def draw(scene: Scene, t_s: float, size: Size) -> Picture:
    """The scene `t_s` seconds after its beginning, as rows of RGB pixels; `size` is width and height."""
    image = Image.fromarray(_background(scene, size))
    ways = [whereabouts(scene, number, t_s, size[0] / size[1]) for number in range(len(scene.actors))]
    # Whoever stands lower is nearer, and is drawn over the others.
    for number in sorted(range(len(ways)), key=lambda one: ways[one].y):
        _paste_actor(image, scene, number, ways[number])
    return np.asarray(fall(image, scene.weather, t_s, scene.variation))


@lru_cache(maxsize=4)
def _background(scene: Scene, size: Size) -> Picture:
    chance = random.Random(f"{scene.variation} {scene.place}")
    large = Image.new("RGB", (size[0] * FINER, size[1] * FINER))
    brush = Brush(large, float(large.height))
    paint_place(brush, scene.place, scene.weather, chance)
    if scene.place not in LEFT_SIDED and chance.random() < 0.5:
        large.paste(large.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    if scene.sign:
        _sign(brush, scene, chance)
    return textured(np.asarray(large.reduce(FINER)), chance.uniform(0.02, 0.06), chance)


def _sign(brush: Brush, scene: Scene, chance: random.Random) -> None:
    """A board on a post with the word on it."""
    x, y = chance.uniform(0.25, 0.75) * brush.width, chance.uniform(0.3, 0.42)
    board, ink = chance.choice([((250, 250, 246), (30, 30, 36)), ((34, 110, 62), (250, 250, 250)),
                                ((250, 206, 50), (30, 30, 36)), ((190, 36, 36), (255, 255, 255))])  # fmt: skip
    font = ImageFont.load_default(0.1 * brush.unit)
    half = font.getlength(scene.sign) / brush.unit / 2 + 0.04
    x = min(max(x, half + 0.02), brush.width - half - 0.02)
    brush.box((x - 0.014, y), (x + 0.014, 0.82), (110, 106, 104))
    brush.box((x - half - 0.012, y - 0.092), (x + half + 0.012, y + 0.092), ink, round_by=0.03, glows=True)
    brush.box((x - half, y - 0.08), (x + half, y + 0.08), board, round_by=0.025, glows=True)
    brush.text((x, y), scene.sign, font, ink)


def _paste_actor(image: Image.Image, scene: Scene, number: int, way: Whereabouts) -> None:
    actor = scene.actors[number]
    unit = way.size * image.height
    if KINDS[actor.kind].medium == "land" and not way.sunk:
        _shadow(image, way, unit)
    tile, (aside, above) = _tile(actor, scene, way, unit)
    left, top = round(way.x * image.height) + aside, round(way.y * image.height) + above
    if way.sunk:
        tile = tile.crop((0, 0, tile.width, max(1, round((way.y - way.sunk) * image.height) - top)))
    image.paste(tile, (left, top), tile)
    if way.splash:
        _splash(image, way)


def _tile(actor: Actor, scene: Scene, way: Whereabouts, unit: float) -> tuple[Image.Image, tuple[int, int]]:
    """The actor alone, smooth, and where its corner is from its foot."""
    finer = SMALL_FINER if unit < SMALL else FINER
    wide, tall = max(1, round((LEFT + RIGHT) * unit)), max(1, round((UP + DOWN) * unit))
    # What is drawn hides what is under it, so colours times alpha are the colours: clear edges darken nothing.
    large = Image.new("RGBa", (finer * wide, finer * tall))
    brush = Brush(large, unit * finer, (LEFT, UP))
    # A little more light than on the ground, so that it stands out from it.
    red, green, blue = (tone + 0.35 * (1 - tone) for tone in LIGHTS[scene.weather].tint)
    brush.tint = (red, green, blue)
    colour = varied(actor.colour, random.Random(f"{scene.variation} {actor}"))
    PAINTERS[actor.kind](brush, colour, way.phase)
    small, (left, top) = _smooth(large, finer)
    if way.faces_left:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        left = wide - left - small.width
    foot = (round(LEFT * unit), round(UP * unit))
    if way.turn:
        whole = Image.new("RGBA", (wide, tall))
        whole.paste(small, (left, top))
        angle = -math.degrees(way.turn) * (-1 if way.faces_left else 1)
        small, left, top = whole.rotate(angle, Image.Resampling.BILINEAR, center=foot), 0, 0
    return small, (left - foot[0], top - foot[1])


def _smooth(large: Image.Image, finer: int) -> tuple[Image.Image, tuple[int, int]]:
    """Smaller, and lit from above. Only what is drawn on is kept, with its corner: most of the tile is empty."""
    left, top, right, bottom = large.getbbox() or (0, 0, finer, finer)
    left, top, right, bottom = left // finer, top // finer, -(-right // finer), -(-bottom // finer)
    drawn = large.crop((left * finer, top * finer, right * finer, bottom * finer)).reduce(finer)
    light = _shade(large.height // finer).crop((0, top, 1, bottom)).resize(drawn.size)
    return ImageChops.multiply(drawn, light).convert("RGBA"), (left, top)


@lru_cache(maxsize=64)
def _shade(height: int) -> Image.Image:
    """Light from above, one column wide: white at the top, a little darker at the foot."""
    rows = np.full((height, 1, 4), 255, np.uint8)
    rows[:, :, :3] = np.linspace(255, 196, height, dtype=np.uint8)[:, None, None]
    return Image.frombytes("RGBa", (1, height), rows.tobytes())


def _shadow(image: Image.Image, way: Whereabouts, unit: float) -> None:
    """A soft dark patch on the ground, paler the higher the actor is."""
    across, down = max(2, round(1.1 * unit)), max(1, round(0.13 * unit))
    mask = Image.new("L", (2 * across + 8, 2 * down + 8), 0)
    dark = round(90 * max(0.25, 1 - 2 * way.lift))
    spot = Brush(mask.convert("RGB"), 1.0)
    spot.disc((across + 4, down + 4), (across - 2, down), (dark, dark, dark))
    soft = spot.image.convert("L").filter(ImageFilter.GaussianBlur(max(1.0, down * 0.4)))
    ground = way.y + way.lift
    image.paste((12, 14, 22), (round(way.x * image.height) - across - 4, round(ground * image.height) - down - 4), soft)


def _splash(image: Image.Image, way: Whereabouts) -> None:
    """Drops that fly up and out, and rings on the water."""
    chance = random.Random(round(way.size * 1e6))
    unit, line = way.size * image.height, (way.y - way.sunk) * image.height
    around = Image.new("L", (round(4 * unit), round(3 * unit)))
    brush = Brush(around.convert("RGB"), unit, (2.0, 2.4))
    for _ in range(46):
        aside, up = chance.uniform(-1.6, 1.6), chance.uniform(1.2, 3.4)
        age = way.splash * 1.5
        spot = (aside * age, -(up * age - 2.6 * age * age))
        if spot[1] < 0.1:
            radius = chance.uniform(0.04, 0.1) * (1.2 - 0.6 * way.splash)
            brush.disc(spot, (radius, radius), (230, 230, 230))
    brush.disc((0.0, 0.05), (0.8 + 0.8 * way.splash, 0.12), (150, 150, 150))
    mask = brush.image.convert("L").filter(ImageFilter.GaussianBlur(0.02 * unit))
    image.paste((240, 248, 252), (round(way.x * image.height - 2 * unit), round(line - 2.4 * unit)), mask)
