"""Pictures with sentences for training: random scenes at random times, and none that the sample library shows."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image

from engine.demo.motion import whereabouts
from engine.demo.picture import Picture, draw
from engine.demo.samples import SHOWN
from engine.demo.scene import INSIDE, KINDS, PLACES, WEATHERS, Actor, Scene, fits, motions
from engine.demo.words import describe

SIGNS = ("STOP", "CAFE", "EXIT", "HOTEL", "SALE", "OPEN", "TAXI", "PARK", "BUS", "ZOO")


def training_pictures(seed: int, count: int, size: int) -> tuple[Picture, list[list[str]]]:
    """So many square pictures, `[count, size, size, 3]`, and five sentences about each."""
    chance = random.Random(f"lesson {seed}")
    pictures = np.empty((count, size, size, 3), np.uint8)
    sentences: list[list[str]] = []
    for number in range(count):
        scene = random_scene(chance)
        pictures[number] = view(scene, size, chance)
        sentences.append(describe(scene, chance))
    return pictures, sentences


def view(scene: Scene, size: int, chance: random.Random) -> Picture:
    """A square picture: square from the start, or a wide one squeezed or cut, as videos come to a model."""
    t_s = _moment(scene, chance)
    form = chance.choice(("square", "squeezed", "cut"))
    if form == "square":
        return draw(scene, t_s, (size, size))
    wide = draw(scene, t_s, (size * 16 // 9, size))
    if form == "squeezed":
        return np.asarray(Image.fromarray(wide).resize((size, size), Image.Resampling.BILINEAR))
    actor = whereabouts(scene, 0, t_s, 16 / 9).x if scene.actors else 8 / 9
    left = min(max(round((actor - 0.5 + chance.uniform(-0.2, 0.2)) * size), 0), wide.shape[1] - size)
    return wide[:, left : left + size]


def random_scene(chance: random.Random) -> Scene:
    """Any scene that makes sense, except those with an actor that the sample library shows in the same way."""
    while True:
        scene = _any_scene(chance)
        if not scene.likenesses() & SHOWN:
            return scene


def _any_scene(chance: random.Random) -> Scene:
    place = chance.choice(tuple(PLACES))
    weather = chance.choice(WEATHERS) if PLACES[place].is_open else INSIDE
    kinds = [kind for kind in KINDS if fits(kind, place, weather)]
    count = chance.choices((0, 1, 2), (0.08, 0.72, 0.2))[0]
    actors = tuple(_actor(kind, place, chance) for kind in chance.sample(kinds, min(count, len(kinds))))
    sign = chance.choice(SIGNS) if PLACES[place].land and chance.random() < 0.08 else ""
    return Scene(place, weather, actors, sign, chance.uniform(3, 6), chance.randrange(1 << 40))


def _actor(kind: str, place: str, chance: random.Random) -> Actor:
    return Actor(kind, chance.choice(KINDS[kind].colours), chance.choice(motions(kind, place)))


def _moment(scene: Scene, chance: random.Random) -> float:
    """Divers are shown in the air or the water, for that is what their sentences tell."""
    earliest = 0.24 if any(one.motion == "dives" for one in scene.actors) else 0.02
    return chance.uniform(earliest, 0.98) * scene.seconds
