"""A small described library and a searcher over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.index.vectors import VectorIndex
from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.store.db import open_library
from tests.fakes import DIMS, PACK, FakeFrameEncoder, FakeTextEncoder, Scene, SceneLibrary


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_library(tmp_path / "library")
    yield opened
    opened.close()


@pytest.fixture
def library(db: Database, tmp_path: Path) -> SceneLibrary:
    """Twelve videos of nothing in particular; tests add what they look for."""
    made = SceneLibrary(db, tmp_path / "disk")
    for number in range(12):
        made.add(f"other{number}.mp4", [Scene(0, 12, f"thing{number} stuff{number}"), Scene(12, 30, f"place{number}")])
    return made


@pytest.fixture
def side(db: Database, tmp_path: Path) -> Iterator[Side]:
    index = VectorIndex(tmp_path / "index", PACK, DIMS)
    yield Side(PACK, index, FakeTextEncoder(), FakeFrameEncoder())
    index.close()


@pytest.fixture
def searcher(db: Database, library: SceneLibrary, side: Side) -> Searcher:
    return Searcher([side], lambda: nullcontext(db), lambda: library.mounts)
