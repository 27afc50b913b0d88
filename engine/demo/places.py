"""Backgrounds: one painter for each place, over the sky that is there already."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from engine.demo.paint import Brush, Colour, darker, lighter, mixed
from engine.demo.scene import PLACES
from engine.demo.sky import LIGHTS, Light, paint_sky

Painter = Callable[[Brush, random.Random, Light], None]


def paint_place(brush: Brush, place: str, weather: str, chance: random.Random) -> None:
    """Sky, ground and what always stands there."""
    light = LIGHTS[weather]
    horizon = PLACES[place].horizon
    if PLACES[place].is_open:
        paint_sky(brush, weather, horizon, chance)
    brush.tint = light.tint
    brush.cover = light.cover
    PAINTERS[place](brush, chance, light)


def _hills(brush: Brush, height: tuple[float, float], colour: Colour, chance: random.Random) -> None:
    """A rolling line at a height, so much up and down, filled below."""
    base, swing = height
    waves = [(chance.uniform(1.5, 5), chance.uniform(0, 6.3), chance.uniform(0.3, 1)) for _ in range(3)]
    points = [(-0.1, 1.1)]
    for step in range(41):
        x = -0.05 + step / 40 * (brush.width + 0.1)
        rise = sum(part * math.sin(speed * x + start) for speed, start, part in waves) / 2
        points.append((x, base - swing * rise))
    brush.polygon([*points, (brush.width + 0.1, 1.1)], colour)


def _speckles(
    brush: Brush, rows: tuple[float, float], colours: tuple[Colour, ...], chance: random.Random, count: int = 60
) -> None:
    """Small marks that grow towards the viewer: stones, tufts, ripples."""
    top, bottom = rows
    for _ in range(count):
        near = chance.random() ** 0.7
        size = 0.003 + 0.012 * near
        spot = (chance.uniform(0, brush.width), top + (bottom - top) * near)
        brush.disc(spot, (size * 2.2, size * 0.6), chance.choice(colours))


def _fir(brush: Brush, foot: tuple[float, float], height: float, colour: Colour) -> None:
    x, y = foot
    brush.box((x - height * 0.04, y - height * 0.2), (x + height * 0.04, y), (88, 62, 42))
    for level in range(4):
        low, half = y - height * (0.12 + 0.2 * level), height * (0.26 - 0.05 * level)
        tone = lighter(colour, 0.06 * level)
        brush.polygon([(x - half, low), (x + half, low), (x, low - height * 0.34)], tone)


def _water(brush: Brush, rows: tuple[float, float], colours: tuple[Colour, Colour], chance: random.Random) -> None:
    covered, brush.cover = brush.cover, 0.0
    brush.fade(*rows, colours)
    light = lighter(colours[0], 0.35)
    for _ in range(70):
        near = chance.random()
        y = rows[0] + (rows[1] - rows[0]) * near
        x, half = chance.uniform(0, brush.width), 0.015 + 0.06 * near
        brush.line([(x - half, y), (x, y - 0.004), (x + half, y)], 0.003 + 0.003 * near, light)
    brush.cover = covered


def _beach(brush: Brush, chance: random.Random, light: Light) -> None:
    del light
    sand = chance.choice([(232, 206, 150), (240, 218, 172), (220, 188, 132)])
    _water(brush, (0.48, 0.72), ((24, 104, 168), (70, 178, 196)), chance)
    covered, brush.cover = brush.cover, brush.cover * 0.5
    brush.fade(0.7, 1.0, (sand, darker(sand, 0.12)))
    shore = [(x / 20 * brush.width, 0.705 + 0.012 * math.sin(x * 1.1)) for x in range(21)]
    brush.line(shore, 0.022, (244, 250, 250))
    _speckles(brush, (0.76, 1.0), (darker(sand, 0.15), lighter(sand, 0.3)), chance, 40)
    brush.cover = covered
    if chance.random() < 0.7:
        _palm(brush, (chance.choice((0.1, 0.9)) * brush.width, 0.8), chance)
    if chance.random() < 0.5:
        x = chance.uniform(0.2, 0.8) * brush.width
        brush.line([(x, 0.79), (x, 0.6)], 0.008, (240, 240, 240))
        brush.polygon([(x - 0.11, 0.63), (x, 0.55), (x + 0.11, 0.63)], chance.choice([(220, 60, 60), (250, 200, 60)]))


def _palm(brush: Brush, foot: tuple[float, float], chance: random.Random) -> None:
    x, y = foot
    lean = chance.uniform(-0.06, 0.06)
    top = (x + lean, y - chance.uniform(0.42, 0.55))
    brush.line([foot, (x + lean * 0.3, (y + top[1]) / 2), top], 0.022, (132, 96, 60))
    for angle in (-2.6, -2.0, -1.2, -0.5, 0.1, 0.6, 3.6):
        end = (top[0] + 0.16 * math.cos(angle), top[1] + 0.1 * math.sin(angle) + 0.03)
        middle = (top[0] + 0.1 * math.cos(angle), top[1] + 0.11 * math.sin(angle) - 0.02)
        brush.line([top, middle, end], 0.018, (44, 132, 58))


def _forest(brush: Brush, chance: random.Random, light: Light) -> None:
    green = chance.choice([(40, 96, 50), (56, 110, 48), (34, 84, 56)])
    brush.fade(0.5, 0.72, (mixed(green, light.low, 0.4), darker(green, 0.35)))
    for row, (foot, tall, share) in enumerate(((0.58, 0.4, 0.55), (0.64, 0.52, 0.3), (0.72, 0.64, 0.05))):
        tone = mixed(green, light.low, share * (0.4 + light.haze))
        for number in range(12 - 2 * row):
            x = (number + chance.uniform(0.1, 0.9)) / (12 - 2 * row) * brush.width
            _fir(brush, (x, foot + chance.uniform(0, 0.03)), tall * chance.uniform(0.8, 1.15), tone)
    brush.fade(0.7, 1.0, ((84, 112, 56), (70, 84, 44)))
    brush.polygon([(0.44 * brush.width, 0.7), (0.56 * brush.width, 0.7), (brush.width, 1), (0, 1)], (150, 122, 84))
    _speckles(brush, (0.72, 1.0), ((60, 92, 46), (120, 134, 70), (108, 84, 56)), chance)


def _street(brush: Brush, chance: random.Random, light: Light) -> None:
    dark = light.tint[0] < 0.5
    _hills(brush, (0.56, 0.02), mixed((120, 124, 132), light.low, 0.5), chance)
    x = -0.05
    while x < brush.width:
        wide, tall = chance.uniform(0.14, 0.3), chance.uniform(0.3, 0.6)
        wall = chance.choice([(150, 132, 120), (176, 120, 96), (120, 128, 144), (190, 176, 150), (108, 96, 104)])
        covered, brush.cover = brush.cover, brush.cover * 0.15
        brush.box((x, 0.72 - tall), (x + wide, 0.75), wall)
        _windows(brush, (x, 0.72 - tall), (wide, tall), chance, lit=0.6 if dark else 0.0)
        brush.cover = covered
        x += wide + chance.choice((0, 0, 0.03))
    brush.box((-0.1, 0.735), (brush.width + 0.1, 0.79), (168, 166, 162))
    brush.fade(0.79, 1.0, ((84, 86, 92), (66, 68, 74)))
    for number in range(8):
        left = (number + 0.2) / 8 * brush.width
        brush.box((left, 0.945), (left + 0.07, 0.957), (230, 226, 200))
    for number in range(2):
        left = (0.2 + 0.6 * number) * brush.width
        brush.line([(left, 0.78), (left, 0.46), (left + 0.05, 0.45)], 0.01, (58, 60, 66))
        lamp: Colour = (255, 226, 150) if dark else (220, 220, 210)
        brush.disc((left + 0.06, 0.46), (0.02, 0.012), lamp, glows=dark)


def _windows(
    brush: Brush, corner: tuple[float, float], size: tuple[float, float], chance: random.Random, *, lit: float
) -> None:
    (left, top), (wide, tall) = corner, size
    across = max(2, round(wide / 0.07))
    for row in range(max(2, int(tall / 0.085))):
        for column in range(across):
            x, y = left + (column + 0.25) * wide / across, top + 0.025 + row * 0.085
            glows = chance.random() < lit
            brush.box(
                (x, y), (x + wide / across * 0.5, y + 0.05), (255, 218, 130) if glows else (74, 92, 116), glows=glows
            )


def _road(brush: Brush, chance: random.Random, light: Light) -> None:
    _hills(brush, (0.46, 0.05), mixed((96, 132, 110), light.low, 0.4), chance)
    green = chance.choice([(104, 156, 70), (128, 164, 74), (92, 140, 66)])
    _hills(brush, (0.54, 0.02), green, chance)
    for _ in range(chance.randint(2, 5)):
        _fir(brush, (chance.uniform(0, brush.width), 0.64), chance.uniform(0.14, 0.24), (48, 106, 58))
    brush.box((-0.1, 0.68), (brush.width + 0.1, 0.86), mixed((92, 94, 100), (255, 255, 255), 0.05))
    for y in (0.69, 0.845):
        brush.box((-0.1, y), (brush.width + 0.1, y + 0.007), (232, 232, 226))
    for number in range(7):
        left = (number + 0.3) / 7 * brush.width
        brush.box((left, 0.763), (left + 0.08, 0.775), (232, 232, 226))
    _speckles(brush, (0.88, 1.0), (lighter(green, 0.2), darker(green, 0.2)), chance)


def _mountains(brush: Brush, chance: random.Random, light: Light) -> None:
    stone = chance.choice([(112, 116, 132), (124, 112, 108), (96, 108, 128)])
    for row, share in enumerate((0.4, 0.1)):
        tone = mixed(stone, light.low, share + light.haze * 0.4)
        for _ in range(4 - row):
            x, top = chance.uniform(0, brush.width), chance.uniform(0.12, 0.26) + 0.14 * row
            half = (0.68 - top) * chance.uniform(0.6, 0.9)
            brush.polygon([(x - half, 0.72), (x, top), (x + half, 0.72)], tone)
            brush.polygon([(x, top), (x + half, 0.72), (x + half * 0.15, 0.72)], darker(tone, 0.18))
            cap = half * 0.3
            down = (0.72 - top) * 0.3
            zigzag = [(x + cap, top + down), (x + cap * 0.4, top + down * 0.8), (x, top + down * 1.2)]
            brush.polygon(
                [(x, top), *zigzag, (x - cap * 0.4, top + down * 0.75), (x - cap, top + down)], (244, 246, 250)
            )
    _hills(brush, (0.72, 0.025), (94, 134, 70), chance)
    for _ in range(chance.randint(3, 7)):
        _fir(brush, (chance.uniform(0, brush.width), 0.78), chance.uniform(0.12, 0.2), (40, 92, 56))
    _speckles(brush, (0.8, 1.0), ((120, 160, 84), (76, 112, 58), (150, 148, 140)), chance)


def _snowfield(brush: Brush, chance: random.Random, light: Light) -> None:
    _hills(brush, (0.5, 0.05), mixed((214, 222, 236), light.low, 0.2), chance)
    for _ in range(chance.randint(3, 7)):
        foot, tall = (chance.uniform(0, brush.width), chance.uniform(0.58, 0.66)), chance.uniform(0.16, 0.3)
        _fir(brush, foot, tall, (70, 112, 92))
        brush.polygon([(foot[0] - tall * 0.08, foot[1] - tall * 0.85), (foot[0] + tall * 0.08, foot[1] - tall * 0.85),
                       (foot[0], foot[1] - tall * 1.06)], (250, 251, 254))  # fmt: skip
    _hills(brush, (0.64, 0.02), (236, 240, 247), chance)
    brush.fade(0.7, 1.0, ((236, 240, 247), (214, 222, 236)))
    _speckles(brush, (0.72, 1.0), ((204, 214, 232), (252, 253, 255)), chance, 40)


def _sea(brush: Brush, chance: random.Random, light: Light) -> None:
    del light
    deep = chance.choice([(16, 74, 136), (20, 96, 150), (28, 88, 128)])
    _water(brush, (0.45, 1.0), (lighter(deep, 0.2), darker(deep, 0.25)), chance)
    if chance.random() < 0.4:
        x = chance.uniform(0.1, 0.9) * brush.width
        brush.polygon([(x - 0.2, 0.455), (x - 0.05, 0.4), (x + 0.06, 0.42), (x + 0.2, 0.455)], (92, 124, 104))


def _underwater(brush: Brush, chance: random.Random, light: Light) -> None:
    del light
    blue = chance.choice([(30, 130, 184), (24, 116, 170), (34, 144, 176)])
    brush.fade(0, 1.0, (lighter(blue, 0.3), darker(blue, 0.55)))
    for _ in range(4):
        x = chance.uniform(0, brush.width)
        brush.polygon([(x, 0), (x + 0.06, 0), (x + 0.3, 0.8), (x + 0.1, 0.8)], lighter(blue, 0.12))
    _hills(brush, (0.88, 0.03), (196, 178, 130), chance)
    for _ in range(chance.randint(5, 9)):
        x, tall = chance.uniform(0, brush.width), chance.uniform(0.1, 0.3)
        sway = chance.uniform(-0.04, 0.04)
        weed = [(x, 0.95), (x + sway, 0.95 - tall * 0.5), (x - sway, 0.95 - tall)]
        brush.line(weed, 0.02, chance.choice([(36, 124, 72), (60, 150, 70), (30, 100, 84)]))
    for _ in range(chance.randint(3, 6)):
        x, tone = chance.uniform(0, brush.width), chance.choice([(232, 96, 96), (244, 150, 90), (200, 100, 170)])
        for branch in (-0.5, 0, 0.5):
            brush.limb((x, 0.95), 0.1, math.pi - branch, (0.025, tone))


def _desert(brush: Brush, chance: random.Random, light: Light) -> None:
    sand = chance.choice([(226, 178, 104), (232, 192, 120), (214, 154, 88)])
    _hills(brush, (0.5, 0.07), mixed(darker(sand, 0.1), light.low, 0.25), chance)
    _hills(brush, (0.6, 0.05), sand, chance)
    _hills(brush, (0.74, 0.03), lighter(sand, 0.14), chance)
    for _ in range(chance.randint(1, 4)):
        x, y, tall = chance.uniform(0, brush.width), chance.uniform(0.66, 0.76), chance.uniform(0.12, 0.24)
        green: Colour = (62, 124, 70)
        brush.line([(x, y), (x, y - tall)], tall * 0.2, green)
        for side in (-1, 1):
            arm = y - tall * (0.35 + 0.15 * side)
            points = [(x, arm), (x + side * tall * 0.3, arm), (x + side * tall * 0.3, arm - tall * 0.3)]
            brush.line(points, tall * 0.14, green)
    _speckles(brush, (0.76, 1.0), (darker(sand, 0.1), lighter(sand, 0.35)), chance, 40)


def _meadow(brush: Brush, chance: random.Random, light: Light) -> None:
    green = chance.choice([(108, 172, 70), (128, 182, 78), (90, 152, 64)])
    _hills(brush, (0.5, 0.05), mixed(darker(green, 0.15), light.low, 0.35), chance)
    _hills(brush, (0.58, 0.03), green, chance)
    brush.fade(0.66, 1.0, (green, darker(green, 0.2)))
    blossoms = ((250, 240, 120), (252, 252, 250), (240, 130, 150), darker(green, 0.25), lighter(green, 0.2))
    _speckles(brush, (0.64, 1.0), blossoms, chance, 110)
    for number in range(chance.choice((0, 0, 14))):
        x = (number + 0.5) / 14 * brush.width
        brush.box((x - 0.006, 0.6), (x + 0.006, 0.68), (206, 190, 164))
        brush.box((x - 0.08, 0.625), (x + 0.08, 0.635), (206, 190, 164))


def _room(brush: Brush, chance: random.Random, light: Light) -> None:
    del light
    wall = chance.choice([(226, 206, 176), (180, 204, 214), (218, 186, 186), (196, 210, 178)])
    brush.fade(0, 0.72, (wall, darker(wall, 0.1)))
    brush.fade(0.72, 1.0, ((168, 118, 76), (132, 88, 54)))
    for number in range(9):
        x = number / 8 * brush.width
        brush.line([(x, 0.72), (brush.width / 2 + (x - brush.width / 2) * 1.8, 1)], 0.003, (112, 74, 46))
    brush.box((-0.1, 0.7), (brush.width + 0.1, 0.73), (240, 236, 228))
    x = chance.uniform(0.05, 0.6) * brush.width
    brush.box((x - 0.01, 0.1), (x + 0.31, 0.46), (250, 250, 248))
    for column in range(2):
        for row in range(2):
            low = (x + 0.005 + 0.15 * column, 0.115 + 0.17 * row)
            brush.box(low, (low[0] + 0.14, low[1] + 0.155), (156, 204, 240))
    if chance.random() < 0.5:
        frame, top = (x + chance.choice((-0.4, 0.42)), chance.uniform(0.14, 0.22)), chance.uniform(0.14, 0.24)
        brush.box((frame[0] - 0.015, frame[1] - 0.015), (frame[0] + 0.215, frame[1] + top + 0.015), (112, 78, 48))
        brush.box(
            frame, (frame[0] + 0.2, frame[1] + top), chance.choice([(240, 200, 120), (150, 190, 160), (210, 130, 120)])
        )
    sofa, left = (
        chance.choice([(90, 110, 150), (160, 80, 70), (100, 130, 90)]),
        chance.uniform(0.35, 0.75) * brush.width,
    )
    brush.box((left, 0.5), (left + 0.42, 0.74), sofa, round_by=0.04)
    brush.box((left - 0.03, 0.6), (left + 0.45, 0.77), lighter(sofa, 0.12), round_by=0.04)
    brush.disc((0.5 * brush.width, 0.9), (0.4, 0.07), chance.choice([(190, 90, 90), (90, 120, 170), (200, 170, 110)]))


def _lake(brush: Brush, chance: random.Random, light: Light) -> None:
    _hills(brush, (0.4, 0.08), mixed((72, 112, 96), light.low, 0.45), chance)
    _hills(brush, (0.46, 0.02), (70, 118, 66), chance)
    for _ in range(chance.randint(4, 9)):
        _fir(brush, (chance.uniform(0, brush.width), 0.52), chance.uniform(0.1, 0.2), (44, 96, 56))
    blue = chance.choice([(52, 126, 170), (64, 142, 176), (44, 108, 150)])
    _water(brush, (0.5, 1.0), (lighter(blue, 0.25), darker(blue, 0.25)), chance)
    reach = 0.4 * brush.width
    for x in (0.1, 0.22, 0.36):
        brush.box((x * brush.width - 0.012, 0.8), (x * brush.width + 0.012, 0.97), (96, 70, 48))
    brush.polygon([(-0.1, 0.78), (reach - 0.03, 0.78), (reach, 0.83), (-0.1, 0.83)], (168, 128, 88))
    brush.box((-0.1, 0.83), (reach, 0.855), (122, 88, 58))


def _field(brush: Brush, chance: random.Random, light: Light) -> None:
    del light
    brush.box((-0.1, 0.3), (brush.width + 0.1, 0.44), (120, 124, 140))
    for _ in range(260):
        spot = (chance.uniform(0, brush.width), chance.uniform(0.31, 0.42))
        brush.disc(spot, (0.008, 0.01), chance.choice([(210, 80, 70), (230, 220, 210), (80, 100, 170), (230, 190, 90)]))
    brush.box((-0.1, 0.42), (brush.width + 0.1, 0.46), (236, 236, 240))
    green: Colour = chance.choice([(62, 146, 62), (74, 156, 60)])
    brush.fade(0.46, 1.0, (green, darker(green, 0.1)))
    for number in range(0, 8, 2):
        left, right = (number - 0.2) / 7 * brush.width, (number + 0.8) / 7 * brush.width
        middle = brush.width / 2
        low = [(middle + (side - middle) * 1.6, 1.0) for side in (right, left)]
        brush.polygon([(left, 0.46), (right, 0.46), *low], lighter(green, 0.1))
    for y in (0.56, 0.94):
        brush.box((-0.1, y), (brush.width + 0.1, y + 0.008), (240, 244, 240))
    goal = chance.choice((0.06, 0.76)) * brush.width
    brush.line([(goal, 0.62), (goal, 0.4), (goal + 0.26, 0.4), (goal + 0.26, 0.62)], 0.014, (250, 250, 250))


def _open_sky(brush: Brush, chance: random.Random, light: Light) -> None:
    if chance.random() < 0.6:
        _hills(brush, (0.9, 0.04), mixed((96, 140, 90), light.low, 0.35), chance)


PAINTERS: dict[str, Painter] = {
    "beach": _beach, "forest": _forest, "street": _street, "road": _road, "mountains": _mountains,
    "snowfield": _snowfield, "sea": _sea, "underwater": _underwater, "desert": _desert, "meadow": _meadow,
    "room": _room, "lake": _lake, "sports field": _field, "sky": _open_sky,
}  # fmt: skip
