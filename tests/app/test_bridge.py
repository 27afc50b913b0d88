from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from engine.errors import Cancelled, ExpectedError


def test_an_answer_arrives_on_the_threads_of_the_window(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[tuple[int, threading.Thread]] = []
    bridge.submit(lambda one: one + 1, 41, done=lambda value: seen.append((value, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(42, threading.main_thread())]


def test_a_newer_task_under_a_key_makes_the_older_void(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[str] = []
    gate = threading.Event()
    bridge.submit(lambda: gate.wait(10) and "old", done=seen.append, key="search")
    bridge.submit(lambda: "new", done=seen.append, key="search")
    qtbot.waitUntil(lambda: seen == ["new"])
    gate.set()
    bridge.submit(lambda: "after", done=seen.append, lane="write")
    qtbot.waitUntil(lambda: "after" in seen)
    assert seen == ["new", "after"]


def test_a_stream_tells_more_than_once(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[int] = []
    bridge.stream(lambda tell, top: [tell(one) for one in range(top)], 3, each=seen.append)
    qtbot.waitUntil(lambda: seen == [0, 1, 2])


def test_an_expected_error_nobody_takes_is_announced(bridge: Bridge, qtbot: QtBot) -> None:
    def fail() -> None:
        raise ExpectedError("clip.mp4", "is gone", "Bring it back")

    with qtbot.waitSignal(bridge.refused) as refused:
        bridge.submit(fail)
    assert str(refused.args[0]) == "clip.mp4: is gone. Bring it back."


def test_a_bug_becomes_a_report(bridge: Bridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.crashed) as crashed:
        bridge.submit(lambda: 1 // 0)
    assert "ZeroDivisionError" in crashed.args[0]


def test_a_cancelled_task_says_nothing(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[object] = []

    def stopped() -> None:
        raise Cancelled

    bridge.submit(stopped, done=seen.append, failed=seen.append, lane="write")
    bridge.submit(lambda: "next", done=seen.append, lane="write")
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["next"]


def test_nothing_arrives_after_closing(qapp: object, qtbot: QtBot) -> None:
    bridge = Bridge(qapp)
    seen: list[object] = []
    gate = threading.Event()
    bridge.submit(gate.wait, 10, done=seen.append)
    gate.set()
    bridge.close()
    bridge.submit(lambda: 1, done=seen.append)
    qapp.processEvents()
    assert seen == []
