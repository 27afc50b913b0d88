"""The scorer: reads query, caption and frame tokens together and says how well the video answers the query.

Query and caption look alike, so each has a role-embedding: rows that start at zero, added at the input, with a
switch to leave them out. That captions and queries are told apart by role is CaRe-DPO's statement; where the rows are
added and the yes/no head are a reconstruction (the head as in LamRA, the first-stage score as an input as in VEDJE).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.training.parts.blocks import FeedForward, SelfAttention, start_small
from engine.training.parts.captioner import Captioner, CaptionerShape

ROLE_QUERY, ROLE_CAPTION, ROLE_FRAME = range(3)
YES, NO = range(2)


@dataclass(frozen=True, slots=True)
class ScorerShape:
    vocabulary: int
    token_width: int = 128
    tokens_per_frame: int = 16
    width: int = 256
    trunk_layers: int = 3
    trunk_inner: int = 768
    layers: int = 2
    heads: int = 4
    inner: int = 512
    max_frames: int = 8
    dropout: float = 0.1
    roles: bool = True
    cells: int = 0
    """Of each frame's grid, how many cells the joint layers see: fewer than the grid has are means; 0 for all."""
    common_words: int = 0
    """How likely a word is counts among so many of the commonest; 0 for all. A sum over all takes long."""

    @property
    def trunk(self) -> CaptionerShape:
        return CaptionerShape(
            self.vocabulary,
            token_width=self.token_width,
            tokens_per_frame=self.tokens_per_frame,
            width=self.width,
            layers=self.trunk_layers,
            heads=self.heads,
            inner=self.trunk_inner,
            max_frames=self.max_frames,
            dropout=0.0,
        )


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
    """A frozen captioner reads query and caption while looking at the frames; joint layers then read it all.

    In the joint layers query, caption and frame tokens attend to each other, and only they are trained. They begin
    with hardly a say beside an anchor: first-stage score and likelihood of the query, weighed as on dev.
    """

    def __init__(self, shape: ScorerShape) -> None:
        super().__init__()
        self.shape = shape
        self.trunk = Captioner(shape.trunk).requires_grad_(False)
        self.anchor = nn.Parameter(torch.zeros(3), requires_grad=False)
        """How much a unit of first-stage score, and of mean log-probability, speaks for yes, and an offset."""
        self.answer = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.roles = nn.Parameter(torch.zeros(3, shape.width), requires_grad=shape.roles)
        self.read = nn.Linear(shape.width, shape.width)
        self.evidence = nn.Linear(1, shape.width)
        self.layers = nn.ModuleList(ScorerLayer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.prior = nn.Sequential(nn.Linear(1, 64), nn.GELU(approximate="tanh"), nn.Linear(64, shape.width))
        self.head = nn.Sequential(nn.Linear(shape.width, shape.width), nn.GELU(approximate="tanh"))
        self.verdict = nn.Linear(shape.width, 2)
        start_small(self.layers)
        nn.init.normal_(self.verdict.weight, std=0.02)
        nn.init.zeros_(self.verdict.bias)

    def train(self, mode: bool = True) -> Scorer:
        super().train(mode)
        self.trunk.eval()
        return self

    def forward(self, given: ScorerInput) -> Tensor:
        """Logits [B, 2] of yes and no."""
        with torch.no_grad():
            slots, shown = self.trunk.slots(given.frames, given.frame_mask)
            memory = self.trunk.remember(slots, shown)
            query, _ = self.trunk.states(given.query, memory)
            caption, _ = self.trunk.states(given.caption, memory)
            words = self._log_probabilities(query, given)
        likelihood = words.sum(dim=1) / given.query_mask[:, 1:].sum(dim=1).clamp(min=1).to(words.dtype)
        seen, seen_shown = self._coarser(slots, given.frame_mask, shown)
        parts = [self.read(query) + self.evidence(words[..., None]), self.read(caption), self.read(seen)]
        if self.shape.roles:
            parts = [part + self.roles[role] for role, part in enumerate(parts)]
        x = torch.cat([self.answer.expand(slots.shape[0], -1, -1).to(slots.dtype), *parts], dim=1)
        visible = torch.cat([shown[:, :1], given.query_mask, given.caption_mask, seen_shown], dim=1)
        *layers, last = [layer for layer in self.layers if isinstance(layer, ScorerLayer)]
        for layer in layers:
            x = layer(x, visible)
        x = last.first(x, visible)
        prior = self.prior((given.first_stage[:, None] * _PRIOR_SCALE).to(x.dtype))
        verdict = self.verdict(self.head(self.norm(x[:, 0]) + prior)).float()
        anchored = self.anchor[0] * given.first_stage.float() + self.anchor[1] * likelihood + self.anchor[2]
        return verdict + torch.stack([anchored, torch.zeros_like(anchored)], dim=1)

    def _coarser(self, slots: Tensor, frame_mask: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
        """The empty slot and the frames' slots as the joint layers see them, with their mask."""
        cells, grid = self.shape.cells, self.shape.tokens_per_frame
        if cells in (0, grid):
            return slots, shown
        rows, width = slots.shape[0], slots.shape[-1]
        side, block = math.isqrt(cells), math.isqrt(grid // cells)
        blocks = slots[:, 1:].reshape(-1, side, block, side, block, width)
        seen = torch.cat([slots[:, :1], blocks.mean(dim=(2, 4)).reshape(rows, -1, width)], dim=1)
        return seen, torch.cat([shown[:, :1], frame_mask.repeat_interleave(cells, dim=1)], dim=1)

    def _log_probabilities(self, states: Tensor, given: ScorerInput) -> Tensor:
        """[B, Lq] log-probability of the word that follows each one of the query, zero where none does."""
        words = self.trunk.words.weight
        following = torch.cat([given.query[:, 1:], given.query[:, -1:]], dim=1)
        right = (states * self.trunk.words(following)).sum(dim=-1).float()
        follows = torch.cat([given.query_mask[:, 1:], torch.zeros_like(given.query_mask[:, :1])], dim=1)
        common = words[: self.shape.common_words or len(words)]
        return (right - _log_normaliser(states, common)) * follows.to(right.dtype)


def _log_normaliser(states: Tensor, words: Tensor) -> Tensor:
    """Logarithm of the sum over `words`. Piece by piece, as all logits of a batch do not fit a processor's cache."""
    if torch.onnx.is_in_onnx_export():
        return (states @ words.T).float().logsumexp(dim=-1)
    pieces = states.flatten(0, 1).split(_PIECE)
    return torch.cat([(piece @ words.T).float().logsumexp(dim=-1) for piece in pieces]).reshape(states.shape[:2])


_PIECE = 256
_PRIOR_SCALE = 5.0
"""Cosines of the first stage differ by tenths; the small network wants values around one."""


class ScorerLayer(nn.Module):
    def __init__(self, shape: ScorerShape) -> None:
        super().__init__()
        self.own = SelfAttention(shape.width, shape.heads)
        self.forward_part = FeedForward(shape.width, shape.inner, shape.dropout)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        x = x + self.own(x, visible)
        return x + self.forward_part(x)

    def first(self, x: Tensor, visible: Tensor) -> Tensor:
        """The first token alone: of the last layer nothing else is read."""
        x = x[:, :1] + self.own.first(x, visible)
        return x + self.forward_part(x)


def relevance(logits: Tensor) -> Tensor:
    """How much more likely yes is than no, as a difference of logits [B]."""
    return logits[..., YES] - logits[..., NO]
