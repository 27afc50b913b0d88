"""How much of the machine a throttled process really takes, against what it was allowed, and how soon it wakes.

Beside it, in the same run: what the same work takes without a limit, which is less than all cores on a busy machine.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import numpy as np

from engine.jobs.throttle import Throttle
from tests.bench.rows import Row

LENGTH_S = 8.0
WAKE_LIMIT_MS = 200.0


def run() -> Iterator[Row]:
    yield Row("share of all cores, no limit", share_taken(100), "%")
    for percent in (10, 25, 50):
        taken = share_taken(percent)
        yield Row(f"share when allowed {percent} %", taken, "%", "allowed", percent, taken / percent, "<= 1.05")
    woken_ms = max(wake_up_ms() for _ in range(5))
    yield Row("woken while it waits", woken_ms, "ms", "limit", WAKE_LIMIT_MS, woken_ms / WAKE_LIMIT_MS, "<= 200 ms")


def share_taken(percent: int) -> float:
    """The share of all cores, in percent, that work on every core takes, paced from one thread as the indexer does."""
    throttle = Throttle(percent)
    matrix = np.random.default_rng(0).random((400, 400), np.float32)
    start_s, start_cpu_s = time.monotonic(), time.process_time()
    while time.monotonic() - start_s < LENGTH_S:
        helpers = [threading.Thread(target=_work, args=(matrix,)) for _ in range((os.cpu_count() or 1) - 1)]
        for helper in helpers:
            helper.start()
        _work(matrix)
        for helper in helpers:
            helper.join()
        throttle.pace()
    used_s = time.process_time() - start_cpu_s
    return 100 * used_s / (time.monotonic() - start_s) / (os.cpu_count() or 1)


def wake_up_ms() -> float:
    """How long after being asked a waiting throttle returns."""
    throttle = Throttle(1)
    end_s = time.process_time() + 0.3
    while time.process_time() < end_s:
        pass
    wanted = threading.Event()
    asked_s: list[float] = []

    def ask() -> None:
        asked_s.append(time.monotonic())
        wanted.set()

    timer = threading.Timer(0.2, ask)
    timer.start()
    throttle.pace(wanted.is_set)
    late_s = time.monotonic() - asked_s[0]
    timer.join()
    return late_s * 1e3


def _work(matrix: np.ndarray) -> None:
    for _ in range(10):
        matrix @ matrix
