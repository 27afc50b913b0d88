"""Sections of a recipe for the steps after the frame encoder: captioner, scorer, preferences, mixture, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Center = Literal["none", "group"]
Reading = Literal["pairs", "sets", "axes"]


@dataclass(frozen=True, slots=True)
class CaptionerRecipe:
    """Size of the decoder, its pre-training on sentences, its training on photos."""

    width: int = 256
    layers: int = 3
    heads: int = 4
    inner: int = 768
    dropout: float = 0.1
    words_steps: int = 500
    words_batch: int = 192
    words_learning_rate: float = 1.5e-3
    steps: int = 600
    photos: int = 64
    captions: int = 4
    learning_rate: float = 8e-4
    averaging: float = 0.98
    noise: float = 0.1
    hidden: float = 0.1
    smoothing: float = 0.1
    consensus: float = 0.0
    """How much likelier a caption is taught for each CIDEr-D by which it agrees better with the others of its photo."""
    check_every: int = 100
    reward_steps: int = 0
    """Of self-critical training after that of likelihood."""
    reward_photos: int = 48
    reward_samples: int = 5
    reward_learning_rate: float = 5e-5
    reward_likelihood_weight: float = 0.1
    reward_likelihood_photos: int = 16
    reward_found_weight: float = 0.1
    """How much finding the own photo counts beside agreement with people's captions."""


@dataclass(frozen=True, slots=True)
class ScorerRecipe:
    """The joint layers over the captioner, and the candidate captions they are trained with."""

    candidates: int = 8
    temperature: float = 0.9
    top_p: float = 0.95
    layers: int = 2
    inner: int = 512
    cells: int = 4
    """Of each frame's grid of 16, how many cells the joint layers see."""
    common_words: int = 2000
    """Among how many of the commonest words a query's likelihood counts."""
    dropout: float = 0.1
    steps: int = 200
    queries: int = 40
    negatives: int = 5
    easy: int = 2
    pool: int = 100
    learning_rate: float = 5e-4
    averaging: float = 0.98
    noise: float = 0.3
    common_noise: float = 0.8
    no_caption: float = 0.3
    no_frames: float = 0.1
    no_prior: float = 0.3
    check_every: int = 50
    ablations: bool = True
    """Train what only the report needs too: a scorer without captions and one without roles."""


@dataclass(frozen=True, slots=True)
class PreferRecipe:
    """Labels, pairs and the preference losses. The first loss makes the pack."""

    losses: tuple[str, ...] = ("dg_dpo", "dpo", "synpo")
    seeds: tuple[int, ...] = (1, 2, 3)
    """Of scorer and preference training; the first makes the pack, the others the report's spread."""
    photos: int = 2400
    """Training photos whose candidates are labelled; more than the steps can use is labour lost."""
    own_queries: int = 1
    other_queries: int = 0
    distinct_weight: float = 1.0
    rivals: tuple[int, ...] = (20, 40, 60, 80)
    """Which neighbours a caption has to tell its video from. The nearest look so alike that labels were noise."""
    neighbours: int = 10
    gap: float = 0.5
    across_gap: float = 1.0
    per_video: int = 4
    judge_gap: float = 4.0
    center: Center = "group"
    reading: Reading = "pairs"
    beta: float = 0.3
    across_weight: float = 1.0
    alpha: float = 30.0
    language: float = 0.2
    likelihood_weight: float = 0.1
    kept_cider: float = 0.82
    videos: int = 16
    steps: int = 300
    learning_rate: float = 3e-5
    synpo_learning_rate: float = 3e-5
    check_every: int = 50


@dataclass(frozen=True, slots=True)
class ClipRecipe:
    """ExCae's mixture."""

    batch: int = 512
    steps: int = 400
    learning_rate: float = 5e-4
    noise: float = 0.02
    check_every: int = 100


@dataclass(frozen=True, slots=True)
class CalibrateRecipe:
    pool: int = 20
    """Videos that are reranked."""
    judge: bool = True
    """Whether the likelihood of the query may count when they are: its judge is a part as large as the captioner."""
    error_rate: float = 0.2
    """Share of queries with no answer in the library that may still be shown as found."""
    report_every: int = 1
    """The report's rows with a reranker are judged on one query in so many; first stage and whole chain on all."""
    shipped_every: int = 1
    """The same for the whole chain with the pack's own files."""
    prompt_rounds: int = 24
    """Of CSI's search for prompt prefixes."""
