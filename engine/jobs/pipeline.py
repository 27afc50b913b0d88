"""Stages are plain generators. `run_ahead` puts one on a thread of its own behind a short queue; left out, the same
stages run in sequence, which is how most tests run them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def run_ahead(items: Iterable[T], room: int) -> Iterator[T]:
    """Pull `items` on another thread, at most `room` ahead. An error there is raised here, in its order."""
    box: queue.Queue[_Item[T] | _End] = queue.Queue(maxsize=room)
    stop = threading.Event()
    thread = threading.Thread(target=_pump, args=(items, box, stop), name="run-ahead")
    thread.start()
    try:
        while True:
            got = box.get()
            if isinstance(got, _End):
                if got.error is not None:
                    raise got.error
                return
            yield got.value
    finally:
        stop.set()
        _drain(box)
        thread.join()


def _pump(items: Iterable[T], box: queue.Queue[_Item[T] | _End], stop: threading.Event) -> None:
    error: BaseException | None = None
    iterator = iter(items)
    try:
        for item in iterator:
            if not _put(box, _Item(item), stop):
                break
    except BaseException as caught:  # noqa: BLE001  it is raised again by the reader
        error = caught
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        _put(box, _End(error), stop)


def _put(box: queue.Queue[_Item[T] | _End], item: _Item[T] | _End, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            box.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _drain(box: queue.Queue[_Item[T] | _End]) -> None:
    while True:
        try:
            box.get_nowait()
        except queue.Empty:
            return
