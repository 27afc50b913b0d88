from __future__ import annotations

import numpy as np
import pytest
from sqlite_utils import Database

from engine.errors import StoreError
from engine.search.searcher import Searcher
from engine.store import remembered
from engine.store.frames import shots_of
from engine.store.hits import add_shot_tokens, shot_tokens_at
from engine.types import Moment, PackRef, Span
from tests.fakes import PACK, Scene, SceneLibrary


def test_a_saved_search_can_be_changed_and_removed(db: Database) -> None:
    remembered.save_search(db, "dogs", "dog -cat")
    remembered.save_search(db, "dogs", "dog")
    assert [(one.name, one.query) for one in remembered.saved_searches(db)] == [("dogs", "dog")]
    remembered.forget_search(db, "dogs")
    assert remembered.saved_searches(db) == []
    with pytest.raises(StoreError):
        remembered.forget_search(db, "dogs")


def test_a_saved_search_is_renamed_and_never_takes_the_name_of_another(db: Database) -> None:
    remembered.save_search(db, "dogs", "dog")
    remembered.save_search(db, "cats", "cat")
    remembered.rename_search(db, "dogs", "🐶 كلب")
    remembered.rename_search(db, "🐶 كلب", "🐶 كلب")
    for name, new, reason in (
        ("cats", "🐶 كلب", "another search is saved"),
        ("dogs", "x", "no search was saved"),
        ("cats", " ", "needs a name"),
    ):
        with pytest.raises(StoreError, match=reason):
            remembered.rename_search(db, name, new)
    assert {one.name: one.query for one in remembered.saved_searches(db)} == {"cats": "cat", "🐶 كلب": "dog"}


def test_a_search_is_not_saved_under_nothing(db: Database) -> None:
    with pytest.raises(StoreError, match="needs a name"):
        remembered.save_search(db, "  ", "dog")
    assert remembered.saved_searches(db) == []


def test_history_has_each_query_once_the_newest_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "HISTORY_KEPT", 2)
    for query in ("a", "b", "a", "c", "  "):
        remembered.note_search(db, query, 3)
    assert [(one.query, one.hits) for one in remembered.history(db)] == [("c", 3), ("a", 3)]


def test_history_can_be_switched_off_which_wipes_it(db: Database) -> None:
    remembered.note_search(db, "secret", 1)
    remembered.keep_history(db, False)
    remembered.note_search(db, "more", 1)
    assert remembered.history(db) == []
    remembered.keep_history(db, True)
    remembered.note_search(db, "open", 1)
    assert [one.query for one in remembered.history(db)] == ["open"]


def test_of_two_verdicts_on_one_hit_the_newest_counts(db: Database, library: SceneLibrary) -> None:
    moment = Moment(library.add("a.mp4", [Scene(0, 5, "x")]), 2.0)
    remembered.note_feedback(db, "q", moment, "opened")
    remembered.note_feedback(db, "q", moment, "not this")
    remembered.note_feedback(db, "q", moment, "like this")
    assert [verdict for _, verdict in remembered.feedback(db, "q")] == ["opened", "like this"]
    remembered.reset_feedback(db)
    assert remembered.feedback(db, "q") == []


def test_a_corrected_caption_is_found_at_once_and_kept_as_a_pair(
    db: Database, searcher: Searcher, library: SceneLibrary
) -> None:
    video = library.add("a.mp4", [Scene(0, 10, "grey wall", caption="a white dog")])
    assert searcher.search('"white dog"').is_confident
    remembered.correct_caption(db, Moment(video, 4.0), Span(0, 10), "a polar bear")
    assert not searcher.search('"white dog"').is_confident
    hit = searcher.search('"polar bear"').hits[0]
    assert hit.is_confident
    assert hit.caption == "a polar bear"
    assert hit.why[0].source == "user"
    (pair,) = remembered.preference_pairs(db)
    assert (pair.chosen, pair.rejected, pair.span) == ("a polar bear", "a white dog", Span(0, 10))


def test_a_correction_of_a_correction_is_no_second_pair(db: Database, library: SceneLibrary) -> None:
    video = library.add("a.mp4", [Scene(0, 10, "x", caption="one")])
    remembered.correct_caption(db, Moment(video, 4.0), Span(0, 10), "two")
    remembered.correct_caption(db, Moment(video, 4.0), Span(0, 10), "three")
    assert [pair.chosen for pair in remembered.preference_pairs(db)] == ["two"]
    texts = [row[0] for row in db.conn.execute("SELECT text FROM texts WHERE video_id = ?", [video])]
    assert texts == ["three"]


def test_a_correction_leaves_the_captions_of_other_shots_alone(db: Database, library: SceneLibrary) -> None:
    """A hit may span several shots; what is corrected is the caption that was shown with it."""
    video = library.add("a.mp4", [Scene(0, 10, "x", caption="one"), Scene(10, 20, "y", caption="two")])
    remembered.correct_caption(db, Moment(video, 10.0), Span(0, 20), "three")
    rows = db.conn.execute("SELECT text, start_s, end_s, source FROM texts ORDER BY start_s").fetchall()
    told = [row for row in rows if row[0] in ("one", "two", "three")]
    assert told == [("one", 0.0, 10.0, "caption"), ("three", 10.0, 20.0, "user")]
    (pair,) = remembered.preference_pairs(db)
    assert (pair.rejected, pair.span) == ("two", Span(10, 20))


def test_where_nothing_was_said_the_correction_holds_for_the_hit(db: Database, library: SceneLibrary) -> None:
    video = library.add("a.mp4", [Scene(0, 30, "x", caption="")])
    remembered.correct_caption(db, Moment(video, 12.0), Span(8, 16), "a fox")
    row = db.conn.execute("SELECT start_s, end_s FROM texts WHERE text = 'a fox'").fetchone()
    assert row == (8.0, 16.0)
    assert remembered.preference_pairs(db) == []


def test_frame_tokens_survive_being_kept_in_8_bits(db: Database, library: SceneLibrary) -> None:
    video = library.add("a.mp4", [Scene(0, 10, "x"), Scene(10, 20, "y")])
    tokens = np.random.default_rng(1).standard_normal((3, 4, 8)).astype(np.float32)
    shot, _ = shots_of(db, video)[1]
    add_shot_tokens(db, [(shot, tokens)], PACK)
    kept = shot_tokens_at(db, video, 12.0, PACK, 8)
    assert kept is not None
    assert np.abs(kept - tokens).max() <= np.abs(tokens).max() / 127
    assert shot_tokens_at(db, video, 5.0, PACK, 8) is None
    assert shot_tokens_at(db, video, 12.0, PackRef("other", "1"), 8) is None
