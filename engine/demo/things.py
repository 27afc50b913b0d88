"""Vehicles and other things, each painted in its own units: it faces right, stands on y = 0 and is about 2 wide.

`phase` runs on with the way covered, one unit for each turn of a wheel.
"""

from __future__ import annotations

import math

from engine.demo.paint import Brush, Colour, darker, lighter

GLASS: Colour = (150, 196, 222)
TYRE: Colour = (32, 32, 36)
METAL: Colour = (186, 190, 198)
LAMP: Colour = (255, 240, 170)


def wheel(brush: Brush, centre: tuple[float, float], radius: float, phase: float) -> None:
    brush.disc(centre, (radius, radius), TYRE)
    brush.disc(centre, (radius * 0.58, radius * 0.58), METAL)
    for spoke in range(5):
        angle = phase * 2 * math.pi + spoke * 2 * math.pi / 5
        tip = (centre[0] + radius * 0.52 * math.cos(angle), centre[1] + radius * 0.52 * math.sin(angle))
        brush.line([centre, tip], radius * 0.1, (96, 98, 106))


def car(brush: Brush, colour: Colour, phase: float) -> None:
    cabin = [(-0.62, -0.5), (-0.4, -0.88), (0.22, -0.88), (0.52, -0.5)]
    brush.polygon(cabin, darker(colour, 0.12))
    brush.polygon([(-0.52, -0.5), (-0.36, -0.8), (-0.12, -0.8), (-0.12, -0.5)], GLASS)
    brush.polygon([(-0.04, -0.5), (-0.04, -0.8), (0.18, -0.8), (0.4, -0.5)], GLASS)
    brush.box((-1.0, -0.56), (1.0, -0.16), colour, round_by=0.14)
    brush.box((-0.94, -0.53), (0.94, -0.44), lighter(colour, 0.28), round_by=0.05)
    brush.box((-1.02, -0.27), (1.02, -0.17), darker(colour, 0.35), round_by=0.04)
    brush.line([(-0.08, -0.5), (-0.08, -0.2)], 0.02, darker(colour, 0.4))
    brush.box((0.88, -0.47), (1.0, -0.36), LAMP, round_by=0.03, glows=True)
    brush.box((-1.0, -0.47), (-0.92, -0.37), (200, 30, 30), round_by=0.02, glows=True)
    for x in (-0.58, 0.58):
        wheel(brush, (x, -0.2), 0.22, phase)


def bus(brush: Brush, colour: Colour, phase: float) -> None:
    brush.box((-1.1, -1.05), (1.1, -0.16), colour, round_by=0.1)
    brush.box((-1.06, -1.04), (1.06, -0.94), lighter(colour, 0.3), round_by=0.05)
    for number in range(5):
        brush.box((-0.98 + number * 0.36, -0.88), (-0.68 + number * 0.36, -0.55), GLASS, round_by=0.04)
    brush.box((0.83, -0.88), (1.1, -0.5), lighter(GLASS, 0.2), round_by=0.03)
    brush.box((-1.1, -0.44), (1.1, -0.38), lighter(colour, 0.6))
    brush.box((0.98, -0.34), (1.1, -0.24), LAMP, glows=True)
    for x in (-0.66, 0.62):
        wheel(brush, (x, -0.17), 0.19, phase)


def truck(brush: Brush, colour: Colour, phase: float) -> None:
    brush.box((-1.15, -1.1), (0.4, -0.24), lighter(colour, 0.25), round_by=0.03)
    brush.box((-1.15, -1.1), (0.4, -1.0), lighter(colour, 0.55), round_by=0.03)
    for x in (-0.8, -0.42, -0.04):
        brush.line([(x, -1.0), (x, -0.28)], 0.015, darker(colour, 0.15))
    brush.polygon([(0.46, -0.2), (0.46, -0.92), (0.84, -0.92), (1.02, -0.56), (1.1, -0.5), (1.1, -0.2)], colour)
    brush.polygon([(0.6, -0.56), (0.6, -0.82), (0.8, -0.82), (0.94, -0.56)], GLASS)
    brush.box((-1.15, -0.3), (1.1, -0.18), darker(colour, 0.45))
    brush.box((1.0, -0.44), (1.1, -0.34), LAMP, glows=True)
    for x in (-0.86, -0.5, 0.76):
        wheel(brush, (x, -0.18), 0.19, phase)


def train(brush: Brush, colour: Colour, phase: float) -> None:
    brush.box((-3.0, 0.0), (3.0, 0.03), (120, 116, 112))
    for x in (-1.2, 0.02):
        brush.box((x, -0.62), (x + 1.14, -0.12), colour, round_by=0.05)
        brush.box((x, -0.64), (x + 1.14, -0.56), darker(colour, 0.3), round_by=0.03)
        for number in range(4):
            left = x + 0.08 + number * 0.26
            brush.box((left, -0.5), (left + 0.18, -0.32), lighter(GLASS, 0.15), round_by=0.02)
        brush.box((x, -0.26), (x + 1.14, -0.22), lighter(colour, 0.6))
        for wheels in (0.14, 0.34, 0.8, 1.0):
            wheel(brush, (x + wheels, -0.07), 0.08, phase * 2)
    brush.polygon([(1.0, -0.62), (1.12, -0.6), (1.2, -0.3), (1.2, -0.12), (1.0, -0.12)], darker(colour, 0.1))
    brush.polygon([(1.02, -0.52), (1.1, -0.52), (1.16, -0.34), (1.02, -0.34)], GLASS)
    brush.disc((1.17, -0.2), (0.04, 0.04), LAMP, glows=True)
    brush.line([(-0.5, -0.64), (-0.4, -0.78), (-0.3, -0.64)], 0.02, (70, 70, 76))


def bicycle(brush: Brush, colour: Colour, phase: float) -> None:
    """With somebody on it."""
    for x in (-0.55, 0.55):
        brush.ring((x, -0.34), 0.34, 0.06, TYRE)
        for spoke in range(4):
            angle = phase * 2 * math.pi + spoke * math.pi / 4
            dx, dy = 0.3 * math.cos(angle), 0.3 * math.sin(angle)
            brush.line([(x - dx, -0.34 - dy), (x + dx, -0.34 + dy)], 0.012, METAL)
    frame = [(-0.55, -0.34), (-0.25, -0.76), (0.38, -0.8), (-0.02, -0.34), (-0.55, -0.34)]
    brush.line(frame, 0.07, colour)
    brush.line([(-0.02, -0.34), (-0.28, -0.84)], 0.06, colour)
    brush.line([(0.55, -0.34), (0.36, -0.92), (0.46, -0.98)], 0.06, darker(colour, 0.3))
    angle = phase * 2 * math.pi
    for turn, tone in ((angle, (40, 50, 80)), (angle + math.pi, (52, 64, 100))):
        foot = (-0.02 + 0.13 * math.cos(turn), -0.3 + 0.13 * math.sin(turn))
        knee = (0.14 + 0.05 * math.cos(turn), -0.66 + 0.08 * math.sin(turn))
        brush.line([(-0.26, -0.9), knee, foot], 0.11, tone)
    brush.line([(-0.26, -0.92), (0.0, -1.32)], 0.24, (220, 220, 224))
    brush.line([(0.0, -1.26), (0.24, -1.1), (0.44, -0.98)], 0.08, (226, 178, 146))
    brush.disc((0.08, -1.52), (0.14, 0.15), (226, 178, 146))
    brush.disc((0.06, -1.58), (0.16, 0.1), darker(colour, 0.15))


def house(brush: Brush, colour: Colour, phase: float) -> None:
    del phase
    brush.box((0.35, -1.3), (0.52, -0.9), (140, 84, 70))
    brush.box((-0.8, -0.8), (0.8, 0.0), colour)
    brush.box((0.5, -0.8), (0.8, 0.0), darker(colour, 0.14))
    brush.polygon([(-0.98, -0.78), (0.98, -0.78), (0.55, -1.25), (-0.55, -1.25)], (150, 70, 56))
    brush.polygon([(-0.98, -0.78), (0.98, -0.78), (0.92, -0.84), (-0.92, -0.84)], (110, 50, 42))
    brush.box((-0.16, -0.48), (0.14, 0.0), (98, 62, 40), round_by=0.03)
    brush.disc((0.08, -0.24), (0.025, 0.025), (240, 210, 90))
    for x in (-0.64, 0.3):
        brush.box((x, -0.6), (x + 0.32, -0.28), (248, 248, 244))
        brush.box((x + 0.03, -0.57), (x + 0.29, -0.31), (255, 226, 150), glows=True)
        brush.line([(x + 0.16, -0.57), (x + 0.16, -0.31)], 0.02, (248, 248, 244))


def tree(brush: Brush, colour: Colour, phase: float) -> None:
    sway = 0.02 * math.sin(phase * 2)
    brush.polygon([(-0.12, 0.0), (0.12, 0.0), (0.07, -0.7), (-0.07, -0.7)], (104, 72, 46))
    brush.line([(0.0, -0.5), (0.26, -0.8)], 0.07, (104, 72, 46))
    crown = ((-0.36, -0.8, 0.36), (0.36, -0.82, 0.38), (0.0, -0.86, 0.42), (-0.22, -1.12, 0.36), (0.24, -1.14, 0.36),
             (0.0, -1.32, 0.32))  # fmt: skip
    for number, (x, y, size) in enumerate(crown):
        brush.disc((x + sway, y), (size, size * 0.9), darker(colour, 0.22 - 0.04 * number))
    for x, y, size in crown:
        brush.disc((x + sway - 0.08, y - 0.1), (size * 0.5, size * 0.42), lighter(colour, 0.14))


def flower(brush: Brush, colour: Colour, phase: float) -> None:
    sway = 0.08 * math.sin(phase * 2)
    brush.line([(0.0, 0.0), (sway * 0.3, -0.5), (sway, -1.0)], 0.07, (58, 134, 58))
    for side in (-1, 1):
        brush.polygon([(0.0, -0.25), (side * 0.4, -0.55), (side * 0.12, -0.28)], (70, 150, 66))
    for petal in range(8):
        angle = petal * math.pi / 4
        centre = (sway + 0.27 * math.cos(angle), -1.05 + 0.27 * math.sin(angle))
        brush.disc(centre, (0.17, 0.17), darker(colour, 0.12) if petal % 2 else colour)
    brush.disc((sway, -1.05), (0.17, 0.17), (250, 196, 50))


def ball(brush: Brush, colour: Colour, phase: float) -> None:
    brush.disc((0.0, -0.9), (0.9, 0.9), colour)
    for number in range(3):
        angle = phase * 2 * math.pi + number * 2 * math.pi / 3
        spot = (0.5 * math.cos(angle), -0.9 + 0.5 * math.sin(angle))
        brush.disc(spot, (0.22, 0.22), lighter(colour, 0.7) if sum(colour) < 640 else (60, 60, 66))
    brush.disc((-0.3, -1.28), (0.24, 0.16), lighter(colour, 0.5))


def airplane(brush: Brush, colour: Colour, phase: float) -> None:
    del phase
    brush.polygon([(-0.1, -0.6), (-0.5, -1.0), (-0.3, -1.0), (0.3, -0.6)], darker(colour, 0.3))
    brush.polygon([(-1.0, -0.7), (-1.15, -1.15), (-0.9, -1.15), (-0.6, -0.7)], darker(colour, 0.1))
    brush.disc((0.0, -0.6), (1.1, 0.2), colour)
    brush.disc((0.0, -0.66), (0.95, 0.1), lighter(colour, 0.35))
    for number in range(7):
        brush.disc((-0.5 + number * 0.17, -0.62), (0.045, 0.05), (70, 104, 140))
    brush.polygon([(0.86, -0.7), (1.0, -0.68), (1.04, -0.6), (0.86, -0.6)], GLASS)
    brush.polygon([(0.2, -0.54), (-0.55, -0.05), (-0.25, -0.05), (0.5, -0.52)], darker(colour, 0.16))
    brush.disc((0.0, -0.28), (0.16, 0.08), (120, 124, 132))


def hot_air_balloon(brush: Brush, colour: Colour, phase: float) -> None:
    del phase
    for x in (-0.16, 0.16):
        brush.line([(x * 2.2, -0.6), (x, -0.2)], 0.02, (120, 96, 70))
    brush.polygon([(-0.5, -0.78), (0.5, -0.78), (0.2, -0.42), (-0.2, -0.42)], darker(colour, 0.25))
    brush.disc((0.0, -1.05), (0.66, 0.62), colour)
    brush.disc((0.0, -1.05), (0.4, 0.62), lighter(colour, 0.55))
    brush.disc((0.0, -1.05), (0.16, 0.62), colour)
    brush.box((-0.18, -0.22), (0.18, 0.02), (150, 104, 60), round_by=0.03)
    brush.box((-0.2, -0.24), (0.2, -0.18), (112, 76, 44))


def balloon(brush: Brush, colour: Colour, phase: float) -> None:
    string = [(0.08 * math.sin(phase * 3 + step * 0.7), -0.5 + step * 0.08) for step in range(8)]
    brush.line(string, 0.025, (230, 230, 230))
    brush.disc((0.0, -1.05), (0.5, 0.6), colour)
    brush.polygon([(0.0, -0.5), (-0.08, -0.38), (0.08, -0.38)], darker(colour, 0.2))
    brush.disc((-0.16, -1.28), (0.12, 0.18), lighter(colour, 0.6))


def kite(brush: Brush, colour: Colour, phase: float) -> None:
    tail = [(-0.3 - 0.09 * step + 0.05 * math.sin(phase * 4 + step), -0.55 + 0.07 * step) for step in range(9)]
    brush.line(tail, 0.03, (240, 240, 240))
    for number in (2, 4, 6, 8):
        x, y = tail[number]
        brush.polygon([(x - 0.09, y - 0.06), (x + 0.09, y + 0.06), (x + 0.09, y - 0.06), (x - 0.09, y + 0.06)], colour)
    brush.polygon([(0.3, -1.6), (0.7, -0.95), (-0.3, -0.5), (-0.3, -1.3)], colour)
    brush.polygon([(0.3, -1.6), (0.7, -0.95), (0.13, -1.05)], lighter(colour, 0.4))
    brush.polygon([(-0.3, -1.3), (0.13, -1.05), (-0.3, -0.5)], darker(colour, 0.25))


def rocket(brush: Brush, colour: Colour, phase: float) -> None:
    flame = 0.12 * math.sin(phase * 40)
    brush.polygon([(-0.2, -0.4), (0.2, -0.4), (0.0, 0.12 + flame)], (250, 140, 30), glows=True)
    brush.polygon([(-0.1, -0.4), (0.1, -0.4), (0.0, -0.1 + flame)], (255, 236, 120), glows=True)
    for side in (-1, 1):
        brush.polygon([(side * 0.2, -0.8), (side * 0.48, -0.32), (side * 0.18, -0.42)], darker(colour, 0.3))
    brush.polygon([(-0.24, -0.42), (-0.26, -1.1), (0.0, -1.66), (0.26, -1.1), (0.24, -0.42)], colour)
    brush.polygon(
        [(-0.25, -1.14), (0.0, -1.66), (0.25, -1.14)], (206, 50, 44) if sum(colour) > 400 else (236, 236, 236)
    )
    brush.disc((0.0, -0.96), (0.13, 0.13), (60, 80, 110))
    brush.disc((0.0, -0.96), (0.09, 0.09), GLASS)


def sailing_boat(brush: Brush, colour: Colour, phase: float) -> None:
    del phase
    brush.line([(0.0, -0.2), (0.0, -1.6)], 0.05, (120, 88, 60))
    brush.polygon([(0.05, -1.56), (0.05, -0.4), (0.8, -0.4)], colour)
    brush.polygon([(0.05, -1.56), (0.05, -0.4), (0.25, -0.4)], lighter(colour, 0.25))
    brush.polygon([(-0.06, -1.4), (-0.06, -0.4), (-0.6, -0.4)], darker(colour, 0.12))
    brush.polygon([(-0.9, -0.3), (0.95, -0.3), (0.65, 0.06), (-0.65, 0.06)], (140, 84, 50))
    brush.polygon([(-0.9, -0.3), (0.95, -0.3), (0.9, -0.22), (-0.85, -0.22)], (236, 230, 218))


def ship(brush: Brush, colour: Colour, phase: float) -> None:
    for number in range(4):
        drift = (phase * 0.3 + number * 0.25) % 1.0
        smoke = (-0.2 - 0.5 * drift, -1.1 - 0.4 * drift)
        brush.disc(smoke, (0.07 + 0.1 * drift, 0.05 + 0.08 * drift), (190, 190, 194))
    brush.box((-0.25, -1.1), (-0.05, -0.6), darker(colour, 0.1))
    brush.box((-0.25, -1.0), (-0.05, -0.9), (240, 240, 240))
    brush.box((-0.7, -0.62), (0.5, -0.3), (240, 240, 238))
    brush.box((-0.5, -0.8), (0.3, -0.6), (226, 226, 226))
    for number in range(6):
        brush.disc((-0.55 + 0.19 * number, -0.46), (0.05, 0.05), (60, 90, 124))
    brush.polygon([(-1.05, -0.34), (1.15, -0.4), (0.85, 0.06), (-0.9, 0.06)], colour)
    brush.polygon([(-0.98, -0.12), (0.98, -0.14), (0.85, 0.06), (-0.9, 0.06)], darker(colour, 0.4))
