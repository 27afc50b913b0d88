"""The contrastive loss, symmetric InfoNCE with several right answers a row, and the figure it is judged by: recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.types import Vectors


def contrastive_loss(scores: Tensor, is_pair: Tensor) -> Tensor:
    """Symmetric InfoNCE over scores [A, B]; every row and column shares its weight among its right answers."""
    return (_one_way(scores, is_pair) + _one_way(scores.t(), is_pair.t())) / 2


def _one_way(scores: Tensor, is_pair: Tensor) -> Tensor:
    share = is_pair.to(scores.dtype)
    count = share.sum(1)
    has_answer = count > 0
    loss = -(scores.log_softmax(1) * share).sum(1) / count.clamp(min=1.0)
    return loss[has_answer].mean() if bool(has_answer.any()) else scores.sum() * 0.0


@dataclass(frozen=True, slots=True)
class Recall:
    """How often the right answer is among the first 1, 5 and 10, in per cent, and its median rank."""

    at_1: float
    at_5: float
    at_10: float
    median_rank: float


def ranks(queries: Vectors, pictures: Vectors, answer: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rank, from 1, of each query's picture; an equal score counts against it."""
    scores = queries @ pictures.T
    right = scores[np.arange(len(queries)), answer]
    return np.asarray((scores >= right[:, None]).sum(1), dtype=np.int64)


def recall(found: npt.NDArray[np.int64]) -> Recall:
    at_1, at_5, at_10 = (float(100.0 * np.mean(found <= depth)) for depth in (1, 5, 10))
    return Recall(at_1, at_5, at_10, float(np.median(found)))


def pair_scores(left: Tensor, right: Tensor, log_scale: Tensor) -> Tensor:
    """Scaled cosines [A, B] of unit rows in full precision, whatever precision the networks ran in."""
    with torch.autocast(left.device.type, enabled=False):
        # The learned sharpness is kept where it neither flattens the softmax nor overflows.
        return left.float() @ right.float().t() * log_scale.float().exp().clamp(max=100.0)
