"""Rows of cached features and captions, and the views made of them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training import material  # noqa: E402
from tests.engine.training import tiny  # noqa: E402


def test_captions_of_a_photo_lie_together() -> None:
    photos = tiny.material(5)
    assert photos.owner.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert photos.first.tolist() == [0, 2, 4, 6, 8, 10]


def test_some_captions_are_the_photos_own_and_repeat_only_when_there_are_too_few() -> None:
    photos, chance = tiny.material(5), np.random.default_rng(1)
    rows = photos.some_captions(np.array([3, 1]), 3, chance).tolist()
    assert set(rows[:3]) == {6, 7}
    assert set(rows[3:]) == {2, 3}


def test_captions_that_are_liked_are_drawn_oftener() -> None:
    photos, chance = tiny.material(5), np.random.default_rng(1)
    liked = np.where(np.arange(10) % 2 == 0, np.log(3.0), 0.0)
    drawn = [int(photos.some_captions(np.array([2]), 1, chance, liked)[0]) for _ in range(400)]
    assert set(drawn) == {4, 5}
    assert 0.68 < drawn.count(4) / 400 < 0.82


def test_chosen_photos_bring_their_captions() -> None:
    whole = tiny.material(6)
    some = material.chosen(whole, np.array([1, 4]))
    assert some.names == (whole.names[1], whole.names[4])
    assert some.owner.tolist() == [0, 0, 1, 1]
    assert torch.equal(some.ids[2:], whole.ids[8:10])


def test_a_mirrored_photo_has_its_columns_the_other_way_round() -> None:
    tokens = torch.arange(32.0).reshape(2, 1, 16, 1)
    found = material.mirrored(tokens, torch.tensor([False, True]))
    assert found[0].flatten().tolist() == list(range(16))
    assert found[1].flatten()[:8].tolist() == [19, 18, 17, 16, 23, 22, 21, 20]


def test_neighbours_are_sorted_and_never_the_photo_itself() -> None:
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.6, 0.4]], dtype=np.float32)
    assert material.neighbours(vectors, 2).tolist()[0] == [1, 3]
    assert all(row not in near for row, near in enumerate(material.neighbours(vectors, 2).tolist()))
