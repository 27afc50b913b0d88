"""Frame tokens of several videos in one padded batch: what captioner and scorer read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FrameTokens = npt.NDArray[np.floating]
"""[F, P, D] of one video or shot, frames in temporal order."""


@dataclass(frozen=True, slots=True)
class TokenStack:
    tokens: npt.NDArray[np.float32]
    """[B, F, P, D]."""
    mask: npt.NDArray[np.bool_]
    """[B, F], true on real frames."""

    def repeated(self, times: int) -> TokenStack:
        return TokenStack(self.tokens.repeat(times, axis=0), self.mask.repeat(times, axis=0))


def stack_frames(videos: Sequence[FrameTokens], most: int) -> TokenStack:
    """Pad to the longest; a video with more frames than `most` gives that many, evenly spread over it."""
    spread = [_spread(video, most) for video in videos]
    longest = max((len(video) for video in spread), default=0)
    shape = next((video.shape[1:] for video in spread), (0, 0))
    # At least one frame, hidden if need be: a graph cannot reshape nothing.
    tokens = np.zeros((len(spread), max(1, longest), *shape), np.float32)
    mask = np.zeros(tokens.shape[:2], np.bool_)
    for at, video in enumerate(spread):
        tokens[at, : len(video)] = video
        mask[at, : len(video)] = True
    return TokenStack(tokens, mask)


def _spread(video: FrameTokens, most: int) -> FrameTokens:
    if len(video) <= most:
        return video
    # The middle of each of `most` equal pieces.
    return video[((np.arange(most) + 0.5) * len(video) / most).astype(int)]
