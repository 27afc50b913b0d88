"""Whole runs in this process: what is found, what is kept over every change, and that nothing is done twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled
from engine.extractors.record import Clip, Extractor, NewText, Record
from engine.jobs import identify as identify_module
from engine.jobs import look as look_module
from engine.jobs.describe import describe
from engine.jobs.events import Finished, Started
from engine.jobs.indexer import index
from engine.jobs.plan import Plan
from engine.models.encoder import TextEncoder
from engine.models.in_use import Model
from engine.models.pack import load_pack
from engine.store.failures import clear_failures, failures
from engine.store.frames import frames_of, shots_of
from engine.store.library import shown_paths
from engine.store.stages import waiting
from engine.store.texts import texts_of
from engine.store.vectors import vectors_of
from engine.types import StoredText, VideoId
from tests.engine.jobs.conftest import Bench
from tests.packs import TinyPack, build_tiny_pack
from tests.scenes import draw

ONE = VideoId(1)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two clips: red then blue, and green."""
    top = tmp_path / "videos"
    draw(top / "red then blue.mp4", [("red", 6.0), ("blue", 6.0)], gop=50)
    draw(top / "meadow" / "green.mkv", [("green", 5.0)])
    return top


def started(bench: Bench, stage: str) -> list[str]:
    return [os.path.basename(one.path) for one in bench.events if isinstance(one, Started) and one.stage == stage]


@pytest.mark.parametrize("threaded", [False, True])
def test_a_folder_becomes_searchable_by_what_is_seen(
    bench: Bench, videos: Path, tiny_pack: Path, threaded: bool
) -> None:
    done = bench.index(videos, threaded=threaded)
    assert (done.videos, done.skipped, list(done.failed)) == (2, 0, [])
    text = TextEncoder(load_pack(tiny_pack))
    for word, name, least_s in (("red", "red then blue.mp4", 0.0), ("blue", "red then blue.mp4", 6.0)):
        assert best(bench, text.encode([word], "query")[0]) == (name, pytest.approx(least_s, abs=6.0))
        assert best(bench, text.encode([word], "query")[0])[1] >= least_s
    assert best(bench, text.encode(["green"], "query")[0])[0] == "green.mkv"


def best(bench: Bench, query: np.ndarray) -> tuple[str, float]:
    """The name and time of the frame nearest to a query."""
    found: list[tuple[float, str, float]] = []
    for video_id in (1, 2):
        name = os.path.basename(shown_paths(bench.db, VideoId(video_id))[0])
        times = {frame.id: frame.time_s for frame in frames_of(bench.db, VideoId(video_id))}
        owners, vectors = vectors_of(bench.db, VideoId(video_id), "frame", bench.pack)
        assert set(owners) == set(times)
        found += [(float(score), name, times[owner]) for score, owner in zip(vectors @ query, owners, strict=True)]
    return max(found)[1:]


def video(bench: Bench, name: str) -> VideoId:
    rows = bench.db.conn.execute("SELECT video_id FROM files WHERE shown LIKE ?", ["%" + name]).fetchall()
    return VideoId(rows[0][0])


def test_a_second_run_reads_no_file(bench: Bench, videos: Path) -> None:
    bench.index(videos)
    done = bench.index(videos)
    assert done.skipped == 2
    assert not [one for one in bench.events if isinstance(one, Started)]


def test_describing_fills_gaps_and_finds_the_cut(bench: Bench, tmp_path: Path) -> None:
    draw(tmp_path / "videos" / "long.mp4", [("red", 10.0), ("blue", 10.0)], gop=190)
    bench.index(tmp_path / "videos")
    times = [frame.time_s for frame in frames_of(bench.db, ONE)]
    assert max(np.diff([0.0, *times, 20.0])) <= 4.0 + 0.1
    spans = [span for _, span in shots_of(bench.db, ONE)]
    assert len(spans) == 2
    assert spans[0].end_s == spans[1].start_s
    assert abs(spans[0].end_s - 10.0) <= 0.5
    owners, _ = vectors_of(bench.db, ONE, "frame", bench.pack)
    assert len(owners) == len(times)


def test_words_around_a_video_are_searchable(bench: Bench, videos: Path) -> None:
    (videos / "meadow" / "green.srt").write_text("1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> cow\n", "utf-8")
    bench.index(videos)
    texts = texts_of(bench.db, video(bench, "green.mkv"))
    assert StoredText(1.0, 2.5, "subtitle", "Hello cow") in texts
    assert [text.text for text in texts if text.source == "name"] == ["green meadow"]


def test_subtitles_that_come_change_and_go_later_are_noticed(bench: Bench, videos: Path) -> None:
    def lines() -> list[str]:
        return [text.text for text in texts_of(bench.db, video(bench, "green.mkv")) if text.source == "subtitle"]

    bench.index(videos)
    beside = videos / "meadow" / "green.en.srt"
    for number, words in enumerate(("first words", "other words")):
        beside.write_text(f"1\n00:00:01,000 --> 00:00:02,500\n{words}\n", "utf-8")
        os.utime(beside, ns=(number, number + 1))
        bench.index(videos)
        assert lines() == [words]
        assert started(bench, "look") == []
    beside.unlink()
    bench.index(videos)
    assert lines() == []


def test_rename_move_and_copy_keep_everything_and_read_only_the_fingerprint(bench: Bench, videos: Path) -> None:
    before = bench.index(videos)
    (videos / "meadow" / "green.mkv").rename(videos / "grass.mkv")
    shutil.copy(videos / "red then blue.mp4", videos / "meadow" / "copy.mp4")
    done = bench.index(videos)
    assert (done.videos, done.moments) == (before.videos, before.moments)
    assert started(bench, "look") == []
    assert sorted(started(bench, "identify")) == ["copy.mp4", "grass.mkv"]
    names = {text.text for video in (1, 2) for text in texts_of(bench.db, VideoId(video)) if text.source == "name"}
    assert names == {"grass videos", "red then blue videos", "copy meadow"}


def test_deleted_and_brought_back_is_searchable_at_once(bench: Bench, videos: Path, tmp_path: Path) -> None:
    before = bench.index(videos)
    (videos / "meadow").rename(tmp_path / "away")
    assert bench.index(videos).videos == 1
    (tmp_path / "away").rename(videos / "meadow")
    done = bench.index(videos)
    assert (done.videos, done.moments) == (before.videos, before.moments)
    assert started(bench, "look") == []


def test_a_run_cancelled_anywhere_is_finished_by_the_next(bench: Bench, videos: Path) -> None:
    whole = None
    for stop_at in range(1, 12):
        bench.control = type(bench.control)()
        told = bench.events

        def tell(event: object, stop_at: int = stop_at, told: list[object] = told) -> None:  # type: ignore[assignment]
            told.append(event)
            if len(told) == stop_at:
                bench.control.cancel()

        run = replace(bench.run(), tell=tell)
        told.clear()
        try:
            whole = index(run, Plan((videos,)))
        except Cancelled:
            continue
    bench.control = type(bench.control)()
    done = bench.index(videos)
    assert (done.videos, list(done.failed)) == (2, [])
    assert waiting(bench.db, "describe", bench.pack, bench.run().places.mounts()) == []
    assert whole is None or whole.videos == 2


def test_what_is_no_video_fails_once_and_is_tried_again_when_it_changes(bench: Bench, videos: Path) -> None:
    (videos / "notes.mp4").write_text("these are only notes, but there are enough of them", "utf-8")
    done = bench.index(videos)
    assert [Path(one["path"]).name for one in done.failed] == ["notes.mp4"]
    assert all(done.failed[0][word] for word in ("stage", "reason", "remedy"))
    bench.index(videos)
    assert started(bench, "identify") == []
    draw(videos / "notes.mp4", [("white", 2.0)])
    done = bench.index(videos)
    assert (done.videos, list(done.failed)) == (3, [])


def test_a_decoder_that_throws_costs_one_file(bench: Bench, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = look_module.keyframes

    def keyframes(path: Path, **options: object) -> Iterable[object]:
        if path.name == "green.mkv":
            raise ZeroDivisionError("odd header")
        return real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(look_module, "keyframes", keyframes)
    done = bench.index(videos)
    assert [Path(one["path"]).name for one in done.failed] == ["green.mkv"]
    assert "odd header" in done.failed[0]["reason"]
    assert started(bench, "describe") == ["red then blue.mp4"]
    monkeypatch.setattr(look_module, "keyframes", real)
    clear_failures(bench.db)
    assert list(bench.index(videos).failed) == []


def test_a_file_that_grows_while_it_is_read_is_tried_again(
    bench: Bench, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = look_module.keyframes
    target = videos / "meadow" / "green.mkv"

    def keyframes(path: Path, **options: object) -> Iterable[object]:
        yield from real(path, **options)  # type: ignore[arg-type]
        if path == target:
            with target.open("ab") as file:
                file.write(b"more")

    monkeypatch.setattr(look_module, "keyframes", keyframes)
    bench.index(videos)
    assert [one.reason for one in failures(bench.db, {})] == ["the file changed while it was being read"]
    monkeypatch.setattr(look_module, "keyframes", real)
    done = bench.index(videos)
    assert (done.videos, list(done.failed)) == (2, [])


def test_a_file_that_vanishes_before_it_is_identified_is_no_failure(
    bench: Bench, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = identify_module.fingerprint

    def fingerprint(path: Path) -> str:
        path.unlink()
        return real(path)

    monkeypatch.setattr(identify_module, "fingerprint", fingerprint)
    assert list(bench.index(videos).failed) == []


def test_a_file_that_vanishes_while_it_is_read_is_no_failure(
    bench: Bench, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = look_module.keyframes

    def keyframes(path: Path, **options: object) -> Iterable[object]:
        path.unlink()
        return real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(look_module, "keyframes", keyframes)
    assert list(bench.index(videos).failed) == []
    assert bench.index(videos).videos == 0


def test_without_a_model_pictures_and_names_are_kept_and_a_pack_adds_the_rest(bench: Bench, videos: Path) -> None:
    with_model, bench.model = bench.model, Model(None)
    done = bench.index(videos)
    assert (done.videos, done.moments, list(done.failed)) == (2, 0, [])
    assert frames_of(bench.db, ONE)
    bench.model = with_model
    done = bench.index(videos)
    assert done.moments > 0
    assert len(vectors_of(bench.db, ONE, "frame", bench.pack)[0]) == len(frames_of(bench.db, ONE))


def test_a_new_pack_works_beside_the_old_one(bench: Bench, videos: Path, tmp_path: Path) -> None:
    second = load_pack(build_tiny_pack(tmp_path / "two", TinyPack(revision="2")))
    first = bench.index(videos).moments
    old, bench.model = bench.model.ref, Model(second, threads=1)
    done = bench.index(videos)
    assert done.moments == first  # each picture is one moment, whichever packs have looked at it
    for pack in (old, bench.pack):
        assert len(vectors_of(bench.db, ONE, "frame", pack)[0]) == len(frames_of(bench.db, ONE))


def test_a_kind_of_evidence_is_added_in_one_place(bench: Bench, videos: Path) -> None:
    def shout(clip: Clip) -> Iterable[Record]:
        yield NewText(StoredText(0.0, 1.0, "text", f"SIGN {clip.item.path.stem}"), np.ones(4, np.float32))

    bench.index(videos, describe=False)
    run = bench.run()
    green = video(bench, "green.mkv")
    items = waiting(bench.db, "describe", bench.pack, run.places.mounts())
    assert len(list(describe(run, items, (Extractor("signs", (), shout, sources=("text",)),)))) == 2
    assert [one.text for one in texts_of(bench.db, green) if one.source == "text"] == ["SIGN green"]
    assert len(vectors_of(bench.db, green, "caption", bench.pack)[0]) == 1


def test_every_start_has_its_end(bench: Bench, videos: Path) -> None:
    bench.index(videos)
    starts = [(one.path, one.stage) for one in bench.events if isinstance(one, Started)]
    ends = [(one.path, one.stage) for one in bench.events if isinstance(one, Finished)]
    assert sorted(starts) == sorted(ends)
