"""How much of the machine a throttled process really takes, against what it was allowed, and how soon it wakes.

Run: python tests/bench/throttle.py [seconds]
"""

from __future__ import annotations

import os
import sys
import threading
import time

import numpy as np

from engine.jobs.throttle import Throttle


def share_taken(percent: int, length_s: float) -> float:
    """The share of all cores that numpy work of about 20 ms a step takes, in percent."""
    throttle = Throttle(percent)
    matrix = np.random.default_rng(0).random((500, 500), np.float32)
    start_s, start_cpu_s = time.monotonic(), time.process_time()
    while time.monotonic() - start_s < length_s:
        for _ in range(5):
            matrix @ matrix
        throttle.pace()
    used_s = time.process_time() - start_cpu_s
    return 100 * used_s / (time.monotonic() - start_s) / (os.cpu_count() or 1)


def wake_up_s() -> float:
    """How long after being asked a waiting throttle returns."""
    throttle = Throttle(1)
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    wanted = threading.Event()
    timer = threading.Timer(0.2, wanted.set)
    start_s = time.monotonic()
    timer.start()
    throttle.pace(wanted.is_set)
    late_s = time.monotonic() - start_s - 0.2
    timer.join()
    return late_s


def main() -> None:
    length_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    for percent in (10, 25, 50, 100):
        print(f"allowed {percent:3d} %  taken {share_taken(percent, length_s):5.1f} %")
    print(f"woken after {max(wake_up_s() for _ in range(5)) * 1e3:.0f} ms (limit 200 ms)")


if __name__ == "__main__":
    main()
