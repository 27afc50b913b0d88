"""The frame encoder: a picture to one unit vector for search and a 4x4 grid of tokens for captioner and scorer.

The vector is the sum of three readings: the mean feature, the tokens weighed by attention, and what the backbone's
classifier sees, named by one learned vector a class. The last carries names of things that no caption mentions.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.backbone import FEATURE_WIDTH, MobileNetV2
from engine.training.cache import TOKEN_WIDTH, VECTOR_WIDTH
from engine.training.checkpoint import load_weights

GRID = 4
CLASSES = 1001
FRAME_WEIGHTS = Path("frame") / "best.pt"


@dataclass(frozen=True, slots=True)
class FrameShape:
    picture: int = 224
    """Height and width of the pictures the exported encoder takes."""
    look: int = 0
    """Height and width at which the backbone looks at them; as they come where it is 0."""
    close: float = 0.0
    """Share of height and width that a second, closer look at the middle keeps; there is none where it is 0."""
    hidden: int = 512
    dropout: float = 0.2

    @property
    def side(self) -> int:
        return self.look or self.picture


class FrameHead(nn.Module):
    """Mean feature [N, 1280] and pooled grid [N, 16, 1280] to vector [N, 256] and tokens [N, 16, 128]."""

    def __init__(self, shape: FrameShape) -> None:
        super().__init__()
        self.token = nn.Linear(FEATURE_WIDTH, TOKEN_WIDTH)
        self.token_norm = nn.LayerNorm(TOKEN_WIDTH)
        self.attention = nn.Linear(TOKEN_WIDTH, 4)
        self.local = nn.Sequential(
            nn.Linear(5 * TOKEN_WIDTH, shape.hidden),
            nn.GELU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.hidden, VECTOR_WIDTH),
        )
        self.whole = nn.Linear(FEATURE_WIDTH, VECTOR_WIDTH)
        self.classify = nn.Linear(FEATURE_WIDTH, CLASSES)
        self.class_vectors = nn.Linear(CLASSES, VECTOR_WIDTH, bias=False)
        self.class_share = nn.Parameter(torch.tensor(1.0))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, mean: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.token_norm(self.token(grid))
        weights = self.attention(tokens).softmax(1)
        seen = torch.cat([(weights.transpose(1, 2) @ tokens).flatten(1), tokens.amax(1)], -1)
        classes = self.class_vectors(self.classify(mean).softmax(-1))
        vector = self.whole(self.dropout(mean)) + self.local(self.dropout(seen)) + self.class_share * classes
        return functional.normalize(vector, dim=-1), tokens


class FrameEncoder(nn.Module):
    """uint8 [N, H, W, 3] RGB to vector and tokens; normalisation is part of the network."""

    def __init__(self, network: MobileNetV2, shape: FrameShape) -> None:
        super().__init__()
        self.shape = shape
        self.network = network
        self.head = FrameHead(shape)

    def features(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean feature and pooled grid of pictures [N, 3, H, W] in -1..1."""
        return pooled(self.network(pictures))

    def looks(self, pictures: Tensor) -> Tensor:
        """What the backbone gets to see of pictures in -1..1: each as a whole, followed by its middle if wanted."""
        side = self.shape.side
        whole = pictures if side == self.shape.picture else _resized(pictures, side)
        if not self.shape.close:
            return whole
        margin = round(self.shape.picture * (1 - self.shape.close) / 2)
        middle = pictures[:, :, margin : self.shape.picture - margin, margin : self.shape.picture - margin]
        return torch.stack([whole, _resized(middle, side)], dim=1).flatten(0, 1)

    def joined(self, vectors: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """One vector for each picture from those of its looks; tokens are those of the whole."""
        if not self.shape.close:
            return vectors, tokens
        both = vectors.reshape(-1, 2, vectors.shape[-1]).sum(1)
        return functional.normalize(both, dim=-1), tokens.reshape(-1, 2, *tokens.shape[1:])[:, 0]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        scaled = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        return self.joined(*self.head(*self.features(self.looks(scaled))))


def _resized(pictures: Tensor, side: int) -> Tensor:
    return functional.interpolate(pictures, size=(side, side), mode="bilinear")


def pooled(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [N, 1280] and 4x4 grid [N, 16, 1280] of the backbone's features [N, 1280, rows, columns]."""
    pool = grid_pooling(features.shape[-2], features.shape[-1]).to(features)
    flat = features.flatten(2)
    return flat.mean(2), (flat @ pool).transpose(1, 2)


def grid_pooling(rows: int, columns: int) -> Tensor:
    """A matrix [rows * columns, 16] that averages a feature grid into 4x4 cells, overlapping where 4 is no divisor."""
    down, across = _cells(rows), _cells(columns)
    return torch.einsum("rg,ch->rcgh", down, across).reshape(rows * columns, GRID * GRID)


def _cells(size: int) -> Tensor:
    cells = torch.zeros(size, GRID)
    for cell in range(GRID):
        start, stop = cell * size // GRID, ((cell + 1) * size + GRID - 1) // GRID
        cells[start:stop, cell] = 1.0 / (stop - start)
    return cells


def frame_state(encoder: FrameEncoder) -> dict[str, object]:
    """What `load_frame` needs to build the encoder again."""
    return {"shape": asdict(encoder.shape), "weights": encoder.state_dict()}


def load_frame(run_dir: Path, device: str = "cpu") -> FrameEncoder:
    """The trained frame encoder of a run."""
    state = load_weights(run_dir / FRAME_WEIGHTS, "frame")
    encoder = FrameEncoder(MobileNetV2(), FrameShape(**state["shape"]))
    encoder.load_state_dict(state["weights"])
    return encoder.eval().to(device)
