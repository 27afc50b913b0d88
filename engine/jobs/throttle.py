"""Good manners: at most so much of the machine, only on mains, only while nobody is using it.

`pace` is called between frames by the thread that works. It waits in slices, and returns at once when asked to, so
that pause and cancel never wait for it. What it cannot find out (no battery, no screen) is no reason to wait.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.jobs import power

SLICE_S = 0.05
SHORTEST_S = 0.001
LOOK_EVERY_S = 3.0
IDLE_AFTER_S = 120.0
LONGEST_DEBT_S = 60.0
"""Longest wait for work already done, so that loading a large model does not stop everything for an hour."""

Waiting = Literal["battery", "in use"]


@dataclass(frozen=True, slots=True)
class Senses:
    """What a throttle knows of the world; tests give it another world."""

    clock: Callable[[], float] = time.monotonic
    cpu_time: Callable[[], float] = time.process_time
    sleep: Callable[[float], None] = time.sleep
    on_mains: Callable[[], bool | None] = power.on_mains
    idle_s: Callable[[], float | None] = power.idle_s
    cores: int = os.cpu_count() or 1


class Throttle:
    """Keeps this process within its share of the machine. May be paced from several threads."""

    def __init__(
        self,
        percent: int = 100,
        only_on_mains: bool = False,
        only_when_idle: bool = False,
        on_wait: Callable[[Waiting | None], None] | None = None,
        senses: Senses | None = None,
    ) -> None:
        self._senses = senses or Senses()
        self._rate = max(1, percent) / 100 * self._senses.cores
        self._is_unlimited = percent >= 100
        self._only_on_mains = only_on_mains
        self._only_when_idle = only_when_idle
        self._on_wait = on_wait or (lambda _reason: None)
        self._lock = threading.Lock()
        self._debt_s = 0.0
        self._seen_at_s = self._senses.clock()
        self._seen_cpu_s = self._senses.cpu_time()
        self._looked_at_s = float("-inf")
        self._told: Waiting | None = None

    def pace(self, should_wake: Callable[[], bool] = lambda: False) -> None:
        """Waits as long as the limits ask for, or until woken. Returns at once when there is nothing to wait for."""
        while self._waiting_for() is not None:
            if should_wake():
                return
            self._senses.sleep(SLICE_S)
        while not self._is_unlimited:
            wait_s = self._owed_s()
            if wait_s <= 0 or should_wake():
                return
            self._senses.sleep(min(max(wait_s, SHORTEST_S), SLICE_S))

    def _owed_s(self) -> float:
        """How long to do nothing until the CPU time used so far fits its share. Rest is not saved up beyond a slice,
        which makes good for sleep that lasts too long: a process that waited for a slow disk may not take the whole
        machine afterwards.
        """
        with self._lock:
            now_s, cpu_s = self._senses.clock(), self._senses.cpu_time()
            used_s = cpu_s - self._seen_cpu_s
            earned_s = (now_s - self._seen_at_s) * self._rate
            self._seen_at_s, self._seen_cpu_s = now_s, cpu_s
            debt_s = self._debt_s + used_s - earned_s
            self._debt_s = min(max(debt_s, -SLICE_S * self._rate), LONGEST_DEBT_S * self._rate)
            return self._debt_s / self._rate

    def _waiting_for(self) -> Waiting | None:
        """Why work must rest now. Looks at the world every few seconds, and tells when the answer changes."""
        if not (self._only_on_mains or self._only_when_idle):
            return None
        with self._lock:
            now_s = self._senses.clock()
            if now_s - self._looked_at_s < LOOK_EVERY_S:
                return self._told
            self._looked_at_s = now_s
            reason = self._look()
            has_changed, self._told = reason != self._told, reason
        if has_changed:
            self._on_wait(reason)
        return reason

    def _look(self) -> Waiting | None:
        if self._only_on_mains and self._senses.on_mains() is False:
            return "battery"
        if self._only_when_idle:
            idle_s = self._senses.idle_s()
            if idle_s is not None and idle_s < IDLE_AFTER_S:
                return "in use"
        return None
