"""Which captions are preferred to which."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.training import pairs
from engine.training.pairs import BUILDERS, PairRules

LABELS = arrays(np.float64, (4, 3), elements=st.floats(-5, 5) | st.just(np.nan))
NEAR = np.array([[1, 2], [0, 3], [3, 0], [2, 1]])


@given(LABELS)
def test_inside_pairs_stay_in_one_video_and_prefer_the_better(labels: np.ndarray) -> None:
    for better, worse in pairs.inside_pairs(labels, PairRules()):
        assert better // 3 == worse // 3
        assert labels.ravel()[better] > labels.ravel()[worse]


@given(LABELS)
def test_across_pairs_join_two_neighbours_and_prefer_the_better_centred_label(labels: np.ndarray) -> None:
    level = pairs.centred(labels).ravel()
    least = PairRules().across_gap * pairs.spread(labels)
    for better, worse in pairs.across_pairs(labels, NEAR, PairRules()):
        assert worse // 3 in NEAR[better // 3]
        assert level[better] - level[worse] >= least


def test_the_gap_filter_drops_close_calls_and_the_cap_keeps_the_widest() -> None:
    labels = np.array([[0.0, 1.0, 4.0, 4.1]])
    found = pairs.inside_pairs(labels, PairRules(gap=0.5, per_video=2))
    assert found.tolist() == [[3, 0], [2, 0]]
    assert [3, 2] not in pairs.inside_pairs(labels, PairRules(gap=0.5, per_video=99)).tolist()


def test_an_easy_video_does_not_beat_a_hard_one_with_every_caption() -> None:
    labels = np.array([[10.0, 11.0], [0.0, 1.0]])
    found = pairs.across_pairs(labels, np.array([[1], [0]]), PairRules(across_gap=1.0, per_video=9))
    assert sorted(found.tolist()) == [[1, 2], [3, 0]]


def test_repeated_and_empty_sentences_get_no_label() -> None:
    labels = pairs.without_repeats(np.zeros((1, 4)), [["a dog", "a dog", " ", "a cat"]])
    assert np.isnan(labels).tolist() == [[False, True, True, False]]


def test_extremes_take_best_against_worst_beyond_the_gap() -> None:
    labels = np.array([[1.0, 9.0, 5.0], [1.0, 2.0, 3.0], [np.nan, np.nan, 1.0]])
    assert pairs.extremes(labels, least=4.0).tolist() == [[1, 0]]


@given(st.integers(1, 5), st.integers(0, 3))
def test_neighbourhoods_hold_every_video_once(size: int, seed: int) -> None:
    near = np.array([[(v + d) % 11 for d in (1, 2, 3, 4)] for v in range(11)])
    groups = pairs.neighbourhoods(near, size, seed)
    assert sorted(int(v) for group in groups for v in group) == list(range(11))


def test_every_builder_keeps_quiet_without_any_label() -> None:
    for build in BUILDERS.values():
        assert build(np.full((4, 3), np.nan), NEAR, PairRules()).shape == (0, 2)
