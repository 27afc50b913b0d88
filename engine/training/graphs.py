"""The parts as they look from outside: names of inputs and outputs, which axes may vary, and an example of each.

The captioner is two graphs, one for the first step and one that goes on from a cache; what it saw of the video is
computed in the first step only. Writing the files is `onnxwriter`'s work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from engine.training.backbone import STRIDE
from engine.training.parts.captioner import Captioner, Memory
from engine.training.parts.clip import ClipMixture
from engine.training.parts.frame import FrameEncoder, grid_pooling
from engine.training.parts.scorer import Scorer, ScorerInput
from engine.training.parts.text import TextTower

Axes = Mapping[str, Mapping[int, str]]
PAST, PRESENT = "past_key_values.", "present."
_ROWS, _FRAMES, _LENGTH = 2, 3, 7


@dataclass(frozen=True, slots=True)
class Graph:
    """A module with what the exporter must know of it."""

    module: nn.Module
    inputs: Axes
    outputs: Axes
    examples: Mapping[str, Any]
    """One value per argument of `forward`; a tuple for an argument that spreads over several inputs."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What inputs are called in the file, where their names here begin with the argument they belong to."""


def frame_graph(encoder: FrameEncoder) -> Graph:
    size = encoder.shape.picture
    return Graph(
        _FixedSize(encoder),
        {"pictures": {0: "batch"}},
        {"vector": {0: "batch"}, "tokens": {0: "batch"}},
        {"pictures": torch.randint(0, 256, (_ROWS, size, size, 3), dtype=torch.uint8)},
    )


def text_graph(tower: TextTower) -> Graph:
    return Graph(
        tower,
        {"ids": {0: "batch", 1: "length"}, "mask": {0: "batch", 1: "length"}, "role": {0: "batch"}},
        {"vector": {0: "batch"}},
        {"ids": _ids(), "mask": torch.ones(_ROWS, _LENGTH, dtype=torch.int64), "role": torch.tensor([0, 1])},
    )


def clip_graph(mixture: ClipMixture) -> Graph:
    width = mixture.shape.width
    sides = {"frames": {0: "batch", 1: "frames"}, "captions": {0: "batch", 1: "captions"}}
    return Graph(
        mixture,
        sides | {"frame_mask": sides["frames"], "caption_mask": sides["captions"]},
        {"vector": {0: "batch"}},
        {
            "frames": torch.randn(_ROWS, _FRAMES, width),
            "captions": torch.randn(_ROWS, 4, width),
            "frame_mask": torch.ones(_ROWS, _FRAMES, dtype=torch.bool),
            "caption_mask": torch.ones(_ROWS, 4, dtype=torch.bool),
        },
    )


def scorer_graph(scorer: Scorer) -> Graph:
    shape = scorer.shape
    query, caption = {0: "batch", 1: "query_length"}, {0: "batch", 1: "caption_length"}
    frames, words = {0: "batch", 1: "frames"}, torch.ones(_ROWS, _LENGTH, dtype=torch.bool)
    shown = torch.randn(_ROWS, _FRAMES, shape.tokens_per_frame, shape.token_width)
    given = {
        "query_ids": (query, _ids()),
        "query_mask": (query, words),
        "caption_ids": (caption, _ids()),
        "caption_mask": (caption, words),
        "frame_tokens": (frames, shown),
        "frame_mask": (frames, torch.ones(_ROWS, _FRAMES, dtype=torch.bool)),
        "first_score": ({0: "batch"}, torch.tensor([0.1, 0.2])),
    }
    return Graph(
        _FlatScorer(scorer),
        {f"given.{name}": axes for name, (axes, _) in given.items()},
        {"logits": {0: "batch"}},
        {"given": tuple(example for _, example in given.values())},
        {f"given.{name}": name for name in given},
    )


def first_step_graph(captioner: Captioner) -> Graph:
    """Reads frames and the sentence's beginning; gives logits and everything worth keeping."""
    shape, frames = captioner.shape, {0: "batch", 1: "frames"}
    kept = {name: {0: "batch", 2: "kept"} for name in _cache_names(captioner, PRESENT, ("decoder", "encoder"))}
    return Graph(
        _FirstStep(captioner),
        {"input_ids": {0: "batch", 1: "length"}, "frame_tokens": frames, "frame_mask": frames},
        {"logits": {0: "batch", 1: "length"}, **kept},
        {
            "input_ids": _ids(),
            "frame_tokens": torch.randn(_ROWS, _FRAMES, shape.tokens_per_frame, shape.token_width),
            "frame_mask": torch.ones(_ROWS, _FRAMES, dtype=torch.bool),
        },
    )


def next_step_graph(captioner: Captioner) -> Graph:
    """Reads one more token and the cache."""
    slots = 1 + _FRAMES * captioner.shape.tokens_per_frame
    past = {
        name: {0: "batch", 2: "past_encoder" if ".encoder." in name else "past_decoder"}
        for name in _cache_names(captioner, "past.", ("decoder", "encoder"))
    }
    grown = {name: {0: "batch", 2: "kept"} for name in _cache_names(captioner, PRESENT, ("decoder",))}
    return Graph(
        _NextStep(captioner),
        {"input_ids": {0: "batch"}, "frame_mask": {0: "batch", 1: "frames"}, **past},
        {"logits": {0: "batch", 1: "length"}, **grown},
        {
            "input_ids": _ids()[:, :1],
            "frame_mask": torch.ones(_ROWS, _FRAMES, dtype=torch.bool),
            "past": _example_cache(captioner, slots),
        },
        {name: PAST + name.removeprefix("past.") for name in past},
    )


class _FixedSize(nn.Module):
    """The frame encoder for pictures of one size, so that its pooling is a constant."""

    def __init__(self, encoder: FrameEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        side = encoder.shape.side // STRIDE
        self.register_buffer("pool", grid_pooling(side, side))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        scaled = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        grid = self.encoder.network(self.encoder.looks(scaled)).flatten(2)
        return self.encoder.joined(*self.encoder.head(grid.mean(2), (grid @ self.pool).transpose(1, 2)))


class _FlatScorer(nn.Module):
    """The scorer with its inputs as a plain tuple, which the exporter can take apart."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self.scorer = scorer

    def forward(self, given: tuple[Tensor, ...]) -> Tensor:
        return self.scorer(ScorerInput(*given))


class _FirstStep(nn.Module):
    def __init__(self, captioner: Captioner) -> None:
        super().__init__()
        self.captioner = captioner

    def forward(self, input_ids: Tensor, frame_tokens: Tensor, frame_mask: Tensor) -> tuple[Tensor, ...]:
        memory = self.captioner.see(frame_tokens, frame_mask)
        logits, grown = self.captioner(input_ids, memory)
        layers = range(self.captioner.shape.layers)
        return logits, *(each for layer in layers for each in (*grown[layer], *memory.seen[layer]))


class _NextStep(nn.Module):
    def __init__(self, captioner: Captioner) -> None:
        super().__init__()
        self.captioner = captioner

    def forward(
        self, input_ids: Tensor, frame_mask: Tensor, past: tuple[tuple[Tensor, ...], ...]
    ) -> tuple[Tensor, ...]:
        shown = frame_mask.repeat_interleave(self.captioner.shape.tokens_per_frame, dim=1)
        visible = torch.cat([torch.ones_like(shown[:, :1]), shown], dim=1)
        seen = torch.stack([torch.stack(layer[2:]) for layer in past])
        earlier = torch.stack([torch.stack(layer[:2]) for layer in past])
        logits, grown = self.captioner(input_ids, Memory(seen, visible), earlier)
        return logits, *(each for layer in range(len(past)) for each in grown[layer])


def _example_cache(captioner: Captioner, slots: int) -> tuple[tuple[Tensor, ...], ...]:
    """For each layer keys and values of earlier tokens, then of what was seen."""
    shape = captioner.shape
    width = shape.width // shape.heads
    lengths = (_LENGTH, _LENGTH, slots, slots)
    return tuple(
        tuple(torch.randn(_ROWS, shape.heads, length, width) for length in lengths) for _ in range(shape.layers)
    )


def _cache_names(captioner: Captioner, prefix: str, sides: tuple[str, ...]) -> list[str]:
    return [
        f"{prefix}{layer}.{side}.{kind}"
        for layer in range(captioner.shape.layers)
        for side in sides
        for kind in ("key", "value")
    ]


def _ids() -> Tensor:
    return torch.arange(_ROWS * _LENGTH).reshape(_ROWS, _LENGTH)
