"""Whatever is typed, and however little there is to search: an answer, never an exception."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.types import SearchAnswer
from tests.fakes import SceneLibrary

ANY_TEXTS = 60
HOSTILE = (
    "", " ", "a" * 100_000, "dog " * 25_000, "🐶🐶 🦄", "كلب يقفز في الماء", "' OR 1=1; DROP TABLE videos; --",
    'NEAR("a" "b", 5)', "text:dog AND NOT *", '"unbalanced', 'a"b"c"', "after:2024-02-30", "before:9999-99-99",
    "\x00\x01", "\ud800\udfff", "> > >", "-", "--", "- - -dog", "longer:1e999", "in:%_%", "dog^999999", "A > B > C > D",
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_any_query_gets_an_answer(searcher: Searcher, library: SceneLibrary, query: str) -> None:
    answer = searcher.search(query)
    assert isinstance(answer, SearchAnswer)
    assert searcher.search(query, limit=0).hits == ()
    assert searcher.search(query, offset=10_000).hits == ()


@settings(max_examples=ANY_TEXTS, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40))
def test_no_text_raises(searcher: Searcher, text: str) -> None:
    searcher.search(text, limit=3)


def test_an_empty_library_answers(db: Database, side: Side) -> None:
    searcher = Searcher([side], lambda: nullcontext(db), dict)
    for query in ("dog", "a > b", "-dog", "in:x", '"a b"', "dog -cat"):
        answer = searcher.search(query)
        assert answer.hits == ()
        assert not answer.is_confident
