"""Figures of the report: recall, ranks, BLEU-4, CIDEr-D, intervals. numpy only; knows no model.

BLEU and CIDEr-D follow their published definitions (Papineni et al. 2002; Vedantam et al. 2015) with one
difference from the usual scripts: words are lower-case runs of letters and digits, not Penn-Treebank tokens.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_LENGTH_SPREAD = 6.0
_MAX_ORDER = 4


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Recall in percent."""

    r1: float
    r5: float
    r10: float
    median_rank: float


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1f} [{self.low:.1f}, {self.high:.1f}]"


def words(sentence: str) -> list[str]:
    return _WORD.findall(sentence.lower())


def ranks(scores: Floats, own: Ints) -> Ints:
    """Rank of each row's own column, from 1. Ties count against us."""
    mine = scores[np.arange(len(own)), own][:, None]
    return (scores >= mine).sum(axis=1)


def recall_at(rank: Ints, k: int) -> float:
    return float(np.mean(rank <= k) * 100.0)


def retrieval(rank: Ints) -> Retrieval:
    return Retrieval(recall_at(rank, 1), recall_at(rank, 5), recall_at(rank, 10), float(np.median(rank)))


def interval(
    values: Floats,
    statistic: Callable[[Floats], float] = lambda sample: float(np.mean(sample)),
    *,
    owner: Ints | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """95 % bootstrap interval. `owner` keeps values of one photo together: they are not independent."""
    generator = np.random.default_rng(seed)
    groups = _groups(values, owner)
    draws = generator.integers(0, len(groups), (resamples, len(groups)))
    found = [statistic(values[np.concatenate([groups[i] for i in draw])]) for draw in draws]
    low, high = np.percentile(found, [2.5, 97.5])
    return Interval(statistic(values), float(low), float(high))


def bleu4(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU-4 with brevity penalty against the closest reference length."""
    matched, total = np.zeros(_MAX_ORDER), np.zeros(_MAX_ORDER)
    length = closest = 0
    for candidate, texts in zip(candidates, references, strict=True):
        mine, theirs = words(candidate), [words(text) for text in texts]
        length += len(mine)
        closest += min((len(text) for text in theirs), key=lambda n: (abs(n - len(mine)), n))
        for order in range(1, _MAX_ORDER + 1):
            counts = _ngrams(mine, order)
            ceiling: Counter[tuple[str, ...]] = Counter()
            for text in theirs:
                ceiling |= _ngrams(text, order)
            matched[order - 1] += sum((counts & ceiling).values())
            total[order - 1] += sum(counts.values())
    if not matched.all():
        return 0.0
    brevity = 1.0 if length > closest else math.exp(1.0 - closest / max(length, 1))
    return float(brevity * np.exp(np.mean(np.log(matched / total))))


def cider_d(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Corpus CIDEr-D (the value often printed as CIDEr), with document frequencies from the references."""
    return float(np.mean(cider_each(candidates, references)))


def cider_each(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> Floats:
    return Agreement(references).each(candidates, references)


class Agreement:
    """CIDEr-D by the rarity of words in one set of captions, which is counted once."""

    def __init__(self, references: Sequence[Sequence[str]]) -> None:
        seen: Counter[tuple[str, ...]] = Counter()
        for texts in references:
            seen.update({gram for text in texts for gram in _all_ngrams(text)})
        self._rarity = _Rarity(seen, math.log(len(references)))

    def each(self, candidates: Sequence[str], references: Sequence[Sequence[str]]) -> Floats:
        """Of each candidate against its own references."""
        return np.asarray([self._one(text, texts) for text, texts in zip(candidates, references, strict=True)])

    def among(self, texts: Sequence[str]) -> list[float]:
        """Of each text against the others."""
        vectors = [self._rarity.vector(_all_ngrams(text)) for text in texts]
        return [_cider(mine, [*vectors[:at], *vectors[at + 1 :]]) for at, mine in enumerate(vectors)]

    def _one(self, candidate: str, references: Sequence[str]) -> float:
        mine, *others = (self._rarity.vector(_all_ngrams(text)) for text in (candidate, *references))
        return _cider(mine, others)


def agreement(references: Sequence[Sequence[str]]) -> Floats:
    """How much each caption says what the others of its photo say: its mean CIDEr-D against them, photo by photo."""
    known = Agreement(references)
    return np.asarray([found for texts in references for found in known.among(texts)])


def caption_ranks(captions: Floats, photos: Floats) -> Ints:
    """Distinctness: the rank of each photo when its own caption is the query. Unit vectors, in order."""
    return ranks(captions @ photos.T, np.arange(len(captions)))


@dataclass(frozen=True, slots=True)
class _Vector:
    weights: list[dict[tuple[str, ...], float]]
    norms: list[float]
    length: int


@dataclass(frozen=True, slots=True)
class _Rarity:
    seen: Counter[tuple[str, ...]]
    log_documents: float

    def vector(self, counts: Counter[tuple[str, ...]]) -> _Vector:
        weights: list[dict[tuple[str, ...], float]] = [{} for _ in range(_MAX_ORDER)]
        for gram, count in counts.items():
            weight = count * (self.log_documents - math.log(max(self.seen[gram], 1)))
            weights[len(gram) - 1][gram] = weight
        norms = [math.sqrt(sum(w * w for w in order.values())) for order in weights]
        return _Vector(weights, norms, sum(n for gram, n in counts.items() if len(gram) == 2))


def _cider(mine: _Vector, others: Sequence[_Vector]) -> float:
    return 10.0 * float(np.mean([_similarity(mine, other) for other in others])) if others else 0.0


def _similarity(mine: _Vector, theirs: _Vector) -> float:
    """Mean over the orders of the clipped cosine, damped by the difference in length."""
    damping = math.exp(-((mine.length - theirs.length) ** 2) / (2 * _LENGTH_SPREAD**2))
    total = 0.0
    for order in range(_MAX_ORDER):
        norm = mine.norms[order] * theirs.norms[order]
        if norm:
            other = theirs.weights[order]
            dot = sum(min(w, other[g]) * other[g] for g, w in mine.weights[order].items() if g in other)
            total += dot / norm
    return damping * total / _MAX_ORDER


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))


def _all_ngrams(sentence: str) -> Counter[tuple[str, ...]]:
    tokens = words(sentence)
    found: Counter[tuple[str, ...]] = Counter()
    for order in range(1, _MAX_ORDER + 1):
        found += _ngrams(tokens, order)
    return found


def _groups(values: Floats, owner: Ints | None) -> list[Ints]:
    if owner is None:
        return [np.array([i]) for i in range(len(values))]
    order = np.argsort(owner, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(owner[order])) + 1)
