"""Drawn scenes as training photos: the same by name each time, however many processes draw them, and none on show."""

from __future__ import annotations

import random

import numpy as np
import pytest

from engine.demo.lessons import random_scene
from engine.demo.samples import SHOWN
from engine.training import drawings as module
from engine.training.drawings import drawings, pictures


def test_a_drawing_is_the_same_each_time() -> None:
    photos = drawings(3)
    once, again = list(pictures(photos, 48)), list(pictures(photos[2:], 48))
    np.testing.assert_array_equal(once[2], again[0])
    assert photos[2].captions == drawings(4)[2].captions


def test_each_has_five_sentences_and_a_split_of_its_own() -> None:
    assert {(len(photo.captions), photo.split) for photo in drawings(5)} == {(5, "drawn")}


def test_no_drawing_shows_what_the_samples_show() -> None:
    scenes = [random_scene(random.Random(photo.name)) for photo in drawings(200)]
    assert not any(scene.likenesses() & SHOWN for scene in scenes)


@pytest.mark.slow
def test_several_processes_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEW", 2)
    photos = drawings(3)
    for one, other in zip(pictures(photos, 32), pictures(photos, 32, workers=2), strict=True):
        np.testing.assert_array_equal(one, other)
