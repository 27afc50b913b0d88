"""Carries work from the window to threads and answers back. The only place where the two meet.

Work is any blocking function. Its answer comes home through one queued signal, so slots always run on the window's
thread. Work submitted under a key makes earlier work under that key void: unstarted it is dropped, answered late its
answer is.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal

from engine.errors import Cancelled, ExpectedError

Lane = Literal["ask", "write", "work", "export"]
LANES: dict[Lane, int] = {"ask": 3, "write": 1, "work": 1, "export": 1}
"""Threads: reading, short writes, the long indexing run, and writing videos. None waits for another."""

Slot = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class _Parcel:
    slot: Slot
    value: Any
    key: str
    generation: int


@dataclass(frozen=True, slots=True)
class _Task:
    work: Callable[[], Any]
    done: Slot | None
    failed: Slot
    key: str
    generation: int


class Bridge(QObject):
    refused = Signal(object)
    """An ExpectedError that nobody else wanted to know of."""
    crashed = Signal(str)
    """The report of a bug."""
    _arrived = Signal(object)

    def __init__(self, parent: QObject, explain: Callable[[], ExpectedError | None] = lambda: None) -> None:
        """`explain` is asked, on a lane's thread, whether something that nobody expected has a reason outside of us."""
        super().__init__(parent)
        self._explain = explain
        self._lanes = {name: ThreadPoolExecutor(count, f"lane-{name}") for name, count in LANES.items()}
        self._generations: dict[str, int] = {}
        self._waiting: dict[str, Future[None]] = {}
        self._is_closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[..., Any],
        *args: Any,
        done: Slot | None = None,
        failed: Slot | None = None,
        lane: Lane = "ask",
        key: str = "",
    ) -> None:
        """Run `work(*args)` on a lane; `done` gets its answer, `failed` an ExpectedError."""
        self._start(lane, self._task(lambda: work(*args), done, failed, key))

    def stream(
        self, work: Callable[..., Any], *args: Any, each: Slot, failed: Slot | None = None, key: str = ""
    ) -> None:
        """Run `work(tell, *args)`; whatever it tells arrives at `each`, one by one."""
        task = self._task(lambda: None, None, failed, key)
        tell = self._teller(each, key, task.generation)
        self._start("ask", _Task(lambda: work(tell, *args), None, task.failed, key, task.generation))

    def teller(self, slot: Slot) -> Callable[[Any], None]:
        """A function for other threads that brings its argument to `slot` on the window's thread."""
        return self._teller(slot, "", 0)

    def void(self, key: str) -> None:
        """Nobody waits for what was submitted under this key any more."""
        self._generations[key] = self._generations.get(key, 0) + 1
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.cancel()

    def close(self) -> None:
        """Let what runs finish and what was written be kept, drop the rest. Whoever runs long must have been told."""
        self._is_closed = True
        for name, lane in self._lanes.items():
            lane.shutdown(wait=True, cancel_futures=name != "write")

    def _task(self, work: Callable[[], Any], done: Slot | None, failed: Slot | None, key: str) -> _Task:
        if key:
            self.void(key)
        return _Task(work, done, failed or self._refuse, key, self._generations.get(key, 0))

    def _start(self, lane: Lane, task: _Task) -> None:
        if self._is_closed:
            return
        future = self._lanes[lane].submit(self._run, task)
        if task.key:
            self._waiting[task.key] = future

    def _run(self, task: _Task) -> None:
        try:
            value = task.work()
        except Cancelled:
            return
        except ExpectedError as error:
            self._send(_Parcel(task.failed, error, task.key, task.generation))
        except Exception:  # noqa: BLE001 - a bug in any work is shown and must not take the lane's thread along
            self._send(self._about_bug(task, traceback.format_exc()))
        else:
            if task.done is not None:
                self._send(_Parcel(task.done, value, task.key, task.generation))

    def _about_bug(self, task: _Task, report: str) -> _Parcel:
        cause = self._explain()
        if cause is None:
            return _Parcel(self._report, report, "", 0)
        return _Parcel(task.failed, cause, task.key, task.generation)

    def _teller(self, slot: Slot, key: str, generation: int) -> Callable[[Any], None]:
        return lambda value: self._send(_Parcel(slot, value, key, generation))

    def _send(self, parcel: _Parcel) -> None:
        if not self._is_closed:
            self._arrived.emit(parcel)

    def _deliver(self, parcel: _Parcel) -> None:
        is_void = bool(parcel.key) and parcel.generation != self._generations.get(parcel.key, 0)
        if not is_void and not self._is_closed:
            parcel.slot(parcel.value)

    def _refuse(self, error: ExpectedError) -> None:
        self.refused.emit(error)

    def _report(self, report: str) -> None:
        self.crashed.emit(report)
