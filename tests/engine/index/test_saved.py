from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from engine.index import kind as kind_module
from engine.index import saved as saved_module
from engine.index.keeper import Keeper
from engine.index.vectors import VectorIndex, index_folder
from engine.store.db import open_for_reading, open_library
from engine.types import PackRef
from tests.engine.index.conftest import DIMS, PACK, fill, random_vectors

VECTORS = random_vectors(600)
NEVER = lambda: False  # noqa: E731

Opener = Callable[[], VectorIndex]


@pytest.fixture(autouse=True)
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_module, "GRAPH_FROM", 100)
    monkeypatch.setattr(kind_module, "TAIL", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return index_folder(tmp_path, PACK)


@pytest.fixture
def reopen(folder: Path) -> Iterator[Opener]:
    """Opens the index of the folder again, closing the one before."""
    opened: list[VectorIndex] = []

    def again() -> VectorIndex:
        for each in opened:
            each.close()
        opened.append(VectorIndex(folder, PACK, DIMS))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


def saved(db: Database, reopen: Opener) -> VectorIndex:
    index = reopen()
    fill(db, "a", VECTORS[:500])
    index.catch_up(db)
    index.absorb(NEVER)
    assert index.save()
    return index


def best(index: VectorIndex, at: int) -> int:
    kind = index.kind("frame")
    return int(kind.columns.rows["owner"][kind.search(VECTORS[at], 1).rows][0])


def test_a_saved_index_needs_no_reading_from_the_store(db: Database, reopen: Opener) -> None:
    saved(db, reopen)
    index = reopen()
    assert best(index, 42) == 43, "exact before the graph is loaded"
    assert index.catch_up(db) == 0
    index.finish_loading()
    assert index.kind("frame").graph_rows == 500
    assert best(index, 42) == 43


def test_it_catches_up_from_where_it_was_saved(db: Database, reopen: Opener) -> None:
    saved(db, reopen)
    doomed = fill(db, "b", VECTORS[500:550])
    fill(db, "c", VECTORS[550:])
    db.conn.execute("DELETE FROM videos WHERE id = ?", [doomed])
    index = reopen()
    assert index.catch_up(db) == 50
    assert index.count == 550
    index.finish_loading()
    index.absorb(NEVER)
    assert best(index, 560) == 561


def test_rows_removed_after_saving_stay_removed_with_the_graph_loaded(db: Database, reopen: Opener) -> None:
    saved(db, reopen)
    db.conn.execute("DELETE FROM vectors WHERE seq = 43")
    index = reopen()
    index.catch_up(db)
    index.finish_loading()
    assert best(index, 42) != 43


@pytest.mark.parametrize("suffix", [".rows", ".columns", ".json"])
@pytest.mark.parametrize("damage", ["halve", "empty", "remove", "scribble"])
def test_damaged_files_are_made_again(db: Database, reopen: Opener, folder: Path, suffix: str, damage: str) -> None:
    saved(db, reopen).close()
    harm(next(path for path in folder.iterdir() if path.suffix == suffix and path.stat().st_size), damage)
    index = reopen()
    index.catch_up(db)
    assert index.count == 500
    assert np.array_equal(index.kind("frame").read(np.arange(500)), VECTORS[:500].astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("damage", ["halve", "scribble"])
def test_damaged_vectors_too_many_to_be_looked_at_in_passing_are_found_beside_the_searches(
    db: Database, reopen: Opener, folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_module, "CHECKED_AT_ONCE", 0)
    saved(db, reopen).close()
    index = reopen()
    harm(next(folder.glob("frame-*.rows")), damage)
    index.catch_up(db)
    index.finish_loading()
    assert index.is_behind(db)
    assert index.catch_up(db) == 500
    assert np.array_equal(index.kind("frame").read(np.arange(500)), VECTORS[:500].astype(np.float16).astype(np.float32))
    assert index.save()
    assert reopen().catch_up(db) == 0, "what was made again is whole"
    assert best(reopen(), 42) == 43


@pytest.mark.parametrize("damage", ["halve", "empty", "remove", "scribble"])
def test_a_damaged_graph_is_made_again(db: Database, reopen: Opener, folder: Path, damage: str) -> None:
    saved(db, reopen).close()
    harm(next(folder.glob("*.graph")), damage)
    index = reopen()
    index.finish_loading()
    assert index.kind("frame").graph_rows == 0
    assert best(index, 42) == 43
    assert index.absorb(NEVER) == 500


def harm(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "halve":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "remove":
        path.unlink()
    else:
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes(255 - byte for byte in data[middle : middle + 64]) + data[middle + 64 :])


def test_another_library_in_the_same_place_is_noticed(
    db: Database, reopen: Opener, folder: Path, tmp_path: Path
) -> None:
    saved(db, reopen).close()
    other = open_library(tmp_path / "other")
    fill(other, "x", random_vectors(1))
    fill(other, "y", VECTORS[:550])
    index = reopen()
    assert index.catch_up(other) == 551
    assert best(index, 42) == 44
    other.close()


def test_a_library_restored_from_an_older_copy_is_noticed(db: Database, reopen: Opener, tmp_path: Path) -> None:
    saved(db, reopen).close()
    older = open_library(tmp_path / "older")
    fill(older, "a", VECTORS[:10])
    index = reopen()
    assert index.catch_up(older) == 10
    assert index.count == 10
    older.close()


def test_another_pack_or_size_starts_afresh(db: Database, reopen: Opener, folder: Path) -> None:
    saved(db, reopen).close()
    for pack, dims in ((PackRef("test", "2"), DIMS), (PACK, DIMS * 2)):
        index = VectorIndex(folder, pack, dims)
        assert index.count == 0
        index.close()


def test_a_second_program_searches_and_leaves_the_files_alone(db: Database, reopen: Opener, folder: Path) -> None:
    saved(db, reopen)
    second = VectorIndex(folder, PACK, DIMS)
    fill(db, "b", VECTORS[500:])
    second.catch_up(db)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert best(second, 560) == 561
    assert not second.save()
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    second.close()


def test_only_the_files_of_the_newest_state_remain(db: Database, reopen: Opener, folder: Path) -> None:
    index = saved(db, reopen)
    fill(db, "b", VECTORS[500:])
    index.catch_up(db)
    index.absorb(NEVER)
    index.save()
    assert len(list(folder.glob("frame-*.graph"))) == 1
    assert len(list(folder.glob("frame-*.columns"))) == 1


def test_a_disk_that_refuses_is_no_catastrophe(
    db: Database, reopen: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = saved(db, reopen)
    fill(db, "b", VECTORS[500:])
    index.catch_up(db)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.index.saved.write_marks", full)
    assert not index.save()
    assert best(index, 560) == 561
    assert reopen().catch_up(db) == 100


def test_the_keeper_outlives_a_library_that_cannot_be_read(
    db: Database, reopen: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, calls = reopen(), []
    behind = index.is_behind

    def fails_once(db: Database) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise sqlite3.OperationalError("database is locked")
        return behind(db)

    monkeypatch.setattr(index, "is_behind", fails_once)
    fill(db, "a", VECTORS[:10])
    keeper = Keeper(index, lambda: open_for_reading(tmp_path), poll_s=0.01)
    assert keeper.wait_settled(30)
    keeper.close()
    assert index.count == 10


def test_the_keeper_tells_when_something_changed_and_only_then(db: Database, reopen: Opener, tmp_path: Path) -> None:
    index, told = reopen(), []
    fill(db, "a", VECTORS[:10])
    keeper = Keeper(index, lambda: open_for_reading(tmp_path), lambda: told.append(index.count), poll_s=30)
    for _ in range(2):  # the second look finds nothing new
        keeper.wake()
        assert keeper.wait_settled(30)
    assert told == [10]
    fill(db, "b", VECTORS[10:30])
    keeper.wake()
    assert keeper.wait_settled(30)
    keeper.close()
    assert told == [10, 30]


def test_the_keeper_catches_up_absorbs_and_saves(db: Database, reopen: Opener, tmp_path: Path) -> None:
    fill(db, "a", VECTORS[:500])
    index = reopen()
    keeper = Keeper(index, lambda: open_for_reading(tmp_path), poll_s=30)
    assert keeper.wait_settled(30)
    assert index.kind("frame").graph_rows == 500
    fill(db, "b", VECTORS[500:])
    keeper.wake()
    assert keeper.wait_settled(30)
    assert best(index, 560) == 561
    keeper.close()
    again = reopen()
    assert again.count == 600
    assert np.all(again.kind("frame").columns.rows["alive"])


@pytest.mark.skipif(os.name == "nt", reason="a file in use cannot be taken away there")
def test_an_index_made_again_takes_no_file_another_process_reads(
    db: Database, reopen: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the clock stands still, or was put back since the files were named."""
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    saved(db, reopen)
    other = VectorIndex(folder, PACK, DIMS)
    try:
        read_before = other.kind("frame").read(np.arange(500))
        (folder / "marks.json").unlink()
        db.conn.execute("DELETE FROM vectors WHERE seq <= 250")
        again = reopen()
        again.catch_up(db)
        assert again.save()
        assert np.array_equal(other.kind("frame").read(np.arange(500)), read_before)
    finally:
        other.close()
