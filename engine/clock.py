"""What the calendar says: the one place that asks, so that a test can put it forwards and back.

For dates only. How long something takes is measured with `time.monotonic`, which no one can set.
"""

from __future__ import annotations

import datetime
import time


def now_s() -> float:
    """Seconds since 1970, as the computer believes."""
    return time.time()


def now() -> datetime.datetime:
    """Local date and time, with its zone."""
    return datetime.datetime.fromtimestamp(now_s()).astimezone()
