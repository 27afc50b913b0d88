"""The scorer: reads query, caption and frame tokens together and says how well the video answers the query.

Query and caption look alike, so each has a role-embedding: rows that start at zero, added at the input, with a
switch to leave them out. That captions and queries are told apart by role is CaRe-DPO's statement; where the rows are
added and the yes/no head are a reconstruction (the head as in LamRA, the first-stage score as an input as in VEDJE).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.training.parts.blocks import CrossAttention, FeedForward, SelfAttention, start_small

ROLE_QUERY, ROLE_CAPTION, ROLE_FRAME = range(3)
YES, NO = range(2)


@dataclass(frozen=True, slots=True)
class ScorerShape:
    vocabulary: int
    token_width: int = 128
    tokens_per_frame: int = 16
    width: int = 256
    layers: int = 2
    heads: int = 4
    inner: int = 768
    max_length: int = 80
    max_frames: int = 8
    dropout: float = 0.1
    roles: bool = True


class ScorerInput(NamedTuple):
    """B candidates. Masks are True on real tokens; an all-False caption mask means there is no caption."""

    query: Tensor
    """[B, Lq] token ids, START first."""
    query_mask: Tensor
    caption: Tensor
    """[B, Lc] token ids, START first."""
    caption_mask: Tensor
    frames: Tensor
    """[B, F, P, D] frame tokens in temporal order."""
    frame_mask: Tensor
    """[B, F]."""
    first_stage: Tensor
    """[B] cosine of query vector and video vector."""


class Scorer(nn.Module):
    """Layers of the captioner's kind, so that it can start from what the captioner knows of words and pictures.

    Query and caption tokens attend to each other both ways, and in every layer to the frame tokens.
    """

    def __init__(self, shape: ScorerShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.max_length, shape.width)
        self.roles = nn.Parameter(torch.zeros(3, shape.width), requires_grad=shape.roles)
        self.frame_in = nn.Linear(shape.token_width, shape.width)
        self.cells = nn.Parameter(torch.zeros(shape.tokens_per_frame, shape.width))
        self.order = nn.Parameter(torch.zeros(shape.max_frames, shape.width))
        self.nothing = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.memory_norm = nn.LayerNorm(shape.width)
        self.layers = nn.ModuleList(ScorerLayer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.read = nn.Linear(2 * shape.width, shape.width)
        self.prior = nn.Sequential(nn.Linear(1, 64), nn.GELU(approximate="tanh"), nn.Linear(64, shape.width))
        self.head = nn.Sequential(
            nn.Linear(shape.width, shape.width), nn.GELU(approximate="tanh"), nn.Linear(shape.width, 2)
        )
        start_small(self)
        # One number must not be drowned by 256: the prior and what reads it begin at full strength.
        for part in (*self.prior, *self.head, self.read):
            if isinstance(part, nn.Linear):
                part.reset_parameters()

    def forward(self, given: ScorerInput) -> Tensor:
        """Logits [B, 2] of yes and no."""
        x, visible = self._text(given)
        slots, shown = self._frames(given)
        for layer in self.layers:
            x = layer(x, visible, slots, shown)
        x = self.norm(x)
        weight = given.query_mask[..., None].to(x.dtype)
        mean = (x[:, : given.query.shape[1]] * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)
        prior = self.prior((given.first_stage[:, None] * _PRIOR_SCALE).to(x.dtype))
        return self.head(self.read(torch.cat([x[:, 0], mean], dim=-1)) + prior)

    def _text(self, given: ScorerInput) -> tuple[Tensor, Tensor]:
        """The query, whose start token collects the answer, then the caption."""
        mask = torch.cat([given.query_mask, given.caption_mask[:, 1:]], dim=1)
        # Places run on over real tokens only: with padding between them, a fixed place would give the role away.
        places = self.places((mask.long().cumsum(dim=1) - 1).clamp(0, self.shape.max_length - 1))
        query, caption = self.words(given.query), self.words(given.caption[:, 1:])
        if self.shape.roles:
            query, caption = query + self.roles[ROLE_QUERY], caption + self.roles[ROLE_CAPTION]
        return torch.cat([query, caption], dim=1) + places, mask

    def _frames(self, given: ScorerInput) -> tuple[Tensor, Tensor]:
        """Frame tokens behind an empty slot that is always visible."""
        rows, frames, cells, _ = given.frames.shape
        seen = self.frame_in(given.frames) + self.cells + self.order[:frames, None]
        if self.shape.roles:
            seen = seen + self.roles[ROLE_FRAME]
        nothing = self.nothing.expand(rows, -1, -1).to(seen.dtype)
        slots = self.memory_norm(torch.cat([nothing, seen.reshape(rows, frames * cells, -1)], dim=1))
        shown = given.frame_mask.repeat_interleave(cells, dim=1)
        return slots, torch.cat([torch.ones_like(shown[:, :1]), shown], dim=1)


_PRIOR_SCALE = 5.0
"""Cosines of the first stage differ by tenths; the small network wants values around one."""


class ScorerLayer(nn.Module):
    def __init__(self, shape: ScorerShape) -> None:
        super().__init__()
        self.own = SelfAttention(shape.width, shape.heads)
        self.cross = CrossAttention(shape.width, shape.heads)
        self.forward_part = FeedForward(shape.width, shape.inner, shape.dropout)

    def forward(self, x: Tensor, visible: Tensor, slots: Tensor, shown: Tensor) -> Tensor:
        x = x + self.own(x, visible)
        x = x + self.cross(x, self.cross.look(slots), shown)
        return x + self.forward_part(x)


def relevance(logits: Tensor) -> Tensor:
    """How much more likely yes is than no, as a difference of logits [B]."""
    return logits[..., YES] - logits[..., NO]
