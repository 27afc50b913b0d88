from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.store.db import open_library
from engine.store.filters import Filter, InFolder, Longer, Name
from engine.store.library import full_path
from engine.store.search import (
    negated,
    newest_marks,
    packs_with_vectors,
    paths_known,
    searchable_videos,
    spanned_vectors,
    videos_with_file,
)
from engine.store.summary import facts_of
from engine.types import PackRef
from tests.fakes import PACK, Scene, SceneLibrary


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_library(tmp_path / "library")
    yield opened
    opened.close()


@pytest.fixture
def library(db: Database, tmp_path: Path) -> SceneLibrary:
    made = SceneLibrary(db, tmp_path)
    made.add("trip/Beach.mp4", [Scene(0, 30, "sand")], recorded_at="2020")
    made.add("trip/city.mp4", [Scene(0, 5, "street"), Scene(5, 9, "tower", caption="")], recorded_at="2022")
    made.add("home.mp4", [Scene(0, 7, "sofa")], recorded_at="2021")
    return made


@pytest.mark.parametrize("one", [InFolder("TRIP"), Name("beach"), Longer(8.0)])
def test_a_negated_filter_is_the_rest_in_sql_and_in_python(db: Database, library: SceneLibrary, one: Filter) -> None:
    every = searchable_videos(db, ())
    kept, rest = searchable_videos(db, [one]), searchable_videos(db, [negated(one)])
    assert sorted(kept + rest) == sorted(every)
    assert rest == [video for video in every if negated(one).match(facts_of(db, video))]
    assert every == [2, 3, 1], "newest recordings first"


def test_vectors_come_with_the_time_of_what_they_describe(db: Database, library: SceneLibrary) -> None:
    rows = [row for batch in spanned_vectors(db, PACK, 0, 10) for row in batch]
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    assert len(rows) == 46 + 3 + 3
    spans = {(row.kind, row.start_s, row.end_s) for row in rows if row.video_id == 2}
    assert {("frame", 4.0, 4.0), ("clip", 0.0, 5.0), ("caption", 0.0, 5.0)} <= spans
    assert list(spanned_vectors(db, PackRef("other", "1"), 0)) == []


def test_a_vector_whose_owner_is_gone_is_left_out(db: Database, library: SceneLibrary) -> None:
    db.conn.execute("DELETE FROM frames WHERE video_id = 1 AND time_s < 10")
    rows = [row for batch in spanned_vectors(db, PACK, 0) for row in batch]
    assert len([row for row in rows if row.video_id == 1 and row.kind == "frame"]) == 20


def test_marks_only_grow(db: Database, library: SceneLibrary) -> None:
    seq, removed = newest_marks(db)
    db.conn.execute("DELETE FROM videos WHERE id = 3")
    assert newest_marks(db) == (seq, removed + 9)


def test_every_pack_is_found_by_leaps(db: Database, library: SceneLibrary) -> None:
    SceneLibrary(db, library.mount, PackRef("aaa", "2")).add("x.mp4", [Scene(0, 2, "x")])
    assert packs_with_vectors(db) == [PackRef("aaa", "2"), PACK]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("home.mp4", [3]),
        ("/anywhere/trip/Beach.mp4", [1]),
        ("BEA", [1]),
        ("nothing", []),
        ("100%", []),
        ("", [1, 2, 3]),
    ],
)
def test_a_video_is_found_by_its_path_or_the_start_of_its_name(
    db: Database, library: SceneLibrary, name: str, expected: list[int]
) -> None:
    assert videos_with_file(db, name) == expected


def test_known_paths_are_those_on_disks_that_are_here(db: Database, library: SceneLibrary) -> None:
    assert paths_known(db, library.mounts)[2] == full_path(library.mount, b"home.mp4")
    assert paths_known(db, {}) == []
