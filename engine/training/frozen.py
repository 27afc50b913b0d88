"""What the untouched backbone sees in each photo, stored once for the training of the heads."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.training.backbone import FEATURE_WIDTH, MobileNetV2, channels_last
from engine.training.cache import TOKENS_PER_FRAME
from engine.training.parts.frame import pooled
from engine.training.pictures import Pictures, plain_views
from engine.training.precision import fast

log = logging.getLogger(__name__)
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Frozen:
    """Mean feature [N, 1280] and pooled grid [N, 16, 1280] by row of the decoded photos; zero where not asked for."""

    mean: npt.NDArray[np.float16]
    grid: npt.NDArray[np.float16]

    def features(self, rows: npt.NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
        mean, grid = (torch.from_numpy(np.ascontiguousarray(part[rows])) for part in (self.mean, self.grid))
        return mean.to(device).float(), grid.to(device).float()


@torch.no_grad()
def compute_frozen(network: MobileNetV2, pictures: Pictures, rows: npt.NDArray[np.int64], folder: Path) -> None:
    """Store the features of `rows`; does nothing where they are stored already."""
    if (folder / "done.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    count = len(pictures.names)
    mean = np.lib.format.open_memmap(folder / "mean.npy", "w+", np.float16, (count, FEATURE_WIDTH))
    shape = (count, TOKENS_PER_FRAME, FEATURE_WIDTH)
    grid = np.lib.format.open_memmap(folder / "grid.npy", "w+", np.float16, shape)
    device = next(network.parameters()).device
    channels_last(network.eval())
    for start in range(0, len(rows), _BATCH):
        share = np.sort(rows[start : start + _BATCH])
        views = plain_views(pictures.batch(share, device), pictures.pixels.shape[1])
        with fast(device):
            features = network(views.contiguous(memory_format=torch.channels_last))
        means, grids = pooled(features.float())
        mean[share], grid[share] = means.cpu().numpy(), grids.cpu().numpy()
    mean.flush()
    grid.flush()
    (folder / "done.json").write_text(json.dumps({"photos": len(rows)}), encoding="utf-8")
    log.info("backbone features of %d photos stored", len(rows))


def open_frozen(folder: Path) -> Frozen:
    """What `compute_frozen` stored."""
    return Frozen(np.load(folder / "mean.npy", mmap_mode="r"), np.load(folder / "grid.npy", mmap_mode="r"))
