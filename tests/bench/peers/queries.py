"""From words to hits at several sizes: a question to a program that is open, and the whole of a command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from engine.engine import Engine
from engine.models.encoder import TextEncoder
from engine.models.pack import load_pack
from engine.store.db import open_library
from tests.bench.peers.contestants import MaterialSearch, Rclip, Reelfind
from tests.bench.peers.speed import STARTER
from tests.bench.peers.watch import Spread
from tests.bench.search import FRAMES, World, fill

SIZES = (300, 10_000, 100_000)
QUESTIONS = 30
WHOLE = 3
WARM = 3


@dataclass(frozen=True, slots=True)
class Answered:
    who: str
    vectors: int
    how: str
    """"open" or "command line"."""
    took_s: Spread
    most_mb: float | None = None


def measure(top: Path, photos: Path, sizes: tuple[int, ...] = SIZES) -> Iterator[Answered]:
    for size in sizes:
        yield from _ours(top / f"ours {size}", size)
        yield from _material(top / f"material {size}", size)
        yield _brute(size)
    rclip = Rclip(top / "rclip")
    rclip.index(photos)
    for size in sizes:
        rclip.fill(photos, size)
        ran = [rclip.ask(photos, f"a red car {number}") for number in range(WHOLE)]
        yield Answered(
            rclip.name, size, "command line", Spread.of([one.took_s for one in ran]), max(one.most_mb for one in ran)
        )


def _ours(folder: Path, size: int) -> Iterator[Answered]:
    """Frames, and to a tenth each shots and captions; the starter pack's own text encoder."""
    program = Reelfind(folder)
    pack = load_pack(STARTER)
    with closing(open_library(folder)) as db:
        fill(db, World(), size)
        db.conn.execute("UPDATE vectors SET pack = ?, revision = ?", [pack.id, pack.revision])
    with Engine(folder).desk() as desk, desk.reading() as db:
        for side in desk.sides:
            side.index.catch_up(db)
            side.index.absorb(lambda: False, 2)
            side.index.save()
        took = [_timed(lambda at=at: desk.searcher.search(f"a red car number {at}")) for at in range(QUESTIONS + WARM)]
        memory = psutil.Process().memory_info().rss / 1e6
    yield Answered(program.name, size, "open", Spread.of(took[WARM:]), memory)
    ran = [program.ask(f"a red car {number}") for number in range(WHOLE)]
    yield Answered(
        program.name, size, "command line", Spread.of([one.took_s for one in ran]), max(one.most_mb for one in ran)
    )


def _material(folder: Path, size: int) -> Iterator[Answered]:
    program = MaterialSearch(folder)
    program.fill(folder, size, FRAMES)
    ran = program.ask(folder, WARM + QUESTIONS // 3)
    took = ran.answer()["took_s"]
    yield Answered(program.name, size, "open", Spread.of(took[WARM:]), ran.most_mb)


def _brute(size: int) -> Answered:
    """The recipe at its best: all vectors in memory, one product, the starter pack's text encoder."""
    text = TextEncoder(load_pack(STARTER))
    vectors = World().near(np.arange(size) % 2000, 0.8)

    def ask(number: int) -> np.ndarray:
        scores = vectors @ text.encode([f"a red car number {number}"], "query")[0]
        return np.argpartition(-scores, 20)[:20]

    took = [_timed(lambda at=at: ask(at)) for at in range(QUESTIONS + WARM)]
    return Answered("recipe: brute force in memory", size, "open", Spread.of(took[WARM:]))


def _timed(call: object) -> float:
    began = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - began
