"""One lock for the vector index: many searches, or one add (hnswlib allows no search while it adds).

Searches that waited for an add go before the next add, so a long catch-up made of short adds never starves them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    """Many readers or one writer; after a writer, the readers that waited for it come first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._readers_waiting = 0
        self._readers_first = False
        self._writers_waiting = 0
        self._is_writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._changed:
            self._readers_waiting += 1
            self._changed.wait_for(self._may_read)
            self._readers_waiting -= 1
            self._readers += 1
            if not self._readers_waiting:
                self._readers_first = False
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._changed:
            self._writers_waiting += 1
            self._changed.wait_for(self._may_write)
            self._writers_waiting -= 1
            self._is_writing = True
        try:
            yield
        finally:
            with self._changed:
                self._is_writing = False
                self._readers_first = self._readers_waiting > 0
                self._changed.notify_all()

    def _may_read(self) -> bool:
        return not self._is_writing and (self._readers_first or not self._writers_waiting)

    def _may_write(self) -> bool:
        return not self._is_writing and not self._readers and not self._readers_first
