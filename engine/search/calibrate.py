"""What a pack says about its own scores: typical backgrounds, leg weights, and when a hit may be called found.

All of it is read from the pack's calibration table; each figure that is missing has a cautious default:

    background.frame = [mean, spread]   cosine of a query with unrelated vectors of that kind (also clip, caption)
    fusion.frame = w                    weight of a leg (also clip, caption, words, scorer, likelihood)
    confidence = [midpoint, slope]      logistic from fused score to the chance that the hit is right
    library_size = n                    moments of the library in which that was measured
    threshold = p                       below this chance a hit is not called found
    error_rate = e                      how often a hit above the threshold was wrong when it was set
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.types import VectorKind

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "frame": 1.0,
    "clip": 0.6,
    "caption": 0.5,
    "words": 4.0,
    "scorer": 0.5,
    "likelihood": 0.3,
}
DEFAULT_MIDPOINT, DEFAULT_SLOPE, DEFAULT_THRESHOLD = 4.0, 1.2, 0.5
DEFAULT_SIZE = 1000.0
ALIKE = 8
"""So many neighbouring frames count as one try at matching by chance."""
SAID_CHANCE = 0.75
"""A text that holds every word of the query is a good hit, whatever the pictures show."""


@dataclass(frozen=True, slots=True)
class Background:
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Calibration:
    backgrounds: Mapping[VectorKind, Background] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    midpoint: float = DEFAULT_MIDPOINT
    slope: float = DEFAULT_SLOPE
    threshold: float = DEFAULT_THRESHOLD
    error_rate: float | None = None
    library_size: float = DEFAULT_SIZE

    def chance(self, score: float, moments: int, coverage: float = 0.0) -> float:
        """The chance that the best of so many moments is right with this score; `coverage` is what its words cover.

        Among more moments, chance alone reaches a higher score: by the expected maximum of that many tries.
        """
        shift = _expected_maximum(moments) - _expected_maximum(self.library_size)
        seen = logistic(self.slope * (score - self.midpoint - shift))
        return max(seen, SAID_CHANCE) if coverage > 0.99 else seen


def logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def _expected_maximum(moments: float) -> float:
    """Of that many standard normal tries, about."""
    return math.sqrt(2.0 * math.log(max(2.0, moments / ALIKE)))


def read_calibration(table: Mapping[str, Sequence[float]]) -> Calibration:
    """The figures of a pack, defaults where it is silent or says something impossible."""
    kinds: tuple[VectorKind, ...] = ("frame", "clip", "caption")
    backgrounds: dict[VectorKind, Background] = {
        kind: Background(*pair) for kind in kinds if (pair := _pair(table, f"background.{kind}"))
    }
    weights = {name: _at_least_zero(table, f"fusion.{name}", value) for name, value in DEFAULT_WEIGHTS.items()}
    midpoint, slope = _pair(table, "confidence") or (DEFAULT_MIDPOINT, DEFAULT_SLOPE)
    threshold = _at_least_zero(table, "threshold", DEFAULT_THRESHOLD)
    errors = table.get("error_rate")
    return Calibration(
        backgrounds,
        weights,
        midpoint,
        slope if slope > 0 else DEFAULT_SLOPE,
        threshold if 0 < threshold < 1 else DEFAULT_THRESHOLD,
        errors[0] if errors else None,
        _at_least_zero(table, "library_size", DEFAULT_SIZE) or DEFAULT_SIZE,
    )


def fit_confidence(
    scores: Sequence[float], is_right: Sequence[bool], moments: int, error_rate: float = 0.1
) -> Calibration:
    """Midpoint, slope and threshold from judged best hits: a logistic fit, and the lowest chance at which the hits
    above it are wrong no more often than `error_rate`."""
    midpoint, slope = _logistic(scores, is_right)
    fitted = Calibration(midpoint=midpoint, slope=slope, library_size=float(max(1, moments)))
    judged = sorted(zip((fitted.chance(score, moments) for score in scores), is_right, strict=True), reverse=True)
    threshold, wrong, reached = 0.99, 0, None
    for count, (chance, right) in enumerate(judged, 1):
        wrong += not right
        if wrong / count <= error_rate:
            threshold, reached = chance, wrong / count
    return replace(fitted, threshold=min(0.99, max(0.01, threshold)), error_rate=reached)


def _logistic(scores: Sequence[float], is_right: Sequence[bool], steps: int = 200) -> tuple[float, float]:
    """Newton's method on the log-likelihood, with a little ridge so that separable data stay finite."""
    slope, shift = 1.0, -sum(scores) / max(1, len(scores))
    for _ in range(steps):
        gradient, curve = [1e-3 * (1.0 - slope), 0.0], [1e-3, 0.0, 1e-6]
        for score, right in zip(scores, is_right, strict=True):
            chance = logistic(slope * score + shift)
            weight = chance * (1.0 - chance)
            gradient[0] += (right - chance) * score
            gradient[1] += right - chance
            curve[0] += weight * score * score
            curve[1] += weight * score
            curve[2] += weight
        determinant = curve[0] * curve[2] - curve[1] ** 2
        if abs(determinant) < 1e-12:
            break
        change = (
            (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant,
            (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant,
        )
        slope, shift = slope + max(-1.0, min(1.0, change[0])), shift + max(-5.0, min(5.0, change[1]))
        if abs(change[0]) + abs(change[1]) < 1e-9:
            break
    slope = max(slope, 0.05)
    return -shift / slope, slope


def _pair(table: Mapping[str, Sequence[float]], name: str) -> tuple[float, float] | None:
    values = table.get(name, ())
    return (values[0], values[1]) if len(values) == 2 else None


def _at_least_zero(table: Mapping[str, Sequence[float]], name: str, default: float) -> float:
    values = table.get(name, ())
    return values[0] if values and values[0] >= 0 else default
