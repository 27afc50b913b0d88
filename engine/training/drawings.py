"""Scenes drawn for training: the things and weathers of the sample library's world, in other scenes than its own.

They are photos like any other to the steps, named by number.
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

from engine.demo.lessons import random_scene, view
from engine.demo.scene import Scene
from engine.demo.words import describe
from engine.training.data import Photo
from engine.types import RgbImage


@lru_cache(maxsize=1)
def drawings(count: int) -> tuple[Photo, ...]:
    """The first `count` scenes with their descriptions."""
    names = [f"drawn-{number:05d}" for number in range(count)]
    return tuple(Photo(name, _told(name)[1], "drawn") for name in names)


def pictures(photos: Sequence[Photo], side: int, workers: int = 1) -> Iterator[RgbImage]:
    """Each scene at some moment, `side` pixels square; drawn by several processes where there is a lot to draw."""
    names, sides = [photo.name for photo in photos], [side] * len(photos)
    if workers == 1 or len(photos) < _FEW:
        yield from map(_picture, names, sides)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_picture, names, sides, chunksize=16)


_FEW = 100
"""So many are drawn before another process has started."""


def _picture(name: str, side: int) -> RgbImage:
    scene, _, chance = _told(name)
    return view(scene, side, chance)


def _told(name: str) -> tuple[Scene, tuple[str, ...], random.Random]:
    """A scene, its sentences, and the chance that goes on from there."""
    chance = random.Random(name)
    scene = random_scene(chance)
    return scene, tuple(describe(scene, chance)), chance
