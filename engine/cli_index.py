"""`reelfind index`: runs the indexing and shows how far it is, as bars, plain lines or JSON lines."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.cli_words import count, duration, shown
from engine.engine import Engine
from engine.jobs.events import Beat, Done, Event, Failed, Progress, Scanned, Scanning, to_json
from engine.jobs.plan import Plan
from engine.jobs.supervisor import Supervisor

PHASES = {
    "identify": "Recognising files",
    "look": "Looking at videos",
    "describe": "Describing videos",
}


def add_parsers(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "index", help="make folders part of the library, or bring it up to date", description=run.__doc__
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="default: all folders of the library")
    parser.add_argument("--watch", action="store_true", help="stay and index what changes, until Ctrl+C")
    parser.add_argument("--quick", action="store_true", help="only the first, fast look; describe another time")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Index folders. Everything found is searchable as soon as it is finished; the videos are only read."""
    engine = Engine(options.library)
    show = _JsonLines() if options.json else Bars() if sys.stderr.isatty() else PlainLines()
    supervisor = engine.supervisor(show.event)
    plan = Plan(tuple(options.folders), watch=options.watch, describe=not options.quick)
    with stopped_by_ctrl_c(supervisor) as stop:
        if options.watch:
            engine.watch(supervisor, plan, show.done, stop)
        else:
            show.done(engine.index(supervisor, plan))
    return 0


@contextmanager
def stopped_by_ctrl_c(supervisor: Supervisor) -> Iterator[threading.Event]:
    """The first Ctrl+C ends the run in good order; what is finished is kept."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: object) -> None:
        stop.set()
        supervisor.cancel()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class _JsonLines:
    """One event a line, for programs."""

    def event(self, event: Event) -> None:
        if not isinstance(event, Beat):
            print(to_json(event), flush=True)

    def done(self, done: Done) -> None:
        self.event(done)


class PlainLines:
    """For logs and pipes: what was found, what failed, and the end."""

    def event(self, event: Event) -> None:
        if isinstance(event, Scanned):
            print(_found(event), flush=True)
        elif isinstance(event, Failed):
            print(_failed(event), flush=True)

    def done(self, done: Done) -> None:
        print(_summary(done), flush=True)


class Bars(PlainLines):
    """For a terminal: one line that is drawn over, with speed and time left."""

    def event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._draw(_bar(event))
        elif isinstance(event, Scanning):
            self._draw(f"Looking for videos: {count(event.found, 'file')}  {shown(event.path)}"[:100])
        elif isinstance(event, Scanned | Failed):
            self._draw("")
            super().event(event)

    def done(self, done: Done) -> None:
        self._draw("")
        super().done(done)

    def _draw(self, text: str) -> None:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _bar(event: Progress) -> str:
    share = event.video_s_done / event.video_s if event.video_s else event.files_done / max(event.files, 1)
    full = round(20 * share)
    parts = [f"{PHASES[event.phase]} [{'#' * full}{'.' * (20 - full)}] {event.files_done}/{event.files}"]
    if event.video_s:
        parts.append(f"{duration(event.video_s_done)} of {duration(event.video_s)}")
    if event.speed is not None:
        parts.append(f"{event.speed:.0f}x real time")
    if event.left_s is not None:
        parts.append(f"{duration(event.left_s)} left")
    return ", ".join(parts)


def _found(event: Scanned) -> str:
    parts = [f"{event.found} found"]
    for number, word in (
        (event.new, "new"), (event.changed, "changed"), (event.back, "back again"),
        (event.gone, "gone"), (event.offline, "on disks that are not plugged in"),
    ):  # fmt: skip
        if number:
            parts.append(f"{number} {word}")
    return "Videos: " + ", ".join(parts)


def _failed(event: Failed) -> str:
    return f"Trouble: {shown(event.path)}: {event.reason}. {event.remedy}."


def _summary(done: Done) -> str:
    text = f"Done in {duration(done.took_s)}: the library holds {count(done.videos, 'video')}"
    if done.video_s:
        text += f"; {duration(done.video_s)} of video looked at"
    if done.failed:
        text += f"; trouble with {count(len(done.failed), 'file')}, see: reelfind status"
    return text + "."
