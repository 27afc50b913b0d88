"""Everything the engine may say in the window is in the catalogues, found by reading the engine's code."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from app import words
from app.sentences import Sentences
from engine.errors import ExpectedError
from engine.paths import assets_dir

ENGINE = Path(engine.__file__ or "").parent
SPEAKING = (
    *("errors.py", "library_care.py", "settings.py", "jobs/*.py", "media/*.py", "store/db.py", "store/remembered.py"),
    *("search/ask.py", "search/opening.py", "search/parse.py", "search/rank.py"),
    *("models/catalog.py", "models/manifest.py", "models/pack.py"),
)
"""Who makes the sentences that the window shows. What only commands say stays English, as they do."""
TO_NOBODY = (
    *("uint64 (\\d+)", "System Volume Information", "[Script Info]", "dict[str, object]", "unable to open"),
    *("not a database", "unreachable: the loop returns or raises", "like this", "not this", "{1} x {2}"),
    "%(asctime)s %(name)s %(message)s",
    *('Literal["bilinear", "bicubic", "box"]', 'Literal["longest", "max"]'),
)
"""What has a space in it and is no sentence: names, types, and what others said."""
OTHERS = ("Indexing", "{1}: {2}. {3}.")
"""A single word that is all there is to say, and how an error puts its own sentence together."""
UNSAID = {"debug", "info", "warning", "error", "exception", "critical", "execute", "executemany"}
TRANSLATED = [name for name in words.LANGUAGES if name != "en"]


def sentences_of_the_engine() -> set[str]:
    found: set[str] = set(OTHERS)
    for pattern in SPEAKING:
        for path in ENGINE.glob(pattern):
            found |= set(_sentences(ast.parse(path.read_text("utf-8"))))
    return {one for one in found if one not in TO_NOBODY and "\n" not in one}


def _sentences(node: ast.AST) -> Iterator[str]:
    """Every text with a space in it, but for docstrings, logs, SQL and the meanings of settings."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and _name(node.func) in UNSAID | {"_setting"}:
        return
    text = _template(node)
    if text is not None and " " in text.strip() and any(mark.islower() for mark in text):
        yield text
    for child in ast.iter_child_nodes(node):
        if not (text is not None and isinstance(child, ast.Constant)):
            yield from _sentences(child)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _template(node: ast.AST) -> str | None:
    """A text as it stands in a catalogue: what is filled in is numbered."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    number, pieces = 0, []
    for part in node.values:
        if isinstance(part, ast.Constant):
            pieces.append(str(part.value))
        else:
            number += 1
            pieces.append(f"{{{number}}}")
    return "".join(pieces)


def catalogue(language: str) -> dict[str, str]:
    return json.loads((assets_dir() / "translations" / "engine" / f"{language}.json").read_text("utf-8"))


@pytest.fixture
def german() -> Iterator[None]:
    words.use_language("de")
    yield
    words.use_language("en")


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_sentence_and_no_other(language: str) -> None:
    assert set(catalogue(language)) ^ sentences_of_the_engine() == set()


def test_english_is_said_anew_only_where_a_command_is_named() -> None:
    assert set(catalogue("en")) <= {one for one in sentences_of_the_engine() if "reelfind " in one}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_window_sends_nobody_to_a_terminal_for_what_it_can_do_itself(language: str) -> None:
    spoken = {text: catalogue(language).get(text, text) for text in sentences_of_the_engine()}
    only_commands_can = ("reelfind doctor", "reelfind model add")
    assert [
        said for said in spoken.values() if "reelfind " in said and not any(one in said for one in only_commands_can)
    ] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_translated_sentence_keeps_every_detail(language: str) -> None:
    def blanks(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    assert [text for text, said in catalogue(language).items() if blanks(text) != blanks(said)] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_sentence_is_taken_for_another(language: str) -> None:
    known, spoken = catalogue(language), Sentences()
    spoken.use(known)
    for text, said in known.items():
        values = [f"<{number}>" for number in range(text.count("{"))]
        assert spoken.said(text.format("", *values)) == said.format("", *values)


def test_an_error_is_said_in_the_user_s_language_with_its_details(german: None) -> None:
    error = ExpectedError("film.mp4", "cannot be read from its disk (input/output error)", "Copy it again")
    said = (
        "film.mp4: kann nicht von ihrem Datenträger gelesen werden (input/output error). Kopieren Sie sie noch einmal."
    )
    assert words.told_error(error) == said
    assert words.told(str(error)) == said
    assert words.told("reading it made the indexing process crash (signal 11)").endswith("abgestürzt (Signal 11)")


def test_what_nobody_has_translated_is_shown_as_it_is(german: None) -> None:
    assert words.told("something quite new: 3") == "something quite new: 3"
