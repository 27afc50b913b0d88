"""The sample library: how long a newcomer waits for it, what the second run costs, and how much of it is found.

The share of queries answered is the pack's, on scenes that its training never saw; the limits are our own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.rows import Row

FIRST_LIMIT_S, WANTED_SHARE = 60.0, 80.0


def run() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as made:
        first_s, _ = _demo(Path(made))
        second_s, told = _demo(Path(made))
        size_mb = sum(path.stat().st_size for path in (Path(made) / "clips").iterdir()) / 1e6
    yield Row("draw, index, search", first_s, "s", "limit", FIRST_LIMIT_S, first_s / FIRST_LIMIT_S, "<= 60 s")
    yield Row("second run", second_s, "s", "first run", first_s, second_s / first_s)
    yield Row("size of the clips", size_mb, "MB")
    there = [one for one in told["queries"] if one["truth"]]
    absent = [one for one in told["queries"] if not one["truth"]]
    for depth in (1, 5):
        share = 100 * sum(one["rank"] is not None and one["rank"] <= depth for one in there) / len(there)
        yield Row(f"right moment in the first {depth}", share, "%", "wanted", WANTED_SHARE, share / WANTED_SHARE)
    yield Row("what is not there is doubted", 100 * sum(one["right"] for one in absent) / len(absent), "%")


def _demo(folder: Path) -> tuple[float, dict[str, Any]]:
    command = [sys.executable, "-m", "engine", "demo", "--json", "--folder", str(folder)]
    began = time.monotonic()
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.monotonic() - began, json.loads(told)
