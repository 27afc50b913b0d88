"""Small transformer pieces that captioner, scorer and clip mixture share. Pre-normalised, batch first."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

Past = Tensor
"""[2, B, heads, T, width/heads] keys and values of earlier tokens."""


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        """`visible` [B, L]: tokens that may be looked at."""
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(self.norm(x)).chunk(3, dim=-1))
        return self.out(join_heads(attend(q, k, v, visible[:, None, None, :])))

    def first(self, x: Tensor, visible: Tensor) -> Tensor:
        """What the first token alone finds, [B, 1, width]."""
        width, normed = x.shape[-1], self.norm(x)
        q = functional.linear(normed[:, :1], self.qkv.weight[:width], self.qkv.bias[:width])
        kv = functional.linear(normed, self.qkv.weight[width:], self.qkv.bias[width:])
        k, v = (split_heads(part, self.heads) for part in kv.chunk(2, dim=-1))
        return self.out(join_heads(attend(split_heads(q, self.heads), k, v, visible[:, None, None, :])))


class CausalAttention(SelfAttention):
    def step(self, x: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        """Attend to the past and to earlier tokens of `x`; returns the grown past too."""
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(self.norm(x)).chunk(3, dim=-1))
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        new, total = q.shape[2], k.shape[2]
        mask = torch.ones(new, total, dtype=torch.bool, device=x.device).tril(total - new)
        return self.out(join_heads(attend(q, k, v, mask))), torch.stack([k, v])


class CrossAttention(nn.Module):
    """Several sentences may share one memory: rows of `x` are grouped by memory row, in order."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def look(self, memory: Tensor) -> Past:
        """Keys and values of the memory, computed once a video."""
        return torch.stack([split_heads(part, self.heads) for part in self.kv(memory).chunk(2, dim=-1)])

    def forward(self, x: Tensor, seen: Past, visible: Tensor) -> Tensor:
        rows, length, width = x.shape
        q = split_heads(self.q(self.norm(x)).reshape(visible.shape[0], -1, width), self.heads)
        found = attend(q, seen[0], seen[1], visible[:, None, None, :])
        return self.out(join_heads(found).reshape(rows, length, width))


class FeedForward(nn.Sequential):
    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__(
            nn.LayerNorm(width),
            nn.Linear(width, inner),
            nn.GELU(approximate="tanh"),
            nn.Linear(inner, width),
            nn.Dropout(dropout),
        )


def attend(q: Tensor, k: Tensor, v: Tensor, visible: Tensor) -> Tensor:
    """Plain attention. For a dozen tokens it is several times as fast on a CPU as the fused kernel's gradient."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    return scores.masked_fill(~visible, -1e4).softmax(dim=-1).to(v.dtype) @ v


def split_heads(x: Tensor, heads: int) -> Tensor:
    rows, length, width = x.shape
    return x.reshape(rows, length, heads, width // heads).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    rows, heads, length, width = x.shape
    return x.transpose(1, 2).reshape(rows, length, heads * width)


def start_small(module: nn.Module) -> None:
    """The usual start: normal weights of 0.02, biases zero."""
    for part in module.modules():
        if isinstance(part, (nn.Linear, nn.Embedding)):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
