"""Pause, resume, cancel and throttle of a run, asked between frames so that each is obeyed within 200 ms.

Shared by the thread that works and the one that listens to the parent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from engine.errors import Cancelled


class Pacer(Protocol):
    """Slows work down; returns early when `should_wake` says so."""

    def pace(self, should_wake: Callable[[], bool]) -> None: ...


class Control:
    def __init__(
        self,
        throttle: Pacer | None = None,
        on_pause: Callable[[bool], None] = lambda _paused: None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._may_run = threading.Event()
        self._may_run.set()
        self._is_cancelled = threading.Event()
        self._throttle = throttle
        self._on_pause = on_pause
        self._on_wait = on_wait

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled.is_set()

    def pause(self) -> None:
        self._may_run.clear()

    def resume(self) -> None:
        self._may_run.set()

    def cancel(self) -> None:
        self._is_cancelled.set()
        self._may_run.set()

    def checkpoint(self) -> None:
        """Called between frames: waits while paused, slows down where asked, raises Cancelled to stop."""
        if not self._may_run.is_set():
            self._on_pause(True)
            self._may_run.wait()
            self._on_pause(False)
        if self._throttle is not None and not self._is_cancelled.is_set():
            self._throttle.pace(self._is_interrupted)
        if self._is_cancelled.is_set():
            raise Cancelled

    def _is_interrupted(self) -> bool:
        """Asked all the while the throttle waits, which is also a sign of life."""
        self._on_wait()
        return self._is_cancelled.is_set() or not self._may_run.is_set()
