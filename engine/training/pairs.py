"""Preference pairs from scored candidate captions: inside one video, and across distinct similar videos.

Numbers in, numbers out. Labels are the scorer's relevance figures, never BLEU. The gap filter and the cap a
video follow what this field does; CaRe-DPO's own rule was not readable, so the builders are a reconstruction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.floating]
"""[V, K] relevance of each candidate; NaN marks a missing or repeated candidate."""
Pairs = npt.NDArray[np.int64]
"""[P, 2] better and worse, each as video * K + candidate."""


@dataclass(frozen=True, slots=True)
class PairRules:
    gap: float = 0.5
    """Smallest difference of labels inside a video, in standard deviations of the centred labels."""
    across_gap: float = 1.0
    per_video: int = 4
    seed: int = 0


def centred(labels: Labels) -> Labels:
    """Labels minus the mean of their video: an easy video must not beat a hard one with every caption."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(labels)
        mean = np.where(known, labels, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return labels - mean[:, None]


def without_repeats(labels: Labels, texts: list[list[str]]) -> Labels:
    """The same sentence twice teaches nothing: later copies get no label."""
    kept = labels.astype(np.float64).copy()
    for row, sentences in enumerate(texts):
        for k, sentence in enumerate(sentences):
            if not sentence.strip() or sentence in sentences[:k]:
                kept[row, k] = np.nan
    return kept


def inside_pairs(labels: Labels, rules: PairRules) -> Pairs:
    """Widest gaps first, at most `per_video` a video."""
    least = rules.gap * spread(labels)
    found: list[tuple[int, int]] = []
    width = labels.shape[1]
    for video, row in enumerate(labels):
        order = np.argsort(-np.where(np.isfinite(row), row, -np.inf), kind="stable")
        order = order[: int(np.isfinite(row).sum())]
        options = [
            (float(row[a] - row[b]), int(a), int(b))
            for i, a in enumerate(order)
            for b in order[i + 1 :]
            if row[a] - row[b] >= least and row[a] > row[b]
        ]
        options.sort(key=lambda option: -option[0])
        found += [(video * width + a, video * width + b) for _, a, b in options[: rules.per_video]]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def across_pairs(labels: Labels, similar: npt.NDArray[np.int64], rules: PairRules) -> Pairs:
    """Pairs of two videos: `similar[v]` are the first stage's neighbours of v. Labels are centred here."""
    level = centred(labels)
    least = rules.across_gap * spread(labels)
    generator = np.random.default_rng(rules.seed)
    found: list[tuple[int, int]] = []
    width = labels.shape[1]
    for video, others in enumerate(similar):
        options = [
            (video * width + int(m), int(other) * width + int(n))
            for other in others
            if other != video
            for m, n in np.argwhere(level[video][:, None] - level[other][None, :] >= least)
        ]
        for index in generator.permutation(len(options))[: rules.per_video]:
            found.append(options[index])
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def spread(labels: Labels) -> float:
    """Standard deviation of the centred labels: the unit of the gaps."""
    level = centred(labels)
    return float(np.nanstd(level)) if np.isfinite(level).any() else 0.0


def extremes(labels: Labels, least: float) -> Pairs:
    """SynPO's choice: the best against the worst candidate of a video, where they differ enough."""
    width = labels.shape[1]
    found: list[tuple[int, int]] = []
    for video, row in enumerate(labels):
        if np.isfinite(row).sum() < 2:
            continue
        best, worst = int(np.nanargmax(row)), int(np.nanargmin(row))
        if row[best] - row[worst] >= least and row[best] > row[worst]:
            found.append((video * width + best, video * width + worst))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def neighbourhoods(similar: npt.NDArray[np.int64], size: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """Every video once, in groups of similar ones: the batches of a run that compares across videos."""
    free = np.ones(len(similar), dtype=bool)
    groups: list[npt.NDArray[np.int64]] = []
    group: list[int] = []
    for video in np.random.default_rng(seed).permutation(len(similar)):
        if not free[video]:
            continue
        near = [int(other) for other in similar[video] if free[other] and other != video]
        for member in [int(video), *near[: size - 1]]:
            free[member] = False
            group.append(member)
        if len(group) >= size:
            groups.append(np.array(group, dtype=np.int64))
            group = []
    return [*groups, np.array(group, dtype=np.int64)] if group else groups


BUILDERS: dict[str, Callable[[Labels, npt.NDArray[np.int64], PairRules], Pairs]] = {
    "inside": lambda labels, _similar, rules: inside_pairs(labels, rules),
    "across": across_pairs,
}
