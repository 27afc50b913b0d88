"""`reelfind demo`: draws the sample clips, indexes them into their own library, and searches what is known of them."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cli_index import Bars, PlainLines, stopped_by_ctrl_c
from engine.cli_words import duration
from engine.demo.clips import CLIPS_FOLDER, make_clips
from engine.engine import Engine
from engine.errors import ExpectedError
from engine.evaluate import DEPTH, Manifest, Outcome, RightAnswer, Task, judge, read_manifest
from engine.jobs.events import Done, Event
from engine.jobs.indexer import Plan
from engine.paths import default_library_dir, sample_dir
from engine.search.ask import Ask, Page
from engine.types import Hit

LIBRARY_FOLDER = "library"
WIDEST_QUERY = 48


def add_parsers(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("demo", help="try everything on sample clips drawn by the program itself")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where clips and their library go (default: beside the library)"
    )
    parser.add_argument("--no-window", action="store_true", help="end with the table, and open no window")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, what is true, and the first thing that was found."""

    task: Task
    outcome: Outcome
    hit: Hit | None

    @property
    def is_right(self) -> bool:
        """The first hit is the right one; for something that is not there, right is to be doubtful of it."""
        return self.outcome.rank == 1 if self.task.answers else not self.outcome.is_confident


def run(options: argparse.Namespace) -> int:
    """Draw sample clips, index them into a library of their own, search them, and show what was found beside what is
    true. A second run draws and indexes nothing anew. Your own library is not touched."""
    if options.library != default_library_dir():
        raise ExpectedError("The demo", "it has a library of its own", "Say where with: reelfind demo --folder DIR")
    folder = (options.folder or sample_dir()).absolute()
    began = time.monotonic()
    drawing = _Drawing(is_quiet=options.json)
    manifest_path = make_clips(folder / CLIPS_FOLDER, drawing.progress, threading.Event())
    engine = Engine(folder / LIBRARY_FOLDER)
    done = _index(engine, folder / CLIPS_FOLDER, is_quiet=options.json)
    asked = _ask(engine, read_manifest(manifest_path))
    took_s = time.monotonic() - began
    if options.json:
        values = {"clips": str(folder / CLIPS_FOLDER), "library": str(engine.library), "manifest": str(manifest_path)}
        figures = {
            "drawn": drawing.drawn,
            "videos": done.videos,
            "failed": len(done.failed),
            "took_s": round(took_s, 2),
        }
        print(json.dumps({**values, **figures, "queries": [_values(one) for one in asked]}, ensure_ascii=False))
        return 0
    print(_table(asked))
    print()
    print(_summary(asked, took_s))
    return _end(options, engine.library)


def _end(options: argparse.Namespace, library: Path) -> int:
    if options.open_window is not None and not options.no_window:
        print("The window opens on the sample clips; close it to end.", flush=True)
        return options.open_window(library)
    print(f'Search them yourself: reelfind search "WORDS" --library "{library}"')
    return 0


class _Drawing:
    """Tells how many clips are drawn, and counts those that were not there."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._first: int | None = None
        self.drawn = 0

    def progress(self, done: int, total: int) -> None:
        if self._first is None:
            self._first = done
        self.drawn = done - self._first
        if self._is_quiet or not sys.stderr.isatty():
            return
        ending = "\r\x1b[K" if done == total else ""
        print(f"\r\x1b[KDrawing sample clips {done}/{total}{ending}", end="", file=sys.stderr, flush=True)


def _index(engine: Engine, clips: Path, *, is_quiet: bool) -> Done:
    show = None if is_quiet else Bars() if sys.stderr.isatty() else PlainLines()

    def on_event(event: Event) -> None:
        if show is not None:
            show.event(event)

    supervisor = engine.supervisor(on_event)
    with stopped_by_ctrl_c(supervisor):
        done = engine.index(supervisor, Plan((clips,)))
    if show is not None:
        show.done(done)
    return done


def _ask(engine: Engine, manifest: Manifest) -> list[Asked]:
    asked: list[Asked] = []
    with engine.desk() as desk:
        desk.catch_up()
        for task in manifest.tasks:
            began = time.perf_counter()
            answer = desk.searcher.answer(Ask(task.text), Page(limit=DEPTH, everything=True))
            outcome = judge(task, answer, (time.perf_counter() - began) * 1000)
            asked.append(Asked(task, outcome, answer.hits[0] if answer.hits else None))
    return asked


# --- what is shown ---------------------------------------------------------------------------------------------


def _table(asked: list[Asked]) -> str:
    rows = [("", "query", "found first", "truth")]
    rows += [
        (
            _verdict(one),
            one.task.text[:WIDEST_QUERY],
            _found(one),
            " or ".join(_span(right) for right in one.task.answers) or "is not there",
        )
        for one in asked
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(f"{text:<{width}}" for text, width in zip(row, (*widths, 0), strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _verdict(one: Asked) -> str:
    """Where the right answer stood: 1 is best. Of what is not there, whether that was seen."""
    if not one.task.answers:
        return "ok" if one.is_right else "no"
    return str(one.outcome.rank) if one.outcome.rank is not None else "-"


def _found(one: Asked) -> str:
    if one.hit is None or (not one.task.answers and not one.outcome.is_confident):
        return "no good match"
    return f"{one.hit.path.stem} {_clock(one.hit.best_s)}"


def _span(right: RightAnswer) -> str:
    if right.start_s is None or right.end_s is None:
        return right.video.stem
    return f"{right.video.stem} {_clock(right.start_s)}-{_clock(right.end_s)}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def _summary(asked: list[Asked], took_s: float) -> str:
    there = [one for one in asked if one.task.answers]
    absent = [one for one in asked if not one.task.answers]
    first = sum(one.is_right for one in there)
    early = sum(one.outcome.rank is not None and one.outcome.rank <= 5 for one in there)
    refused = sum(one.is_right for one in absent)
    return (
        f"{first} of {len(there)} queries found the right moment first, {early} among"
        f" the first five; {refused} of {len(absent)} things that are not there were said not to be."
        f" It took {duration(took_s)}."
    )


def _values(one: Asked) -> dict[str, Any]:
    hit = one.hit
    found = {"video": str(hit.path), "start_s": hit.start_s, "end_s": hit.end_s, "best_s": hit.best_s} if hit else None
    return {
        "text": one.task.text,
        "type": one.task.type,
        "rank": one.outcome.rank,
        "confident": one.outcome.is_confident,
        "right": one.is_right,
        "hit": found,
        "truth": [
            {"video": str(right.video), "start_s": right.start_s, "end_s": right.end_s} for right in one.task.answers
        ],
    }
