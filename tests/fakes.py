"""Stand-ins for models, and a library full of described scenes, so that search can be tested without weights.

In this world a word is a fixed random direction and a sentence is the sum of its words, so "red ball" is near
every frame that shows something red and nearest to red balls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from engine.store.frames import add_frames, replace_shots
from engine.store.library import add_video, attach, remember_volume, upsert_file
from engine.store.texts import replace_texts
from engine.store.vectors import add_vectors
from engine.types import PackRef, Probe, Span, StoredText, Vectors, VideoId, Volume, VolumeId

DIMS = 64
PACK = PackRef("fake", "1")
SILENT_WORDS = frozenset({"a", "an", "the", "of", "in", "on", "and"})


def word_vector(word: str, dims: int = DIMS) -> Vectors:
    """The direction of a word, the same in every run."""
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "little")
    vector = np.random.default_rng(seed).standard_normal(dims).astype(np.float32)
    return vector / np.linalg.norm(vector)


def text_vector(text: str, dims: int = DIMS) -> Vectors:
    words = [word for word in text.casefold().split() if word not in SILENT_WORDS] or ["?"]
    return unit(np.sum([word_vector(word, dims) for word in words], axis=0))


def unit(vector: Vectors) -> Vectors:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


class FakeTextEncoder:
    """Counts how often it was asked, for tests of cancelling and caching."""

    def __init__(self, dims: int = DIMS) -> None:
        self.dims = dims
        self.asked: list[tuple[str, ...]] = []

    def encode(self, texts: Sequence[str], role: str) -> Vectors:  # noqa: ARG002
        self.asked.append(tuple(texts))
        if not texts:
            return np.zeros((0, self.dims), np.float32)
        return np.stack([text_vector(text, self.dims) for text in texts])


@dataclass(frozen=True)
class FakeFrameVectors:
    vectors: Vectors
    tokens: None = None


class FakeFrameEncoder:
    """Knows pictures by their main colour channel: a red picture lies where the word "red" does."""

    size = (8, 8)

    def prepare(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        return np.ascontiguousarray(image[:8, :8])

    def encode(self, images: npt.NDArray[np.uint8]) -> FakeFrameVectors:
        names = ("red", "green", "blue")
        channels = images.reshape(len(images), -1, 3).mean(axis=1).argmax(axis=1)
        return FakeFrameVectors(np.stack([text_vector(names[channel]) for channel in channels]))


@dataclass(frozen=True)
class Scene:
    start_s: float
    end_s: float
    words: str
    caption: str | None = None
    """None: the words. Empty: this scene has no caption and no clip vector."""


def empty_probe(duration_s: float | None) -> Probe:
    return Probe(
        "mp4", duration_s, 0, "h264", 320, 240, 0, Fraction(1), Fraction(1, 1000), 0.0, Fraction(25), False,
        "yuv420p", 8, False, None, None, None, None, (), (), (),
    )  # fmt: skip


class SceneLibrary:
    """Fills a library with videos made of scenes, as an indexer would leave it."""

    def __init__(self, db: Database, mount: Path, pack: PackRef = PACK) -> None:
        self.db = db
        self.pack = pack
        self.mount = mount
        self.volume_id = remember_volume(db, Volume("disk-1", "Disk", mount, "fixed"))
        self._random = np.random.default_rng(7)

    @property
    def mounts(self) -> dict[VolumeId, Path]:
        return {self.volume_id: self.mount}

    def add(
        self, name: str, scenes: Sequence[Scene], *, step_s: float = 1.0, recorded_at: str = "2024-05-01"
    ) -> VideoId:
        """One video, one file, a frame every `step_s`, and what `describe` adds."""
        duration_s = scenes[-1].end_s
        video_id = add_video(self.db, f"print-{name}", 1000, recorded_at, empty_probe(duration_s))
        file_id = upsert_file(self.db, self.volume_id, name.encode(), 1000, 1)
        attach(self.db, file_id, video_id)
        self._add_frames(video_id, scenes, step_s)
        self._describe(video_id, scenes)
        return video_id

    def _add_frames(self, video_id: VideoId, scenes: Sequence[Scene], step_s: float) -> None:
        times = np.arange(0.0, scenes[-1].end_s, step_s).tolist()
        shown = [next(scene.words for scene in scenes if scene.start_s <= at < scene.end_s) for at in times]
        ids = add_frames(self.db, video_id, [(int(at * 1000), at, True) for at in times])
        rows = [(owner, self._noisy(text_vector(words))) for owner, words in zip(ids, shown, strict=True)]
        add_vectors(self.db, video_id, "frame", rows, self.pack)

    def _describe(self, video_id: VideoId, scenes: Sequence[Scene]) -> None:
        shots = replace_shots(self.db, video_id, [Span(scene.start_s, scene.end_s) for scene in scenes])
        told = [
            (shot, scene, scene.words if scene.caption is None else scene.caption)
            for shot, scene in zip(shots, scenes, strict=True)
            if scene.caption != ""
        ]
        clips = [(shot, self._noisy(text_vector(scene.words))) for shot, scene, _ in told]
        add_vectors(self.db, video_id, "clip", clips, self.pack)
        texts = [StoredText(scene.start_s, scene.end_s, "caption", text) for _, scene, text in told]
        ids = replace_texts(self.db, video_id, ["caption"], texts, self.pack)
        captions = [(owner, text_vector(text)) for owner, (_, _, text) in zip(ids, told, strict=True)]
        add_vectors(self.db, video_id, "caption", captions, self.pack)

    def _noisy(self, vector: Vectors) -> Vectors:
        noise = self._random.standard_normal(len(vector)).astype(np.float32)
        return unit(vector + noise * (0.25 / np.sqrt(len(vector))))
