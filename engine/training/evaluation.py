"""A split of photos as a searchable library: what is stored about each photo, and each leg's scores for each query.

The report and the calibration both go through here, so that a figure means the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.training.fusion import Legs
from engine.training.material import Material
from engine.training.parts.captioner import Captioner
from engine.training.parts.scorer import Scorer
from engine.training.ranking import Asked, Pool, Seen, first_stage, pool_likelihood, score_pool
from engine.types import Vectors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Library:
    """Photos with written captions, the greedy one first, and the queries asked of them."""

    photos: Material
    texts: list[list[str]]
    captions: Tensor
    """[N, K, L]."""
    caption_vectors: Floats
    """[N, K, E] in the caption role."""
    asked: Asked
    clip_vectors: Vectors | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.photos.tokens, self.captions, self.photos.vectors)

    def every(self, step: int) -> Library:
        """The same library with one query in `step`."""
        asked = self.asked.every(step)
        return Library(self.photos, self.texts, self.captions, self.caption_vectors, asked, self.clip_vectors)


@dataclass(frozen=True, slots=True)
class Rerankers:
    scorer: Scorer | None = None
    captioner: Captioner | None = None
    """For the likelihood of the query: the one trained by likelihood, not by preferences."""
    uses_captions: bool = True


def recall_legs(library: Library) -> Legs:
    """Cosines [Q, N] of every query with everything the index holds."""
    queries = library.asked.vectors
    legs = {"frame": queries @ library.photos.vectors.T}
    captions = np.stack([queries @ library.caption_vectors[:, k].T for k in range(library.captions.shape[1])])
    legs["caption"] = captions.max(axis=0)
    if library.clip_vectors is not None:
        legs["clip"] = queries @ library.clip_vectors.T
    return legs


def rerank_legs(library: Library, pool: Pool, rerankers: Rerankers) -> Legs:
    """Scores [Q, k] of the slow legs for each query's pool."""
    legs: Legs = {}
    if rerankers.scorer is not None:
        legs["scorer"] = score_pool(
            rerankers.scorer, library.seen, library.asked, pool, captions=rerankers.uses_captions
        )
    if rerankers.captioner is not None:
        legs["likelihood"] = pool_likelihood(rerankers.captioner, library.photos.tokens, library.asked, pool)
    return legs


def frame_pool(library: Library, count: int) -> Pool:
    return first_stage(library.asked, library.photos.vectors, count)


def pool_of(scores: Floats, cosines: Floats, count: int) -> Pool:
    """The best `count` videos by `scores` [Q, N], with their first-stage `cosines`."""
    count = min(count, scores.shape[1])
    near = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1)
    videos = np.take_along_axis(near, order, axis=1)
    return Pool(videos, np.take_along_axis(cosines, videos, axis=1))


def in_pool(legs: Legs, pool: Pool) -> Legs:
    return {name: np.take_along_axis(scores, pool.videos, axis=1) for name, scores in legs.items()}
