"""BLiM's use of a captioner: how likely a text is given a video, less how likely it is anyway.

`query_likelihood` reranks videos for a query. `tag` ranks texts for a video, where the prior matters: texts that are
likely anyway would win everywhere. Of BLiM's two directions only text given video is here; the other needs a network
that predicts frames.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.training.decode import likelihood
from engine.training.parts.captioner import Captioner
from engine.training.precision import fast

Floats = npt.NDArray[np.floating]


@torch.no_grad()
def query_likelihood(captioner: Captioner, ids: Tensor, tokens: Tensor) -> Floats:
    """Mean log-probability [Q, k] of each query given each of its k candidates: ids [Q, L], tokens [Q, k, F, P, D].

    The query is the same for all its candidates, so its prior cannot change their order and is left out.
    """
    queries, count = tokens.shape[:2]
    with fast(tokens.device):
        memory = captioner.see(tokens.flatten(0, 1))
        found = likelihood(captioner, memory, ids.repeat_interleave(count, dim=0))
    return found.mean_log.reshape(queries, count).float().cpu().numpy()


@torch.no_grad()
def prior(captioner: Captioner, ids: Tensor) -> Floats:
    """Mean log-probability [N] of each text with every frame masked."""
    device = captioner.nothing.device
    with fast(device):
        found = likelihood(captioner, captioner.see_nothing(len(ids)), ids.to(device))
    return found.mean_log.float().cpu().numpy()


@torch.no_grad()
def tag(captioner: Captioner, ids: Tensor, tokens: Tensor, alpha: float = 0.9) -> Floats:
    """Scores [V, N] of N texts for V videos, tokens [V, F, P, D]: likelihood less `alpha` times the prior."""
    known = alpha * prior(captioner, ids)
    rows = []
    for video in tokens.split(1):
        with fast(tokens.device):
            found = likelihood(captioner, captioner.see(video), ids)
        rows.append(found.mean_log.float().cpu().numpy() - known)
    return np.stack(rows)
