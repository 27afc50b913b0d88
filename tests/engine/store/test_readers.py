from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import Cancelled, StoreError
from engine.store.db import library_file, open_library
from engine.store.readers import KEPT, Readers


@pytest.fixture
def readers(tmp_path: Path):
    open_library(tmp_path).close()
    made = Readers(tmp_path)
    yield made
    made.close()


def test_a_connection_is_used_again_by_any_thread(readers: Readers) -> None:
    used: list[object] = []

    def read() -> None:
        with readers.lend() as db:
            used.append(db)
            assert db.conn.execute("SELECT count(*) FROM videos").fetchone() == (0,)

    for _ in range(3):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert len(set(map(id, used))) == 1


def test_two_at_a_time_never_share_one(readers: Readers) -> None:
    with readers.lend() as one, readers.lend() as other:
        assert one is not other


def test_what_the_library_has_gained_is_seen(readers: Readers, tmp_path: Path) -> None:
    with readers.lend() as db:
        db.conn.execute("SELECT count(*) FROM saved_searches").fetchone()
    writer = open_library(tmp_path)
    writer.conn.execute("INSERT INTO saved_searches(name, query, created_at) VALUES ('a', 'b', 0)")
    writer.close()
    with readers.lend() as db:
        assert db.conn.execute("SELECT count(*) FROM saved_searches").fetchone() == (1,)


def test_another_library_put_in_its_place_is_read_anew(readers: Readers, tmp_path: Path) -> None:
    with readers.lend():
        pass
    other = open_library(tmp_path / "other")
    other.conn.execute("INSERT INTO saved_searches(name, query, created_at) VALUES ('a', 'b', 0)")
    other.close()
    for side in ("-wal", "-shm"):
        library_file(tmp_path).with_name(library_file(tmp_path).name + side).unlink(missing_ok=True)
    library_file(tmp_path / "other").replace(library_file(tmp_path))
    with readers.lend() as db:
        assert db.conn.execute("SELECT count(*) FROM saved_searches").fetchone() == (1,)


def test_a_library_that_went_away_is_one_sentence(readers: Readers, tmp_path: Path) -> None:
    with readers.lend():
        pass
    library_file(tmp_path).unlink()
    with pytest.raises(StoreError, match="no library here"), readers.lend():
        pass


def test_one_that_failed_is_not_lent_again(readers: Readers) -> None:
    with pytest.raises(ValueError, match="oops"), readers.lend() as first:
        raise ValueError("oops")
    with readers.lend() as second:
        assert second is not first


@pytest.mark.parametrize("reason", [Cancelled("a newer search took over"), GeneratorExit()])
def test_one_that_was_given_up_serves_the_next(readers: Readers, reason: BaseException) -> None:
    with pytest.raises(type(reason)), readers.lend() as first:
        raise reason
    with readers.lend() as second:
        assert second is first


def test_no_more_are_kept_than_are_of_use(readers: Readers) -> None:
    lent = [readers.lend() for _ in range(KEPT + 2)]
    opened = [one.__enter__() for one in lent]
    for one in lent:
        one.__exit__(None, None, None)
    again = [readers.lend() for _ in range(KEPT + 2)]
    reused = [one.__enter__() in opened for one in again]
    for one in again:
        one.__exit__(None, None, None)
    assert sum(reused) == KEPT
