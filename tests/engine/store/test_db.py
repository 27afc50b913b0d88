"""Opening libraries: made, migrated with a backup, refused in words; and what a transaction promises."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.errors import StoreError
from engine.store import library
from engine.store.db import check_health, library_file, open_for_reading, open_library, writing
from engine.store.migrations import MIGRATIONS, SCHEMA_VERSION
from engine.types import Volume

DISK = Volume("uuid:1", "Disk", Path("/media/disk"), "fixed")


def test_schema_version_counts_the_migrations() -> None:
    memory = Database(memory=True)
    assert len(MIGRATIONS.pending(memory)) == SCHEMA_VERSION
    memory.close()


def test_a_new_library_is_sound_and_opens_again(folder: Path) -> None:
    open_library(folder).close()
    db = open_library(folder)
    assert check_health(db) is None
    db.close()


def test_a_newer_library_is_refused_and_left_alone(folder: Path) -> None:
    db = open_library(folder)
    db.conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(StoreError, match="newer version of Reelfind"):
        open_library(folder)


def test_another_programs_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    other = sqlite3.connect(library_file(folder))
    other.execute("CREATE TABLE theirs(x)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        open_library(folder)


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    library_file(folder).write_bytes(b"just some text, long enough to be read as a header" * 40)
    with pytest.raises(StoreError, match="damaged"):
        open_library(folder)


def test_an_older_library_is_migrated_after_a_backup(folder: Path) -> None:
    path = library_file(folder)
    folder.mkdir()
    old = sqlite3.connect(Path(__file__).parents[2] / "data" / "library-v1.db")
    new = sqlite3.connect(path)
    old.backup(new)
    old.close()
    new.close()
    db = open_library(folder)
    assert [row[0] for row in db.conn.execute("SELECT fingerprint FROM videos")] == ["kept"]
    assert db.conn.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    db.close()
    assert len(list(folder.glob("library-v1-*.backup"))) == 1


def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError):
        _write_and_fail(db)
    assert library.volume_identities(db) == {}


def _write_and_fail(db: Database) -> None:
    with writing(db):
        library.remember_volume(db, DISK)
        raise RuntimeError


def test_writers_wait_for_each_other(folder: Path, db: Database) -> None:
    is_writing = threading.Event()
    may_end = threading.Event()

    def hold() -> None:
        mine = open_library(folder)
        with writing(mine):
            library.remember_volume(mine, DISK)
            is_writing.set()
            may_end.wait(10)
        mine.close()

    thread = threading.Thread(target=hold)
    thread.start()
    is_writing.wait(10)
    threading.Timer(0.2, may_end.set).start()
    library.remember_volume(db, Volume("uuid:2", "Other", Path("/media/other"), "fixed"))
    thread.join()
    assert len(library.volume_identities(db)) == 2


def test_a_lock_that_stays_is_told(folder: Path, db: Database) -> None:
    impatient = open_library(folder, busy_timeout_s=0.1)
    with writing(db), pytest.raises(StoreError, match="locked"):
        library.remember_volume(impatient, DISK)
    impatient.close()


def test_reading_needs_a_library(folder: Path) -> None:
    with pytest.raises(StoreError, match="no library here yet"):
        open_for_reading(folder)


def test_reading_works_from_a_copy_without_side_files(folder: Path, db: Database, tmp_path: Path) -> None:
    library.remember_volume(db, DISK)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(library_file(folder), library_file(copy))
    reader = open_for_reading(copy)
    assert list(library.volume_identities(reader).values()) == ["uuid:1"]
    with pytest.raises(StoreError, match="cannot be written"):
        library.remember_volume(reader, Volume("uuid:2", "Other", Path("/x"), "fixed"))
    reader.close()
