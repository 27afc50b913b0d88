"""The thread that keeps an index fresh while the program runs: loads graphs, catches up, absorbs, saves.

Start it, and close it before the index. It opens its own connection to the library, on its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlite_utils import Database

from engine.errors import StoreError
from engine.index.vectors import VectorIndex
from engine.store.db import explained_connection

logger = logging.getLogger(__name__)

POLL_S = 1.0
SAVE_EVERY_S = 60.0


class Keeper:
    def __init__(
        self,
        index: VectorIndex,
        open_db: Callable[[], Database],
        on_change: Callable[[], None] = lambda: None,
        poll_s: float = POLL_S,
    ) -> None:
        """`on_change` is called on this thread whenever more, or less, can be found than before."""
        self._index = index
        self._open_db = open_db
        self._on_change = on_change
        self._poll_s = poll_s
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._settled = threading.Event()
        self._is_unsaved = False
        self._saved_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="index-keeper")
        self._thread.start()

    def wake(self) -> None:
        """There is something new; do not wait for the next look."""
        self._settled.clear()
        self._wake.set()

    def wait_settled(self, timeout_s: float) -> bool:
        """Whether everything the library held at the last look is in place."""
        return self._settled.wait(timeout_s)

    def close(self) -> None:
        """Stop within one step, save, and wait for it."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            db = self._open_db()
        except StoreError as error:
            logger.warning("The index is not kept fresh: %s", error)
            return
        try:
            self._index.finish_loading()
            while not self._stop.is_set():
                self._wake.clear()
                if self._looked(db) and not self._stop.is_set():
                    self._settled.set()
                if not self._stop.is_set():
                    self._wake.wait(self._poll_s)
        finally:
            db.close()
            if self._is_unsaved:
                self._index.save()

    def _looked(self, db: Database) -> bool:
        """A library that cannot be read now may be readable at the next look."""
        try:
            with explained_connection(db):
                self._look(db)
        except StoreError as error:
            logger.warning("The index could not be brought up to date: %s", error)
            return False
        return True

    def _look(self, db: Database) -> None:
        before = self._index.version
        while not self._stop.is_set() and self._index.is_behind(db):
            self._index.catch_up(db, 4096)
        if self._index.version != before:
            self._on_change()
        absorbed = self._index.absorb(self._stop.is_set)
        self._is_unsaved |= absorbed > 0 or self._index.version != before
        if not self._stop.is_set() and self._index.needs_compacting():
            self._index.compacted(db)
            self._index.absorb(self._stop.is_set)
            self._is_unsaved = True
        if self._is_unsaved and time.monotonic() - self._saved_at > SAVE_EVERY_S:
            self._is_unsaved = not self._index.save()
            self._saved_at = time.monotonic()
