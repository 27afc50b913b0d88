"""What a pack says about its own scores, and from a score to the chance that a hit is right.

All of it is read from the pack's calibration table; each figure that is missing has a cautious default:

    recall.frame = w                        weight of a leg's cosine, set on a dev set (also clip, caption)
    confidence.recall_only.bias = b         the chance of a hit is sigmoid(bias + weights.recall * weighted cosines)
    confidence.recall_only.weights.recall = w
    confidence.recall_only.threshold = p    below this chance a hit is not called found
    confidence.recall_only.shown_in_error   how often a query without an answer was above it
    fusion.scorer = w                       weights of the second look (also frame, clip, caption, likelihood)
    background.frame = [mean, spread]       cosines of queries with vectors of just anything (also clip, caption)
    standard.frame = w                      weight of a leg's standardised score, where there are no weights of cosines
    standard.words = w                      what a text with every word adds, in standardised scores
    confidence = [midpoint, slope]          the chance by standardised score, where there is none by cosine
    threshold, error_rate, library_size     of that
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from engine.types import VectorKind

VECTOR_KINDS: tuple[VectorKind, ...] = ("frame", "clip", "caption")
STANDARD_WEIGHTS: Mapping[str, float] = {"frame": 1.0, "clip": 0.6, "caption": 0.5, "words": 4.0}
FUSION_WEIGHTS: Mapping[str, float] = {"first": 0.6, "scorer": 0.25, "likelihood": 0.15}
DEFAULT_THRESHOLD = 0.5
DEFAULT_SIZE = 1000.0
COSINE_SIZE = 8000.0
"""Chances by cosine are fitted among about a thousand photos, each as good as eight neighbouring frames."""
ALIKE = 8
"""So many neighbouring frames count as one try at matching by chance."""
SAID_CHANCE = 0.75
"""A text that holds every word of the query is a good hit, whatever the pictures show."""


@dataclass(frozen=True, slots=True)
class Background:
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From a fused score to log-odds: slope * (score - midpoint)."""

    midpoint: float = 4.0
    slope: float = 1.2

    def log_odds(self, score: float) -> float:
        return self.slope * (score - self.midpoint)

    def score(self, chance: float) -> float:
        """The score that has this chance."""
        return self.midpoint + math.log(chance / (1.0 - chance)) / self.slope


LOG_ODDS = Scale(0.0, 1.0)
"""For scores that are log-odds already."""


@dataclass(frozen=True, slots=True)
class Calibration:
    standard: Mapping[str, float] = field(default_factory=lambda: STANDARD_WEIGHTS)
    cosine: Mapping[VectorKind, float] = field(default_factory=dict)
    """Weights of cosines; empty where the pack has none."""
    fusion: Mapping[str, float] = field(default_factory=lambda: FUSION_WEIGHTS)
    backgrounds: Mapping[VectorKind, Background] = field(default_factory=dict)
    cosine_odds: tuple[float, float] | None = None
    """Bias and weight from weighted cosines to log-odds."""
    scale: Scale = field(default_factory=Scale)
    threshold: float = DEFAULT_THRESHOLD
    error_rate: float | None = None
    library_size: float = DEFAULT_SIZE

    def counts(self, kind: VectorKind) -> bool:
        """Whether a kind of vector has a say at all."""
        return bool(self.cosine.get(kind, 0.0) if self.cosine else self.standard[kind])

    def weights(self, spreads: Mapping[VectorKind, float]) -> dict[VectorKind, float]:
        """Weights of standardised scores. A weight of cosines becomes one by the leg's spread."""
        if self.cosine:
            return {kind: weight * spreads.get(kind, 0.0) for kind, weight in self.cosine.items()}
        return {"frame": self.standard["frame"], "clip": self.standard["clip"], "caption": self.standard["caption"]}

    def scale_for(self, backgrounds: Mapping[VectorKind, Background]) -> Scale:
        """The scale of one direction, given what it scores against just anything, in cosines."""
        if self.cosine_odds is None or not self.cosine or not backgrounds:
            return self.scale
        known: dict[VectorKind, float] = {kind: self.cosine.get(kind, 0.0) for kind in backgrounds}
        total = sum(known.values())
        if not total:
            return self.scale
        # A leg that is missing is taken to stand out as much as those that are there.
        share = sum(self.cosine.values()) / total
        mean = share * sum(weight * backgrounds[kind].mean for kind, weight in known.items())
        spread = share * sum(weight * backgrounds[kind].spread for kind, weight in known.items())
        bias, slope = self.cosine_odds
        return Scale(-(bias + slope * mean) / (slope * spread), slope * spread)

    def chance(self, log_odds: float, slope: float, moments: int, coverage: float = 0.0) -> float:
        """The chance that the best of so many moments is right; `coverage` is the share of the query that is said.

        Among more moments than it was fitted with, chance alone reaches a higher score: by the expected maximum of
        that many tries. A small library makes nothing easier: its scores are not spread as evenly.
        """
        shift = max(0.0, _expected_maximum(moments) - _expected_maximum(self.library_size))
        seen = logistic(log_odds - slope * shift)
        return max(seen, SAID_CHANCE, self.threshold) if coverage > 0.99 else seen


def logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


@lru_cache(maxsize=64)
def _expected_maximum(moments: float) -> float:
    """Of that many standard normal tries, about."""
    return math.sqrt(2.0 * math.log(max(2.0, moments / ALIKE)))


def read_calibration(table: Mapping[str, Sequence[float]]) -> Calibration:
    """The figures of a pack, defaults where it is silent or says something impossible."""
    backgrounds: dict[VectorKind, Background] = {
        kind: Background(*pair) for kind in VECTOR_KINDS if (pair := _pair(table, f"background.{kind}"))
    }
    standard = {name: _positive(table, f"standard.{name}", value) for name, value in STANDARD_WEIGHTS.items()}
    read = Calibration(standard=standard, fusion=_fusion(table), backgrounds=backgrounds)
    return _by_cosine(read, table) or _by_standard(read, table)


def _by_cosine(read: Calibration, table: Mapping[str, Sequence[float]]) -> Calibration | None:
    cosine = {kind: _positive(table, f"recall.{kind}", 0.0) for kind in VECTOR_KINDS}
    slope = _positive(table, "confidence.recall_only.weights.recall", 0.0)
    bias = table.get("confidence.recall_only.bias", ())
    if not sum(cosine.values()) or not slope or not bias:
        return None
    return replace(
        read,
        cosine=cosine,
        cosine_odds=(bias[0], slope),
        threshold=_chance(table, "confidence.recall_only.threshold"),
        error_rate=_first(table, "confidence.recall_only.shown_in_error"),
        library_size=_positive(table, "library_size", COSINE_SIZE) or COSINE_SIZE,
    )


def _by_standard(read: Calibration, table: Mapping[str, Sequence[float]]) -> Calibration:
    midpoint, slope = _pair(table, "confidence") or (Scale().midpoint, 0.0)
    if slope <= 0:
        # A threshold without the scale it is on means nothing to us.
        return read
    return replace(
        read,
        scale=Scale(midpoint, slope),
        threshold=_chance(table, "threshold"),
        error_rate=_first(table, "error_rate"),
        library_size=_positive(table, "library_size", DEFAULT_SIZE) or DEFAULT_SIZE,
    )


def _fusion(table: Mapping[str, Sequence[float]]) -> Mapping[str, float]:
    first = sum(_positive(table, f"fusion.{kind}", 0.0) for kind in VECTOR_KINDS)
    slow = {name: _positive(table, f"fusion.{name}", 0.0) for name in ("scorer", "likelihood")}
    return {"first": first, **slow} if first + sum(slow.values()) > 0 else FUSION_WEIGHTS


def fit_confidence(
    scores: Sequence[float], is_right: Sequence[bool], moments: int, error_rate: float = 0.1
) -> Calibration:
    """Midpoint, slope and threshold from judged best hits: a logistic fit, and the lowest chance at which the hits
    above it are wrong no more often than `error_rate`."""
    scale = _fitted_scale(scores, is_right)
    judged = sorted(((logistic(scale.log_odds(s)), r) for s, r in zip(scores, is_right, strict=True)), reverse=True)
    threshold, wrong, reached = 0.99, 0, None
    for count, (chance, right) in enumerate(judged, 1):
        wrong += not right
        if wrong / count <= error_rate:
            threshold, reached = chance, wrong / count
    size = float(max(1, moments))
    return Calibration(scale=scale, threshold=min(0.99, max(0.01, threshold)), error_rate=reached, library_size=size)


def _fitted_scale(scores: Sequence[float], is_right: Sequence[bool], steps: int = 200) -> Scale:
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
    return Scale(-shift / slope, slope)


def _pair(table: Mapping[str, Sequence[float]], name: str) -> tuple[float, float] | None:
    values = table.get(name, ())
    return (values[0], values[1]) if len(values) == 2 else None


def _first(table: Mapping[str, Sequence[float]], name: str) -> float | None:
    values = table.get(name, ())
    return values[0] if values else None


def _chance(table: Mapping[str, Sequence[float]], name: str) -> float:
    value = _first(table, name)
    return value if value is not None and 0 < value < 1 else DEFAULT_THRESHOLD


def _positive(table: Mapping[str, Sequence[float]], name: str, default: float) -> float:
    value = _first(table, name)
    return value if value is not None and value >= 0 else default
