"""Weights of a search's legs, and the chance that its best hit is right."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training import fusion

CHANCE = np.random.default_rng(3)
OWN = np.eye(40, 8, dtype=bool)[np.arange(40) % 8]


def noisy(strength: float) -> np.ndarray:
    return strength * OWN + CHANCE.standard_normal(OWN.shape)


def test_legs_in_other_units_count_the_same() -> None:
    legs = {"a": noisy(1.0), "b": noisy(1.0)}
    stretched = {"a": legs["a"], "b": 100.0 * legs["b"] + 7.0}
    weights = {"a": 0.5, "b": 0.5}
    assert np.allclose(fusion.fuse(legs, weights), fusion.fuse(stretched, weights))


def test_weights_prefer_the_leg_that_knows() -> None:
    weights = fusion.best_weights({"good": noisy(5.0), "noise": noisy(0.0)}, OWN)
    assert weights["good"] >= 0.7
    assert sum(weights.values()) == pytest.approx(1.0)


def test_a_leg_that_adds_nothing_gets_no_weight() -> None:
    good = noisy(9.0)
    assert fusion.best_weights({"good": good, "same": good}, OWN) in (
        {"good": 1.0, "same": 0.0},
        {"good": 0.0, "same": 1.0},
    )


def test_the_threshold_keeps_the_stated_error_rate() -> None:
    right = np.ones(400)
    features, absent = {"s": CHANCE.normal(2, 1, 400)}, {"s": CHANCE.normal(0, 1, 400)}
    found = fusion.confidence(right, features, absent, error_rate=0.1)
    assert found.shown_in_error == pytest.approx(0.1, abs=0.01)
    assert 0.1 < found.hidden_in_error < 0.5
    assert found.weights["s"] > 0


def test_a_clear_hit_is_likelier_right_than_a_poor_one() -> None:
    right = (CHANCE.random(400) < 0.5).astype(float)
    features = {"s": right * 2 + CHANCE.standard_normal(400)}
    found = fusion.confidence(right, features, {"s": CHANCE.standard_normal(400)}, error_rate=0.2)
    assert found.bias + 3 * found.weights["s"] > found.bias
