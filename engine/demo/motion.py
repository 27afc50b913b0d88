"""Where each actor of a scene is at a time. Pure arithmetic in units of the picture's height; draws nothing."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from engine.demo.scene import KINDS, PLACES, Actor, Scene

DIVE_AT = 0.45
"""The share of a dive that is the way to the water."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of an actor's foot. `sunk` is how much of it the water hides, `splash` how far a splash has come (0 for none)."""

    x: float
    y: float
    size: float
    phase: float
    faces_left: bool = False
    lift: float = 0.0
    """Height over the ground, for the shadow."""
    sunk: float = 0.0
    splash: float = 0.0
    turn: float = 0.0


def whereabouts(scene: Scene, number: int, t_s: float, width: float) -> Whereabouts:
    """Of the scene's actor of that number, in a picture so wide."""
    actor = scene.actors[number]
    kind = KINDS[actor.kind]
    chance = random.Random(f"{scene.variation} {number} way")
    done = min(max(t_s / scene.seconds, 0.0), 1.0)
    size = kind.size * chance.uniform(0.85, 1.2) * min(1.35, 0.75 + 0.25 * width) * (1.0 if number == 0 else 0.8)
    base = _base(scene, actor, number, chance)
    if kind.medium == "air":
        base = max(base, 1.7 * size + 0.02)
    moved = MOVES.get(actor.motion, _across)(Way(done, t_s, width, base, size, chance, actor, scene.place))
    if kind.medium in ("air", "deep") and actor.motion in ("left", "right"):
        return _lifted(moved, 0.03 * math.sin(t_s * 1.7 + number))
    return moved


@dataclass(frozen=True, slots=True)
class Way:
    done: float
    t_s: float
    width: float
    base: float
    size: float
    chance: random.Random
    actor: Actor
    place: str


def _base(scene: Scene, actor: Actor, number: int, chance: random.Random) -> float:
    """The height of the actor's foot when it is on its ground."""
    place = PLACES[scene.place]
    medium = KINDS[actor.kind].medium
    if medium == "air":
        top = 0.42 if place.land or place.water else 0.6
        return chance.uniform(0.3, top) + 0.12 * number
    if medium == "deep":
        return chance.uniform(0.5, 0.7) - 0.2 * number
    ground = place.water if medium == "water" else place.land
    return (ground or 0.85) + chance.uniform(-0.01, 0.05) - 0.07 * number


def _lifted(where: Whereabouts, by: float) -> Whereabouts:
    return Whereabouts(where.x, where.y + by, where.size, where.phase, where.faces_left)


def _across(way: Way) -> Whereabouts:
    """From one side to the other."""
    first = way.chance.uniform(0.14, 0.26)
    last = way.chance.uniform(0.74, 0.86)
    share = first + (last - first) * way.done
    to_left = way.actor.motion == "left"
    x = (1 - share if to_left else share) * way.width
    turns = (share - first) * way.width / way.size
    medium = KINDS[way.actor.kind].medium
    phase = way.t_s * 1.6 if medium in ("air", "deep") else turns * 0.8
    swell = 0.008 * math.sin(way.t_s * 2.4) if medium == "water" else 0.0
    return Whereabouts(x, way.base + swell, way.size, phase, to_left)


def _still(way: Way) -> Whereabouts:
    x = way.chance.uniform(0.32, 0.68) * way.width
    sway = 0.012 * math.sin(way.t_s * 2)
    return Whereabouts(x + sway, way.base, way.size, 0.06 * math.sin(way.t_s * 3), way.chance.random() < 0.5)


def _rises(way: Way) -> Whereabouts:
    x = (way.chance.uniform(0.3, 0.6) + 0.1 * way.done) * way.width
    ground = PLACES[way.place].land or PLACES[way.place].water or 0.95
    top = way.size * 1.7 + 0.02
    y = ground + (top - ground) * (0.15 + 0.85 * way.done)
    turn = -0.3 if way.actor.kind == "airplane" else 0.0
    return Whereabouts(x, y, way.size, way.t_s, turn=turn)


def _falls(way: Way) -> Whereabouts:
    x = (way.chance.uniform(0.35, 0.6) + 0.06 * way.done) * way.width
    top = 0.02 + way.size * 1.7
    fallen = min(way.done * 1.1, 1.0)
    if way.actor.kind == "ball":
        fallen = fallen**2
    y = top + (way.base - top) * fallen
    return Whereabouts(x, y, way.size, way.t_s * 0.4, lift=way.base - y)


def _bounces(way: Way) -> Whereabouts:
    moved = _across(way)
    lift = abs(math.sin(way.t_s * 3.2)) * 0.34
    return Whereabouts(moved.x, way.base - lift, way.size, moved.phase * 0.5, lift=lift)


def _jumps(way: Way) -> Whereabouts:
    moved = _across(way)
    lift = max(0.0, math.sin(way.t_s * 3.4)) * 0.22
    return Whereabouts(moved.x, way.base - lift, way.size, 0.3 if lift else moved.phase, lift=lift)


def _dives(way: Way) -> Whereabouts:
    """A run, a leap in an arc, a splash, and then swimming."""
    place = PLACES[way.place]
    water = (place.water or way.base) + 0.06
    start, edge, far = 0.12, 0.34, 0.62
    if way.done < 0.2:
        x = (start + (edge - start) * way.done / 0.2) * way.width
        return Whereabouts(x, way.base, way.size, way.t_s * 2)
    if way.done < DIVE_AT:
        share = (way.done - 0.2) / (DIVE_AT - 0.2)
        y = way.base + (water - way.base) * share - 0.3 * math.sin(share * math.pi)
        x = (edge + (far - edge) * share) * way.width
        return Whereabouts(x, y, way.size, 0.2, turn=-0.5 + 1.1 * share, lift=0.3)
    after = (way.done - DIVE_AT) / (1 - DIVE_AT)
    x = (far + 0.12 * after) * way.width
    deep = way.size * 0.5
    return Whereabouts(x, water + deep, way.size, way.t_s, sunk=deep, splash=min(1.0, after * 1.6 + 0.05))


MOVES = {
    "still": _still,
    "rises": _rises,
    "falls": _falls,
    "bounces": _bounces,
    "jumps": _jumps,
    "dives": _dives,
}
