"""ExCae's expertised caption selection (ECS): one vector for a video from its frames and its captions.

Experts over {frames}, {captions} and {both}, a gate that keeps two of them, and the plain mean as a residual. The gate
sees the video side alone, as in the released code, so the vector can be indexed ahead of any query.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.parts.blocks import FeedForward, SelfAttention, start_small


@dataclass(frozen=True, slots=True)
class ClipShape:
    width: int = 256
    experts: tuple[str, ...] = ("frames", "frames", "captions", "captions", "both", "both")
    active: int = 2
    heads: int = 4
    inner: int = 512
    gate: int = 256
    dropout: float = 0.1


class ClipMixture(nn.Module):
    def __init__(self, shape: ClipShape) -> None:
        super().__init__()
        self.shape = shape
        self.experts = nn.ModuleList(Expert(shape) for _ in shape.experts)
        self.gate = nn.Sequential(
            nn.Linear(2 * shape.width, shape.gate), nn.ReLU(), nn.Linear(shape.gate, len(shape.experts))
        )
        start_small(self)

    def forward(self, frames: Tensor, captions: Tensor, frame_mask: Tensor, caption_mask: Tensor) -> Tensor:
        """Unit vectors [B, E] from frame vectors [B, F, E] and caption vectors [B, C, E] with their masks.

        The gate keeps the best two experts in training and at use alike: the code of the paper is dense at use, its
        review says sparse; here the index must hold what was trained.
        """
        both, both_mask = torch.cat([captions, frames], dim=1), torch.cat([caption_mask, frame_mask], dim=1)
        inputs = {
            "frames": (frames, frame_mask),
            "captions": (captions, caption_mask),
            "both": (both, both_mask),
        }
        found = torch.stack(
            [expert(*inputs[kind]) for expert, kind in zip(self.experts, self.shape.experts, strict=True)], dim=1
        )
        gates = self.weights(frames, captions, frame_mask, caption_mask)
        mixed = (gates[..., None] * found).sum(dim=1) + masked_mean(both, both_mask)
        return functional.normalize(mixed, dim=-1)

    def weights(self, frames: Tensor, captions: Tensor, frame_mask: Tensor, caption_mask: Tensor) -> Tensor:
        """Gate values [B, experts]: zero but for the active ones, which add up to one."""
        sides = [masked_mean(captions, caption_mask), masked_mean(frames, frame_mask)]
        logits = self.gate(torch.cat(sides, dim=-1))
        # An expert on captions has nothing to read when there is none.
        reads_captions = torch.tensor([kind == "captions" for kind in self.shape.experts], device=logits.device)
        empty = ~caption_mask.any(dim=1, keepdim=True)
        logits = logits.masked_fill(reads_captions & empty, -1e4)
        least = logits.topk(self.shape.active, dim=-1).values[:, -1:]
        return logits.masked_fill(logits < least, -1e4).softmax(dim=-1)


class Expert(nn.Module):
    """One transformer layer behind a start token. Its scale starts at zero: the mixture begins as the mean."""

    def __init__(self, shape: ClipShape) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.attend = SelfAttention(shape.width, shape.heads)
        self.forward_part = FeedForward(shape.width, shape.inner, shape.dropout)
        self.norm = nn.LayerNorm(shape.width)
        self.scale = nn.Parameter(torch.zeros(shape.width))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        rows = tokens.shape[0]
        # Unit vectors of 256 numbers are tiny for a network that starts with weights of 0.02.
        x = torch.cat([self.start.expand(rows, -1, -1), tokens * tokens.shape[-1] ** 0.5], dim=1)
        visible = torch.cat([torch.ones(rows, 1, dtype=torch.bool, device=x.device), mask], dim=1)
        x = x + self.attend(x, visible)
        x = x + self.forward_part(x)
        return self.norm(x[:, 0]) * self.scale


def masked_mean(tokens: Tensor, mask: Tensor) -> Tensor:
    weight = mask[..., None].to(tokens.dtype)
    return (tokens * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)
