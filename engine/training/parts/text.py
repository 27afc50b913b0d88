"""The text tower: one small transformer for queries and captions alike, told apart by role-embeddings.

The role is one learned vector, added to every word at the input. Both rows start at zero, so an untrained role changes
nothing, and `use_roles` switches them off altogether.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from engine.training.checkpoint import load_weights
from engine.training.tokens import PAD_ID, encode, load_tokenizer
from engine.types import Vectors

QUERY, CAPTION = 0, 1
ROLES = 2
TEXT_WEIGHTS = Path("retriever") / "text.pt"
TOKENIZER = Path("prepare") / "tokenizer.json"


@dataclass(frozen=True, slots=True)
class TextShape:
    vocabulary: int
    length: int = 40
    width: int = 256
    layers: int = 2
    heads: int = 4
    feed: int = 512
    vector_width: int = 256
    dropout: float = 0.1
    use_roles: bool = True


class TextTower(nn.Module):
    """ids, mask [B, L] and role [B] to unit vectors [B, 256]."""

    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width, padding_idx=PAD_ID)
        self.places = nn.Parameter(torch.randn(shape.length, shape.width) * 0.02)
        self.roles = nn.Embedding(ROLES, shape.width)
        self.blocks = nn.ModuleList(TextBlock(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.project = nn.Linear(2 * shape.width, shape.vector_width)
        self.dropout = nn.Dropout(shape.dropout)
        nn.init.normal_(self.words.weight, std=0.02)
        nn.init.zeros_(self.roles.weight)

    def states(self, ids: Tensor, mask: Tensor, role: Tensor) -> Tensor:
        """One state a word, [B, L, width]."""
        x = self.words(ids) + self.places[: ids.shape[1]]
        if self.shape.use_roles:
            x = x + self.roles(role)[:, None]
        x = self.dropout(x)
        # Added to the attention scores: 0 where a word may be looked at, far below where there is none.
        bias = (1.0 - mask.to(x.dtype))[:, None, None] * -1e4
        for block in self.blocks:
            x = block(x, bias)
        return self.norm(x)

    def forward(self, ids: Tensor, mask: Tensor, role: Tensor) -> Tensor:
        return self.pooled(self.states(ids, mask, role), mask)

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """One unit vector a text from the states of its words."""
        weight = mask.to(states.dtype)[..., None]
        mean = (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        strongest = (states - (1.0 - weight) * 1e4).amax(1)
        return functional.normalize(self.project(torch.cat([mean, strongest], -1)), dim=-1)


class TextBlock(nn.Module):
    """Attention and a feed-forward layer, each after a norm and around a shortcut."""

    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm_attention = nn.LayerNorm(shape.width)
        self.mix = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm_feed = nn.LayerNorm(shape.width)
        self.feed = nn.Sequential(nn.Linear(shape.width, shape.feed), nn.GELU(), nn.Linear(shape.feed, shape.width))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        size, length, width = x.shape
        mixed = self.mix(self.norm_attention(x)).view(size, length, 3, self.heads, width // self.heads)
        q, k, v = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x + self.dropout(self.out(seen.transpose(1, 2).reshape(size, length, width)))
        return x + self.dropout(self.feed(self.norm_feed(x)))


class TextReader:
    """A trained tower with its tokenizer: texts in, unit vectors out."""

    def __init__(self, tower: TextTower, tokenizer: Tokenizer, batch: int = 1024) -> None:
        self.tower = tower.eval()
        self.tokenizer = tokenizer
        self.batch = batch

    def ids(self, texts: Sequence[str]) -> Tensor:
        return torch.from_numpy(encode(self.tokenizer, texts, self.tower.shape.length))

    @torch.no_grad()
    def vectors(self, texts: Sequence[str], role: int) -> Vectors:
        """Unit vectors [N, 256] of `texts` read in one role, QUERY or CAPTION."""
        if not texts:
            return np.zeros((0, self.tower.shape.vector_width), np.float32)
        found = [read(self.tower, ids, role).float().cpu() for ids in self.ids(texts).split(self.batch)]
        return torch.cat(found).numpy()


def trimmed(ids: Tensor) -> Tensor:
    """Without the columns that are padding in every row."""
    return ids[:, : max(1, int((ids != PAD_ID).sum(1).max()))]


def by_length(ids: Tensor, parts: int = 4) -> list[tuple[Tensor, Tensor]]:
    """Rows and trimmed ids of `parts` shares of a batch, short texts with short ones: half the work of padding."""
    order = (ids != PAD_ID).sum(1).argsort()
    return [(rows, trimmed(ids[rows])) for rows in order.chunk(parts)]


def read(tower: TextTower, ids: Tensor, role: int) -> Tensor:
    """Vectors [B, 256] of a batch in one role, in the order given; `ids` lie on the CPU, where lengths are known."""
    device = tower.places.device
    shares = by_length(ids)
    vectors = [
        tower(part, (part != PAD_ID).long(), torch.full_like(part[:, 0], role))
        for part in (part.to(device) for _, part in shares)
    ]
    return torch.cat(vectors)[torch.cat([rows for rows, _ in shares]).argsort().to(device)]


def text_state(tower: TextTower) -> dict[str, object]:
    """What `load_text` needs to build the tower again."""
    return {"shape": asdict(tower.shape), "weights": tower.state_dict()}


def load_text(run_dir: Path, weights: Path = TEXT_WEIGHTS, device: str = "cpu") -> TextReader:
    """The text tower of a run; `weights` names an earlier one than the last."""
    state = load_weights(run_dir / weights, "retriever")
    tower = TextTower(TextShape(**state["shape"]))
    tower.load_state_dict(state["weights"])
    return TextReader(tower.to(device), load_tokenizer(run_dir / TOKENIZER))
