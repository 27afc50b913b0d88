from __future__ import annotations

import pytest

from app.views.suggestions import MOST, Sources, folder_names, suggestions, wanted_name

SOURCES = Sources(
    searches=("dog jumps", "dog after:2020", "red kite"),
    tags=("Summer", "two words", "dogs"),
    folders=("Rome 2019", "holiday"),
    names=("my dog.mp4", "dog.mov"),
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", []),
        ("x", []),
        ("do", ["dog jumps", "dog after:2020", "tag:dogs"]),
        ("dog jumps", []),
        ("cat t", ["cat tag:", "cat type:"]),
        ("cat tag:", ["cat tag:Summer", 'cat tag:"two words"', "cat tag:dogs"]),
        ("cat -tag:sum", ["cat -tag:Summer"]),
        ("in:ro", ['in:"Rome 2019"']),
        ('in:"rome', ['in:"Rome 2019"']),
        ("name:dog", ['name:"my dog.mp4"', "name:dog.mov"]),
        ("cat hol", ["cat in:holiday"]),
        ('"a phrase hol', []),
    ],
)
def test_the_last_word_is_completed_and_earlier_searches_come_back(typed: str, offered: list[str]) -> None:
    assert suggestions(typed, SOURCES) == offered


def test_there_are_never_more_than_fit() -> None:
    many = Sources(tuple(f"a{n}" for n in range(50)), tuple(f"at{n}" for n in range(50)))
    assert len(suggestions("at", many)) == MOST
    assert len(suggestions("a", many)) == MOST


@pytest.mark.parametrize(("typed", "part"), [("name:ab", "ab"), ("x name:a", ""), ("ab", ""), ('-name:"a b', "a b")])
def test_file_names_are_only_looked_up_when_they_are_asked_for(typed: str, part: str) -> None:
    assert wanted_name(typed) == part


def test_a_folder_is_offered_by_its_own_name() -> None:
    assert folder_names(["/media/a/Rome 2019/", "C:\\Videos", "/media/b/Rome 2019", "/"]) == ("Rome 2019", "Videos")
