"""Keeps the library up to date: runs the indexing child on the `work` lane, and says in one state what it does.

One run at a time. Between runs the folders are watched, so that new videos come in by themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge import Bridge
from engine.engine import Engine
from engine.errors import Cancelled, ExpectedError
from engine.jobs.events import Done, Event, Failed, Finished, Paused, Progress, Resumed, Scanned, Scanning, Started
from engine.jobs.plan import Plan
from engine.jobs.supervisor import Supervisor

SHOW_EVERY_MS = 100
REFRESH_MS = 2_000


@dataclass(frozen=True, slots=True)
class State:
    """What the bottom bar shows."""

    is_running: bool = False
    is_paused: bool = False
    why_paused: str = ""
    phase: str = ""
    file: str = ""
    found: int = 0
    files_done: int = 0
    files: int = 0
    speed: float | None = None
    left_s: float | None = None
    failed: int = 0


class _Inbox:
    """Events of a run, gathered on its thread and taken on the window's: the newest progress is enough."""

    def __init__(self, ring: Callable[[None], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def put(self, event: Event) -> None:
        with self._lock:
            is_first = not self._events
            if self._events and type(event) is type(self._events[-1]) and isinstance(event, Progress | Scanning):
                self._events[-1] = event
            else:
                self._events.append(event)
        if is_first:
            self._ring(None)

    def take(self) -> list[Event]:
        with self._lock:
            events, self._events = self._events, []
        return events


class Indexing(QObject):
    changed = Signal(object)
    grown = Signal()
    """More of the library can be found, or less; at most every few seconds."""
    ended = Signal(object)
    """A Done that did something."""

    def __init__(self, engine: Engine, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._engine = engine
        self._bridge = bridge
        self._inbox = _Inbox(bridge.teller(self._ring))
        self._show_done = bridge.teller(self._take_done)
        self.state = State()
        self._wanted: list[Plan] = []
        self._lock = threading.Lock()
        self._supervisor: Supervisor | None = None
        self._stop = threading.Event()
        self._is_closing = False
        self._is_on = False
        self._show = _single(self, SHOW_EVERY_MS, self._take_events)
        self._grown = _single(self, REFRESH_MS, self.grown.emit)

    # --- for the window ----------------------------------------------------------------------------------------

    def start(self, folders: tuple[Path, ...] = (), *, watch: bool = True) -> None:
        """Bring the library up to date, these folders first; then keep watch."""
        if folders:
            with self._lock:
                self._wanted.append(Plan(folders, watch=watch))
        if self._is_on:
            self._stop.set()  # wakes the watch; a run in hand is finished first
            return
        self._is_on = True
        self._bridge.submit(self._work, lane="work", done=self._stopped, failed=self._refused)

    def pause(self) -> None:
        self._tell(Supervisor.pause)

    def resume(self) -> None:
        self._tell(Supervisor.resume)

    def restart(self) -> None:
        """With new settings: what is in hand is put down, and taken up again."""
        self._tell(Supervisor.cancel)
        self._stop.set()

    def close(self) -> None:
        """Ends a run in good order; called before the bridge closes. What is finished is kept."""
        self._is_closing = True
        self._stop.set()
        with self._lock:
            supervisor = self._supervisor
        if supervisor is not None:
            supervisor.cancel()

    # --- on the lane's thread ----------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._is_closing:
            self._stop.clear()
            with self._lock:
                plan = self._wanted.pop(0) if self._wanted else None
                self._supervisor = self._engine.supervisor(self._inbox.put)
            try:
                if plan is not None:
                    self._show_done(self._engine.index(self._supervisor, plan))
                else:
                    self._engine.watch(self._supervisor, Plan(), self._show_done, self._stop)
            except Cancelled:
                continue

    # --- on the window's thread --------------------------------------------------------------------------------

    def _ring(self, _nothing: None) -> None:
        if not self._show.isActive():
            self._show.start()

    def _take_events(self) -> None:
        before = self.state
        for event in self._inbox.take():
            self.state = _after(self.state, event)
            if isinstance(event, Finished | Scanned) and not self._grown.isActive():
                self._grown.start()
        if self.state != before:
            self.changed.emit(self.state)

    def _take_done(self, done: Done) -> None:
        self._take_events()
        was_work = self.state.files > 0
        self.state = State(failed=len(done.failed))
        self._grown.start()
        if was_work:
            self.ended.emit(done)
        self.changed.emit(self.state)

    def _stopped(self, _nothing: None) -> None:
        self._is_on = False
        self.state = State()
        self.changed.emit(self.state)

    def _refused(self, error: ExpectedError) -> None:
        self._stopped(None)
        self._bridge.refused.emit(error)

    def _tell(self, order: Callable[[Supervisor], None]) -> None:
        """Writing to the child may wait, so it is done elsewhere."""
        with self._lock:
            supervisor = self._supervisor
        if supervisor is not None:
            self._bridge.submit(order, supervisor)


def _after(state: State, event: Event) -> State:
    """The state once an event is taken into account."""
    news: dict[str, Any] = {}
    match event:
        case Scanning(path, found):
            news = {"is_running": True, "phase": "scan", "file": path, "found": found}
        case Scanned():
            news = {"is_running": True, "found": event.found}
        case Started(path, stage):
            news = {"is_running": True, "phase": stage, "file": path}
        case Progress():
            names = ("phase", "files_done", "files", "speed", "left_s")
            news = {"is_running": True} | {name: getattr(event, name) for name in names}
        case Failed():
            news = {"failed": state.failed + 1}
        case Paused(reason):
            news = {"is_paused": True, "why_paused": reason}
        case Resumed():
            news = {"is_paused": False, "why_paused": ""}
        case _:
            pass
    return replace(state, **news)


def _single(parent: QObject, every_ms: int, slot: Callable[[], object]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(every_ms)
    timer.timeout.connect(slot)
    return timer
