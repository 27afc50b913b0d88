"""ExCae's caption self-improvement (CSI) at small scale: a search for prompt prefixes that give good captions.

A prompt here is the beginning of a sentence that the captioner goes on from. Prompts are scored by relevance plus
diversity of the captions they lead to, and the pool grows by rule-based changes to its best member; the paper's
prompt engineer is a large language model, and its exact formula was not readable: the ingredients are its own, the
form is a reconstruction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Captions = Callable[[str], tuple[Floats, Floats]]
"""A prompt to vectors of its captions [V, K, E] and of the videos' own texts [V, E]."""

OPENINGS: tuple[str, ...] = ("", "a", "the", "two", "there is", "a man", "a dog", "people")
"""The bank the search starts from; the empty prompt is the captioner left alone."""


@dataclass(frozen=True, slots=True)
class Scored:
    prompt: str
    score: float
    relevance: float
    diversity: float


@dataclass(frozen=True, slots=True)
class Search:
    rounds: int = 40
    patience: int = 12
    """Rounds without a better prompt after which the search ends."""
    diversity: float = 0.3
    longest: int = 4
    seed: int = 0


def prompt_score(captions: Floats, texts: Floats, weight: float) -> tuple[float, float, float]:
    """Score, relevance and diversity of captions [V, K, E] against the videos' own texts [V, E]; unit vectors."""
    relevance = np.einsum("vke,ve->vk", captions, texts).mean()
    count = captions.shape[1]
    alike = np.einsum("vke,vje->vkj", captions, captions)
    off_diagonal = alike.sum(axis=(1, 2)) - np.trace(alike, axis1=1, axis2=2)
    diversity = 1.0 - (off_diagonal / max(count * (count - 1), 1)).mean()
    return float(relevance + weight * diversity), float(relevance), float(diversity)


def improve(captions: Captions, words: Sequence[str], search: Search) -> list[Scored]:
    """All prompts that were better than the pool's mean when tried, best first."""
    generator = np.random.default_rng(search.seed)
    pool = [_scored(prompt, captions, search) for prompt in OPENINGS]
    tried = set(OPENINGS)
    idle = 0
    for _ in range(search.rounds):
        best = max(pool, key=lambda one: one.score)
        prompt = changed(best.prompt, [one.prompt for one in pool], words, generator)
        if prompt in tried or len(prompt.split()) > search.longest:
            continue
        tried.add(prompt)
        found = _scored(prompt, captions, search)
        idle = 0 if found.score > best.score else idle + 1
        if found.score > float(np.mean([one.score for one in pool])):
            pool.append(found)
        if idle >= search.patience:
            break
    return sorted(pool, key=lambda one: -one.score)


def changed(prompt: str, others: Sequence[str], words: Sequence[str], generator: np.random.Generator) -> str:
    """One rule-based change: append, drop, swap a word, or join with another prompt of the pool."""
    parts = prompt.split()
    word = words[int(generator.integers(len(words)))]
    rules = [lambda: [*parts, word]]
    if parts:
        spot = int(generator.integers(len(parts)))
        other = others[int(generator.integers(len(others)))].split()
        rules += [
            lambda: parts[:spot] + parts[spot + 1 :],
            lambda: [*parts[:spot], word, *parts[spot + 1 :]],
            lambda: parts[:spot] + other,
        ]
    return " ".join(rules[int(generator.integers(len(rules)))]())


def _scored(prompt: str, captions: Captions, search: Search) -> Scored:
    vectors, texts = captions(prompt)
    return Scored(prompt, *prompt_score(vectors, texts, search.diversity))
