from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from app import words
from engine.paths import assets_dir
from engine.settings import Settings

APP = Path(words.__file__).parent
TRANSLATED = [name for name in words.LANGUAGES if name != "en"]


@pytest.fixture
def english() -> Iterator[None]:
    yield
    words.use_language("en")


def texts_of_the_window() -> set[str]:
    """Every text that goes through `tr` or `some`, and the meanings of the settings."""
    found = {str(one.metadata["meaning"]) for one in fields(Settings)}
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "some"):
                given = node.args[:1] if node.func.id == "tr" else node.args[1:3]
                found |= {one.value for one in given if isinstance(one, ast.Constant)}
    return found


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    known = json.loads((assets_dir() / "translations" / f"{language}.json").read_text("utf-8"))
    assert set(known) ^ texts_of_the_window() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_in_the_same_blanks(language: str) -> None:
    known = json.loads((assets_dir() / "translations" / f"{language}.json").read_text("utf-8"))
    assert [text for text, said in known.items() if blanks(text) != blanks(said)] == []


def test_an_unknown_language_is_english(english: None) -> None:
    words.use_language("de_AT")
    assert words.tr("Settings") == "Einstellungen"
    words.use_language("xx")
    assert words.tr("Settings") == "Settings"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (7.9, "0:07"), (725, "12:05"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_times_read_as_on_a_player(seconds: float, said: str) -> None:
    assert words.clock(seconds) == said


def test_one_is_no_plural() -> None:
    assert [words.some(n, "1 video", "{n} videos") for n in (1, 2)] == ["1 video", "2 videos"]


def test_a_time_between_two_seconds_keeps_its_hundredths() -> None:
    assert words.exact_clock(61.256) == "1:01.26"
