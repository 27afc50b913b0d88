"""The captioner: an autoregressive decoder that looks at frame tokens and writes a sentence.

A video's frames become one memory (`see`), computed once; `forward` reads it for any number of sentences and keeps
a cache of earlier tokens. The memory begins with a learned empty slot that is always visible, so that the same
network without any frame is a plain language model: text pre-training and the prior of BLiM use it that way.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.training.parts.blocks import CausalAttention, CrossAttention, FeedForward, start_small


@dataclass(frozen=True, slots=True)
class CaptionerShape:
    vocabulary: int
    token_width: int = 128
    tokens_per_frame: int = 16
    width: int = 256
    layers: int = 3
    heads: int = 4
    inner: int = 768
    max_length: int = 40
    max_frames: int = 8
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class Memory:
    """What the decoder sees of B videos."""

    seen: Tensor
    """[layers, 2, B, heads, S, width/heads] keys and values of the slots."""
    visible: Tensor
    """[B, S] which slots may be looked at; the first always."""

    def rows(self, index: Tensor) -> Memory:
        return Memory(self.seen.index_select(2, index), self.visible.index_select(0, index))


class Captioner(nn.Module):
    def __init__(self, shape: CaptionerShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.max_length, shape.width)
        self.frame_in = nn.Linear(shape.token_width, shape.width)
        self.cells = nn.Parameter(torch.zeros(shape.tokens_per_frame, shape.width))
        self.order = nn.Parameter(torch.zeros(shape.max_frames, shape.width))
        self.nothing = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.memory_norm = nn.LayerNorm(shape.width)
        self.layers = nn.ModuleList(CaptionerLayer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        start_small(self)
        nn.init.normal_(self.nothing, std=0.02)

    def see(self, tokens: Tensor, visible: Tensor | None = None) -> Memory:
        """Frames [B, F, P, D] in temporal order; `visible` [B, F] hides frames that are only padding."""
        slots, mask = self.slots(tokens, visible)
        return self.remember(slots, mask)

    def slots(self, tokens: Tensor, visible: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What the frames are to the decoder: the empty slot and one for each token, [B, S, width], with their mask."""
        rows, frames, cells, _ = tokens.shape
        seen = self.frame_in(tokens) + self.cells + self.order[:frames, None]
        slots = torch.cat(
            [self.nothing.expand(rows, 1, -1).to(seen.dtype), seen.reshape(rows, frames * cells, -1)], dim=1
        )
        if visible is None:
            visible = torch.ones(rows, frames, dtype=torch.bool, device=tokens.device)
        first = torch.ones(rows, 1, dtype=torch.bool, device=tokens.device)
        mask = torch.cat([first, visible.repeat_interleave(cells, dim=1)], dim=1)
        return self.dropout(self.memory_norm(slots)), mask

    def remember(self, slots: Tensor, mask: Tensor) -> Memory:
        return Memory(torch.stack([layer.cross.look(slots) for layer in self.decoder]), mask)

    def see_nothing(self, rows: int) -> Memory:
        """The memory of a video that may not be looked at."""
        slots = self.memory_norm(self.nothing).expand(rows, 1, -1)
        mask = torch.ones(rows, 1, dtype=torch.bool, device=slots.device)
        return Memory(torch.stack([layer.cross.look(slots) for layer in self.decoder]), mask)

    def forward(self, ids: Tensor, memory: Memory, past: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits [N, L, V] of the next token and the grown past [layers, 2, N, heads, T, width/heads].

        `ids` [N, L] holds N/B sentences for each of the memory's B videos, video by video.
        """
        states, grown = self.states(ids, memory, past)
        return states @ self.words.weight.T, grown

    def states(self, ids: Tensor, memory: Memory, past: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What the logits are made from, [N, L, width], and the grown past."""
        start = 0 if past is None else past.shape[4]
        places = self.places.weight[start : start + ids.shape[1]]
        x = self.dropout(self.words(ids) + places)
        grown = []
        for number, layer in enumerate(self.decoder):
            x, kept = layer(x, (memory.seen[number], memory.visible), None if past is None else past[number])
            grown.append(kept)
        return self.norm(x), torch.stack(grown)

    @property
    def decoder(self) -> list[CaptionerLayer]:
        return [layer for layer in self.layers if isinstance(layer, CaptionerLayer)]


class CaptionerLayer(nn.Module):
    def __init__(self, shape: CaptionerShape) -> None:
        super().__init__()
        self.own = CausalAttention(shape.width, shape.heads)
        self.cross = CrossAttention(shape.width, shape.heads)
        self.forward_part = FeedForward(shape.width, shape.inner, shape.dropout)

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor], past: Tensor | None) -> tuple[Tensor, Tensor]:
        own, kept = self.own.step(x, past)
        x = x + own
        x = x + self.cross(x, *memory)
        return x + self.forward_part(x), kept
