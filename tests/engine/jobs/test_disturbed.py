"""What changes under a run: files overwritten, forgotten, pulled out between two of its steps. Nothing is mixed up."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import Cancelled
from engine.jobs import look as look_module
from engine.jobs.events import Event, Scanned, Started
from engine.jobs.indexer import Plan, index
from engine.jobs.scan import Places
from engine.library_care import forget
from engine.media.fingerprint import fingerprint
from engine.media.volumes import VolumeTable
from engine.store.failures import failures
from engine.store.library import video_by_fingerprint
from engine.types import Volume
from tests.engine.jobs.conftest import Bench
from tests.scenes import draw


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    top = tmp_path / "videos"
    draw(top / "a.mp4", [("red", 2.0)])
    draw(top / "b.mp4", [("green", 2.0)])
    return top


def shown(bench: Bench) -> dict[str, str]:
    """Each file that is not missing, and the fingerprint of what it counts as."""
    rows = bench.db.conn.execute(
        "SELECT f.shown, v.fingerprint FROM files f JOIN videos v ON v.id = f.video_id WHERE f.missing_since IS NULL"
    )
    return {os.path.basename(path): mark for path, mark in rows}


def disturb(bench: Bench, videos: Path, what: Callable[[Event], None]) -> None:
    """A run in which something happens at its events."""
    run = bench.run()
    tell = run.tell

    def hear(event: Event) -> None:
        tell(event)
        what(event)

    object.__setattr__(run, "tell", hear)
    index(run, Plan((videos,)))


def test_a_run_killed_before_a_changed_file_is_identified_leaves_it_to_the_next(bench: Bench, videos: Path) -> None:
    bench.index(videos)
    draw(videos / "a.mp4", [("blue", 3.0)])

    def die(event: Event) -> None:
        if isinstance(event, Scanned):
            raise Cancelled

    with pytest.raises(Cancelled):
        disturb(bench, videos, die)
    bench.index(videos)
    assert shown(bench)["a.mp4"] == fingerprint(videos / "a.mp4")


def test_a_video_overwritten_with_something_else_is_no_longer_shown(bench: Bench, videos: Path) -> None:
    before = fingerprint(videos / "a.mp4")
    bench.index(videos)
    kept = (videos / "a.mp4").read_bytes()
    (videos / "a.mp4").write_text("only notes, but there are enough of them", "utf-8")
    assert bench.index(videos).videos == 1
    assert list(shown(bench)) == ["b.mp4"]
    (videos / "a.mp4").write_bytes(kept)
    assert bench.index(videos).video_s == 0.0, "what was found in it is still there"
    assert shown(bench)["a.mp4"] == before


def test_the_failure_of_a_file_goes_and_comes_with_it(bench: Bench, videos: Path) -> None:
    notes = videos / "notes.mp4"
    notes.write_text("only notes, but there are enough of them", "utf-8")
    bench.index(videos)
    notes.rename(videos / "notes.txt")
    assert bench.index(videos).failed == []
    (videos / "notes.txt").rename(notes)
    assert [one["reason"] for one in bench.index(videos).failed] == [one.reason for one in failures(bench.db, {})] != []


@pytest.mark.parametrize("stage", ["identify", "look", "describe"])
def test_a_file_forgotten_while_it_is_read_stays_forgotten_and_the_rest_goes_on(
    bench: Bench, videos: Path, stage: str
) -> None:
    mark = fingerprint(videos / "a.mp4")

    def forget_it(event: Event) -> None:
        if isinstance(event, Started) and event.stage == stage and event.path.endswith("a.mp4"):
            forget(bench.db, bench.run().thumbs, [videos / "a.mp4"])

    disturb(bench, videos, forget_it)
    assert video_by_fingerprint(bench.db, mark) is None
    assert list(shown(bench)) == ["b.mp4"]
    assert [path.stem for path in bench.run().thumbs.folder.glob("*/*.tiles")] == [fingerprint(videos / "b.mp4")]
    assert failures(bench.db, {}) == []


def test_a_failure_of_a_file_forgotten_meanwhile_is_not_kept(
    bench: Bench, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keyframes(path: Path, **_options: object) -> None:
        forget(bench.db, bench.run().thumbs, [path])
        raise ZeroDivisionError("odd header")

    monkeypatch.setattr(look_module, "keyframes", keyframes)
    assert list(bench.index(videos).failed) == []


def test_a_disk_pulled_out_during_the_walk_is_offline_and_not_empty(bench: Bench, videos: Path) -> None:
    stick = Volume("uuid:stick", "STICK", videos, "removable")
    run = bench.run()
    object.__setattr__(run, "places", Places(bench.db, VolumeTable([stick])))
    index(run, Plan((videos,)))
    for path in list(videos.iterdir()):
        path.unlink()
    pulled = Places(bench.db, VolumeTable([stick]), lambda: VolumeTable([]))
    object.__setattr__(run, "places", pulled)
    index(run, Plan())
    assert sorted(shown(bench)) == ["a.mp4", "b.mp4"]
