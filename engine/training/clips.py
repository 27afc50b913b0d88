"""Turns photos into clips with known times: slow pans and zooms, several scenes joined by hard cuts.

The motion is synthetic and every figure measured on such clips must say so. Scenes take the split of their photo, and
a clip never joins photos of different splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from PIL import Image

from engine.training.data import Photo
from engine.types import RgbImage, Span


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a photo that fills the picture: its middle and its size, as shares of the photo."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Scene:
    photo: Photo
    span: Span
    start: Window
    end: Window


@dataclass(frozen=True, slots=True)
class Clip:
    scenes: tuple[Scene, ...]

    @property
    def duration_s(self) -> float:
        return self.scenes[-1].span.end_s


@dataclass(frozen=True, slots=True)
class ClipRules:
    shortest_s: float = 2.0
    longest_s: float = 6.0
    smallest: float = 0.7
    """Least share of the photo's width and height that is seen."""


def plan_clip(photos: Sequence[Photo], chance: np.random.Generator, rules: ClipRules) -> Clip:
    """One scene a photo, in the order given, each with a random length and a random pan or zoom."""
    if len({photo.split for photo in photos}) != 1:
        raise ValueError("a clip needs photos, all of one split")
    lengths = chance.uniform(rules.shortest_s, rules.longest_s, len(photos))
    cuts = [0.0, *(float(cut) for cut in np.cumsum(lengths))]
    scenes = [
        Scene(photo, Span(start, end), _window(chance, rules), _window(chance, rules))
        for photo, (start, end) in zip(photos, pairwise(cuts), strict=True)
    ]
    return Clip(tuple(scenes))


def plan_clips(photos: Sequence[Photo], scenes: int, seed: int, rules: ClipRules | None = None) -> tuple[Clip, ...]:
    """All photos, shuffled, `scenes` to a clip; those that do not fill a clip are left out."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(photos))
    groups = [order[start : start + scenes] for start in range(0, len(photos) - scenes + 1, scenes)]
    return tuple(plan_clip([photos[index] for index in group], chance, rules or ClipRules()) for group in groups)


def frame_at(clip: Clip, time_s: float, images: Mapping[str, RgbImage], side: int) -> RgbImage:
    """The picture at one moment, `side` pixels square; `images` holds the photos by name."""
    scene = next((scene for scene in clip.scenes if time_s < scene.span.end_s), clip.scenes[-1])
    done = (time_s - scene.span.start_s) / (scene.span.end_s - scene.span.start_s)
    window = _between(scene.start, scene.end, min(1.0, max(0.0, done)))
    image = Image.fromarray(images[scene.photo.name])
    width, height = image.size
    half = window.size / 2
    box = (
        (window.x - half) * width,
        (window.y - half) * height,
        (window.x + half) * width,
        (window.y + half) * height,
    )
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, box=box))


def frames(clip: Clip, images: Mapping[str, RgbImage], side: int, fps: float) -> Iterator[tuple[float, RgbImage]]:
    """Every picture with its time in seconds."""
    for number in range(int(clip.duration_s * fps)):
        yield number / fps, frame_at(clip, number / fps, images, side)


def write_video(clip: Clip, images: Mapping[str, RgbImage], path: Path, fps: int = 25) -> None:
    """Encode the clip as a video file, for tests of the whole way from file to moment."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.width = stream.height = 224
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 2_000_000
        for number, (_, image) in enumerate(frames(clip, images, 224, fps)):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _window(chance: np.random.Generator, rules: ClipRules) -> Window:
    size = float(chance.uniform(rules.smallest, 1.0))
    x, y = (float(value) for value in chance.uniform(size / 2, 1 - size / 2, 2))
    return Window(x, y, size)


def _between(start: Window, end: Window, share: float) -> Window:
    x, y, size = (
        first + (last - first) * share for first, last in ((start.x, end.x), (start.y, end.y), (start.size, end.size))
    )
    return Window(x, y, size)
