"""Training ExCae's mixture: the vector of a video from its frames and its captions, by symmetric InfoNCE.

The text tower stays as it is, because the index holds its vectors too. ExCae's code does not contain its loss; this one
is the natural choice. Frame vectors of training photos are too good, as the encoder has seen them: noise makes up.
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
from engine.training.captioning import weight_groups
from engine.training.contrast import contrastive_loss
from engine.training.parts.clip import ClipMixture
from engine.training.ranking import Asked
from engine.types import Vectors


@dataclass(frozen=True, slots=True)
class MixTerms:
    batch: int = 512
    most_frames: int = 3
    most_captions: int = 4
    no_caption: float = 0.2
    start_scale: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """Videos as the index knows them: one frame vector each [N, E], caption vectors [N, K, E], the best first."""

    frames: Vectors
    captions: Vectors


class Mixing:
    """The task for `loop.train`; judged by recall of the mixed vectors on dev."""

    def __init__(
        self, mixture: ClipMixture, train: tuple[Shelf, Asked], dev: tuple[Shelf, Asked], terms: MixTerms
    ) -> None:
        self.mixture = mixture
        self.shelf, self.asked = train
        self.dev_shelf, self.dev_asked = dev
        self.terms = terms
        self.noise = vector_noise(self.shelf.frames, self.asked, self.dev_shelf.frames, self.dev_asked)
        self.module: nn.Module = nn.ModuleDict({"mixture": mixture})
        device = next(mixture.parameters()).device
        self.log_scale = nn.Parameter(torch.tensor(float(np.log(terms.start_scale)), device=device))
        self.module.register_parameter("log_scale", self.log_scale)
        self.first = np.searchsorted(self.asked.owner, np.arange(len(self.shelf.frames) + 1))

    def groups(self) -> list[dict[str, Any]]:
        return weight_groups(self.module)

    def losses(self, step: int) -> Mapping[str, Tensor]:
        terms = self.terms
        chance = np.random.default_rng([step, 14, terms.seed])
        videos = chance.choice(len(self.shelf.frames), min(terms.batch, len(self.shelf.frames)), replace=False)
        start, stop = self.first[videos], self.first[videos + 1]
        queries = start + (chance.random(len(videos)) * (stop - start)).astype(np.int64)
        vectors = self.mixture(*self._views(videos, chance))
        texts = torch.from_numpy(self.asked.vectors[queries]).to(vectors.device)
        scores = (texts @ vectors.t()) * self.log_scale.exp().clamp(max=100.0)
        return {"pairs": contrastive_loss(scores, torch.eye(len(videos), device=scores.device) > 0)}

    def score(self) -> Mapping[str, float]:
        vectors = mix(self.mixture, self.dev_shelf)
        found = metrics.retrieval(metrics.ranks(self.dev_asked.vectors @ vectors.T, self.dev_asked.owner))
        return {"score": found.r1 + 0.2 * found.r5 + 0.1 * found.r10, "r1": found.r1, "r10": found.r10}

    def _views(self, videos: npt.NDArray[np.int64], chance: np.random.Generator) -> tuple[Tensor, ...]:
        """Frame and caption vectors with masks: one to three noisy looks, none to all of the captions."""
        terms, rows = self.terms, len(videos)
        device = next(self.mixture.parameters()).device
        frames = torch.from_numpy(self.shelf.frames[videos])[:, None].repeat(1, terms.most_frames, 1)
        # The first noise is common to all looks at a video: it stands for what the encoder gets wrong.
        common, each = torch.randn(rows, 1, frames.shape[2]), torch.randn(frames.shape)
        frames = functional.normalize(frames + self.noise * (common + 0.3 * each), dim=-1)
        width = self.shelf.captions.shape[1]
        order = np.argsort(chance.random((rows, width)), axis=1)[:, : terms.most_captions]
        captions = torch.from_numpy(self.shelf.captions[videos[:, None], order])
        frame_count = torch.from_numpy(chance.integers(1, terms.most_frames + 1, rows))
        caption_count = torch.from_numpy(chance.integers(1, captions.shape[1] + 1, rows))
        caption_count[torch.from_numpy(chance.random(rows) < terms.no_caption)] = 0
        frame_mask = torch.arange(terms.most_frames) < frame_count[:, None]
        caption_mask = torch.arange(captions.shape[1]) < caption_count[:, None]
        return tuple(part.to(device) for part in (frames, captions, frame_mask, caption_mask))


@torch.no_grad()
def mix(mixture: ClipMixture, shelf: Shelf) -> Vectors:
    """Vectors [N, E] to be indexed, from one frame and all captions of each video."""
    mixture.eval()
    device = next(mixture.parameters()).device
    frames = torch.from_numpy(np.asarray(shelf.frames))[:, None].to(device)
    captions = torch.from_numpy(np.asarray(shelf.captions)).to(device)
    masks = (torch.ones(part.shape[:2], dtype=torch.bool, device=device) for part in (frames, captions))
    return mixture(frames, captions, *masks).float().cpu().numpy()


def vector_noise(train: Vectors, asked: Asked, dev: Vectors, dev_asked: Asked) -> float:
    """Noise on training vectors, a number a dimension, that brings recall at 5 down to that on dev."""
    target = metrics.recall_at(metrics.ranks(dev_asked.vectors @ dev.T, dev_asked.owner), 5)
    chance = np.random.default_rng(0)
    photos = chance.choice(len(train), min(len(dev), len(train)), replace=False)
    queries = asked.vectors[np.searchsorted(asked.owner, photos)]
    noise = chance.standard_normal((len(photos), train.shape[1])).astype(np.float32)
    low, high = 0.0, 0.3
    for _ in range(12):
        middle = (low + high) / 2
        seen = train[photos] + middle * noise
        seen = seen / np.linalg.norm(seen, axis=1, keepdims=True)
        too_good = metrics.recall_at(metrics.ranks(queries @ seen.T, np.arange(len(photos))), 5) > target
        low, high = (middle, high) if too_good else (low, middle)
    return low
