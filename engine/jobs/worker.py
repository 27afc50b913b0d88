"""The indexing child: runs one plan, tells events as JSON lines on standard output, obeys lines on standard input.

It opens files that strangers made, so it may crash, hang or swell; the supervisor then ends it and starts another.
When its parent is gone, standard input closes and it ends too.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from engine.errors import Cancelled, ExpectedError
from engine.jobs.control import Control
from engine.jobs.events import Beat, Event, Paused, Resumed, Scanning, Stopped, to_json
from engine.jobs.indexer import index
from engine.jobs.plan import CANCELLED, Plan, plan_from_json
from engine.jobs.run import Run
from engine.jobs.scan import Places
from engine.jobs.throttle import Throttle, Waiting
from engine.media.thumbs import THUMBS_FOLDER, ThumbCache
from engine.media.volumes import VolumeTable
from engine.models.in_use import open_model
from engine.settings import Settings, load_settings
from engine.store.db import explained, library_file, open_library

ORPHAN_GRACE_S = 3.0
QUIET_S = 0.1
"""Frequent events are told at most ten times a second."""


class Teller:
    """Writes events to the parent, from any thread, the frequent ones thinned out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at: dict[type[Event], float] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Beat | Scanning):
            now = time.monotonic()
            if now - self._said_at.get(type(event), 0.0) < QUIET_S:
                return
            self._said_at[type(event)] = now
        # A pipe that nobody reads any more is no fault of the file in hand: the listener ends us.
        with self._lock, suppress(OSError):
            print(to_json(event), flush=True)


def _listen(control: Control, is_over: threading.Event) -> None:
    """Obey the parent until it is gone or we are done."""
    orders = {"pause": control.pause, "resume": control.resume, "cancel": control.cancel}
    for line in sys.stdin:
        order = orders.get(line.strip())
        if order is not None:
            order()
    control.cancel()
    if not is_over.wait(ORPHAN_GRACE_S):
        # Nobody is left to end us should the decoder be stuck; what is committed is safe.
        os._exit(1)


def main(arguments: list[str] | None = None) -> int:
    faulthandler.enable()
    # Ctrl+C reaches the whole family of processes; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parser = argparse.ArgumentParser(prog="reelfind-worker")
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--plan", required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    tell = Teller()
    try:
        settings = load_settings(options.library)
    except ExpectedError as error:
        tell(Stopped(error.subject, error.reason, error.remedy))
        return 1
    control = _control(settings, tell)
    is_over = threading.Event()
    listener = threading.Thread(target=_listen, args=(control, is_over), name="listen")
    listener.start()
    try:
        return _work(options.library, settings, control, tell, plan_from_json(options.plan))
    except ExpectedError as error:
        tell(Stopped(error.subject, error.reason, error.remedy))
        return 1
    finally:
        is_over.set()
        _end_output()
        listener.join()


def _end_output() -> None:
    """The end of our output is the parent's sign to close our input, which is what the listener waits for.

    Closing `sys.stdout` would not do: Python leaves the standard streams' descriptors open.
    """
    with suppress(OSError):
        sys.stdout.flush()
    descriptor = sys.stdout.fileno()
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  for whatever prints while the process ends
    os.close(descriptor)


WAITING = {"battery": "waiting for mains power", "in use": "waiting until nobody uses the computer"}


def _control(settings: Settings, tell: Teller) -> Control:
    def on_wait(reason: Waiting | None) -> None:
        tell(Resumed() if reason is None else Paused(WAITING[reason]))

    throttle = Throttle(settings.cpu_percent, settings.only_on_mains, settings.only_when_idle, on_wait)
    return Control(
        throttle,
        on_pause=lambda paused: tell(Paused("as asked") if paused else Resumed()),
        on_wait=lambda: tell(Beat()),
    )


def _work(library: Path, settings: Settings, control: Control, tell: Teller, plan: Plan) -> int:
    threads = os.cpu_count() or 1
    with explained(library_file(library)):
        db = open_library(library)
        try:
            model = open_model(library, settings, threads)
            places = Places(db, VolumeTable.read(), VolumeTable.read)
            thumbs = ThumbCache(library / THUMBS_FOLDER)
            thumbs.sweep()
            run = Run(db, library, places, settings, control, tell, thumbs, model, threads)
            tell(index(run, plan))
        except Cancelled:
            return CANCELLED
        finally:
            db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
