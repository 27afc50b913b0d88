"""A library file that is damaged, or made by somebody who means harm: a command says one sentence, or does its work."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine import cli
from engine.doctor import CHECKS, _qt
from engine.errors import StoreError
from engine.store.db import damage, library_file, open_for_reading, open_library
from engine.store.migrations import APPLICATION_ID, SCHEMA_VERSION
from tests.libraries import tiny_library

COMMANDS = ("status", "search blue", "doctor", "retry", "history", "saved", "forget /films")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one of everything in it."""
    folder = tmp_path_factory.mktemp("sound") / "library"
    tiny_library(folder)
    open_library(folder).close()
    _change(
        folder,
        "INSERT INTO volumes VALUES (1, 'uuid:1', 'Disk', 'fixed', x'2f', 0)",
        "INSERT INTO folders (volume_id, path, added_at) VALUES (1, x'66', 0)",
        "INSERT INTO videos (id, fingerprint, size_bytes, added_at, recorded_at) VALUES (1, 'f', 1, 0, '2020')",
        "INSERT INTO texts (video_id, start_s, end_s, source, text) VALUES (1, 0, 1, 'subtitle', 'a dog')",
    )
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "library"))


@pytest.fixture(autouse=True)
def _no_window_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `doctor` says of Qt takes a process of its own, and no library has a say in it."""
    monkeypatch.setattr("engine.doctor.CHECKS", [check for check in CHECKS if check is not _qt])


def _change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(library_file(folder), isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def _of_another_shape(folder: Path) -> None:
    """Says that it is a library, and is something else."""
    library_file(folder).unlink()
    _change(
        folder,
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {SCHEMA_VERSION}",
        "CREATE TABLE videos (id, evil)",
    )


def _cut(folder: Path) -> None:
    content = library_file(folder).read_bytes()
    library_file(folder).write_bytes(content[: len(content) // 2])


def _overwritten(folder: Path) -> None:
    content = bytearray(library_file(folder).read_bytes())
    for at in range(100, len(content), 509):
        content[at] ^= 0xFF
    library_file(folder).write_bytes(content)


def _folder_in_its_place(folder: Path) -> None:
    library_file(folder).unlink()
    library_file(folder).mkdir()


def _with(*statements: str) -> Callable[[Path], None]:
    return lambda folder: _change(folder, *statements)


REFUSED: dict[str, Callable[[Path], None]] = {
    "another shape": _of_another_shape,
    "a table less": _with("DROP TABLE saved_searches"),
    "a column less": _with("ALTER TABLE search_history RENAME COLUMN query TO evil"),
    "a trigger": _with("CREATE TRIGGER evil AFTER UPDATE ON videos BEGIN DELETE FROM videos; END"),
    "a trigger in another's place": _with(
        "DROP TRIGGER texts_inserted",
        "CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN DELETE FROM files; END",
    ),
    "a view that never ends": _with(
        "DROP TABLE tags",
        "CREATE VIEW tags AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
    ),
    "an extra view": _with("CREATE VIEW evil AS SELECT load_extension('evil')"),
    "cut in half": _cut,
    "overwritten": _overwritten,
    "a header alone": lambda folder: _write(folder, b"SQLite format 3\0" + b"\xff" * 5000),
    "some text": lambda folder: _write(folder, b"a shopping list, long enough to be taken for a header " * 40),
    "a folder in its place": _folder_in_its_place,
}


def _write(folder: Path, content: bytes) -> None:
    library_file(folder).write_bytes(content)


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_in_one_sentence(spoil: Callable[[Path], None], folder: Path) -> None:
    spoil(folder)
    for way in (open_library, open_for_reading):
        with pytest.raises(StoreError) as refused:
            way(folder)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_ends_with_a_sentence(
    spoil: Callable[[Path], None], line: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder)
    assert cli.main(["--library", str(folder), *line.split()]) == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err


# A few values of each kind that a column never holds; `search` and `status` read most of them.
STRANGE = [
    ("volumes", "identity", "x'00ff'"),
    ("volumes", "mount", "'text'"),
    ("volumes", "seen_at", "'never'"),
    ("folders", "path", "'text'"),
    ("videos", "fingerprint", "x'00'"),
    ("videos", "size_bytes", "'large'"),
    ("videos", "size_bytes", "zeroblob(20000000)"),
    ("videos", "recorded_at", "x'ff'"),
    ("videos", "tracks", "'not json'"),
    ("texts", "start_s", "'early'"),
    ("texts", "text", "x'ff'"),
    ("texts", "text", "CAST(zeroblob(20000000) AS TEXT)"),
]


@pytest.mark.parametrize("strange", STRANGE, ids=" ".join)
@pytest.mark.parametrize("line", COMMANDS)
def test_a_strange_value_breaks_no_command(
    strange: tuple[str, str, str], line: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, column, value = strange
    _change(folder, f"UPDATE {table} SET {column} = {value}")
    assert cli.main(["--library", str(folder), *line.split()]) in (0, 1)
    said = capsys.readouterr()
    assert len(said.err.splitlines()) <= 1 or line == "doctor"


def test_a_sound_library_is_blamed_for_nothing(folder: Path) -> None:
    assert damage(folder) is None
    assert damage(folder.parent / "nowhere") is None


def test_a_bug_stays_a_bug(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_engine: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("engine.engine.Engine.status", fail)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["--library", str(folder), "status"])
    _change(folder, "UPDATE videos SET size_bytes = 'large'")
    assert cli.main(["--library", str(folder), "status"]) == 1
