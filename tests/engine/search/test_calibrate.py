from __future__ import annotations

import numpy as np
import pytest

from engine.search.aim import Probe, spread_of, take_aim
from engine.search.calibrate import Background, Calibration, fit_confidence, read_calibration
from tests.fakes import unit


def test_the_figures_of_a_pack_are_read_and_impossible_ones_are_not() -> None:
    table = {"background.frame": (0.1, 0.05), "fusion.clip": (2.0,), "fusion.frame": (-1.0,), "confidence": (2.0, -1.0)}
    read = read_calibration({**table, "threshold": (7.0,), "error_rate": (0.1,)})
    assert read.backgrounds == {"frame": Background(0.1, 0.05)}
    assert (read.weights["clip"], read.weights["frame"]) == (2.0, 1.0)
    assert (read.slope, read.threshold, read.error_rate) == (Calibration().slope, 0.5, 0.1)


def test_a_score_is_worth_less_among_more_moments() -> None:
    calibration = Calibration()
    assert calibration.chance(4.0, 1000) == pytest.approx(0.5)
    assert calibration.chance(4.0, 100_000) < 0.3 < calibration.chance(4.0, 100)


def test_a_text_with_every_word_is_good_whatever_the_pictures_show() -> None:
    assert Calibration().chance(-5.0, 1000, coverage=1.0) > 0.5 > Calibration().chance(-5.0, 1000, coverage=0.9)


def test_the_fitted_threshold_keeps_the_promised_error_rate() -> None:
    random = np.random.default_rng(1)
    scores = random.uniform(0, 8, 600)
    is_right = random.uniform(size=600) < 1 / (1 + np.exp(-2 * (scores - 4)))
    fitted = fit_confidence(scores.tolist(), is_right.tolist(), 1000, 0.1)
    assert fitted.midpoint == pytest.approx(4.0, abs=0.3)
    assert fitted.slope == pytest.approx(2.0, abs=0.4)
    above = np.array([fitted.chance(score, 1000) >= fitted.threshold for score in scores])
    assert 1 - is_right[above].mean() <= 0.1 + 1e-9
    assert fitted.error_rate == pytest.approx(1 - is_right[above].mean())


def test_the_spread_is_measured_below_the_answers() -> None:
    scores = np.concatenate([np.random.default_rng(2).normal(0.1, 0.05, 1000), np.full(300, 0.9)]).astype(np.float32)
    mean, spread = spread_of(scores, None)
    assert mean == pytest.approx(0.115, abs=0.02)
    assert spread == pytest.approx(0.05, abs=0.015)
    assert spread_of(np.zeros(0, np.float32), Background(0.2, 0.1)) == (0.2, 0.1)


def test_one_inner_product_gives_the_weighted_mean_of_standard_scores() -> None:
    random = np.random.default_rng(3)
    sample = np.stack([unit(row) for row in random.standard_normal((200, 16)).astype(np.float32)])
    probes = [Probe(sample[0], 1.0), Probe(sample[1], -0.5)]
    aim = take_aim(probes, sample, None)
    other = sample[7]
    expected = 0.0
    for probe in probes:
        mean, spread = spread_of(sample @ probe.vector, None)
        expected += probe.weight / 1.5 * (float(other @ probe.vector) - mean) / spread
    assert float(aim.scores(np.array([other @ aim.direction]))[0]) == pytest.approx(expected, abs=1e-4)
