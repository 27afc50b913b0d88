"""Run inside materialsearch-core's environment: `scan`, `count` or `ask N`. Prints one line of JSON.

Its settings come as environment variables, read when it is imported; the model is loaded then, too.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from typing import Any

import torch


def scan() -> dict[str, Any]:
    from materialsearch_core.scan import scanner  # noqa: PLC0415

    began = time.perf_counter()
    scanner.init()
    scanner.scan()
    return {"took_s": time.perf_counter() - began}


def ask(number: int) -> dict[str, Any]:
    from materialsearch_core.search import search_video_by_text_path_time  # noqa: PLC0415

    took: list[float] = []
    for at in range(number):
        began = time.perf_counter()
        search_video_by_text_path_time(f"a red car number {at}", "", 36, 36)
        took.append(time.perf_counter() - began)
    return {"took_s": took}


def fill(database: str, vectors: int, each: int) -> dict[str, Any]:
    """Videos of so many frames, straight into its tables."""
    from materialsearch_core.models import create_tables  # noqa: PLC0415

    create_tables()
    db = sqlite3.connect(database)
    for number in range((vectors + each - 1) // each):
        many = min(each, vectors - number * each)
        rows = torch.nn.functional.normalize(torch.randn(many, 512), dim=1).numpy()
        mark = f"{number:040}"
        db.execute(
            "INSERT INTO video(path, modify_time, checksum) VALUES (?, '2024-01-01 00:00:00.000000', ?)",
            [f"/videos/{number}.mp4", mark],
        )
        db.executemany(
            "INSERT INTO video_features(checksum, frame_time, features) VALUES (?, ?, ?)",
            [(mark, 2 * at, row.tobytes()) for at, row in enumerate(rows)],
        )
    db.commit()
    return {}


if __name__ == "__main__":
    word, *rest = sys.argv[1:]
    if word == "fill":
        answer = fill(rest[0], int(rest[1]), int(rest[2]))
    else:
        answer = scan() if word == "scan" else ask(int(rest[0]))
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
