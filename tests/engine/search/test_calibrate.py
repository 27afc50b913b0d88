from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from engine.search.aim import Probe, spread_of, take_aim
from engine.search.calibrate import Background, Calibration, Scale, fit_confidence, read_calibration
from engine.search.tuning import calibration_toml
from tests.fakes import unit


def test_the_figures_of_a_pack_are_read_and_impossible_ones_are_not() -> None:
    table = {"background.frame": (0.1, 0.05), "standard.clip": (2.0,), "standard.frame": (-1.0,)}
    read = read_calibration({**table, "confidence": (2.0, -1.0), "threshold": (0.6,), "error_rate": (0.1,)})
    assert read.backgrounds == {"frame": Background(0.1, 0.05)}
    assert (read.standard["clip"], read.standard["frame"]) == (2.0, 1.0)
    assert (read.scale, read.threshold, read.error_rate) == (Scale(), 0.5, None)


def test_what_is_written_for_a_pack_is_read_back() -> None:
    fitted = replace(
        fit_confidence([1.0, 5.0, 6.0], [False, True, True], 500), backgrounds={"clip": Background(0.1, 0.2)}
    )
    table = flattened(tomllib.loads(calibration_toml(fitted))["calibration"])
    read = read_calibration(table)
    assert read.scale.midpoint == pytest.approx(fitted.scale.midpoint, abs=1e-3)
    assert (read.library_size, read.backgrounds) == (500, fitted.backgrounds)
    assert read.threshold == pytest.approx(fitted.threshold, abs=1e-3)


def flattened(table: dict, prefix: str = "") -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= flattened(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = tuple(value) if isinstance(value, list) else (value,)
    return found


def test_a_chance_by_cosine_holds_whatever_the_library_looks_like() -> None:
    """0.5 * 0.8 + 0.5 * 0.6 = 0.7 is where this pack is undecided; a background moves only the units."""
    table = {"recall.frame": (0.5,), "recall.caption": (0.5,), "confidence.recall_only.bias": (-14.0,)}
    calibration = read_calibration({**table, "confidence.recall_only.weights.recall": (20.0,)})
    backgrounds = {"frame": Background(0.1, 0.05), "caption": Background(0.3, 0.1)}
    weights = calibration.weights({"frame": 0.05, "caption": 0.1})
    score = (weights["frame"] * (0.8 - 0.1) / 0.05 + weights["caption"] * (0.6 - 0.3) / 0.1) / sum(weights.values())
    scale = calibration.scale_for(backgrounds)
    assert scale.log_odds(score) == pytest.approx(0.0, abs=1e-9)
    assert scale.log_odds(score + 0.1 / 0.075) == pytest.approx(20 * 0.1, abs=1e-9)
    assert scale.score(0.5) == pytest.approx(score)


def chance(calibration: Calibration, score: float, moments: int, coverage: float = 0.0) -> float:
    scale = calibration.scale
    return calibration.chance(scale.log_odds(score), scale.slope, moments, coverage)


def test_a_score_is_worth_less_among_more_moments() -> None:
    calibration = Calibration()
    assert chance(calibration, 4.0, 1000) == pytest.approx(0.5)
    assert chance(calibration, 4.0, 100_000) < 0.3
    assert chance(calibration, 4.0, 10) == pytest.approx(0.5)


def test_a_text_with_every_word_is_good_whatever_the_pictures_show() -> None:
    assert chance(Calibration(), -5.0, 1000, 1.0) > 0.5 > chance(Calibration(), -5.0, 1000, 0.9)


def test_the_fitted_threshold_keeps_the_promised_error_rate() -> None:
    random = np.random.default_rng(1)
    scores = random.uniform(0, 8, 600)
    is_right = random.uniform(size=600) < 1 / (1 + np.exp(-2 * (scores - 4)))
    fitted = fit_confidence(scores.tolist(), is_right.tolist(), 1000, 0.1)
    assert fitted.scale.midpoint == pytest.approx(4.0, abs=0.3)
    assert fitted.scale.slope == pytest.approx(2.0, abs=0.4)
    above = np.array([chance(fitted, score, 1000) >= fitted.threshold for score in scores])
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
