"""Every picture ends at the pack's size; what is kept and what is lost depends on the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.pack import Fit, Pack, Preprocess
from engine.models.preprocess import lay_out, prepare

SPEC = Preprocess(32, 32, "squash", "nhwc_uint8", "bilinear", (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def wide_picture() -> np.ndarray:
    """Red, then green in the middle half, then blue."""
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, :20, 0] = picture[:, 20:60, 1] = picture[:, 60:, 2] = 255
    return picture


def test_squash_keeps_all_of_the_picture() -> None:
    small = prepare(wide_picture(), SPEC)
    assert [small[16, at].argmax() for at in (2, 16, 29)] == [0, 1, 2]


def test_crop_keeps_the_middle() -> None:
    small = prepare(wide_picture(), replace(SPEC, fit="crop"))
    assert (small[:, 1:-1].argmax(axis=2) == 1).all()


def test_pad_keeps_all_and_the_shape() -> None:
    small = prepare(wide_picture(), replace(SPEC, fit="pad"))
    assert (small[:8] == 0).all()
    assert (small[24:] == 0).all()
    assert [small[16, at].argmax() for at in (2, 16, 29)] == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 300), width=st.integers(1, 300), fit=st.sampled_from(["squash", "crop", "pad"]))
def test_any_size_ends_at_the_size_asked_for(height: int, width: int, fit: Fit) -> None:
    small = prepare(np.full((height, width, 3), 200, np.uint8), replace(SPEC, fit=fit, height=24))
    assert small.shape == (24, 32, 3)
    assert small.dtype == np.uint8
    assert small.max() == 200


def test_a_picture_of_the_right_size_is_left_as_it_is(tiny: Pack) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    np.testing.assert_array_equal(prepare(picture, tiny.preprocess), picture)


def test_float_layout_moves_channels_first_and_normalises() -> None:
    ready = lay_out(np.full((2, 4, 5, 3), 255, np.uint8), replace(SPEC, layout="nchw_float32"))
    assert ready.shape == (2, 3, 4, 5)
    assert ready.dtype == np.float32
    assert ready.ravel()[0] == pytest.approx(2.0)
