"""Stopping a search that nobody waits for any more. Looked at between stages, so it takes one stage at most."""

from __future__ import annotations

import threading

from engine.errors import Cancelled
from engine.protocols import StopSign


def checkpoint(cancel: StopSign | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("a newer search took over")


class Newest:
    """Lets only the newest search go on: each `start` sets the stop signs given out before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0

    def start(self) -> StopSign:
        with self._lock:
            self._generation += 1
            return _Older(self, self._generation)

    @property
    def generation(self) -> int:
        return self._generation


class _Older:
    def __init__(self, newest: Newest, generation: int) -> None:
        self._newest = newest
        self._generation = generation

    def is_set(self) -> bool:
        return self._newest.generation != self._generation
