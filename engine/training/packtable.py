"""The calibration table of a pack: what `calibrate` found, under dotted names, and what search asks beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.training.evaluation import Library


def flat(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, tuple[float, ...]]]:
    """Every finite number of nested tables by its dotted name; words are left out."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and math.isfinite(value):
            yield prefix + name, (float(value),)


def backgrounds(asked: Library) -> dict[str, tuple[float, ...]]:
    """Mean and spread of a query's cosines with vectors that have nothing to do with it, for each kind that is stored.

    One caption a photo, because search meets captions one by one.
    """
    queries, others = asked.asked.vectors, np.arange(len(asked.photos.names))[None] != asked.asked.owner[:, None]
    stored = {"frame": asked.photos.vectors, "caption": np.asarray(asked.caption_vectors)[:, 0]}
    if asked.clip_vectors is not None:
        stored["clip"] = asked.clip_vectors
    table: dict[str, tuple[float, ...]] = {}
    for kind, vectors in stored.items():
        cosines = np.ma.array(queries @ vectors.T, mask=~others)
        table[f"background.{kind}"] = (float(cosines.mean()), float(np.mean(cosines.std(axis=1))))
    return table
