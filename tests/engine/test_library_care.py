"""Forget and retry by hand: what goes, what stays, and what does not come back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import ExpectedError
from engine.jobs.plan import Plan
from engine.types import LibrarySummary
from tests.libraries import tiny_library
from tests.scenes import draw


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tiny_library(tmp_path / "library"))


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    top = tmp_path / "videos"
    draw(top / "a.mp4", [("red", 1.0)])
    draw(top / "trip" / "b.mp4", [("blue", 1.0)])
    return top


def index(engine: Engine, *folders: Path) -> LibrarySummary:
    engine.index(engine.supervisor(lambda _event: None), Plan(folders, describe=False))
    return engine.status().summary


def test_a_forgotten_file_stays_forgotten_until_its_folder_is_named_again(engine: Engine, videos: Path) -> None:
    assert index(engine, videos).videos == 2
    gone = engine.forget([videos / "a.mp4"])
    assert (gone.files, gone.videos, gone.folders) == (1, 1, 0)
    assert index(engine).videos == 1
    assert index(engine, videos).videos == 2


def test_a_forgotten_folder_inside_another_stays_out_too(engine: Engine, videos: Path) -> None:
    index(engine, videos)
    engine.forget([videos / "trip"])
    draw(videos / "trip" / "new.mp4", [("green", 1.0)])
    assert index(engine).videos == 1


def test_a_forgotten_top_folder_is_gone_whole(engine: Engine, videos: Path) -> None:
    index(engine, videos)
    gone = engine.forget([videos])
    assert (gone.files, gone.folders) == (2, 1)
    assert index(engine).videos == 0


def test_forgetting_what_is_unknown_changes_nothing(engine: Engine, videos: Path) -> None:
    index(engine, videos)
    with pytest.raises(ExpectedError, match="not in the library"):
        engine.forget([videos / "a.mp4", videos / "never.mp4"])
    assert engine.status().summary.videos == 2


def test_the_thumbnails_of_a_forgotten_video_go_with_it(engine: Engine, videos: Path) -> None:
    index(engine, videos)
    before = engine.thumbs().size_bytes()
    engine.forget([videos])
    assert before > 0
    assert engine.thumbs().size_bytes() == 0


def test_retry_of_one_folder_leaves_the_others(engine: Engine, videos: Path) -> None:
    for place in (videos, videos / "trip"):
        (place / "notes.mp4").write_text("no video, but words enough to be looked at", "utf-8")
    index(engine, videos)
    assert engine.retry([videos / "trip"]) == 1
    assert engine.retry([]) == 1
