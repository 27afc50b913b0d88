from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from engine.index import kind as kind_module
from engine.index.vectors import VectorIndex
from engine.store.library import add_video, forget_files
from engine.types import PackRef, Vectors
from tests.engine.index.conftest import DIMS, PACK, fill, random_vectors
from tests.fakes import empty_probe

NEVER = lambda: False  # noqa: E731


def owners(index: VectorIndex, query: Vectors, k: int = 5, videos: np.ndarray | None = None) -> list[int]:
    kind = index.kind("frame")
    return kind.columns.rows["owner"][kind.search(query, k, videos).rows].tolist()


@pytest.fixture
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a graph of a few hundred rows, so that tests are quick."""
    monkeypatch.setattr(kind_module, "GRAPH_FROM", 100)
    monkeypatch.setattr(kind_module, "TAIL", 0)
    monkeypatch.setattr(kind_module, "EXACT_ALLOWED", 50)


def test_finds_the_nearest_in_order(db: Database, index: VectorIndex) -> None:
    vectors = random_vectors(300)
    fill(db, "a", vectors)
    assert index.catch_up(db) == 300
    expected = np.argsort(-(vectors @ vectors[7]))[:5] + 1
    assert owners(index, vectors[7]) == expected.tolist()


@pytest.mark.usefixtures("small_graphs")
def test_the_graph_answers_as_exact_search_does(db: Database, index: VectorIndex) -> None:
    vectors = random_vectors(600)
    fill(db, "a", vectors)
    index.catch_up(db)
    before = [owners(index, query, 20) for query in vectors[:40]]
    assert index.absorb(NEVER) == 600
    assert index.kind("frame").graph_rows == 600
    assert [owners(index, query, 20) for query in vectors[:40]] == before


@pytest.mark.usefixtures("small_graphs")
def test_catches_up_in_pieces_and_new_rows_are_found_before_the_graph_has_them(
    db: Database, index: VectorIndex
) -> None:
    vectors = random_vectors(500)
    fill(db, "a", vectors[:400])
    index.catch_up(db)
    index.absorb(NEVER)
    fill(db, "b", vectors[400:])
    assert index.is_behind(db)
    assert index.catch_up(db, 50) >= 50
    index.catch_up(db)
    assert not index.is_behind(db)
    assert index.kind("frame").graph_rows == 400
    assert owners(index, vectors[450], 1) == [451]


@pytest.mark.usefixtures("small_graphs")
def test_forgotten_videos_are_not_found(db: Database, index: VectorIndex) -> None:
    vectors = random_vectors(400)
    fill(db, "a", vectors[:200])
    doomed = fill(db, "b", vectors[200:])
    index.catch_up(db)
    index.absorb(NEVER)
    db.conn.execute("DELETE FROM videos WHERE id = ?", [doomed])
    index.catch_up(db)
    assert index.count == 200
    assert max(owners(index, vectors[300], 200)) <= 200
    assert not len(index.kind("frame").of_video(doomed))


@pytest.mark.usefixtures("small_graphs")
@pytest.mark.parametrize("share", [0.01, 0.1, 1.0])
def test_filters_lose_nothing(db: Database, index: VectorIndex, share: float) -> None:
    vectors = random_vectors(2000)
    for at in range(100):
        fill(db, f"v{at}", vectors[at * 20 : (at + 1) * 20])
    index.catch_up(db)
    index.absorb(NEVER)
    videos = np.zeros(101, np.bool_)
    videos[1 : 1 + max(1, int(100 * share))] = True
    rows = np.flatnonzero(videos[np.arange(2000) // 20 + 1])
    hits = []
    for query in random_vectors(60, seed=9):
        exact = rows[np.argsort(-(vectors[rows] @ query))[:20]] + 1
        hits.append(len(set(owners(index, query, 20, videos)) & set(exact.tolist())) / 20)
    assert np.mean(hits) >= 0.98


@pytest.mark.usefixtures("small_graphs")
def test_a_filter_that_allows_only_what_is_far_from_the_query_still_answers(db: Database, index: VectorIndex) -> None:
    near, far = random_vectors(1, 5), random_vectors(1, 6)
    rows = np.concatenate([near + 0.05 * random_vectors(500, 7), far + 0.05 * random_vectors(100, 8)])
    fill(db, "near", rows[:500])
    far_video = fill(db, "far", rows[500:])
    index.catch_up(db)
    index.absorb(NEVER)
    videos = np.zeros(3, np.bool_)
    videos[far_video] = True
    assert len(owners(index, near[0], 20, videos)) == 20


def test_packs_lie_side_by_side(db: Database, tmp_path: Path, index: VectorIndex) -> None:
    vectors = random_vectors(20)
    other = PackRef("other", "2")
    fill(db, "a", vectors)
    fill(db, "b", vectors[:5], other)
    second = VectorIndex(tmp_path / "second", other, DIMS)
    assert (index.catch_up(db), second.catch_up(db)) == (20, 5)
    assert not index.is_behind(db)
    second.close()


def test_vectors_of_a_wrong_size_are_left_out(db: Database, index: VectorIndex) -> None:
    fill(db, "a", random_vectors(3))
    db.conn.execute("UPDATE vectors SET vector = x'0102' WHERE seq = 2")
    index.catch_up(db)
    assert index.count == 2


def test_an_empty_index_answers_nothing(index: VectorIndex) -> None:
    assert owners(index, random_vectors(1)[0]) == []


@pytest.mark.usefixtures("small_graphs")
def test_removed_rows_are_left_behind_when_they_are_many(
    db: Database, index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.index.vectors.READ_BATCH", 50)
    vectors = random_vectors(400)
    doomed = fill(db, "a", vectors[:200])
    fill(db, "b", vectors[200:])
    index.catch_up(db)
    index.absorb(NEVER)
    before = index.kind("frame")
    db.conn.execute("DELETE FROM videos WHERE id = ?", [doomed])
    index.catch_up(db)
    assert index.needs_compacting()
    index.compacted(db)
    assert not index.needs_compacting()
    assert index.kind("frame").columns.count == 200
    assert owners(index, vectors[250], 1) == [251]
    assert len(before.search(vectors[250], 3).rows) == 3, "a search under way still reads the old rows"


def test_a_forgotten_file_takes_its_vectors_along(db: Database, index: VectorIndex) -> None:
    add_video(db, "empty", 1, "2024", empty_probe(None))
    fill(db, "a", random_vectors(3))
    assert forget_files(db, []) == []
    assert index.catch_up(db) == 3
    assert index.pack == PACK
