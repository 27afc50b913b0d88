"""Connections for reading that are kept for the next who asks: opening one costs as much as a small search.

Safe from any thread; each connection is lent to one at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from engine.errors import Cancelled
from engine.store.db import library_file, open_for_reading

KEPT = 4
_Identity = tuple[int, int] | None
"""Which file it is; another one may be put in its place while we run."""


class Readers:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._idle: list[tuple[_Identity, Database]] = []
        self._is_closed = False

    @contextmanager
    def lend(self) -> Iterator[Database]:
        identity = _identity(library_file(self._folder))
        db = self._take(identity) or open_for_reading(self._folder, any_thread=True)
        is_sound = False
        try:
            yield db
            is_sound = True
        except (Cancelled, GeneratorExit):
            # Given up half-way; what this connection has read serves the search that took over.
            is_sound = True
            raise
        finally:
            self._give_back(identity, db, is_sound=is_sound)

    def close(self) -> None:
        """Close those that wait; ones that are lent are closed when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for _, db in idle:
            db.close()

    def _take(self, identity: _Identity) -> Database | None:
        with self._lock:
            found = next((db for known, db in self._idle if known == identity is not None), None)
            stale = [db for known, db in self._idle if known != identity]
            self._idle = [(known, db) for known, db in self._idle if known == identity and db is not found]
        for db in stale:
            db.close()
        return found

    def _give_back(self, identity: _Identity, db: Database, *, is_sound: bool) -> None:
        with self._lock:
            is_kept = is_sound and not self._is_closed and len(self._idle) < KEPT
            if is_kept:
                self._idle.append((identity, db))
        if not is_kept:
            db.close()


def _identity(path: Path) -> _Identity:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
