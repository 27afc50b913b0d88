from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.media.shots import describe_frame, find_shots
from engine.types import RgbImage, Span

BLACK = np.zeros((90, 160, 3), np.uint8)


def _scene(number: int) -> RgbImage:
    """A wide picture of soft shapes in the colours of its number, to be looked at through a window."""
    rng = np.random.default_rng(number)
    shapes = rng.integers(0, 256, 3) * 0.5 + rng.integers(0, 128, (7, 20, 3))
    return np.asarray(Image.fromarray(shapes.astype(np.uint8)).resize((320, 112), Image.Resampling.BICUBIC))


def _view(number: int, moved: int = 0) -> RgbImage:
    return _scene(number)[10:100, moved : moved + 160]


def _starts(frames: Iterable[tuple[float, RgbImage]], end_s: float) -> list[float]:
    times_s, pictures = zip(*frames, strict=True)
    shots = find_shots(times_s, np.stack([describe_frame(picture) for picture in pictures]), end_s)
    return [shot.start_s for shot in shots]


def _mix(first: RgbImage, second: RgbImage, share: float) -> RgbImage:
    return (first * (1 - share) + second * share).astype(np.uint8)


def test_each_scene_is_a_shot_that_begins_with_its_first_frame() -> None:
    frames = [(float(second), _view(second // 5, second)) for second in range(60)]
    assert _starts(frames, 60) == [5.0 * number for number in range(12)]


def test_uneven_frames_give_the_same_shots() -> None:
    rng = np.random.default_rng(3)
    times_s = np.cumsum(rng.uniform(0.3, 3.9, 60))
    ends = [0, 12, 25, 26, 40, 60]
    frames = [
        (float(time_s), _view(scene, frame))
        for scene, (first, last) in enumerate(pairwise(ends))
        for frame, time_s in enumerate(times_s[first:last])
    ]
    assert _starts(frames, 200) == [0.0, *(float(times_s[first]) for first in ends[1:-1])]


def test_a_camera_that_moves_makes_no_cut() -> None:
    assert _starts([(float(second), _view(1, 5 * second)) for second in range(30)], 30) == [0.0]


def test_a_flash_makes_no_cut() -> None:
    frames = [(n / 2, np.full_like(BLACK, 250) if n == 9 else _view(1, n)) for n in range(20)]
    assert _starts(frames, 10) == [0.0]


def test_a_short_look_at_something_else_is_a_shot() -> None:
    frames = [(2.0 * n, _view(2 if n == 5 else 1)) for n in range(10)]
    assert _starts(frames, 20) == [0.0, 10.0, 12.0]


@pytest.mark.parametrize("step_s", [0.25, 0.5, 1.0])
def test_a_dissolve_is_one_cut(step_s: float) -> None:
    times_s = np.arange(0, 20, step_s)
    frames = [(float(t), _mix(_view(1), _view(2), float(np.clip((t - 9.6) / 1.2, 0, 1)))) for t in times_s]
    starts = _starts(frames, 20)
    assert len(starts) == 2
    assert 9.6 <= starts[1] <= 11


def test_between_two_black_ends_there_are_as_many_shots_as_scenes() -> None:
    scenes = [BLACK, BLACK, *[_view(1)] * 5, BLACK, BLACK, *[_view(2)] * 5, BLACK, *[_view(3)] * 4, BLACK]
    frames = [(float(second), picture) for second, picture in enumerate(scenes)]
    assert _starts(frames, 19) == [0.0, 9.0, 15.0]


def test_a_fade_through_black_is_one_cut_where_the_next_scene_shows() -> None:
    times_s = np.arange(0, 12, 0.25)
    shares = np.clip((abs(times_s - 6) - 0.5) / 1.5, 0, 1)
    frames = [
        (float(t), _mix(BLACK, _view(1 if t < 6 else 2), float(share)))
        for t, share in zip(times_s, shares, strict=True)
    ]
    starts = _starts(frames, 12)
    assert len(starts) == 2
    assert 6 <= starts[1] <= 8


def test_nothing_but_black_is_one_shot() -> None:
    assert _starts([(float(second), BLACK) for second in range(5)], 5) == [0.0]


def test_two_frames_of_two_scenes_are_two_shots_and_one_frame_is_one() -> None:
    assert _starts([(0.0, _view(1)), (4.0, _view(2))], 8) == [0.0, 4.0]
    assert _starts([(3.0, _view(1))], 8) == [0.0]


def test_without_frames_the_whole_is_one_shot_and_without_length_there_is_none() -> None:
    nothing = np.zeros((0, 304), np.float32)
    assert find_shots([], nothing, 9.0) == (Span(0.0, 9.0),)
    assert find_shots([], nothing, 0.0) == ()


@pytest.mark.parametrize("size", [(1, 1), (7, 400), (2160, 16), (48, 48), (480, 270)])
def test_pictures_of_any_shape_are_described_alike(size: tuple[int, int]) -> None:
    plain = describe_frame(np.full((*size, 3), (200, 90, 30), np.uint8))
    assert plain.shape == (304,)
    assert plain == pytest.approx(describe_frame(np.full((90, 160, 3), (200, 90, 30), np.uint8)), abs=1e-4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), max_size=40), st.floats(0, 100))
def test_shots_cover_the_whole_time_without_gap_or_overlap(steps: Sequence[tuple[float, int]], end_s: float) -> None:
    kinds = np.stack([*(describe_frame(_view(n)) for n in range(3)), describe_frame(BLACK)])
    times_s = [float(time_s) for time_s in np.cumsum([gap_s for gap_s, _ in steps])]
    shots = find_shots(times_s, kinds[[kind for _, kind in steps]], end_s)
    length_s = max([end_s, *times_s])
    assert [shot.start_s for shot in shots] == [0.0, *(shot.end_s for shot in shots[:-1])][: len(shots)]
    assert (shots[-1].end_s if shots else 0.0) == length_s
    assert all(shot.start_s < shot.end_s for shot in shots)


def _real_frames(path: Path, step_s: float) -> list[tuple[float, RgbImage]]:
    frames: list[tuple[float, RgbImage]] = []
    with av.open(path) as container:
        for frame in container.decode(video=0):
            if not frames or frame.time - frames[-1][0] >= step_s - 1e-3:
                frames.append((frame.time, frame.to_ndarray(width=128, height=72, format="rgb24")))
    return frames


@pytest.mark.parametrize(
    ("name", "cuts_s"),
    [
        ("PySceneDetect/goldeneye-vfr-drop3.mp4", [3.75, 8.76]),
        ("PySceneDetect/issue-195-aspect-ratio.mp4", [2.8, 6.8, 12.04, 16.84, 19.36]),
        # Fades to black and back before the first two, a dissolve of one second before the third.
        ("PySceneDetect/testvideo.mp4", [7.2, 13.3, 18.0]),
        ("torchcodec/nasa_13013.mp4", [5.2, 8.2]),
        ("torchcodec/dog_eating_854132.mp4", []),
        ("decord/flipping_a_pancake.mkv", []),
    ],
)
def test_real_films_are_cut_where_people_cut_them(shared_media: Path, name: str, cuts_s: list[float]) -> None:
    frames = _real_frames(shared_media / name, 0.5)
    starts = _starts(frames, frames[-1][0] + 0.1)
    assert len(starts) == len(cuts_s) + 1
    assert all(0 <= start - cut <= 0.6 for start, cut in zip(starts[1:], cuts_s, strict=True))
