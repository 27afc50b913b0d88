"""Opening a library: one SQLite file in WAL mode, migrated, with every expected trouble turned into a sentence.

A `Database` belongs to the thread that opened it. Writers use `writing()`, which takes the write lock at once, so
that two processes wait for each other instead of failing half-way through a read that turned into a write.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from engine.errors import StoreError
from engine.store.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from engine.store.shape import difference, strange_value
from engine.store.text import SQL_FUNCTIONS

LIBRARY_FILE = "library.db"
BUSY_TIMEOUT_S = 20.0
BACKUPS_KEPT = 3


def library_file(folder: Path) -> Path:
    return folder / LIBRARY_FILE


def open_library(folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Open the library in `folder`, making it where there is none and migrating it where it is older."""
    path = library_file(folder)
    with explained(path):
        _make_folder(folder)
        db = _connect(path, busy_timeout_s)
        try:
            _refuse_strangers(db, path)
            _migrate(db, path)
            _refuse_another_shape(db, path)
        except BaseException:
            db.close()
            raise
    return db


def open_for_reading(folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, any_thread: bool = False) -> Database:
    """Open an existing library without changing it; works on a read-only disk. An older one is migrated first.

    With `any_thread` it may wander between threads; whoever passes it on sees that only one uses it at a time.
    """
    path = library_file(folder)
    if not path.exists():
        raise StoreError(str(folder), "there is no library here yet", "Index a folder first: reelfind index FOLDER")
    with explained(path):
        connection = _reading_connection(path, busy_timeout_s, any_thread=any_thread)
        db = Database(connection, execute_plugins=False)
        _register_functions(connection)
        try:
            _refuse_strangers(db, path)
            is_older = _schema_version(db) < SCHEMA_VERSION
            if not is_older:
                _refuse_another_shape(db, path)
        except BaseException:
            db.close()
            raise
    if is_older:
        db.close()
        open_library(folder, busy_timeout_s=busy_timeout_s).close()
        return open_for_reading(folder, busy_timeout_s=busy_timeout_s, any_thread=any_thread)
    return db


@contextmanager
def writing(db: Database) -> Iterator[Database]:
    """One transaction that holds the write lock from its first moment; all of it happens, or nothing."""
    if db.conn.in_transaction:
        yield db
        return
    with explained_connection(db):
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.conn.execute("COMMIT")
        except BaseException:
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK")
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say about a library into one sentence with a remedy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _as_store_error(path, error) from error
    except OSError as error:
        raise _from_the_system(path, error) from error


@contextmanager
def explained_connection(db: Database) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _as_store_error(database_path(db), error) from error


def database_path(db: Database) -> Path:
    row = db.conn.execute("PRAGMA database_list").fetchone()
    return Path(row[2])


def check_health(db: Database) -> str | None:
    """What is wrong with the file or with a value in it, or None. Reads all of it."""
    try:
        rows = db.conn.execute("PRAGMA quick_check(3)").fetchall()
    except sqlite3.DatabaseError as error:
        return str(error)
    said = "; ".join(str(row[0]) for row in rows)
    return strange_value(db.conn) if said == "ok" else said


def damage(folder: Path) -> StoreError | None:
    """Whether the library's content can be why something failed that should not have. Reads all of it."""
    if not library_file(folder).exists():
        return None
    try:
        db = open_for_reading(folder)
    except StoreError as error:
        return error
    try:
        with explained(library_file(folder)):
            wrong = check_health(db)
    finally:
        db.close()
    return None if wrong is None else _damaged(library_file(folder), wrong)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _connect(path: Path, busy_timeout_s: float) -> Database:
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL in WAL mode survives a crash of the program; a power cut can only lose the newest commits, never
        # damage the file, and an indexing stage is simply done again.
        connection.execute("PRAGMA synchronous = NORMAL")
        _register_functions(connection)
    except BaseException:
        connection.close()
        raise
    return Database(connection, execute_plugins=False)


def _reading_connection(path: Path, busy_timeout_s: float, *, any_thread: bool) -> sqlite3.Connection:
    """Read-only; on a disk where WAL's side files cannot be made, as an immutable file."""
    uri = path.absolute().as_uri()
    for flags in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(
            f"{uri}?{flags}",
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            check_same_thread=not any_thread,
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if "unable to open" not in str(error) or "immutable" in flags:
                raise
        else:
            return connection
    raise AssertionError("unreachable: the loop returns or raises")


def _register_functions(connection: sqlite3.Connection) -> None:
    for name, function in SQL_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)


def _schema_version(db: Database) -> int:
    return int(db.conn.execute("PRAGMA user_version").fetchone()[0])


def _refuse_strangers(db: Database, path: Path) -> None:
    application = int(db.conn.execute("PRAGMA application_id").fetchone()[0])
    tables = int(db.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StoreError(
            str(path),
            "this is a database of another program",
            "Choose another --library folder; nothing was changed",
        )
    if _schema_version(db) > SCHEMA_VERSION:
        raise StoreError(
            str(path),
            "this library was written by a newer version of Reelfind",
            "Update Reelfind, or choose another --library folder; nothing was changed",
        )


def _refuse_another_shape(db: Database, path: Path) -> None:
    """Before anything is asked of it, so that a file that only says it is a library is refused as a whole."""
    wrong = difference(db.conn)
    if wrong is not None:
        raise _damaged(path, wrong)


def _migrate(db: Database, path: Path) -> None:
    if _schema_version(db) == SCHEMA_VERSION:
        return
    if _schema_version(db) > 0:
        _back_up(db, path)
    with writing(db):
        MIGRATIONS.apply(db)
        db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _back_up(db: Database, path: Path) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.stem}-v{_schema_version(db)}-{stamp}.backup")
    unfinished = target.with_suffix(".unfinished")
    copy = sqlite3.connect(unfinished)
    try:
        db.conn.backup(copy)
    finally:
        copy.close()
    unfinished.replace(target)
    for old in sorted(path.parent.glob(f"{path.stem}-v*.backup"))[:-BACKUPS_KEPT]:
        old.unlink()


def _read_only(path: Path) -> StoreError:
    return StoreError(
        str(path),
        "the library cannot be written",
        "Allow writing to its folder, or choose another one with --library; nothing was changed",
    )


def _damaged(path: Path, said: str) -> StoreError:
    return StoreError(
        str(path),
        f"the library file is damaged ({said})",
        "Put back the newest .backup file beside it, or move it away and index again; the videos are untouched",
    )


def _full(path: Path) -> StoreError:
    return StoreError(
        str(path),
        "the disk that holds the library is full",
        "Free some space and run the command again; everything finished so far is kept",
    )


def _from_the_system(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _read_only(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path)
    said = (error.strerror or str(error)).lower()
    return StoreError(str(path), f"the library cannot be used ({said})", "Choose another --library folder")


def _as_store_error(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    said = str(error)
    if "locked" in said or "busy" in said:
        return StoreError(
            str(path), "another program holds the library locked", "Close it, or wait a moment and try again"
        )
    if "full" in said:
        return _full(path)
    if "readonly" in said or "unable to open" in said:
        return _read_only(path)
    if "not a database" in said or "malformed" in said:
        return _damaged(path, said)
    return StoreError(str(path), f"the library cannot be used ({said})", "Run: reelfind doctor")
