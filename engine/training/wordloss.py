"""Cross-entropy over a vocabulary without ever holding all logits: piece by piece, gradients on the way.

For eight thousand words the logits of one batch are a hundred megabytes, and on a CPU most of a training step went into
moving them. Sums and exponentials are float32 whatever the inputs are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.training.precision import half

_PIECE = 256


class _WordLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, words: Tensor, target: Tensor, smoothing: float) -> Tensor:
        kind = half(states.device.type)
        half_states, half_words = states.detach().to(kind), words.detach().to(kind)
        state_slope = torch.empty_like(half_states)
        word_slope = torch.zeros_like(words)
        total = states.new_zeros((), dtype=torch.float32)
        count, vocabulary = len(target), len(words)
        for start in range(0, count, _PIECE):
            piece = slice(start, start + _PIECE)
            logits = (half_states[piece] @ half_words.t()).float()
            rows = torch.arange(len(logits), device=logits.device)
            log_sum = logits.logsumexp(dim=1)
            right = logits[rows, target[piece]]
            loss = log_sum - (1 - smoothing) * right - smoothing * logits.mean(dim=1)
            total += loss.sum()
            slope = logits.sub_(log_sum[:, None]).exp_().sub_(smoothing / vocabulary)
            slope[rows, target[piece]] -= 1 - smoothing
            slope = slope.div_(count).to(kind)
            state_slope[piece] = slope @ half_words
            word_slope += slope.t() @ half_states[piece]
        ctx.save_for_backward(state_slope, word_slope)
        ctx.kind = states.dtype
        return total / count

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, None, None]:
        state_slope, word_slope = ctx.saved_tensors
        return (state_slope * outer[0]).to(ctx.kind), word_slope * outer[0], None, None


def word_loss(states: Tensor, words: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy of `target` [T] given states [T, W] and word vectors [V, W]."""
    return _WordLoss.apply(states, words, target, smoothing)
