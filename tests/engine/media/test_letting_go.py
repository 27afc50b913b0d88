"""Decoded frames are let go at once, without waiting for Python to look for cycles: each may weigh megabytes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from engine.media.decode import frames_at, frames_between, keyframes
from engine.media.probe import probe
from engine.types import Span
from tests.clips import Spec, clip


@pytest.fixture
def _no_cycle_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def dropped_half_way(path: Path) -> None:
    frames = frames_at(path, [0.0, 0.5, 1.0], size=48)
    next(frames)
    frames.close()  # type: ignore[attr-defined]


USES: tuple[Callable[[Path], object], ...] = (
    probe,
    lambda path: list(keyframes(path, size=48)),
    lambda path: list(frames_at(path, [0.0, 0.5, 1.0], size=48)),
    lambda path: list(frames_between(path, Span(0.2, 1.0), size=48)),
    dropped_half_way,
)


@pytest.mark.usefixtures("_no_cycle_search")
@pytest.mark.parametrize("use", USES)
def test_no_big_frame_outlives_its_use(use: Callable[[Path], object]) -> None:
    use(clip(Spec(frames=60)))
    left = [each for each in gc.get_objects() if type(each) is av.VideoFrame and each.width > 2]
    assert left == []
