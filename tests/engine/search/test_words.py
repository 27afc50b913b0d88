from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from engine.search import words as words_module
from engine.search.parse import parse
from engine.search.query import Part, Term
from engine.search.words import expression, find_words, is_said
from engine.store.search import texts_with
from engine.store.texts import replace_texts
from engine.types import StoredText
from tests.fakes import Scene, SceneLibrary


def say(db: Database, library: SceneLibrary, *texts: str) -> None:
    video = library.add("said.mp4", [Scene(0, 30, "talk", caption="")])
    replace_texts(
        db, video, ["subtitle"], [StoredText(at, at + 1.0, "subtitle", text) for at, text in enumerate(texts)]
    )


def found(db: Database, query: str) -> list[tuple[str, float]]:
    return [(hit.match.text, round(hit.coverage, 2)) for hit in find_words(db, parse(query).parts[0])]


def test_what_covers_more_of_the_query_comes_first(db: Database, library: SceneLibrary) -> None:
    say(db, library, "a cat", "a dog and a ball", "the ball")
    assert [text for text, _ in found(db, "dog ball")] == ["a dog and a ball", "the ball"]
    assert found(db, "dog ball")[0][1] == 1.0


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("jumping", "it jumped"),
        ("dogs", "a dog"),
        ("CAFÉ", "le cafe"),
        ("12:30", "at 12:30 sharp"),
        ("강아지", "강아지가 뛴다"),
        ("holid", "our holiday"),
        ('"red ball"', "the red ball rolls"),
    ],
)
def test_words_are_found_in_the_forms_people_expect(db: Database, library: SceneLibrary, query: str, text: str) -> None:
    say(db, library, "nothing here", text)
    assert [hit for hit, _ in found(db, query)] == [text]


def test_a_phrase_is_not_its_words(db: Database, library: SceneLibrary) -> None:
    say(db, library, "ball red", "red and a ball")
    assert not found(db, '"red ball"')
    assert not is_said(db, Term("red ball", True))
    assert is_said(db, Term("ball red", True))


def test_a_word_that_is_everywhere_is_not_looked_for(
    db: Database, library: SceneLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "TOO_COMMON", 2)
    say(db, library, "the sun", "the moon", "the star")
    assert found(db, "the moon") == [("the moon", 1.0)]
    assert found(db, "the") == []


def test_a_filter_reaches_texts_that_better_ones_would_crowd_out(
    db: Database, library: SceneLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "MOST_TEXTS", 2)
    say(db, library, "wave", "wave", "wave")
    quiet = library.add("quiet.mp4", [Scene(0, 5, "x", caption="a very long caption that has one wave in it")])
    hits = find_words(db, parse("wave").parts[0], [quiet])
    assert [hit.match.video_id for hit in hits] == [quiet]


def test_of_texts_with_the_same_words_those_come_first_that_say_little_besides(
    db: Database, library: SceneLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "MOST_TEXTS", 3)
    say(db, library, "a wave comes and goes and comes again", "a red wave", "wave", "a wave", "wave upon wave upon")
    assert [text for text, _ in found(db, "red wave")] == ["a red wave", "wave", "a wave"]


@given(st.text(max_size=30))
def test_nothing_typed_is_an_operator(text: str) -> None:
    for term in (Term(text), Term(text, True)):
        match = expression(term)
        assert match == "" or match.strip("()*").startswith('"')


HOSTILE = [
    '"',
    "a OR b",
    "NEAR(a b)",
    "text:x",
    "a*",
    "(((",
    "' OR 1=1 --",
    "{a b}",
    "^a",
    "a AND NOT",
    '""""',
    "🐶",
    "-",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_sql_and_full_text_syntax_are_just_text(db: Database, library: SceneLibrary, text: str) -> None:
    find_words(db, Part((Term(text), Term(text, True))))
    match = expression(Term(text))
    assert not match or isinstance(texts_with(db, match, 5), list)


def test_words_that_say_nothing_count_only_where_there_are_no_others(db: Database, library: SceneLibrary) -> None:
    say(db, library, "dog", "who is it")
    assert found(db, "a dog in the") == [("dog", 1.0)]
    assert found(db, "who is it") == [("who is it", 1.0)]
    assert found(db, '"who is it" dog')[-1][1] < 1.0
