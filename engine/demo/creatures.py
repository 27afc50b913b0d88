"""Animals and people, painted like the things: facing right, standing on y = 0, about 2 wide.

`phase` runs on with the way covered; at a standstill it runs with the time, and breathes or waves.
"""

from __future__ import annotations

import math

from engine.demo.paint import Brush, Colour, darker, lighter

SKIN: Colour = (228, 180, 148)
EYE: Colour = (24, 24, 28)


def _swing(phase: float, share: float = 1.0) -> float:
    return share * math.sin(phase * 2 * math.pi)


def dog(brush: Brush, colour: Colour, phase: float) -> None:
    back = darker(colour, 0.28)
    brush.limb((-0.66, -0.72), 0.45, -2.3 + _swing(phase * 2, 0.3), (0.1, colour))
    for x, lag, tone in ((-0.46, 0.0, back), (0.5, 0.5, back), (-0.58, 0.5, colour), (0.4, 0.0, colour)):
        knee = brush.limb((x, -0.55), 0.3, _swing(phase + lag, 0.6), (0.16, tone))
        brush.limb(knee, 0.28, _swing(phase + lag - 0.12, 0.5), (0.12, tone))
    brush.disc((-0.05, -0.68), (0.68, 0.27), colour)
    brush.disc((-0.02, -0.78), (0.55, 0.13), lighter(colour, 0.14))
    brush.polygon([(0.38, -0.9), (0.62, -1.2), (0.85, -0.95), (0.55, -0.5)], colour)
    brush.disc((0.78, -1.12), (0.26, 0.22), colour)
    brush.disc((1.0, -1.04), (0.2, 0.12), lighter(colour, 0.12))
    brush.disc((1.16, -1.08), (0.06, 0.05), EYE)
    brush.disc((0.84, -1.18), (0.04, 0.045), EYE)
    brush.polygon([(0.58, -1.28), (0.74, -1.26), (0.66, -0.86), (0.54, -0.94)], darker(colour, 0.4))
    brush.line([(0.5, -0.84), (0.74, -0.78)], 0.07, (206, 52, 48))


def cat(brush: Brush, colour: Colour, phase: float) -> None:
    back = darker(colour, 0.28)
    tail = [(-0.6, -0.65), (-0.9, -0.85), (-0.92 + _swing(phase, 0.1), -1.2), (-0.76 + _swing(phase, 0.16), -1.42)]
    brush.line(tail, 0.12, colour)
    for x, lag, tone in ((-0.42, 0.0, back), (0.42, 0.5, back), (-0.52, 0.5, colour), (0.34, 0.0, colour)):
        brush.limb((x, -0.46), 0.44, _swing(phase + lag, 0.5), (0.13, tone))
    brush.disc((-0.06, -0.58), (0.6, 0.24), colour)
    for x in (-0.35, -0.1, 0.15):
        brush.line([(x, -0.8), (x - 0.04, -0.62)], 0.05, back)
    for x in (0.46, 0.76):
        brush.polygon([(x - 0.1, -1.0), (x, -1.34), (x + 0.13, -1.0)], back)
    brush.disc((0.62, -0.92), (0.28, 0.25), colour)
    for x in (0.58, 0.76):
        brush.disc((x, -0.95), (0.045, 0.055), (90, 190, 90))
        brush.disc((x, -0.95), (0.018, 0.05), EYE)
    brush.polygon([(0.66, -0.86), (0.74, -0.86), (0.7, -0.81)], (230, 120, 130))
    for rise in (-0.04, 0.03):
        brush.line([(0.74, -0.82), (1.02, -0.84 + rise)], 0.012, lighter(colour, 0.7))


def horse(brush: Brush, colour: Colour, phase: float) -> None:
    back = darker(colour, 0.3)
    mane = darker(colour, 0.6) if sum(colour) < 560 else (150, 146, 140)
    brush.line([(-0.72, -0.95), (-0.95, -0.8), (-0.98 + _swing(phase, 0.08), -0.45)], 0.16, mane)
    for x, lag, tone in ((-0.5, 0.0, back), (0.44, 0.5, back), (-0.6, 0.45, colour), (0.36, 0.05, colour)):
        knee = brush.limb((x, -0.75), 0.4, _swing(phase + lag, 0.5), (0.17, tone))
        hoof = brush.limb(knee, 0.36, _swing(phase + lag - 0.15, 0.55), (0.1, tone))
        brush.disc(hoof, (0.07, 0.05), EYE)
    brush.disc((-0.08, -0.9), (0.7, 0.29), colour)
    brush.disc((-0.06, -1.0), (0.55, 0.13), lighter(colour, 0.13))
    brush.polygon([(0.3, -1.05), (0.62, -1.6), (0.86, -1.42), (0.6, -0.72)], colour)
    brush.line([(0.34, -1.14), (0.5, -1.4), (0.64, -1.62)], 0.13, mane)
    brush.polygon([(0.6, -1.64), (0.84, -1.6), (1.14, -1.2), (1.0, -1.08), (0.7, -1.32)], colour)
    brush.polygon([(0.62, -1.6), (0.66, -1.76), (0.74, -1.6)], back)
    brush.disc((0.82, -1.46), (0.035, 0.035), EYE)


def bird(brush: Brush, colour: Colour, phase: float) -> None:
    flap = _swing(phase, 1.0)
    brush.polygon([(-0.5, -0.8), (-1.05, -0.95), (-0.98, -0.66)], darker(colour, 0.2))
    brush.polygon([(-0.2, -0.85), (0.25, -0.85), (-0.15, -0.85 - 0.62 * flap)], darker(colour, 0.35))
    brush.disc((0.0, -0.8), (0.62, 0.22), colour)
    brush.disc((0.56, -0.96), (0.2, 0.18), colour)
    brush.polygon([(0.72, -1.0), (1.02, -0.92), (0.72, -0.88)], (246, 160, 40))
    brush.disc((0.62, -1.0), (0.035, 0.035), EYE if sum(colour) > 200 else (240, 240, 240))
    wing = [(-0.35, -0.84), (0.3, -0.84), (0.0, -0.84 - 0.75 * flap), (-0.4, -0.84 - 0.9 * flap)]
    brush.polygon(wing, lighter(colour, 0.18))


def butterfly(brush: Brush, colour: Colour, phase: float) -> None:
    spread = 0.35 + 0.65 * abs(_swing(phase * 0.7))
    for side in (-1, 1):
        brush.disc((side * 0.42 * spread, -1.0), (0.44 * spread, 0.42), darker(colour, 0.5))
        brush.disc((side * 0.42 * spread, -1.0), (0.36 * spread, 0.34), colour)
        brush.disc((side * 0.34 * spread, -0.48), (0.32 * spread, 0.3), darker(colour, 0.5))
        brush.disc((side * 0.34 * spread, -0.48), (0.25 * spread, 0.23), lighter(colour, 0.3))
        brush.disc((side * 0.5 * spread, -1.06), (0.1 * spread, 0.1), (250, 250, 240))
        brush.line([(0.0, -1.2), (side * 0.16, -1.5)], 0.025, EYE)
    brush.disc((0.0, -0.8), (0.07, 0.5), (50, 40, 36))


def duck(brush: Brush, colour: Colour, phase: float) -> None:
    bob = _swing(phase * 0.5, 0.03)
    brush.polygon([(-0.6, -0.4 + bob), (-1.02, -0.66 + bob), (-0.7, -0.2 + bob)], colour)
    brush.disc((-0.05, -0.28 + bob), (0.75, 0.34), colour)
    brush.disc((-0.15, -0.32 + bob), (0.42, 0.2), darker(colour, 0.15))
    brush.disc((0.5, -0.78 + bob), (0.3, 0.28), colour)
    brush.line([(0.46, -0.4 + bob), (0.5, -0.7 + bob)], 0.3, colour)
    brush.polygon([(0.74, -0.86 + bob), (1.1, -0.74 + bob), (0.74, -0.66 + bob)], (244, 134, 30))
    brush.disc((0.58, -0.86 + bob), (0.05, 0.055), EYE)


def fish(brush: Brush, colour: Colour, phase: float) -> None:
    sway = _swing(phase, 0.14)
    brush.polygon([(-0.6, -0.8), (-1.08, -1.16 + sway), (-0.92, -0.8), (-1.08, -0.44 + sway)], darker(colour, 0.18))
    brush.polygon([(-0.3, -1.1), (0.1, -1.46), (0.35, -1.08)], darker(colour, 0.22))
    brush.disc((0.0, -0.8), (0.82, 0.42), colour)
    brush.disc((0.02, -0.94), (0.66, 0.2), lighter(colour, 0.25))
    for x in (-0.34, 0.02):
        brush.line([(x, -1.12), (x + 0.06, -0.8), (x, -0.48)], 0.1, lighter(colour, 0.75))
    brush.polygon([(0.0, -0.7), (-0.3, -0.44 + sway), (0.16, -0.56)], darker(colour, 0.25))
    brush.disc((0.5, -0.9), (0.11, 0.11), (250, 250, 250))
    brush.disc((0.53, -0.9), (0.055, 0.06), EYE)
    brush.line([(0.7, -0.66), (0.8, -0.7)], 0.03, darker(colour, 0.5))


def turtle(brush: Brush, colour: Colour, phase: float) -> None:
    skin = lighter(colour, 0.3)
    for x, lag in ((0.5, 0.0), (-0.5, 0.5)):
        brush.limb((x, -0.62), 0.55, -0.6 + _swing(phase + lag, 0.6), (0.2, skin))
    brush.disc((0.95, -0.82), (0.24, 0.19), skin)
    brush.disc((1.04, -0.87), (0.035, 0.035), EYE)
    brush.disc((0.0, -0.72), (0.8, 0.42), darker(colour, 0.2))
    brush.disc((0.0, -0.8), (0.72, 0.32), colour)
    for x, y in ((-0.4, -0.76), (0.0, -0.84), (0.4, -0.76), (-0.2, -0.66), (0.2, -0.66)):
        brush.disc((x, y), (0.15, 0.1), darker(colour, 0.35))


def child(brush: Brush, colour: Colour, phase: float) -> None:
    trousers: Colour = (58, 74, 120)
    back = darker(trousers, 0.3)
    for lag, tone in ((0.5, back), (0.0, trousers)):
        knee = brush.limb((0.0, -0.72), 0.36, _swing(phase + lag, 0.6), (0.2, tone))
        foot = brush.limb(knee, 0.34, _swing(phase + lag - 0.15, 0.6) - 0.1, (0.15, tone))
        brush.line([foot, (foot[0] + 0.14, foot[1])], 0.11, (60, 44, 40))
    brush.limb((0.0, -1.14), 0.46, _swing(phase, 0.7), (0.12, darker(colour, 0.3)))
    brush.box((-0.2, -1.22), (0.2, -0.64), colour, round_by=0.12)
    brush.box((-0.16, -1.2), (-0.02, -0.68), lighter(colour, 0.18), round_by=0.06)
    elbow = brush.limb((0.02, -1.12), 0.28, _swing(phase + 0.5, 0.7), (0.14, darker(colour, 0.1)))
    brush.limb(elbow, 0.24, _swing(phase + 0.5, 0.7) + 0.5, (0.1, SKIN))
    brush.disc((0.03, -1.42), (0.22, 0.24), SKIN)
    brush.disc((-0.02, -1.52), (0.24, 0.17), (92, 58, 34))
    brush.disc((0.15, -1.42), (0.03, 0.035), EYE)
    brush.line([(0.12, -1.31), (0.2, -1.32)], 0.025, (170, 70, 70))


def snowman(brush: Brush, colour: Colour, phase: float) -> None:
    shade = darker(colour, 0.14)
    for side in (-1, 1):
        wave = _swing(phase * 0.3, 0.12)
        brush.line([(side * 0.3, -0.86), (side * 0.8, -1.1 + side * wave)], 0.05, (104, 74, 48))
    for y, size in ((-0.42, 0.46), (-0.94, 0.34), (-1.36, 0.24)):
        brush.disc((0.0, y), (size, size), shade)
        brush.disc((-0.04, y - 0.03), (size * 0.9, size * 0.9), colour)
    brush.box((-0.24, -1.26), (0.24, -1.14), (206, 44, 44), round_by=0.05)
    brush.box((0.1, -1.2), (0.22, -0.86), (206, 44, 44), round_by=0.04)
    brush.box((-0.3, -1.56), (0.3, -1.5), EYE)
    brush.box((-0.19, -1.8), (0.19, -1.52), EYE)
    brush.polygon([(0.04, -1.38), (0.42, -1.32), (0.04, -1.3)], (244, 130, 36))
    for x in (-0.06, 0.1):
        brush.disc((x, -1.44), (0.03, 0.03), EYE)
    for y in (-1.02, -0.88, -0.6):
        brush.disc((0.02, y), (0.035, 0.035), EYE)
