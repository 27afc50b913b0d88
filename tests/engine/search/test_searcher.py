from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlite_utils import Database

from engine.errors import Cancelled, ExpectedError
from engine.index.vectors import VectorIndex
from engine.search.ask import Ask, Page
from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.search.stop import Newest
from engine.store.library import mark_missing
from engine.store.remembered import note_feedback, take_back_feedback
from engine.store.texts import replace_texts
from engine.types import FileId, Hit, Moment, PackRef, SearchAnswer, StoredText, VideoId
from tests.fakes import FakeTextEncoder, Scene, SceneLibrary, text_vector

POOL = [Scene(0, 10, "white sand"), Scene(10, 20, "brown dog jumps water"), Scene(20, 40, "blue sea")]


def good(answer: SearchAnswer) -> list[tuple[str, float, float]]:
    return [(hit.path.name, hit.start_s, hit.end_s) for hit in answer.hits if hit.is_confident]


def names(answer: SearchAnswer) -> set[str]:
    return {name for name, _, _ in good(answer)}


# --- finding ---------------------------------------------------------------------------------------------------


def test_the_moment_is_found_with_its_cuts_and_reasons(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    answer = searcher.search("dog jumps into water")
    assert good(answer) == [("pool.mp4", 10.0, 20.0)]
    hit = answer.hits[0]
    assert answer.is_confident
    assert hit.caption == "brown dog jumps water"
    assert hit.path == library.mount / "pool.mp4"
    assert 10 <= hit.best_s < 20
    assert {why.source for why in hit.why} == {"frame", "clip", "caption"}
    assert next(why.text for why in hit.why if why.source == "caption") == "brown dog jumps water"


def test_shares_of_every_hit_add_up_to_one(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    for hit in searcher.answer(Ask("dog water"), Page(limit=100, everything=True)).hits:
        assert sum(why.share for why in hit.why) == pytest.approx(1.0)
        assert all(why.share > 0 for why in hit.why)


def test_what_is_not_there_is_not_called_found(searcher: Searcher, library: SceneLibrary) -> None:
    answer = searcher.search("unicorn rainbow castle")
    assert not answer.is_confident
    assert answer.hits, "the nearest are shown all the same"
    assert not any(hit.is_confident for hit in answer.hits)
    assert answer.total <= 12


def test_a_video_that_was_only_looked_at_is_not_punished(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("described.mp4", POOL)
    library.add("looked at.mp4", [Scene(s.start_s, s.end_s, s.words, caption="") for s in POOL])
    assert names(searcher.search("brown dog jumps water")) == {"described.mp4", "looked at.mp4"}


def test_several_moments_of_one_video_can_stand_together(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("two.mp4", [Scene(0, 9, "red ball"), Scene(9, 30, "nothing"), Scene(30, 40, "red ball")])
    library.add("one.mp4", [Scene(0, 9, "red ball"), Scene(9, 30, "something")])
    flat = searcher.search("red ball")
    assert len(good(flat)) == 3
    together = [name for name, _, _ in good(searcher.search("red ball", group=True))]
    assert together in (["two.mp4", "two.mp4", "one.mp4"], ["one.mp4", "two.mp4", "two.mp4"])


def test_words_alone_find_names_and_subtitles(db: Database, searcher: Searcher, library: SceneLibrary) -> None:
    video = library.add("x.mp4", [Scene(0, 60, "grey wall")])
    replace_texts(db, video, ["subtitle"], [StoredText(30.0, 31.5, "subtitle", "see you tomorrow")])
    replace_texts(db, video, ["name"], [StoredText(0.0, 60.0, "name", "Grandma birthday")])
    (hit,) = [hit for hit in searcher.search("see you tomorrow").hits if hit.is_confident]
    assert abs(hit.best_s - 30.75) < 1
    assert hit.why[0].source == "subtitle"
    assert hit.why[0].text == "see you tomorrow"
    assert names(searcher.search("birthday")) == {"x.mp4"}


def test_without_any_model_words_still_answer(db: Database, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    answer = Searcher([], lambda: nullcontext(db), lambda: library.mounts).search("jumps")
    assert names(answer) == {"pool.mp4"}
    assert "no model" in answer.notes[0]


# --- the forms of a query --------------------------------------------------------------------------------------


def test_first_this_then_that(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("right.mp4", [Scene(0, 10, "red ball"), Scene(10, 20, "blue cup")])
    library.add("wrong order.mp4", [Scene(0, 10, "blue cup"), Scene(10, 20, "red ball")])
    library.add("only one.mp4", [Scene(0, 10, "red ball"), Scene(10, 20, "grey wall")])
    assert good(searcher.search("red ball > blue cup")) == [("right.mp4", 0.0, 20.0)]


def test_an_excluded_word_is_looked_for_in_pictures_and_words(
    db: Database, searcher: Searcher, library: SceneLibrary
) -> None:
    library.add("plain.mp4", [Scene(0, 10, "brown dog")])
    library.add("seen.mp4", [Scene(0, 10, "brown dog cat", caption="brown dog")])
    said = library.add("said.mp4", [Scene(0, 10, "brown dog")])
    replace_texts(db, said, ["subtitle"], [StoredText(0, 10, "subtitle", "look, a cat!")])
    assert names(searcher.search("brown dog")) == {"plain.mp4", "seen.mp4", "said.mp4"}
    assert names(searcher.search("brown dog -cat")) == {"plain.mp4"}


def test_other_moments_of_the_same_video_survive_an_exclusion(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("ball.mp4", [Scene(0, 10, "ball red"), Scene(10, 20, "ball blue")])
    assert good(searcher.search("ball -red")) == [("ball.mp4", 10.0, 20.0)]


def test_a_phrase_is_insisted_on(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("exact.mp4", [Scene(0, 10, "red ball", caption="a red ball rolls"), Scene(10, 20, "grey wall")])
    library.add("turned.mp4", [Scene(0, 10, "red ball", caption="a ball, red")])
    assert good(searcher.search('"red ball"')) == [("exact.mp4", 0.0, 10.0)]


def test_a_phrase_that_nobody_says_is_searched_by_meaning_and_said_so(
    searcher: Searcher, library: SceneLibrary
) -> None:
    library.add("pool.mp4", POOL)
    answer = searcher.search('"water jumps dog"')
    assert not answer.is_confident
    assert answer.hits[0].path.name == "pool.mp4"
    assert 'No text in your library holds "water jumps dog".' in answer.notes


def test_a_weight_moves_the_ranking(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("dog.mp4", [Scene(0, 10, "dog grass sky")])
    library.add("ball.mp4", [Scene(0, 10, "ball street wall")])
    assert searcher.search("dog^4 ball").hits[0].path.name == "dog.mp4"
    assert searcher.search("dog ball^4").hits[0].path.name == "ball.mp4"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("water in:holiday", {"b.mp4"}),
        ("water -in:holiday", {"a.mov"}),
        ("water name:b", {"b.mp4"}),
        ("water type:mov", {"a.mov"}),
        ("water after:2024", {"b.mp4"}),
        ("water before:2024", {"a.mov"}),
        ("water longer:25", {"b.mp4"}),
        ("water shorter:25", {"a.mov"}),
        ("water offline:no", {"a.mov", "b.mp4"}),
        ("water offline:yes", set()),
        ("water tag:best", {"a.mov"}),
        ("water said:hello", {"b.mp4"}),
        ("water camera:x100", {"a.mov"}),
    ],
)
def test_every_filter_is_exact(
    db: Database, searcher: Searcher, library: SceneLibrary, query: str, expected: set[str]
) -> None:
    a = library.add("clips/a.mov", [Scene(0, 20, "blue water")], recorded_at="2019-07-01")
    b = library.add("holiday/b.mp4", [Scene(0, 30, "blue water")], recorded_at="2024-07-01")
    db.conn.execute("INSERT INTO tags(video_id, tag) VALUES (?, 'Best')", [a])
    db.conn.execute("UPDATE videos SET camera = 'Fuji X100' WHERE id = ?", [a])
    replace_texts(db, b, ["subtitle"], [StoredText(0, 1, "subtitle", "Hello you")])
    assert names(searcher.search(query)) == expected


def test_filters_alone_list_the_newest_first(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("trip/old.mp4", POOL, recorded_at="2001")
    library.add("trip/new.mp4", POOL, recorded_at="2023")
    answer = searcher.search("in:trip")
    assert [hit.path.name for hit in answer.hits] == ["new.mp4", "old.mp4"]
    assert (answer.hits[0].start_s, answer.hits[0].end_s, answer.hits[0].score) == (0.0, 40.0, 1.0)


def test_an_exclusion_alone_lists_everything_else(searcher: Searcher, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    answer = searcher.search("-dog", limit=100)
    assert len(answer.hits) == 12
    assert "pool.mp4" not in names(answer)


def test_a_picture_is_a_query_too(searcher: Searcher, library: SceneLibrary, tmp_path: Path) -> None:
    library.add("red.mp4", [Scene(0, 10, "red"), Scene(10, 20, "grey wall")])
    picture = tmp_path / "red.png"
    Image.new("RGB", (40, 30), (250, 10, 10)).save(picture)
    assert good(searcher.search_picture(picture)) == [("red.mp4", 0.0, 10.0)]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(50)])
def test_a_picture_that_is_none_gives_one_sentence(searcher: Searcher, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(ExpectedError) as caught:
        searcher.search_picture(path)
    assert str(caught.value).startswith(str(path))
    with pytest.raises(ExpectedError):
        searcher.search_picture(tmp_path / "nowhere.png")


def test_more_like_this_leaves_the_example_out_and_takes_words(searcher: Searcher, library: SceneLibrary) -> None:
    example = library.add("a.mp4", [Scene(0, 10, "red ball"), Scene(10, 20, "grey wall")])
    library.add("b.mp4", [Scene(0, 10, "red ball"), Scene(10, 30, "brown dog")])
    library.add("c.mp4", [Scene(0, 10, "red ball grass"), Scene(10, 30, "brown cow")])
    like = searcher.search_like(Moment(example, 5.0))
    assert good(like)[0] == ("b.mp4", 0.0, 10.0)
    assert ("a.mp4", 0.0, 10.0) not in good(like)
    assert searcher.search_like(Moment(example, 5.0), "grass").hits[0].path.name == "c.mp4"


def test_a_moment_that_is_gone_is_no_example(searcher: Searcher, library: SceneLibrary) -> None:
    answer = searcher.search_like(Moment(VideoId(999), 5.0))
    assert answer.hits == ()
    assert answer.notes


# --- what comes out --------------------------------------------------------------------------------------------


def test_copies_are_listed_once(searcher: Searcher, library: SceneLibrary) -> None:
    library._random = np.random.default_rng(3)
    library.add("pool.mp4", POOL)
    library._random = np.random.default_rng(3)
    library.add("pool small.mp4", POOL)
    (hit,) = [hit for hit in searcher.search("dog jumps water").hits if hit.is_confident]
    assert {hit.path.name, *(path.name for path in hit.copies)} == {"pool.mp4", "pool small.mp4"}


def test_pages_follow_each_other_without_gap_or_repetition(
    db: Database, side: Side, searcher: Searcher, library: SceneLibrary
) -> None:
    for number in range(60):
        library.add(f"dog{number:02}.mp4", [Scene(0, 6, f"brown dog x{number}"), Scene(6, 20, f"rest y{number}")])
    side.index.catch_up(db)
    whole = searcher.search("brown dog", limit=60)
    pages = [hit for at in range(0, 60, 7) for hit in searcher.search("brown dog", limit=7, offset=at).hits]

    def key(hit: Hit) -> tuple[str, float]:
        return hit.path.name, hit.start_s

    assert [key(hit) for hit in pages[:60]] == [key(hit) for hit in whole.hits]
    assert len({key(hit) for hit in whole.hits}) == len(whole.hits) == 60


def test_a_further_page_goes_on_although_the_library_grows(searcher: Searcher, library: SceneLibrary) -> None:
    for number in range(9):
        library.add(f"dog{number}.mp4", [Scene(0, 6, f"brown dog x{number}"), Scene(6, 20, f"rest y{number}")])
    first = searcher.search("brown dog", limit=5)
    library.add("newer.mp4", [Scene(0, 6, "brown dog"), Scene(6, 20, "rest")])
    second = searcher.search("brown dog", limit=4, offset=5)
    paths = [hit.path.name for hit in (*first.hits, *second.hits)]
    assert len(set(paths)) == 9
    assert "newer.mp4" not in paths
    assert "newer.mp4" in names(searcher.search("brown dog"))


def test_an_unplugged_disk_is_found_and_said(db: Database, side: Side, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    hit = Searcher([side], lambda: nullcontext(db), dict).search("dog jumps water").hits[0]
    assert not hit.is_online
    assert hit.volume_label == "Disk"
    assert hit.path == library.mount / "pool.mp4"


def test_missing_and_deleted_videos_are_not_found(db: Database, searcher: Searcher, library: SceneLibrary) -> None:
    library.add("pool.mp4", POOL)
    doomed = library.add("doomed.mp4", POOL)
    assert names(searcher.search("dog jumps water")) == {"pool.mp4", "doomed.mp4"}
    mark_missing(db, [FileId(doomed)])
    assert names(searcher.search("dog jumps water")) == {"pool.mp4"}
    db.conn.execute("DELETE FROM videos WHERE id = ?", [doomed])
    assert names(searcher.search("dog jumps water")) == {"pool.mp4"}


def test_a_video_deleted_while_it_is_ranked_is_left_out(
    db: Database, searcher: Searcher, library: SceneLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("pool.mp4", POOL)
    from engine.search import searcher as module  # noqa: PLC0415

    rank = module.rank

    def rank_then_lose(*arguments: object) -> object:
        found = rank(*arguments)  # type: ignore[arg-type]
        db.conn.execute("DELETE FROM videos")
        return found

    monkeypatch.setattr(module, "rank", rank_then_lose)
    assert searcher.search("dog jumps water").hits == ()


def test_new_videos_are_found_at_once(searcher: Searcher, library: SceneLibrary) -> None:
    assert not searcher.search("dog jumps water").is_confident
    library.add("pool.mp4", POOL)
    assert names(searcher.search("dog jumps water")) == {"pool.mp4"}


def test_during_a_change_of_pack_both_answer_and_no_video_twice(
    db: Database, side: Side, library: SceneLibrary, tmp_path: Path
) -> None:
    library.add("old only.mp4", POOL)
    both = library.add("both.mp4", POOL)
    pack = PackRef("newer", "1")
    frames = [row[0] for row in db.conn.execute("SELECT id FROM frames WHERE video_id = ? ORDER BY time_s", [both])]
    from engine.store.vectors import add_vectors  # noqa: PLC0415

    shown = [text_vector(scene.words, 32) for scene in POOL for _ in range(int(scene.end_s - scene.start_s))]
    add_vectors(db, both, "frame", zip(frames, shown, strict=True), pack)
    index = VectorIndex(tmp_path / "newer", pack, 32)
    newer = Side(pack, index, FakeTextEncoder(32))
    answer = Searcher([newer, side], lambda: nullcontext(db), lambda: library.mounts).search("dog jumps water")
    assert sorted(name for name, _, _ in good(answer)) == ["both.mp4", "old only.mp4"]
    index.close()


# --- typing, stopping, verdicts --------------------------------------------------------------------------------


def test_a_newer_search_stops_the_older_one(searcher: Searcher, library: SceneLibrary) -> None:
    newest = Newest()
    older = newest.start()
    newest.start()
    with pytest.raises(Cancelled):
        searcher.search("dog", cancel=older)


def test_a_stop_is_obeyed_between_stages(
    searcher: Searcher, library: SceneLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    from engine.search import rank as module  # noqa: PLC0415

    find = module.find_words
    monkeypatch.setattr(module, "find_words", lambda *a: (stop.set(), find(*a))[1])
    reached: list[str] = []
    monkeypatch.setattr(module, "recall_vectors", lambda *_: reached.append("recall"))
    with pytest.raises(Cancelled):
        searcher.search("dog", cancel=stop)
    assert not reached


def test_a_wrong_hit_goes_and_comes_back_when_that_is_undone(
    db: Database, searcher: Searcher, library: SceneLibrary
) -> None:
    library.add("a.mp4", [Scene(0, 10, "red ball x"), Scene(10, 30, "wall")])
    library.add("b.mp4", [Scene(0, 10, "red ball y"), Scene(10, 30, "floor")])
    first = searcher.search("red ball").hits[0]
    moment = Moment(first.video_id, first.best_s)
    note_feedback(db, "red ball", moment, "not this")
    refined = searcher.search("red ball")
    assert first.path.name not in names(refined)
    assert "Refined by what you said of 1 hit." in refined.notes
    take_back_feedback(db, "red ball", moment)
    assert searcher.search("red ball").hits[0].path == first.path


def test_a_hit_that_was_called_right_pulls_its_like_up(db: Database, searcher: Searcher, library: SceneLibrary) -> None:
    library.add("a.mp4", [Scene(0, 10, "ball indoors carpet")])
    library.add("b.mp4", [Scene(0, 10, "ball snow forest")])
    liked = library.add("c.mp4", [Scene(0, 10, "ball snow mountain")])
    note_feedback(db, "ball", Moment(liked, 4.0), "like this")
    order = [hit.path.name for hit in searcher.search("ball").hits]
    assert order.index("b.mp4") < order.index("a.mp4")
