"""A second `index` over 10,000 files that have not changed, as a user waits for it: start, scan, end.

Beside it, in the same run: only walking the same folders and asking each file's size and time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rows import Row
from tests.monster_clips import Shape, box, clip

FILES = 10_000
PER_FOLDER = 100
LIMIT_S = 3.0
RUNS = 3


def run() -> Iterator[Row]:
    with TemporaryDirectory(prefix="reelfind-bench-") as folder:
        videos, library = Path(folder, "videos"), Path(folder, "library")
        make_files(videos)
        first_s = index(videos, library)
        yield Row(f"first index, {FILES:,} clips of 2 frames", FILES / first_s, "files/s")
        second_s = sorted(index(videos, library) for _ in range(RUNS))[RUNS // 2]
        yield Row("second index, nothing changed", second_s, "s", "limit", LIMIT_S, second_s / LIMIT_S, "<= 3 s")
        walk_s = sorted(walk(videos) for _ in range(RUNS))[RUNS // 2]
        yield Row("  of which the disk needs", walk_s, "s", "second index", second_s, walk_s / second_s)


def make_files(folder: Path) -> None:
    """One small clip under many contents: a box that players skip makes each file a video of its own."""
    film = clip("mp4", shape=Shape(64, 48, 2))
    for number in range(FILES):
        place = folder / f"{number // PER_FOLDER:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.mp4").write_bytes(film + box(b"free", number.to_bytes(8, "big")))


def index(videos: Path, library: Path) -> float:
    """Seconds from the command to its end."""
    command = [sys.executable, "-m", "engine", "--library", str(library), "--json", "index", str(videos)]
    start_s = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took_s = time.perf_counter() - start_s
    last = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    if last.get("event") != "done" or last["videos"] != FILES:
        raise SystemExit(f"the index did not end as it should: {last} {done.stderr[-2000:]}")
    return took_s


def walk(folder: Path) -> float:
    start_s = time.perf_counter()
    for place, _, names in os.walk(folder):
        for name in names:
            os.stat(os.path.join(place, name))
    return time.perf_counter() - start_s
