from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.media import thumbs_writer
from engine.media.thumbs import ThumbCache, Tile
from engine.types import Frame, RgbImage

HOUR_BYTES = 8_000_000


@pytest.fixture
def cache(tmp_path: Path) -> ThumbCache:
    return ThumbCache(tmp_path / "thumbs")


def _frame(time_s: float, image: RgbImage) -> Frame:
    return Frame(round(time_s * 1000), time_s, True, image)


def _flat(level: int, size: tuple[int, int] = (90, 160)) -> RgbImage:
    return np.full((*size, 3), level, np.uint8)


def _write(cache: ThumbCache, times_s: list[float], extend: bool = False) -> None:
    """Pictures whose brightness is their time in seconds."""
    with cache.writer("video1", extend) as writer:
        for time_s in times_s:
            writer.add(_frame(time_s, _flat(round(time_s) % 256)))


def _level(tile: Tile | None) -> int:
    assert tile is not None
    picture = tile.picture()
    assert picture is not None
    return round(float(picture.mean()))


def _tiles_file(cache: ThumbCache) -> Path:
    return next(cache.folder.rglob("*.tiles"))


def test_the_nearest_picture_is_found(cache: ThumbCache) -> None:
    _write(cache, [0, 4, 8, 12, 100])
    for asked_s, shown_s in ((-5, 0), (5.9, 4), (6.1, 8), (60, 100), (1e9, 100)):
        tile = cache.thumb("video1", asked_s)
        assert tile is not None
        assert tile.time_s == shown_s
        assert abs(_level(tile) - shown_s) <= 2


def test_a_strip_holds_the_pictures_of_its_span_in_order_and_is_thinned_to_its_limit(cache: ThumbCache) -> None:
    _write(cache, [4.0 * n for n in range(50)])
    assert [tile.time_s for tile in cache.strip("video1", 8, 20)] == [8, 12, 16, 20]
    assert [tile.time_s for tile in cache.strip("video1", 0, 200, limit=5)] == [0, 40, 80, 120, 160]
    assert [tile.time_s for tile in cache.strip("video1", 9, 10)] == [8]


def test_frames_closer_than_the_spacing_are_left_out_unless_they_show_something_else(cache: ThumbCache) -> None:
    with cache.writer("video1") as writer:
        for n in range(200, 300):
            writer.add(_frame(n / 2 + 60, _flat(200 if n == 251 else 10)))
    times_s = cache.times("video1")
    assert 251 / 2 + 60 in times_s
    assert len(times_s) < 20


def test_pictures_can_be_added_later_between_those_that_are_there(cache: ThumbCache) -> None:
    _write(cache, [0, 20, 40])
    _write(cache, [10, 20.5, 30, 50], extend=True)
    assert cache.times("video1") == (0, 10, 20, 30, 40, 50)
    assert abs(_level(cache.thumb("video1", 31)) - 30) <= 2


def test_writing_again_replaces(cache: ThumbCache) -> None:
    _write(cache, [0, 4])
    _write(cache, [8])
    assert cache.times("video1") == (8,)


def test_an_exception_keeps_the_old_pictures_and_leaves_nothing_behind(cache: ThumbCache) -> None:
    _write(cache, [0, 4])
    writer = cache.writer("video1")
    writer.add(_frame(9, _flat(9)))
    with pytest.raises(RuntimeError), writer:
        raise RuntimeError
    assert cache.times("video1") == (0, 4)
    assert [path.suffix for path in cache.folder.rglob("*") if path.is_file()] == [".tiles"]


def test_a_killed_writer_leaves_the_old_pictures_and_its_rest_is_swept(cache: ThumbCache) -> None:
    _write(cache, [0, 4])
    killed = cache.writer("video1")
    killed.add(_frame(9, _flat(9)))
    assert cache.times("video1") == (0, 4)
    killed.discard()
    (cache.folder / "vi" / "other.tiles.part").write_bytes(b"half")
    cache.sweep()
    assert not list(cache.folder.rglob("*.part"))
    assert cache.has("video1")


def test_forget_removes_and_the_size_is_what_is_on_disk(cache: ThumbCache) -> None:
    assert cache.size_bytes() == 0
    _write(cache, [0, 4])
    assert cache.size_bytes() == _tiles_file(cache).stat().st_size > 0
    cache.forget("video1")
    cache.forget("video1")
    assert cache.size_bytes() == 0
    assert cache.thumb("video1", 0) is None
    assert cache.strip("video1", 0, 9) == ()


def test_a_video_without_frames_has_no_pictures_and_no_file(cache: ThumbCache) -> None:
    _write(cache, [])
    assert not cache.has("video1")
    assert not [path for path in cache.folder.rglob("*") if path.is_file()]


def test_a_fingerprint_never_leads_out_of_the_folder(cache: ThumbCache) -> None:
    with cache.writer("../../../evil") as writer:
        writer.add(_frame(0, _flat(9)))
    assert cache.has("../../../evil")
    assert _tiles_file(cache).is_relative_to(cache.folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.integers(0, 1 << 16), st.integers(0, 255), st.booleans())
def test_a_damaged_file_reads_as_missing_and_never_as_a_wrong_picture(
    cache: ThumbCache, place: int, value: int, is_cut: bool
) -> None:
    _write(cache, [0, 100])
    path = _tiles_file(cache)
    data = bytearray(path.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data[: place % len(data)] if is_cut else data)
    for tile in (*cache.strip("video1", 0, 200), cache.thumb("video1", 99)):
        assert tile is None or abs(_level(tile) - tile.time_s) <= 2


@pytest.mark.parametrize("size", [(16, 16384), (16384, 16), (1, 1), (2160, 3840), (300, 7)])
def test_pictures_of_any_shape_become_small_and_keep_their_shape(size: tuple[int, int]) -> None:
    picture = Tile(0, thumbs_writer.encode(np.zeros((*size, 3), np.uint8))).picture()
    assert picture is not None
    height, width = picture.shape[:2]
    assert max(height, width) <= thumbs_writer.LONG_SIDE
    assert min(height, width) <= thumbs_writer.SHORT_SIDE
    assert abs(height / width - size[0] / size[1]) <= 0.02 * size[0] / size[1] or min(height, width) == 1


def test_an_hour_of_noise_stays_inside_the_budget_without_gaps(cache: ThumbCache) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (8, 180, 320, 3), np.uint8)
    minutes = 3
    with cache.writer("video1") as writer:
        for second in range(minutes * 60):
            writer.add(_frame(second, noise[second % 8]))
    assert cache.size_bytes() <= HOUR_BYTES * minutes / 60 + thumbs_writer.ALLOWANCE_BYTES
    assert max(np.diff(cache.times("video1"))) <= 30


def test_a_restless_video_keeps_even_steps(cache: ThumbCache) -> None:
    rng = np.random.default_rng(1)
    shapes = np.kron(rng.integers(30, 200, (8, 9, 16, 3), np.uint8), np.ones((1, 20, 20, 1), np.uint8))
    scenes = shapes + rng.integers(0, 30, shapes.shape, np.uint8)
    with cache.writer("video1") as writer:
        for second in range(300):
            writer.add(_frame(second, scenes[second % 8]))
    assert cache.size_bytes() <= HOUR_BYTES / 12 + thumbs_writer.ALLOWANCE_BYTES
    assert max(np.diff(cache.times("video1"))) <= thumbs_writer.SPACING_S


def test_a_folder_that_cannot_be_written_costs_only_the_pictures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "thumbs").write_text("a file where the folder should be")
    cache = ThumbCache(tmp_path / "thumbs")
    _write(cache, [0, 4])
    assert not cache.has("video1")
    assert "small pictures not kept" in caplog.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_costs_only_the_pictures(cache: ThumbCache, caplog: pytest.LogCaptureFixture) -> None:
    _write(cache, [0, 4])
    part = Path(f"{_tiles_file(cache)}.part")
    part.symlink_to("/dev/full")
    _write(cache, [float(4 * n) for n in range(300)])
    assert cache.times("video1") == (0, 4)
    assert not os.path.lexists(part)
    assert "No space left" in caplog.text


def test_frames_without_a_time_or_without_pixels_are_passed_over(cache: ThumbCache) -> None:
    with cache.writer("video1") as writer:
        writer.add(_frame(0, np.zeros((0, 10, 3), np.uint8)))
        writer.add(Frame(0, float("nan"), False, _flat(9)))
    assert not cache.has("video1")
