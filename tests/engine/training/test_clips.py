"""Clips made from photos: known times, motion inside the photo, no mixing of splits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engine.training.clips import ClipRules, frame_at, frames, plan_clip, plan_clips, write_video
from engine.training.data import Photo, load_photos, read_photos

PHOTOS = [Photo(f"{number}.jpg", ("a thing",), "dev") for number in range(7)]


def test_scenes_follow_each_other_without_a_gap() -> None:
    clip = plan_clip(PHOTOS, np.random.default_rng(0), ClipRules(2.0, 6.0))
    assert clip.scenes[0].span.start_s == 0.0
    assert all(one.span.end_s == two.span.start_s for one, two in pairwise(clip.scenes))
    assert all(2.0 <= scene.span.end_s - scene.span.start_s <= 6.0 for scene in clip.scenes)


def test_every_window_lies_inside_its_photo() -> None:
    clip = plan_clip(PHOTOS * 20, np.random.default_rng(1), ClipRules(smallest=0.5))
    for window in (window for scene in clip.scenes for window in (scene.start, scene.end)):
        assert window.size / 2 <= min(window.x, window.y)
        assert max(window.x, window.y) <= 1 - window.size / 2


def test_the_same_seed_plans_the_same_clips_with_each_photo_once() -> None:
    clips = plan_clips(PHOTOS, 3, seed=4)
    assert clips == plan_clips(PHOTOS, 3, seed=4)
    used = [scene.photo.name for clip in clips for scene in clip.scenes]
    assert len(used) == len(set(used)) == 6


def test_photos_of_two_splits_do_not_share_a_clip() -> None:
    with pytest.raises(ValueError, match="one split"):
        plan_clip([PHOTOS[0], Photo("x.jpg", (), "train")], np.random.default_rng(0), ClipRules())


def test_each_moment_shows_the_photo_of_its_scene(small_data: Path) -> None:
    photos = load_photos(small_data, "dev")[:3]
    images = {photo.name: image for photo, image in read_photos(small_data, photos)}
    clip = plan_clip(photos, np.random.default_rng(0), ClipRules())
    for scene, channel in zip(clip.scenes, (0, 1, 2), strict=True):
        middle = (scene.span.start_s + scene.span.end_s) / 2
        assert frame_at(clip, middle, images, 32)[24, 24].argmax() == channel
    assert len(list(frames(clip, images, 16, fps=2.0))) == int(clip.duration_s * 2)


def test_a_clip_becomes_a_video_file_of_its_length(small_data: Path, tmp_path: Path) -> None:
    photos = load_photos(small_data, "dev")[:2]
    images = {photo.name: image for photo, image in read_photos(small_data, photos)}
    clip = plan_clip(photos, np.random.default_rng(0), ClipRules(0.5, 1.0))
    write_video(clip, images, tmp_path / "clip.mp4", fps=10)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == int(clip.duration_s * 10)
