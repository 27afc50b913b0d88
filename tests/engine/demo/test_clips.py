"""The sample clips as files: their times are those of the manifest, and every trouble heals or is a sentence."""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.demo import clips as module
from engine.demo.clips import FPS, MANIFEST, SIZE, UNFINISHED, clip_path, make_clips, manifest, spans
from engine.demo.picture import draw
from engine.demo.questions import QUESTIONS, answers
from engine.demo.samples import CLIPS
from engine.errors import Cancelled, ExpectedError
from engine.evaluate import read_manifest

SHORT_S = (1.0, 1.5, 1.25)
FEW = tuple(
    replace(clip, scenes=tuple(replace(one, seconds=s) for one, s in zip(clip.scenes, SHORT_S, strict=True)))
    for clip in (CLIPS[0], CLIPS[4])
)


def quiet(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clips, made shorter, are enough to see how files are handled."""
    monkeypatch.setattr(module, "CLIPS", FEW)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "CLIPS", FEW)
        make_clips(folder, quiet, threading.Event())
    return folder


def make(folder: Path) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    make_clips(folder, lambda done, total: told.append((done, total)), threading.Event())
    return told


@pytest.mark.parametrize("clip", FEW, ids=lambda clip: clip.name)
def test_what_is_in_the_file_is_what_the_manifest_says_to_a_frame(made: Path, clip: module.Clip) -> None:
    with av.open(str(clip_path(made, clip))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (*SIZE, "h264")
        pictures = [(float(frame.pts * frame.time_base), frame) for frame in container.decode(stream)]
    assert [round(time_s * FPS, 6) for time_s, _ in pictures] == list(range(len(pictures)))
    assert spans(clip)[-1][1] == pytest.approx(len(pictures) / FPS)
    for number, (scene, (start_s, end_s)) in enumerate(zip(clip.scenes, spans(clip), strict=True)):
        inside = [frame for time_s, frame in pictures if start_s <= time_s < end_s]
        assert inside[0].key_frame
        for frame, t_s in ((inside[0], 0.0), (inside[-1], (len(inside) - 1) / FPS)):
            shown = frame.to_ndarray(format="rgb24").astype(int)
            right = np.abs(shown - draw(scene, t_s, SIZE)).mean()
            others = [np.abs(shown - draw(one, t_s, SIZE)).mean() for one in clip.scenes if one is not scene]
            assert right < 8 < min(others), number


def test_clips_are_short_and_each_has_several_scenes() -> None:
    assert len(CLIPS) == 25
    assert all(len(clip.scenes) >= 2 for clip in CLIPS)
    assert all(8 <= spans(clip)[-1][1] <= 20 for clip in CLIPS)


def test_scenes_end_on_whole_frames() -> None:
    assert all((scene.seconds * FPS).is_integer() for clip in CLIPS for scene in clip.scenes)


def test_every_question_has_answers_unless_it_asks_for_what_is_not_there() -> None:
    for question in QUESTIONS:
        assert bool(list(answers(question))) == (question.type != "not there"), question.text


def test_answers_cover_all_scenes_that_fit_and_no_others() -> None:
    for question in QUESTIONS:
        found = {(one.clip.name, number) for one in answers(question) for number in range(one.first, one.end)}
        right = {
            (clip.name, number)
            for clip in CLIPS
            for number, scene in enumerate(clip.scenes)
            if question.is_answered_by(scene)
        }
        assert found == right


def test_no_name_of_a_clip_gives_an_answer_away() -> None:
    asked = {word for question in QUESTIONS for word in re.findall(r"\w+", question.text)} - {"at", "in", "of", "the"}
    for clip in CLIPS:
        assert not asked & set(re.findall(r"\w+", clip.name.lower())), clip.name


def test_the_manifest_is_one_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(manifest()), "utf-8")
    read = read_manifest(tmp_path / MANIFEST)
    assert [task.text for task in read.tasks] == [question.text for question in QUESTIONS]
    assert {path.name for path in read.videos} == {f"{clip.name}.mp4" for clip in CLIPS}


def test_a_second_run_draws_nothing(made: Path, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.iterdir()}
    monkeypatch.setattr(module, "draw", None)
    assert make(made) == [(2, 2)]
    assert {path: path.stat().st_mtime_ns for path in made.iterdir()} == before


def test_two_runs_give_the_same_bytes(made: Path, few: None, tmp_path: Path) -> None:
    make(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in made.iterdir()
    }


def test_what_is_missing_damaged_or_of_another_version_is_drawn_again(
    made: Path, few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (clip_path(tmp_path, clip) for clip in FEW)
    for clip in FEW:
        clip_path(tmp_path, clip).write_bytes(clip_path(made, clip).read_bytes())
    first.write_bytes(first.read_bytes()[:20_000])
    assert make(tmp_path) == [(1, 2), (2, 2)]
    assert first.read_bytes() == clip_path(made, FEW[0]).read_bytes()
    second.unlink()
    (tmp_path / MANIFEST).write_text("{", "utf-8")
    assert make(tmp_path) == [(1, 2), (2, 2)]
    assert json.loads((tmp_path / MANIFEST).read_text("utf-8")) == json.loads((made / MANIFEST).read_text("utf-8"))
    monkeypatch.setattr(module, "DRAWN_AS", module.DRAWN_AS + 1)
    assert make(tmp_path)[0] == (0, 2)


def test_only_our_own_old_files_are_taken_away(made: Path, few: None, tmp_path: Path) -> None:
    ours = clip_path(made, FEW[0]).read_bytes()
    old, foreign, unreadable = (tmp_path / name for name in ("Old name.mp4", "mine.mp4", "broken.mp4"))
    old.write_bytes(ours)
    with av.open(str(foreign), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height = 64, 64
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    unreadable.write_bytes(b"no video")
    fresh, abandoned = tmp_path / f"a.1{UNFINISHED}", tmp_path / f"b.2{UNFINISHED}"
    for path in (fresh, abandoned):
        path.write_bytes(b"half")
    os.utime(abandoned, (0, 0))
    make(tmp_path)
    assert not old.exists()
    assert not abandoned.exists()
    assert all(path.exists() for path in (foreign, unreadable, fresh))


def test_a_stopped_run_leaves_whole_clips_only_and_the_next_goes_on(
    few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORKERS", 1)
    cancel = threading.Event()

    def stop_after_one(done: int, _total: int) -> None:
        if done == 1:
            cancel.set()

    with pytest.raises(Cancelled):
        make_clips(tmp_path, stop_after_one, cancel)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [f"{FEW[0].name}.mp4"]
    assert make(tmp_path)[0] == (1, 2)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as on Linux")
def test_a_folder_that_cannot_be_written_is_a_sentence(few: None, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder", "utf-8")
    for folder in (blocked, blocked / "below"):
        with pytest.raises(ExpectedError, match=r"cannot be written .*--folder DIR") as caught:
            make_clips(folder, quiet, threading.Event())
        assert str(folder) in str(caught.value)
    assert blocked.read_text("utf-8") == "not a folder"


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half(
    few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    with pytest.raises(ExpectedError, match="No space left on device"):
        make_clips(tmp_path, quiet, threading.Event())
    assert list(tmp_path.iterdir()) == []
