"""What a finished frame encoder sees in decoded photos, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.training.backbone import channels_last
from engine.training.parts.frame import FrameEncoder
from engine.training.pictures import Pictures, plain_views
from engine.training.precision import fast

BATCH = 64


@torch.no_grad()
def seen(
    encoder: FrameEncoder, pictures: Pictures, rows: npt.NDArray[np.int64], *, mirrored: bool = False, half: bool = True
) -> Iterator[tuple[Tensor, Tensor]]:
    """Vectors and tokens of the photos in `rows`, BATCH at a time, from all looks that the encoder takes."""
    at = encoder.head.class_share.device
    channels_last(encoder.network)
    for start in range(0, len(rows), BATCH):
        views = plain_views(pictures.batch(rows[start : start + BATCH], at), encoder.shape.picture)
        looks = encoder.looks(views.flip(3) if mirrored else views)
        with fast(at, wanted=half):
            mean, grid = encoder.features(looks.contiguous(memory_format=torch.channels_last))
        vectors, tokens = encoder.joined(*encoder.head(mean.float(), grid.float()))
        yield vectors.float().cpu(), tokens.float().cpu()
