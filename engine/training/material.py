"""What the steps after the frame encoder train on: cached features of photos, their captions as ids, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor

from engine.training.cache import FeatureCache
from engine.training.data import Photo
from engine.training.tokens import PAD_ID, encode
from engine.types import Vectors

_GRID = 4


@dataclass(frozen=True, slots=True)
class Material:
    """N photos with captions. Caption rows of one photo lie together."""

    names: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    tokens: Tensor
    """[N, 1, P, D] float16: a photo is a video of one frame."""
    vectors: Vectors
    """[N, E] unit rows."""
    ids: Tensor
    """[M, L] of all captions, padded."""
    owner: npt.NDArray[np.int64]
    """[M] the photo of each caption."""
    first: npt.NDArray[np.int64]
    """[N + 1] where each photo's captions begin."""

    def some_captions(
        self,
        photos: npt.NDArray[np.int64],
        count: int,
        chance: np.random.Generator,
        liked: npt.NDArray[np.floating] | None = None,
    ) -> Tensor:
        """`count` caption rows for each of `photos`, different ones as far as there are enough.

        `liked` [M] makes some likelier: by a factor of e for each 1 that they have more than others.
        """
        # The largest of values with this noise is drawn as a softmax would draw it, and so are those that follow.
        keys = chance.gumbel(size=len(self.owner)) + (0.0 if liked is None else liked)
        spans = [range(self.first[photo], self.first[photo + 1]) for photo in photos]
        rows = [span.start + np.argsort(-keys[span.start : span.stop]) for span in spans]
        return torch.from_numpy(np.concatenate([np.resize(row, count) for row in rows]))


def chosen(whole: Material, rows: npt.NDArray[np.int64]) -> Material:
    """Some photos of a set, rows in rising order, with all their captions."""
    counts = np.diff(whole.first)[rows]
    captions = np.flatnonzero(np.isin(whole.owner, rows))
    return Material(
        names=tuple(whole.names[row] for row in rows),
        texts=tuple(whole.texts[row] for row in rows),
        tokens=whole.tokens[torch.from_numpy(rows)],
        vectors=whole.vectors[rows],
        ids=whole.ids[torch.from_numpy(captions)],
        owner=np.repeat(np.arange(len(rows)), counts),
        first=np.concatenate([[0], counts.cumsum()]),
    )


def gather(cache: FeatureCache, photos: Sequence[Photo], tokenizer: Tokenizer, length: int = 24) -> Material:
    """Features and captions of the photos that have captions."""
    photos = [photo for photo in photos if photo.captions]
    rows = cache.rows(photo.name for photo in photos)
    texts = tuple(photo.captions for photo in photos)
    counts = np.array([len(captions) for captions in texts])
    return Material(
        names=tuple(photo.name for photo in photos),
        texts=texts,
        tokens=torch.from_numpy(np.array(cache.tokens[rows]))[:, None],
        vectors=np.array(cache.vectors[rows], dtype=np.float32),
        ids=torch.from_numpy(encode(tokenizer, [text for captions in texts for text in captions], length)),
        owner=np.repeat(np.arange(len(photos)), counts),
        first=np.concatenate([[0], counts.cumsum()]),
    )


def shortest(ids: Tensor) -> Tensor:
    """Without the columns that are padding in every row, but for the first two: no network reads nothing."""
    return ids[:, : max(2, int((ids != PAD_ID).sum(dim=1).max()))]


def mirrored(tokens: Tensor, which: Tensor) -> Tensor:
    """Frame tokens [B, F, P, D] of the photos in `which` as if the photo had been flipped left to right."""
    rows, frames, cells, width = tokens.shape
    grid = tokens.reshape(rows, frames, cells // _GRID, _GRID, width)
    return torch.where(which[:, None, None, None, None], grid.flip(3), grid).reshape(tokens.shape)


def neighbours(vectors: Vectors, count: int) -> npt.NDArray[np.int64]:
    """The `count` most similar other rows of each row."""
    found = []
    for start in range(0, len(vectors), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        rows = np.arange(len(scores))
        scores[rows, start + rows] = -np.inf
        near = np.argpartition(-scores, count, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1)
        found.append(np.take_along_axis(near, order, axis=1))
    return np.concatenate(found).astype(np.int64)
