"""The parent's side of indexing: starts the child, watches its time and memory, and puts aside the file that broke it.

Blocking; runs on any thread. A child that dies is started again and goes on with the next file; a file is blamed when
it was the one in hand. `pause`, `resume` and `cancel` may be called from other threads.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from engine.errors import Cancelled, ExpectedError
from engine.jobs.events import Done, Event, Failed, Finished, Paused, Resumed, Scanned, Scanning, Started, Stopped
from engine.jobs.events import from_json as event_from_json
from engine.jobs.plan import CANCELLED, Plan, plan_to_json
from engine.jobs.scan import Places
from engine.media.volumes import VolumeTable
from engine.packaged import NO_CONSOLE, WORKER, is_packaged, own_command
from engine.settings import Settings
from engine.store.db import explained, open_library
from engine.store.failures import record_failure
from engine.types import Failure

POLL_S = 0.1
CANCEL_GRACE_S = 5.0
START_S = 60.0
MAX_BLAMELESS_DEATHS = 3
LOG_FILE = "indexing.log"


def worker_command() -> list[str]:
    """How the child is started, from source or from a packaged program."""
    if is_packaged():
        return own_command(WORKER)
    # -P: the folder a person happens to be in must not lend its modules to the child.
    return [sys.executable, "-P", "-m", "engine.jobs.worker"]


def _module_path() -> str:
    """Where the child finds what we found: our package first, and not the current folder."""
    ours = str(Path(__file__).resolve().parents[2])
    rest = [each for each in sys.path if each and Path(each).resolve() != Path.cwd()]
    return os.pathsep.join(dict.fromkeys([ours, *rest]))


@dataclass(slots=True)
class _Watch:
    """What the parent knows of the child's doing."""

    in_hand: Started | Scanning | None = None
    heard_at: float = 0.0
    is_paused: bool = False
    verdict: str | None = None
    """Why we ended the child, in words for the user."""


class Supervisor:
    """Runs plans, one at a time."""

    def __init__(
        self,
        library: Path,
        settings: Settings,
        on_event: Callable[[Event], None],
        command: Sequence[str] | None = None,
    ) -> None:
        self._library = library
        self._settings = settings
        self._on_event = on_event
        self._command = list(command or worker_command())
        self._child: subprocess.Popen[str] | None = None
        self._is_cancelled = threading.Event()
        self._suspects: set[str] = set()

    def pause(self) -> None:
        self._order("pause")

    def resume(self) -> None:
        self._order("resume")

    def cancel(self) -> None:
        self._is_cancelled.set()
        self._order("cancel")

    def run(self, plan: Plan) -> Done:
        """Carry a plan out to its end, however many children it takes. Raises Cancelled or ExpectedError."""
        began = time.monotonic()
        first_scan: Scanned | None = None
        deaths = 0
        while True:
            child = _Child(self._library, self._command, plan)
            self._child = child.process
            try:
                watch = _Watch(heard_at=time.monotonic())
                ending, scanned = self._follow(child, watch)
            finally:
                self._child = None
                code = child.close()
            first_scan = first_scan or scanned
            if isinstance(ending, Stopped):
                raise ExpectedError(ending.subject, ending.reason, ending.remedy)
            if isinstance(ending, Done):
                return self._finish(ending, first_scan, began)
            if self._is_cancelled.is_set() or code == CANCELLED:
                raise Cancelled
            plan, is_blamed = self._blame(plan, watch, code)
            deaths = 0 if is_blamed else deaths + 1
            if deaths == MAX_BLAMELESS_DEATHS:
                raise ExpectedError(
                    "Indexing",
                    f"its process ended {deaths} times without a file being the reason ({_how(code)})",
                    f"See {self._library / LOG_FILE} and run: reelfind doctor",
                )

    def _follow(self, child: _Child, watch: _Watch) -> tuple[Done | Stopped | None, Scanned | None]:
        """Listen to a child until it ends; end it when it breaks its budget."""
        scanned: Scanned | None = None
        cancelled_at: float | None = None
        while True:
            try:
                event = child.events.get(timeout=POLL_S)
            except queue.Empty:
                event = None
            if isinstance(event, _Over):
                return None, scanned
            if isinstance(event, Done | Stopped):
                return event, scanned
            if event is not None:
                _note(watch, event)
                scanned = event if isinstance(event, Scanned) else scanned
                self._on_event(event)
            if self._is_cancelled.is_set():
                cancelled_at = cancelled_at or time.monotonic()
                if time.monotonic() - cancelled_at > CANCEL_GRACE_S:
                    child.kill()
            elif watch.verdict is None:
                watch.verdict = self._judge(child, watch)
                if watch.verdict is not None:
                    child.kill()

    def _judge(self, child: _Child, watch: _Watch) -> str | None:
        """Whether the child has used up what a file may use; says so in words."""
        if child.memory_mb() > self._settings.memory_mb:
            return f"reading it needed more than {self._settings.memory_mb} MB of memory"
        # With no file in hand the child is starting or between files, which on a busy machine takes what it takes.
        patience_s = self._settings.stall_s if watch.in_hand else max(self._settings.stall_s, START_S)
        is_silent = time.monotonic() - watch.heard_at > patience_s
        if is_silent and not watch.is_paused:
            return f"reading it made no progress for {self._settings.stall_s} seconds"
        return None

    def _blame(self, plan: Plan, watch: _Watch, code: int) -> tuple[Plan, bool]:
        """Put aside what was in hand when the child died. A death from outside is forgiven once a file."""
        if watch.in_hand is None:
            return plan, False
        path = watch.in_hand.path
        is_from_outside = watch.verdict is None and code in (-signal.SIGTERM, -9)
        if is_from_outside and path not in self._suspects:
            self._suspects.add(path)
            return plan, True
        reason = watch.verdict or f"reading it made the indexing process crash ({_how(code)})"
        stage = "scan" if isinstance(watch.in_hand, Scanning) else watch.in_hand.stage
        failure = Failure(
            Path(path), stage, reason, "It is tried again when it changes, or with: reelfind retry; the rest goes on"
        )
        self._record(failure)
        if stage == "scan":
            return replace(plan, skip=plan.skip | {path}), True
        return plan, True

    def _record(self, failure: Failure) -> None:
        db = open_library(self._library)
        try:
            place = Places(db, VolumeTable.read()).of(failure.path)
            record_failure(db, *place, failure, _version(failure.path))
        finally:
            db.close()
        self._on_event(Failed(str(failure.path), failure.stage, failure.reason, failure.remedy))

    def _finish(self, done: Done, first_scan: Scanned | None, began: float) -> Done:
        skipped = done.skipped if first_scan is None else first_scan.found - first_scan.new - first_scan.changed
        return replace(done, skipped=skipped, took_s=round(time.monotonic() - began, 3))

    def _order(self, word: str) -> None:
        child = self._child
        if child is None or child.stdin is None:
            return
        try:
            child.stdin.write(word + "\n")
            child.stdin.flush()
        except (OSError, ValueError):
            return


@dataclass(frozen=True, slots=True)
class _Over:
    """The child's output has ended."""


class _Child:
    """One child process and the thread that reads what it says."""

    def __init__(self, library: Path, command: Sequence[str], plan: Plan) -> None:
        self.events: queue.Queue[Event | _Over] = queue.Queue()
        with explained(library):
            library.mkdir(parents=True, exist_ok=True)
            self._log = (library / LOG_FILE).open("wb")
        self.process = subprocess.Popen(
            [*command, "--library", str(library), "--plan", plan_to_json(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="ascii",
            errors="replace",
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _module_path()},
            creationflags=NO_CONSOLE,
        )
        self._reader = threading.Thread(target=self._read, name="child-events")
        self._reader.start()

    def memory_mb(self) -> float:
        try:
            return psutil.Process(self.process.pid).memory_info().rss / 1e6
        except psutil.Error:
            return 0.0

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> int:
        """Let the child go and wait for it; returns how it ended."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            code = self.process.wait(CANCEL_GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = event_from_json(line)
            if event is not None:
                self.events.put(event)
        self.events.put(_Over())


def _note(watch: _Watch, event: Event) -> None:
    watch.heard_at = time.monotonic()
    match event:
        case Started() | Scanning():
            watch.in_hand = event
        case Scanned():
            watch.in_hand = None
        case Finished(path, stage):
            if watch.in_hand == Started(path, stage):
                watch.in_hand = None
        case Paused():
            watch.is_paused = True
        case Resumed():
            watch.is_paused = False
        case _:
            pass


def _version(path: Path) -> tuple[int, int]:
    try:
        about = path.stat()
    except OSError:
        return 0, 0
    return about.st_size, about.st_mtime_ns


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
