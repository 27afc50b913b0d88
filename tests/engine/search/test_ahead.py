"""The head start of a single search: what it opens, that the search takes it over, and that trouble is told later."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import PackError
from engine.models import encoder
from engine.search.ahead import HeadStart
from engine.search.opening import SearchDesk
from engine.store.db import open_library
from tests.libraries import tiny_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    open_library(tmp_path).close()
    return tiny_library(tmp_path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each text encoder that is made."""
    made: list[str] = []

    class Noted(encoder.TextEncoder):
        def __init__(self, pack: encoder.Pack) -> None:
            made.append(pack.id)
            super().__init__(pack)

    monkeypatch.setattr(encoder, "TextEncoder", Noted)
    return made


def test_a_search_takes_over_what_was_opened_ahead(library: Path, opened: list[str]) -> None:
    with HeadStart(library, "tiny", has_words=True) as ahead:
        pass
    assert opened == ["tiny"]
    with SearchDesk(library, dict, ahead=ahead) as desk:
        desk.searcher.search("red")
    assert opened == ["tiny"]


def test_without_words_no_graph_is_opened(library: Path, opened: list[str]) -> None:
    with HeadStart(library, "tiny", has_words=False) as ahead:
        assert ahead.chosen()[0].pack.id == "tiny"
    assert opened == []


def test_why_it_is_another_pack_than_asked_for_is_said(library: Path) -> None:
    with HeadStart(library, "none such", has_words=False) as ahead, SearchDesk(library, dict, ahead=ahead) as desk:
        assert "none such" in desk.notes[0]


def test_no_pack_at_all_leaves_words(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.search.ahead.pack_dirs", lambda folder: (folder / "none",))
    with HeadStart(library, "", has_words=True) as ahead, SearchDesk(library, dict, ahead=ahead) as desk:
        assert desk.sides == ()
        assert desk.searcher.search("red").hits == ()


def test_a_graph_that_does_not_open_is_told_by_the_search(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pack: object) -> None:
        raise PackError("tiny", "it cannot be opened", "Get it again")

    monkeypatch.setattr(encoder, "TextEncoder", refuse)
    with (
        HeadStart(library, "tiny", has_words=True) as ahead,
        SearchDesk(library, dict, ahead=ahead) as desk,
        pytest.raises(PackError, match="cannot be opened"),
    ):
        desk.searcher.search("red")
