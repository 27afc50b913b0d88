"""Training the joint scorer: each query against its photo and hard negatives of the first stage.

Captions are the captioner's own, drawn anew each time from its candidates, and left out for three in ten, so that a
missing caption works. The first stage has seen the training photos and is too good on them; noise on its score makes
it as fallible there as on photos it has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training import metrics
from engine.training.blim import query_likelihood
from engine.training.captioning import disturbed, weight_groups
from engine.training.material import shortest
from engine.training.parts.captioner import Captioner
from engine.training.parts.scorer import NO, YES, Scorer, ScorerInput, relevance
from engine.training.precision import fast
from engine.training.tokens import PAD_ID
from engine.types import Vectors

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RankTerms:
    queries: int = 40
    negatives: int = 5
    easy: int = 2
    """Negatives out of those that are any photo at all."""
    pool: int = 100
    """Negatives are drawn from that many best photos of the first stage, out of all training photos."""
    no_caption: float = 0.3
    no_frames: float = 0.1
    no_prior: float = 0.3
    noise: float = 0.3
    common_noise: float = 0.8
    """Encoder and captioner have seen the training photos: without it the likelihood of a query picks its photo out of
    ten hard ones in 43 % of cases there and in 25 % on dev, and the scorer would learn to trust it too much."""
    point_weight: float = 0.25
    """Of the plain yes/no loss beside the listwise one: it gives the score a fixed meaning."""
    captions: bool = True
    """Whether dev is judged with captions."""
    judged: int = 300
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the scorer may know of N videos: frame tokens, candidate captions [N, K, L], first-stage vectors."""

    tokens: Tensor
    captions: Tensor
    vectors: Vectors
    asked_captions: Floats | None = None
    """[N, K, E] vectors of the captions as queries, where captions are to be asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries as ids [M, L] and vectors, each with the video it asks for."""

    ids: Tensor
    vectors: Vectors
    owner: Ints

    def every(self, step: int) -> Asked:
        """One query in `step`."""
        return Asked(self.ids[::step], self.vectors[::step], self.owner[::step])


@dataclass(frozen=True, slots=True)
class Pool:
    """The first stage's best videos a query, best first, with their cosines: [Q, k] both."""

    videos: Ints
    cosines: Floats


class Ranking:
    """The task for `loop.train`; judged by recall at 1 of its own order of the first stage's 20 best on dev."""

    def __init__(self, scorer: Scorer, train: tuple[Seen, Asked], dev: tuple[Seen, Asked], terms: RankTerms) -> None:
        self.scorer = scorer
        self.module: nn.Module = scorer
        self.train_seen, self.train_asked = train
        self.dev_seen, dev_asked = dev
        self.terms = terms
        self.pool = first_stage(self.train_asked, self.train_seen.vectors, terms.pool + 1).videos
        self.dev_asked = dev_asked.every(max(1, len(dev_asked.ids) // terms.judged))
        self.dev_pool = first_stage(self.dev_asked, self.dev_seen.vectors, 20)
        self.prior_noise = fallibility(self.train_asked, self.train_seen.vectors, dev_asked, self.dev_seen.vectors)

    def groups(self) -> list[dict[str, Any]]:
        return weight_groups(self.module)

    def losses(self, step: int) -> Mapping[str, Tensor]:
        terms = self.terms
        chance = np.random.default_rng([step, 13, terms.seed])
        queries = chance.choice(len(self.train_asked.ids), terms.queries, replace=False)
        videos = np.stack([self._candidates(query, chance) for query in queries])
        given = self._given(queries, videos, chance)
        with fast(given.query.device):
            logits = self.module(given)
        logits = logits.float().reshape(terms.queries, -1, 2)
        scores = relevance(logits)
        right = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
        answers = torch.full(scores.shape, NO, device=scores.device)
        answers[:, 0] = YES
        points = functional.cross_entropy(logits.flatten(0, 1), answers.flatten())
        return {"order": functional.cross_entropy(scores, right), "points": terms.point_weight * points}

    def score(self) -> Mapping[str, float]:
        scores = score_pool(self.scorer, self.dev_seen, self.dev_asked, self.dev_pool, captions=self.terms.captions)
        found = metrics.retrieval(pool_ranks(scores, self.dev_pool, self.dev_asked, self.dev_seen.vectors))
        return {"score": found.r1 + 0.2 * found.r5, "r1": found.r1, "r5": found.r5}

    def _candidates(self, query: int, chance: np.random.Generator) -> Ints:
        own = self.train_asked.owner[query]
        others = self.pool[query][self.pool[query] != own]
        hard = chance.choice(others, self.terms.negatives - self.terms.easy, replace=False)
        # A few easy ones keep the lesson learnable while the hard ones all look alike to a beginner.
        easy = (own + chance.integers(1, len(self.train_seen.tokens), self.terms.easy)) % len(self.train_seen.tokens)
        return np.concatenate([[own], hard, easy])

    def _given(self, queries: Ints, videos: Ints, chance: np.random.Generator) -> ScorerInput:
        terms, flat = self.terms, videos.ravel()
        device = self.scorer.answer.device
        query = self.train_asked.ids[torch.from_numpy(queries)].repeat_interleave(videos.shape[1], dim=0)
        captions = self.train_seen.captions
        picked = torch.from_numpy(chance.integers(0, captions.shape[1], len(flat)))
        cosine = np.einsum("qe,qne->qn", self.train_asked.vectors[queries], self.train_seen.vectors[videos])
        cosine = cosine + self.prior_noise * chance.standard_normal(cosine.shape)
        cosine = cosine * (chance.random((len(queries), 1)) >= terms.no_prior)
        given = assemble(
            query,
            captions[torch.from_numpy(flat), picked],
            disturbed(self.train_seen.tokens[torch.from_numpy(flat)], terms.noise, terms.common_noise),
            torch.from_numpy(cosine.ravel().astype(np.float32)),
        )
        captioned = torch.from_numpy(chance.random(len(flat)) >= terms.no_caption)[:, None]
        # A candidate that shows neither caption nor frames has nothing to be judged by.
        hidden = torch.from_numpy(chance.random(len(flat)) < terms.no_frames)[:, None] & captioned
        given = given._replace(caption_mask=given.caption_mask & captioned, frame_mask=given.frame_mask & ~hidden)
        return ScorerInput(*(part.to(device) for part in given))


def assemble(query: Tensor, caption: Tensor, frames: Tensor, cosine: Tensor) -> ScorerInput:
    """Aligned rows of query ids, caption ids, frame tokens and first-stage cosines, with their masks."""
    query, caption = shortest(query), shortest(caption)
    shown = torch.ones(frames.shape[:2], dtype=torch.bool)
    return ScorerInput(query, query != PAD_ID, caption, caption != PAD_ID, frames.float(), shown, cosine)


def first_stage(asked: Asked, vectors: Vectors, count: int) -> Pool:
    count = min(count, len(vectors))
    videos, cosines = [], []
    for start in range(0, len(asked.vectors), 2048):
        scores = asked.vectors[start : start + 2048] @ vectors.T
        near = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(scores, near, axis=1)
        order = np.argsort(-found, axis=1)
        videos.append(np.take_along_axis(near, order, axis=1))
        cosines.append(np.take_along_axis(found, order, axis=1))
    return Pool(np.concatenate(videos), np.concatenate(cosines))


def fallibility(train: Asked, train_vectors: Vectors, dev: Asked, dev_vectors: Vectors) -> float:
    """Noise on training cosines that brings the first stage's recall at 5 there down to that on dev."""
    target = metrics.recall_at(metrics.ranks(dev.vectors @ dev_vectors.T, dev.owner), 5)
    chance = np.random.default_rng(0)
    photos = chance.choice(len(train_vectors), min(len(dev_vectors), len(train_vectors)), replace=False)
    asked = np.array([np.flatnonzero(train.owner == photo)[0] for photo in photos])
    scores = train.vectors[asked] @ train_vectors[photos].T
    noise = chance.standard_normal(scores.shape)
    own = np.arange(len(photos))
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        too_good = metrics.recall_at(metrics.ranks(scores + middle * noise, own), 5) > target
        low, high = (middle, high) if too_good else (low, middle)
    return low


@torch.no_grad()
def score_pool(scorer: Scorer, seen: Seen, asked: Asked, pool: Pool, *, captions: bool = True) -> Floats:
    """The scorer's relevance [Q, k] of each query's pool; the first candidate caption of a video is its caption."""
    device = scorer.answer.device
    scorer.eval()
    # Queries of one length in turn: padding would cost as much as words.
    order = np.argsort((asked.ids != PAD_ID).sum(dim=1).numpy(), kind="stable")
    found = np.zeros(pool.videos.shape)
    for start in range(0, len(order), 32):
        part = order[start : start + 32]
        videos = torch.from_numpy(pool.videos[part].ravel())
        given = assemble(
            asked.ids[torch.from_numpy(part)].repeat_interleave(pool.videos.shape[1], dim=0),
            seen.captions[videos, 0],
            seen.tokens[videos],
            torch.from_numpy(pool.cosines[part].ravel().astype(np.float32)),
        )
        if not captions:
            given = given._replace(caption=given.caption[:, :2], caption_mask=given.caption_mask[:, :2] & False)
        with fast(device):
            logits = scorer(ScorerInput(*(tensor.to(device) for tensor in given)))
        found[part] = relevance(logits.float()).reshape(-1, pool.videos.shape[1]).cpu().numpy()
    return found


def pool_likelihood(captioner: Captioner, tokens: Tensor, asked: Asked, pool: Pool) -> Floats:
    """BLiM's query likelihood [Q, k] of each query's pool."""
    captioner.eval()
    device = captioner.nothing.device
    # Queries of one length in turn: padding would cost as much as words.
    order = np.argsort((asked.ids != PAD_ID).sum(dim=1).numpy(), kind="stable")
    found = np.zeros(pool.videos.shape)
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        ids = shortest(asked.ids[torch.from_numpy(rows)]).to(device)
        seen = tokens[torch.from_numpy(pool.videos[rows])].float().to(device)
        found[rows] = query_likelihood(captioner, ids, seen)
    return found


def pool_ranks(scores: Floats, pool: Pool, asked: Asked, vectors: Vectors) -> npt.NDArray[np.integer]:
    """Rank of each query's own video: by `scores` inside the pool, by the first stage behind it."""
    before = metrics.ranks(asked.vectors @ vectors.T, asked.owner)
    return own_ranks(before, scores, pool.videos == asked.owner[:, None])


def own_ranks(before: npt.NDArray[np.integer], scores: Floats, own: npt.NDArray[np.bool_]) -> npt.NDArray[np.integer]:
    """The same from the ranks before; `own` [Q, k] marks the own video in the pool."""
    mine = np.where(own, scores, -np.inf).max(axis=1, keepdims=True)
    inside = (scores >= mine).sum(axis=1)
    return np.where(own.any(axis=1), inside, np.maximum(before, scores.shape[1] + 1))
