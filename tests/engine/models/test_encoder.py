"""The tiny pack must really find colours by name; the encoders must take any picture and any text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack, load_pack
from tests.packs import COLOURS, TinyPack, build_tiny_pack, solid


@pytest.fixture(scope="module")
def frames(tiny: Pack) -> FrameEncoder:
    return FrameEncoder(tiny, threads=1)


@pytest.fixture(scope="module")
def texts(tiny: Pack) -> TextEncoder:
    return TextEncoder(tiny, threads=1)


def test_a_colour_word_finds_its_picture(frames: FrameEncoder, texts: TextEncoder) -> None:
    pictures = frames.encode(np.stack([solid(colour) for colour in COLOURS])).vectors
    words = texts.encode([f"a {colour} car" for colour in COLOURS], "query")
    assert ((words @ pictures.T).argmax(axis=1) == np.arange(len(COLOURS))).all()


def test_batches_longer_than_one_run_keep_their_order(frames: FrameEncoder) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (37, 32, 32, 3), np.uint8)
    together = frames.encode(pictures)
    alone = np.concatenate([frames.encode(each[None]).vectors for each in pictures])
    assert together.tokens is not None
    assert together.tokens.shape == (37, 4, 8)
    assert together.tokens.dtype == np.float16
    np.testing.assert_allclose(together.vectors, alone, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-5)


def test_nothing_in_nothing_out(frames: FrameEncoder, texts: TextEncoder) -> None:
    assert frames.encode(np.zeros((0, 32, 32, 3), np.uint8)).vectors.shape == (0, 32)
    assert texts.encode([], "query").shape == (0, 32)


def test_the_wrong_size_is_a_mistake_of_ours(frames: FrameEncoder) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        frames.encode(np.zeros((1, 31, 32, 3), np.uint8))


@pytest.mark.parametrize("plan", [TinyPack(clip_style=True), TinyPack(roles=False), TinyPack(tokens=False)])
def test_packs_of_other_shapes_give_the_same_pictures(plan: TinyPack, tmp_path: Path, frames: FrameEncoder) -> None:
    other = FrameEncoder(load_pack(build_tiny_pack(tmp_path / "other", plan)), threads=1)
    pictures = np.stack([solid("red"), solid("grey")])
    np.testing.assert_allclose(other.encode(pictures).vectors, frames.encode(pictures).vectors, atol=1e-5)


def test_a_pack_without_tokens_or_roles_says_so_by_none(tmp_path: Path) -> None:
    pack = load_pack(build_tiny_pack(tmp_path / "other", TinyPack(clip_style=True)))
    assert FrameEncoder(pack).encode(solid("red")[None]).tokens is None
    encoder = TextEncoder(pack)
    np.testing.assert_array_equal(encoder.encode(["red"], "query"), encoder.encode(["red"], "caption"))


def test_the_role_makes_a_difference(texts: TextEncoder) -> None:
    assert not np.allclose(texts.encode(["red"], "query"), texts.encode(["red"], "caption"))


def test_padding_does_not_change_a_text(texts: TextEncoder) -> None:
    alone = texts.encode(["red"], "query")
    beside = texts.encode(["red", "a dog jumps into the water and the car"], "query")[:1]
    np.testing.assert_allclose(alone, beside, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_any_text_becomes_a_unit_vector(texts: TextEncoder, text: str) -> None:
    vector = texts.encode([text], "query")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "😀" * 5000, "word " * 100_000])
def test_odd_texts(texts: TextEncoder, text: str) -> None:
    assert np.isfinite(texts.encode([text], "query")).all()
