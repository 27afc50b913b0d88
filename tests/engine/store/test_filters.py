"""A filter says the same in SQL and in Python, whatever the library and the words are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from engine.store import labels, library
from engine.store.db import open_library
from engine.store.filters import FILTERS, After, Before, Filter, InFolder, Name, Offline, Said, all_of
from engine.store.summary import facts_of
from engine.store.texts import replace_texts
from engine.types import StoredText, VideoId, Volume
from tests.engine.store.conftest import PROBE

NAMES = [
    "Trips/Rome 2019/IMG_1.MOV",
    "trips/rome/img_2.mp4",
    "STRASSE/Stra\u00dfe.mkv",
    "caf\u00e9.mp4",
    "noend",
    "a.b/c",
]
WORDS = st.sampled_from(["rome", "IMG", "straße", "STRASSE", "cafe\u0301", "mov", ".MP4", "", "%", "_", "'", "x y"])
DATES = st.sampled_from(["2019", "2019-05", "2020-01-01", "0001", "9999", "2019-05-01T12:00:00"])
SECONDS = st.sampled_from(["0", "59.5", "60", "1e9", "-1"])
STARS = st.sampled_from(["1", "3", "5"])
VALUES = {"after": DATES, "before": DATES, "longer": SECONDS, "shorter": SECONDS, "rating": STARS}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Videos with every mixture of facts that filters ask for."""
    db = open_library(tmp_path_factory.mktemp("filters"))
    volumes = [library.remember_volume(db, Volume(f"v{n}", f"Disk {n}", Path(f"/m{n}"), "fixed")) for n in (1, 2)]
    for number, name in enumerate(NAMES):
        probe = replace(PROBE, duration_s=[None, 59.5, 60.0][number % 3], camera=[None, "Canon EOS"][number % 2])
        file_id = library.upsert_file(db, volumes[number % 2], name.encode(), 1, 1)
        when = ["2019-05-01T12:00:00", "2020-01-01T00:00:00"][number % 2]
        video_id = library.add_video(db, name, 1, when, probe)
        library.attach(db, file_id, video_id)
        db.conn.execute("INSERT INTO tags VALUES (?, ?)", [video_id, ["Rome", "straße", "x y"][number % 3]])
        labels.rate(db, [video_id], number % 6)
        replace_texts(db, video_id, ["subtitle"], [StoredText(0, 1, "subtitle", f"we met in ROME, {name}")])
    yield db
    db.close()


def assert_equal(db: Database, one: Filter) -> None:
    sql, values = all_of([one])
    by_sql = {row[0] for row in db.conn.execute(f"SELECT v.id FROM videos v WHERE {sql}", values)}
    ids = [VideoId(row[0]) for row in db.conn.execute("SELECT id FROM videos")]
    assert by_sql == {video_id for video_id in ids if one.match(facts_of(db, video_id))}


@given(st.sampled_from(sorted(FILTERS)), st.data())
def test_sql_and_python_agree(filled: Database, name: str, data: st.DataObject) -> None:
    assert_equal(filled, FILTERS[name](data.draw(VALUES.get(name, WORDS))))


@given(st.booleans(), st.sets(st.integers(1, 3)))
def test_offline_agrees_too(filled: Database, wanted: bool, mounted: set[int]) -> None:
    assert_equal(filled, Offline(wanted, tuple(sorted(mounted))))


@given(st.text(max_size=8))
def test_any_text_is_only_text(filled: Database, text: str) -> None:
    assert_equal(filled, Name(text.replace("\x00", "")))


def found(db: Database, *filters: Filter) -> list[str]:
    sql, values = all_of(filters)
    rows = db.conn.execute(f"SELECT v.fingerprint FROM videos v WHERE {sql} ORDER BY v.id", values)
    return [row[0] for row in rows]


def test_folders_and_names_are_told_apart(filled: Database) -> None:
    assert found(filled, InFolder("rome")) == NAMES[:2]
    assert found(filled, Name("rome")) == []


def test_letters_match_however_they_are_written(filled: Database) -> None:
    assert found(filled, Name("STRASSE")) == [NAMES[2]]
    assert found(filled, Name("cafe\u0301")) == [NAMES[3]]


def test_dates_take_a_year_for_its_first_day(filled: Database) -> None:
    assert found(filled, After("2020")) == NAMES[1::2]
    assert found(filled, Before("2020")) == NAMES[0::2]


def test_filters_together_all_hold(filled: Database) -> None:
    assert found(filled, Said("rome"), After("2020"), InFolder("trips")) == [NAMES[1]]


def test_no_filter_is_everything(filled: Database) -> None:
    assert found(filled) == NAMES
