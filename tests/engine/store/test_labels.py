from __future__ import annotations

import pytest
from sqlite_utils import Database

from engine.store import labels
from engine.store.filters import Tag, all_of
from engine.store.hits import caption_at
from engine.store.remembered import correct_caption
from engine.types import Labels, Moment, Span, TagCount, VideoId, VolumeId
from tests.engine.store.conftest import add_video


@pytest.fixture
def videos(db: Database, volume: VolumeId) -> list[VideoId]:
    return [add_video(db, volume, f"{name}.mp4")[0] for name in ("a", "b", "c")]


def test_a_tag_goes_on_many_videos_and_off_again(db: Database, videos: list[VideoId]) -> None:
    labels.add_tag(db, videos, "Summer")
    labels.remove_tag(db, videos[:1], "summer")
    assert labels.labels_of(db, videos[0]).tags == ()
    assert labels.labels_of(db, videos[1]).tags == ("Summer",)
    assert labels.tags(db) == [TagCount("Summer", 2)]


@pytest.mark.parametrize("again", ["  caf\u00e9  bar ", "CAFÉ BAR", "cafe\u0301 bar", 'caf\u00e9 "bar"'])
def test_a_tag_spelled_otherwise_is_the_same_tag(again: str, db: Database, videos: list[VideoId]) -> None:
    assert labels.add_tag(db, videos[:1], "caf\u00e9 bar") == "caf\u00e9 bar"
    assert labels.add_tag(db, videos, again) == "caf\u00e9 bar"
    assert labels.tags(db) == [TagCount("caf\u00e9 bar", 3)]


@pytest.mark.parametrize("nothing", ["", "  ", '"', "\n"])
def test_an_empty_tag_is_none(nothing: str, db: Database, videos: list[VideoId]) -> None:
    assert labels.add_tag(db, videos, nothing) == ""
    assert labels.tags(db) == []


def test_a_tag_is_found_by_its_filter(db: Database, videos: list[VideoId]) -> None:
    labels.add_tag(db, videos[1:2], "Grandma's \ud800 house")
    sql, values = all_of([Tag("grandma's ? HOUSE")])
    assert db.conn.execute(f"SELECT v.id FROM videos v WHERE {sql}", values).fetchall() == [(videos[1],)]


@pytest.mark.parametrize(("given", "kept"), [(3, 3), (0, 0), (-4, 0), (9, 5)])
def test_stars_stay_between_none_and_five(given: int, kept: int, db: Database, videos: list[VideoId]) -> None:
    labels.rate(db, videos, given)
    assert labels.labels_of(db, videos[2]).rating == kept


def test_a_note_replaces_the_one_before_and_an_empty_one_takes_it_away(db: Database, videos: list[VideoId]) -> None:
    for note in ("first", "for Anna's birthday"):
        labels.write_note(db, videos[0], note)
    assert labels.labels_of(db, videos[0]) == Labels(note="for Anna's birthday")
    assert db.conn.execute("SELECT text FROM texts").fetchall() == [("for Anna's birthday",)]
    labels.write_note(db, videos[0], " ")
    assert labels.labels_of(db, videos[0]) == Labels()
    assert db.conn.execute("SELECT count(*) FROM texts").fetchone() == (0,)


def test_a_note_is_no_caption_and_a_correction_leaves_it_alone(db: Database, videos: list[VideoId]) -> None:
    labels.write_note(db, videos[0], "to be cut")
    assert caption_at(db, videos[0], 3.0) is None
    correct_caption(db, Moment(videos[0], 3.0), Span(0, 5), "a polar bear")
    correct_caption(db, Moment(videos[0], 3.0), Span(0, 5), "a white dog")
    assert labels.labels_of(db, videos[0]).note == "to be cut"
    found = caption_at(db, videos[0], 3.0)
    assert found is not None
    assert found.text == "a white dog"


def test_labels_go_with_their_video(db: Database, videos: list[VideoId]) -> None:
    labels.add_tag(db, videos, "x")
    labels.write_note(db, videos[0], "y")
    db.conn.execute("DELETE FROM videos")
    assert db.conn.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    assert labels.tags(db) == []
