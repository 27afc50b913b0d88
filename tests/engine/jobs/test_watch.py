"""Watching: a file that comes is heard of, other noise is not, and the watch ends when told to."""

from __future__ import annotations

import threading
from pathlib import Path

import watchfiles

from engine.jobs import watch
from engine.jobs.watch import changes, keep_indexing


def test_what_is_of_interest() -> None:
    def heard(path: str) -> bool:
        return watch._is_of_interest(watchfiles.Change.added, path)

    assert heard("/v/a.MP4")
    assert heard("/v/a.en.srt")
    assert heard("/v/new folder")
    assert not heard("/v/a.mp4.part")
    assert not heard("/v/notes.txt")


def test_a_video_that_comes_during_a_run_is_indexed_by_the_next_and_stop_ends_it(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(watch, "SETTLE_MS", 50)
    stop = threading.Event()
    runs: list[set[str]] = []

    def index() -> None:
        runs.append({path.name for path in tmp_path.iterdir()})
        if len(runs) == 1:
            # After this run has looked, and nothing else ever happens.
            (tmp_path / "new.mp4").write_bytes(b"x")
        else:
            stop.set()

    watching = threading.Thread(target=keep_indexing, args=(index, lambda: [tmp_path], stop, 600.0))
    watching.start()
    watching.join(30)
    assert not watching.is_alive()
    assert runs == [set(), {"new.mp4"}]


def test_a_folder_that_went_and_came_back_is_listened_to_again(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(watch, "SETTLE_MS", 50)
    folder, stop = tmp_path / "films", threading.Event()
    folder.mkdir()
    runs: list[set[str]] = []

    def index() -> None:
        runs.append({path.name for path in folder.iterdir()})
        if len(runs) == 1:
            folder.rename(tmp_path / "elsewhere")
            folder.mkdir()
        elif runs[-1]:
            stop.set()
        else:
            (folder / f"{len(runs)}.mp4").write_bytes(b"x")

    watching = threading.Thread(target=keep_indexing, args=(index, lambda: [folder], stop, 600.0))
    watching.start()
    watching.join(30)
    stop.set()
    assert not watching.is_alive()
    assert runs[-1] == {"2.mp4"}


def test_a_folder_that_the_run_itself_took_in_is_looked_at_again_once_it_is_listened_to(tmp_path: Path) -> None:
    stop = threading.Event()
    folders: list[Path] = []
    runs: list[int] = []

    def index() -> None:
        runs.append(len(folders))
        if folders:
            stop.set()
        folders[:] = [tmp_path]

    watching = threading.Thread(target=keep_indexing, args=(index, lambda: list(folders), stop, 600.0))
    watching.start()
    watching.join(30)
    assert not watching.is_alive()
    assert runs == [0, 1]


def test_without_a_folder_time_alone_wakes(tmp_path: Path) -> None:
    stop = threading.Event()
    woken = changes([tmp_path / "unplugged"], stop, 0.01)
    assert [next(woken) for _ in range(3)] == [None] * 3
    stop.set()
    assert list(woken) == []
