"""From query vectors to one direction per kind of vector, scaled so that scores mean the same everywhere.

A raw cosine says little: captions are always nearer to a query than frames are. What counts is how far a score lies
above what this query gets from just anything, in units of its spread. That is linear in the stored vector, so one
inner product gives the standardised score, and nearest-neighbour search ranks by it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.index.matrix import inner_products
from engine.search.calibrate import Background
from engine.types import Vectors

MIN_SPREAD = 0.02
PRIOR_COUNT = 64
"""The pack's own figures count as so many vectors beside those of the library."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to be near to; with a negative weight, to be far from."""

    vector: Vectors
    weight: float = 1.0
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Aim:
    direction: Vectors
    offset: float
    background: Background
    """What this direction scores against just anything, in cosines."""

    def scores(self, dots: Vectors) -> Vectors:
        return dots + np.float32(self.offset)


def take_aim(probes: Sequence[Probe], sample: Vectors, prior: Background | None) -> Aim:
    """The direction whose inner product plus the offset is the weighted mean of the probes' standard scores."""
    direction = np.zeros(len(probes[0].vector), np.float64)
    offset = 0.0
    middle = sharpness = 0.0
    total = sum(abs(probe.weight) for probe in probes) or 1.0
    for probe in probes:
        mean, spread = spread_of(inner_products(sample, probe.vector[None, :])[:, 0], prior if probe.is_text else None)
        share = probe.weight / total
        direction += share / spread * probe.vector
        offset -= share / spread * mean
        middle += share * mean
        sharpness += abs(share) / spread
    return Aim(direction.astype(np.float32), float(offset), Background(middle, 1.0 / sharpness))


def spread_of(scores: Vectors, prior: Background | None) -> tuple[float, float]:
    """What just anything scores, and how much that varies.

    Measured on the lower half, which the answers themselves do not reach; a small library leans on the pack's figures.
    """
    if not len(scores):
        return (prior.mean, max(prior.spread, MIN_SPREAD)) if prior else (0.0, 0.1)
    # Not `np.quantile`: its first call imports a package that takes longer than the rest of a first search.
    low, middle = np.interp(np.array([0.16, 0.5]) * (len(scores) - 1), np.arange(len(scores)), np.sort(scores))
    mean, spread = float(middle), float(middle - low)
    if prior is not None:
        own = len(scores) / (len(scores) + PRIOR_COUNT)
        mean = own * mean + (1 - own) * prior.mean
        spread = own * spread + (1 - own) * prior.spread
    return mean, max(spread, MIN_SPREAD)
