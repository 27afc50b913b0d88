from __future__ import annotations

import threading

from engine.index.lock import SharedLock

WAIT_S = 10


def test_readers_share_and_a_writer_waits_for_them() -> None:
    lock, inside, done = SharedLock(), threading.Barrier(3, timeout=WAIT_S), threading.Event()

    def read() -> None:
        with lock.reading():
            inside.wait()
            inside.wait()

    def write() -> None:
        with lock.writing():
            done.set()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    inside.wait()
    writer = threading.Thread(target=write)
    writer.start()
    assert not done.is_set()
    inside.wait()
    for thread in (*readers, writer):
        thread.join(WAIT_S)
    assert done.is_set()


def test_a_waiting_search_goes_before_the_next_add() -> None:
    lock, order = SharedLock(), []
    first_add_runs, search_waits = threading.Event(), threading.Event()

    def adds() -> None:
        with lock.writing():
            first_add_runs.set()
            search_waits.wait(WAIT_S)
            while not lock._readers_waiting:
                pass
            order.append("add 1")
        with lock.writing():
            order.append("add 2")

    writer = threading.Thread(target=adds)
    writer.start()
    first_add_runs.wait(WAIT_S)
    search_waits.set()
    with lock.reading():
        order.append("search")
    writer.join(WAIT_S)
    assert order == ["add 1", "search", "add 2"]
