"""SynPO's preference data: candidates, one self-revision each, a judge with three marks, and a gap filter.

The weights and ranges of the marks are the paper's code. The judge there is a large language model; here stand-ins
give the marks: factuality from picture and text vectors, harmony from a language model without the picture plus plain
rules, consistency from the agreement of the candidates with each other. Numbers and strings only; no network here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

FACTUALITY_WEIGHT = 1.1
HIGHEST_TOTAL = 13.5
_TOP_FACTUALITY, _TOP_HARMONY, _TOP_CONSISTENCY = 5.0, 5.0, 3.0
_DANGLING = frozenset(("a", "an", "the", "of", "in", "on", "at", "with", "and", "or", "to", "is", "are"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stand-ins go by, for V videos with K candidates."""

    grounding: Floats
    """[V, K] cosine of the caption's vector and the video's."""
    fluency: Floats
    """[V, K] mean token log-probability under the language model that sees no video."""
    agreement: Floats
    """[V, K] mean cosine of the caption with the video's other candidates."""


def total(evidence: Evidence, texts: Sequence[Sequence[str]]) -> Floats:
    """The judge's sum [V, K], at most 13.5: 1.1 x factuality (0-5) + harmony (0-5) + consistency (0-3)."""
    faults = np.array([[fault(text) for text in row] for row in texts])
    factuality = _TOP_FACTUALITY * share_below(evidence.grounding)
    harmony = np.maximum(_TOP_HARMONY * share_below(evidence.fluency) - faults, 0.0)
    consistency = _TOP_CONSISTENCY * share_below(evidence.agreement)
    return FACTUALITY_WEIGHT * factuality + harmony + consistency


def share_below(values: Floats) -> Floats:
    """Each value as the share of all values it is not below: cosines and log-probabilities become marks 0 to 1."""
    order = np.sort(values, axis=None)
    return np.searchsorted(order, values, side="right") / values.size


def fault(text: str) -> float:
    """Points off for what no fluent sentence has: repeated words, a dangling end, hardly any words."""
    words = text.lower().rstrip(" .!").split()
    if len(words) < 3:
        return _TOP_HARMONY
    repeats = sum(a == b for a, b in pairwise(words))
    repeats += sum(n - 1 for n in Counter(pairwise(words)).values() if n > 1)
    return 2.0 * repeats + 2.0 * (words[-1] in _DANGLING)


def agreement(vectors: Floats) -> Floats:
    """Mean cosine of each candidate with the others of its video; unit vectors [V, K, E] to [V, K]."""
    alike = np.einsum("vke,vje->vkj", vectors, vectors)
    others = max(vectors.shape[1] - 1, 1)
    return (alike.sum(axis=2) - np.einsum("vke,vke->vk", vectors, vectors)) / others


def revision_point(seen: Floats, unseen: Floats) -> int:
    """Where a sentence should be written anew: its first word that the picture speaks against most.

    `seen` and `unseen` [L] are token log-probabilities with the picture and without it. The words before the returned
    position stay, which is what is left of asking a large model to look again at its own caption.
    """
    return int(np.argmin(seen - unseen)) if len(seen) else 0
