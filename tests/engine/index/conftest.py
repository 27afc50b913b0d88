"""A store holding vectors only, and an index over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from engine.index.vectors import VectorIndex
from engine.store.db import open_library
from engine.store.frames import add_frames
from engine.store.library import add_video
from engine.store.vectors import add_vectors
from engine.types import PackRef, Vectors, VideoId
from tests.fakes import empty_probe

DIMS = 32
PACK = PackRef("test", "1")


def random_vectors(count: int, seed: int = 1) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(db: Database, name: str, vectors: Vectors, pack: PackRef = PACK) -> VideoId:
    """One video whose frames, a second apart, have these vectors."""
    video_id = add_video(db, name, 1, "2024", empty_probe(float(len(vectors))))
    frames = add_frames(db, video_id, [(at, float(at), True) for at in range(len(vectors))])
    add_vectors(db, video_id, "frame", zip(frames, vectors, strict=True), pack)
    return video_id


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_library(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    opened = VectorIndex(tmp_path / "index", PACK, DIMS)
    yield opened
    opened.close()
