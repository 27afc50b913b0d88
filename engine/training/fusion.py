"""Putting the legs of a search together on dev: weights by grid, and when to say that nothing was found.

Each leg is standardised over a query's candidates, because cosines, log-odds and log-probabilities have different
units. Numbers in, numbers out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Legs = dict[str, Floats]
"""Scores [Q, k] of each query's candidates, by the name of the leg."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """Chance that the best hit is right, from features of that hit: sigmoid(bias + weights . features)."""

    bias: float
    weights: dict[str, float]
    threshold: float
    """Below it nothing is called found."""
    shown_in_error: float
    """Share of queries without an answer that are above it, on dev."""
    hidden_in_error: float
    """Share of queries whose best hit was right that are below it, on dev."""


def standardised(scores: Floats) -> Floats:
    """Each row's candidates with mean 0 and deviation 1: legs in different units can then be added."""
    spread = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-6)


def fuse(legs: Legs, weights: dict[str, float]) -> Floats:
    return np.sum([weight * standardised(legs[name]) for name, weight in weights.items() if weight], axis=0)


def best_weights(legs: Legs, own: npt.NDArray[np.bool_], *, steps: int = 10, standard: bool = True) -> dict[str, float]:
    """Weights in tenths that add up to one and put the own video highest; `own` [Q, k] marks it.

    Judged by recall at 1, 5 and 10 together, so that no single figure is chased; a tie goes to fewer legs.
    """
    names = list(legs)
    found = {name: standardised(legs[name]) if standard else legs[name] for name in names}
    best, chosen = -1.0, dict.fromkeys(names, 0.0)
    for shares in _compositions(steps, len(names)):
        total = np.sum([n * found[name] for n, name in zip(shares, names, strict=True) if n], axis=0)
        value = _value(total, own) - 1e-4 * sum(n > 0 for n in shares)
        if value > best:
            best, chosen = value, {name: n / steps for n, name in zip(shares, names, strict=True)}
    return chosen


def _value(total: Floats, own: npt.NDArray[np.bool_]) -> float:
    mine = np.where(own, total, -np.inf).max(axis=1, keepdims=True)
    rank = np.where(own.any(axis=1), (total >= mine).sum(axis=1), total.shape[1] + 1)
    return float(np.mean([np.mean(rank <= k) for k in (1, 1, 5, 10)]))


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def confidence(right: Floats, features: dict[str, Floats], absent: dict[str, Floats], error_rate: float) -> Confidence:
    """Fit on the best hits of dev queries: `right` says which were right, `absent` are features without an answer."""
    names = list(features)
    present = np.stack([features[name] for name in names], axis=1)
    missing = np.stack([absent[name] for name in names], axis=1)
    x, y = np.concatenate([present, missing]), np.concatenate([right, np.zeros(len(missing))])
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    coefficients = _logistic((x - mean) / spread, y)
    weights = coefficients[1:] / spread
    bias = float(coefficients[0] - weights @ mean)
    chance_present, chance_missing = (1 / (1 + np.exp(-(bias + side @ weights))) for side in (present, missing))
    threshold = float(np.quantile(chance_missing, 1.0 - error_rate))
    hidden = chance_present[right > 0] < threshold
    return Confidence(
        bias=bias,
        weights=dict(zip(names, map(float, weights), strict=True)),
        threshold=threshold,
        shown_in_error=float(np.mean(chance_missing >= threshold)),
        hidden_in_error=float(hidden.mean()) if len(hidden) else 0.0,
    )


def _logistic(x: Floats, y: Floats, rounds: int = 25) -> Floats:
    """Logistic regression by Newton's method with a little ridge."""
    x = np.concatenate([np.ones((len(x), 1)), x], axis=1)
    weights = np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-(x @ weights)))
        slope = x.T @ (y - p) - 1e-3 * weights
        curve = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights
