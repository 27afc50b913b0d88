"""Decoded photos and their training views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.training.data import load_photos  # noqa: E402
from engine.training.pictures import (  # noqa: E402
    Views,
    decode_all,
    names_a_side,
    open_pictures,
    plain_views,
    random_views,
)


def test_photos_are_decoded_once_to_one_size(small_data: Path, tmp_path: Path) -> None:
    photos = [*load_photos(small_data, "dev"), *load_photos(small_data, "coco_dev")]
    decode_all(small_data, photos, tmp_path, (32, 1))
    pictures = open_pictures(tmp_path)
    green = pictures.batch(pictures.rows([photos[5]]), torch.device("cpu"))
    assert green.shape == (1, 32, 32, 3)
    assert int(green[0, 20, 20].argmax()) == 1


def test_a_decoding_that_broke_off_does_not_count(tmp_path: Path) -> None:
    np.save(tmp_path / "photos.npy", np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(TrainingError, match="train prepare"):
        open_pictures(tmp_path)


@pytest.mark.parametrize(
    ("caption", "sided"), [("a dog on the left", True), ("the Right hand", True), ("a bright leftover", False)]
)
def test_captions_that_name_a_side_are_known(caption: str, sided: bool) -> None:
    assert names_a_side(caption) is sided


def test_only_photos_that_may_be_mirrored_are() -> None:
    torch.manual_seed(0)
    half = torch.zeros(64, 32, 32, 3, dtype=torch.uint8)
    half[:, :, 16:] = 255
    may = torch.arange(64) < 32
    views = random_views(half, may, Views(32, smallest=1.0, light=0.0))
    mirrored = views[:, 0, 16, 4] > views[:, 0, 16, 28]
    assert 0 < int(mirrored[:32].sum()) < 32
    assert not bool(mirrored[32:].any())


def test_views_have_the_size_and_range_the_network_takes() -> None:
    noise = torch.randint(0, 256, (3, 40, 40, 3), dtype=torch.uint8)
    for views in (random_views(noise, torch.ones(3) > 0, Views(32)), plain_views(noise, 32)):
        assert views.shape == (3, 3, 32, 32)
        assert float(views.abs().max()) <= 1.0
