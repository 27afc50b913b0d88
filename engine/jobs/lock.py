"""One indexing run at a time for a library, across processes. The lock is SQLite's own and dies with its holder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import StoreError
from engine.store.db import explained

LOCK_FILE = "indexing.lock"


@contextmanager
def indexing_lock(library: Path) -> Iterator[None]:
    """Hold the right to index, or say who has it."""
    path = library / LOCK_FILE
    with explained(path):
        library.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                with explained(path):
                    raise
            raise StoreError(
                str(library), "another indexing run is at work in this library", "Wait for it, or stop it first"
            ) from error
        yield
    finally:
        connection.close()
