"""The real child process: what a broken file may do to it, and what is left when it, or its parent, is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from engine.engine import Engine
from engine.errors import Cancelled, ExpectedError
from engine.jobs.events import Beat, Event, Failed, Paused, Progress, Resumed, Started
from engine.jobs.lock import indexing_lock
from engine.jobs.plan import CANCELLED, Plan, plan_to_json
from engine.jobs.supervisor import Supervisor, _Watch, worker_command
from engine.settings import load_settings, save_settings
from engine.store.db import check_health, open_library
from tests.libraries import tiny_library
from tests.scenes import draw

FAULTY = [sys.executable, str(Path(__file__).with_name("faulty_worker.py"))]
COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tiny_library(tmp_path / "library")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    top = tmp_path / "videos"
    for number, colour in enumerate(COLOURS):
        draw(top / f"{number} {colour}.mp4", [(colour, 3.0)])
    return top


def supervised(library: Path, hear: Callable[[Event], None] = lambda _event: None) -> Supervisor:
    return Supervisor(library, Engine(library).settings(), hear, FAULTY)


def held(library: Path) -> tuple[int, int, int]:
    """Videos, vectors and failures in a library that must be sound."""
    db = open_library(library)
    try:
        assert check_health(db) is None
        return tuple(  # type: ignore[return-value]
            db.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("videos", "vectors", "failures")
        )
    finally:
        db.close()


def described(library: Path) -> int:
    with closing(open_library(library)) as db:
        return db.conn.execute("SELECT count(*) FROM stages WHERE stage = 'describe'").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "limits", "reason"),
    [
        ("crash.mp4", {}, "made the indexing process crash (SIGSEGV)"),
        ("spin.mp4", {"stall_s": 3}, "made no progress for 3 seconds"),
        ("hungry.mp4", {"memory_mb": 500}, "needed more than 500 MB of memory"),
    ],
)
def test_a_file_that_breaks_the_decoder_costs_only_itself(
    library: Path, videos: Path, name: str, limits: dict[str, int], reason: str
) -> None:
    save_settings(library, replace(load_settings(library), **limits))
    draw(videos / name, [("white", 1.0)])
    told: list[Event] = []
    done = supervised(library, told.append).run(Plan((videos,)))
    assert [(Path(one["path"]).name, one["stage"]) for one in done.failed] == [(name, "look")]
    assert reason in done.failed[0]["reason"]
    assert [one.reason for one in told if isinstance(one, Failed)] == [done.failed[0]["reason"]]
    db = open_library(library)
    waiting = db.conn.execute("SELECT count(DISTINCT video_id) FROM stages WHERE stage = 'describe'").fetchone()[0]
    db.close()
    assert waiting == len(COLOURS)
    again = supervised(library).run(Plan())
    assert len(again.failed) == 1


def test_two_bad_files_in_a_row_cost_two(library: Path, videos: Path) -> None:
    draw(videos / "crash a.mp4", [("white", 1.0)])
    draw(videos / "crash b.mp4", [("black", 1.0)])
    assert len(supervised(library).run(Plan((videos,))).failed) == 2


def test_pause_is_obeyed_and_told_and_resume_goes_on(library: Path, videos: Path) -> None:
    told: list[Event] = []
    is_paused, is_started = threading.Event(), threading.Event()

    def hear(event: Event) -> None:
        told.append(event)
        if isinstance(event, Started) and event.stage == "look" and not is_started.is_set():
            is_started.set()
            supervisor.pause()
        if isinstance(event, Paused):
            is_paused.set()

    supervisor = supervised(library, hear)
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(supervisor.run(Plan((videos,)))))
    thread.start()
    assert is_paused.wait(30)
    supervisor.resume()
    thread.join(60)
    paused = next(i for i, event in enumerate(told) if isinstance(event, Paused))
    after = next(event for event in told[paused + 1 :] if not isinstance(event, Beat | Progress))
    assert isinstance(after, Resumed)
    assert held(library)[0] == len(COLOURS)
    assert results


def test_cancel_ends_a_decoder_that_does_not_listen(library: Path, videos: Path) -> None:
    draw(videos / "wait.mp4", [("white", 1.0)])
    is_waiting = threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Started) and event.path.endswith("wait.mp4") and event.stage == "look":
            is_waiting.set()

    supervisor = supervised(library, hear)
    endings: list[BaseException] = []

    def run() -> None:
        try:
            supervisor.run(Plan((videos,)))
        except Cancelled as error:
            endings.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert is_waiting.wait(30)
    supervisor.cancel()
    thread.join(30)
    assert len(endings) == 1
    assert held(library)[2] == 0


def test_a_bug_of_ours_is_told_at_once_and_logged(library: Path, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELFIND_TEST_BUG", "yes")
    with pytest.raises(ExpectedError, match="ended 3 times without a file being the reason"):
        supervised(library).run(Plan((videos,)))
    assert "a bug of ours" in (library / "indexing.log").read_text("utf-8")


def test_modules_of_the_current_folder_are_not_the_childs(
    library: Path, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets.py").write_text("raise SystemExit('wrong module')", "utf-8")
    monkeypatch.chdir(tmp_path)
    supervisor = Supervisor(library, Engine(library).settings(), lambda _event: None)
    assert supervisor.run(Plan((videos,), describe=False)).videos == len(COLOURS)


def test_two_runs_do_not_meet(library: Path, videos: Path) -> None:
    engine = Engine(library)
    with indexing_lock(library), pytest.raises(ExpectedError, match="another indexing run"):
        engine.index(engine.supervisor(lambda _event: None), Plan((videos,)))
    assert engine.index(engine.supervisor(lambda _event: None), Plan((videos,))).videos == len(COLOURS)


def _index_process(library: Path, videos: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "engine", "index", "--library", str(library), "--json", str(videos)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _after_events(process: subprocess.Popen[bytes], number: int) -> None:
    """Wait until the run has told so many events, or is over: a moment that does not depend on the machine."""
    assert process.stdout is not None
    for _ in range(number):
        if not process.stdout.readline():
            return


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["parent", "child"])
def test_killed_at_any_moment_nothing_is_lost(library: Path, videos: Path, victim: str) -> None:
    chance = random.Random(victim)
    best = (0, 0, 0)
    for _ in range(10):
        process = _index_process(library, videos)
        _after_events(process, chance.randint(1, 70))
        family = [] if process.poll() is not None else psutil.Process(process.pid).children(recursive=True)
        for each in family if victim == "child" else [process]:
            try:
                os.kill(each.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.communicate(timeout=60)
        psutil.wait_procs(family, timeout=20)
        now = held(library)
        assert now[0] >= best[0]
        assert now[1] >= best[1]
        assert now[2] == 0
        best = now
    assert best[1] > 0, "some work must have been finished between the kills"
    done = Engine(library).index(Engine(library).supervisor(lambda _event: None), Plan((videos,)))
    assert (done.videos, list(done.failed)) == (len(COLOURS), [])
    db = open_library(library)
    doubled = db.conn.execute("SELECT count(*) FROM (SELECT 1 FROM frames GROUP BY video_id, pts HAVING count(*) > 1)")
    assert doubled.fetchone()[0] == 0
    db.close()


def test_a_child_whose_parent_died_ends_itself(library: Path, videos: Path) -> None:
    process = _index_process(library, videos)
    family: list[psutil.Process] = []
    ends_at = time.monotonic() + 20
    while not family and time.monotonic() < ends_at and process.poll() is None:
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=20)
    gone, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert len(gone) == len(family) > 0


def test_a_child_that_nobody_hears_blames_no_file(library: Path, videos: Path) -> None:
    """As when its parent was killed: its output breaks in the middle of a file, before it sees its input end."""
    line = [*worker_command(), "--library", str(library), "--plan", plan_to_json(Plan((videos,)))]
    child = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    ends_at = time.monotonic() + 60
    while described(library) < len(COLOURS) and child.poll() is None and time.monotonic() < ends_at:
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.1)
    child.stdin.close()
    assert child.wait(60) in (0, CANCELLED)
    assert described(library) == len(COLOURS)
    assert held(library)[2] == 0


@pytest.mark.parametrize(("in_hand", "is_ended"), [(None, False), (Started("a.mp4", "look"), True)])
def test_only_a_file_in_hand_has_to_make_progress(tmp_path: Path, in_hand: Started | None, is_ended: bool) -> None:
    """A child that is starting on a busy machine is slow, not stuck."""
    library = tiny_library(tmp_path / "library", stall_s=3)
    watch = _Watch(in_hand=in_hand, heard_at=time.monotonic() - 10)
    assert (supervised(library)._judge(_Weightless(), watch) is not None) is is_ended  # type: ignore[arg-type]


class _Weightless:
    """A child as far as its budget is concerned."""

    def memory_mb(self) -> float:
        return 0.0
