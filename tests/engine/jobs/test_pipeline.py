"""A stage on a thread of its own is the same stage: same items, same errors, and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine.errors import Cancelled
from engine.jobs.control import Control
from engine.jobs.events import Beat, Done, Progress, Started, from_json, to_json
from engine.jobs.pipeline import run_ahead


def alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "run-ahead"]


def test_items_come_in_order() -> None:
    assert list(run_ahead(iter(range(1000)), 3)) == list(range(1000))
    assert alive() == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def stage() -> Iterator[int]:
        yield 1
        raise KeyError("bad")

    ahead = run_ahead(stage(), 2)
    assert next(ahead) == 1
    with pytest.raises(KeyError):
        next(ahead)
    assert alive() == []


def test_a_reader_that_stops_early_stops_the_stage_and_closes_it() -> None:
    is_closed = threading.Event()

    def stage() -> Iterator[int]:
        try:
            yield from iter(int, 1)
        finally:
            is_closed.set()

    ahead = run_ahead(stage(), 2)
    next(ahead)
    ahead.close()  # type: ignore[attr-defined]
    assert is_closed.is_set()
    assert alive() == []


def test_no_more_than_the_room_is_pulled_ahead() -> None:
    pulled: list[int] = []

    def stage() -> Iterator[int]:
        for number in range(100):
            pulled.append(number)
            yield number

    ahead = run_ahead(stage(), 2)
    next(ahead)
    assert len(pulled) <= 1 + 2 + 2
    ahead.close()  # type: ignore[attr-defined]


def test_pause_holds_a_checkpoint_and_resume_lets_it_go() -> None:
    told: list[bool] = []
    is_paused = threading.Event()

    def on_pause(paused: bool) -> None:
        told.append(paused)
        is_paused.set()

    control = Control(on_pause=on_pause)
    control.pause()
    worker = threading.Thread(target=control.checkpoint)
    worker.start()
    assert is_paused.wait(10)
    assert worker.is_alive()
    control.resume()
    worker.join(10)
    assert told == [True, False]


def test_cancel_ends_a_pause() -> None:
    control = Control()
    control.pause()
    control.cancel()
    with pytest.raises(Cancelled):
        control.checkpoint()


@pytest.mark.parametrize(
    "event",
    [Beat(), Started("caf\udce9\n🐶.mp4", "look"), Progress("look", 1, 2, 3.0, 4.0, None, 5.0), Done(1, 2, 3)],
)
def test_events_travel_as_one_line_of_ascii(event: object) -> None:
    line = to_json(event)  # type: ignore[arg-type]
    assert line.isascii()
    assert "\n" not in line
    back = from_json(line)
    assert type(back) is type(event)
    assert to_json(back) == line  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"event": "other"}', '{"event": "done", "odd": 1}'])
def test_what_is_no_event_is_passed_over(line: str) -> None:
    assert from_json(line) is None
