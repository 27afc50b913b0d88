"""An indexing run in this process: a library, drawn clips, and a pack that knows colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.jobs.control import Control
from engine.jobs.events import Done, Event
from engine.jobs.indexer import index
from engine.jobs.plan import Plan
from engine.jobs.run import Run
from engine.jobs.scan import Places
from engine.media.thumbs import ThumbCache
from engine.media.volumes import VolumeTable
from engine.models.in_use import Model
from engine.models.pack import load_pack
from engine.settings import Settings
from engine.store.db import open_library
from engine.types import PackRef
from tests.packs import build_tiny_pack


@dataclass
class Bench:
    """Runs indexing in this process and keeps what it told."""

    db: Database
    library: Path
    model: Model
    settings: Settings = field(default_factory=Settings)
    events: list[Event] = field(default_factory=list)
    control: Control = field(default_factory=Control)

    @property
    def pack(self) -> PackRef:
        return self.model.ref

    def run(self, threaded: bool = False) -> Run:
        return Run(
            db=self.db,
            library=self.library,
            places=Places(self.db, VolumeTable.read()),
            settings=self.settings,
            control=self.control,
            tell=self.events.append,
            thumbs=ThumbCache(self.library / "thumbs"),
            model=self.model,
            threads=1,
            threaded=threaded,
        )

    def index(self, *folders: Path, describe: bool = True, threaded: bool = False) -> Done:
        self.events.clear()
        return index(self.run(threaded), Plan(folders, describe=describe))


@pytest.fixture(scope="session")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def bench(tmp_path: Path, tiny_pack: Path) -> Iterator[Bench]:
    library = tmp_path / "library"
    db = open_library(library)
    yield Bench(db, library, Model(load_pack(tiny_pack), threads=1))
    db.close()


Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Makes files with the given names below one folder; contents differ by name."""

    def make(*names: str) -> Path:
        top = tmp_path / "videos"
        for name in names:
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode() * 10)
        return top

    return make
