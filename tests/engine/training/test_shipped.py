"""Figures of a pack's own files, on the colour pack of the tests: what it knows well it must find well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.models.pack import Pack, load_pack
from engine.training import metrics, shipped
from engine.training.data import Photo
from tests.packs import COLOURS, TinyPack, build_tiny_pack, solid

PHOTOS = [Photo(f"{colour}.jpg", (f"a {colour} scene", f"the {colour} car"), "test") for colour in COLOURS]
PICTURES = np.stack([solid(colour) for colour in COLOURS])
CALIBRATION = {
    "recall": {"frame": 0.5, "clip": 0.3, "caption": 0.2},
    "fusion": {"frame": 0.4, "scorer": 0.4, "likelihood": 0.2},
    "pool": 5,
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    plan = TinyPack(extras=("captioner", "scorer", "clip"))
    return load_pack(build_tiny_pack(tmp_path_factory.mktemp("packs") / "full", plan))


def test_the_first_stage_finds_every_colour(full: Pack) -> None:
    shelf = shipped.describe(full, PHOTOS, PICTURES)
    assert metrics.retrieval(metrics.ranks(shipped.first_stage(shelf), shelf.owner)).r1 == 100.0


def test_the_whole_chain_keeps_what_the_first_stage_found(full: Pack) -> None:
    shelf = shipped.describe(full, PHOTOS, PICTURES)
    ranks = shipped.whole_chain(full, shelf, CALIBRATION)
    assert metrics.retrieval(ranks).r5 == 100.0
    row = shipped.outcome(full, shelf, PHOTOS, ranks)
    assert (row.caption_ranks == 1).all()
    assert row.cider.min() > 1


def test_slow_legs_are_given_back_in_the_order_of_the_queries(full: Pack) -> None:
    photos = [Photo("red.jpg", ("a red car in the water", "red", "the red car"), "test"), PHOTOS[2]]
    shelf = shipped.describe(full, photos, np.stack([solid("red"), solid("blue")]))
    only_scorer = {"recall": {"frame": 1.0}, "fusion": {"scorer": 1.0}, "pool": 2}
    assert (shipped.whole_chain(full, shelf, only_scorer) == 1).all()


def test_a_pack_of_two_parts_has_a_first_stage_and_no_captions(tmp_path: Path) -> None:
    plain = load_pack(build_tiny_pack(tmp_path / "plain", TinyPack(clip_style=True)))
    shelf = shipped.describe(plain, PHOTOS, PICTURES)
    ranks = shipped.whole_chain(plain, shelf, CALIBRATION)
    assert metrics.retrieval(ranks).r1 == 100.0
    assert len(shipped.outcome(plain, shelf, PHOTOS, ranks).caption_ranks) == 0
