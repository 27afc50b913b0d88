"""The pack's `clip` part: one vector for a shot from its frame vectors and its captions' vectors (ExCae's ECS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.models.encoder import unit
from engine.models.pack import Pack
from engine.models.session import Array, ProviderChoice, open_session
from engine.types import Vectors

MAX_BATCH = 64
_MAX_FRAMES = 64


@dataclass(frozen=True, slots=True)
class ClipContent:
    """What is known of one shot: frame vectors [F, E] with F >= 1, caption vectors [C, E] with C >= 0."""

    frames: Vectors
    captions: Vectors


class ClipEncoder:
    def __init__(self, pack: Pack, threads: int = 0, providers: Sequence[str] | None = None) -> None:
        self._pack = pack
        self._part = pack.part("clip")
        self._session = open_session(self._part.path, threads, providers)
        self._max_frames = self._part.limits.get("frames", _MAX_FRAMES)

    @property
    def provider(self) -> ProviderChoice:
        return self._session.provider

    def encode(self, clips: Sequence[ClipContent]) -> Vectors:
        """One unit vector a clip, [B, E]."""
        if not clips:
            return np.zeros((0, self._pack.vector_dim), np.float32)
        rows = [self._run(clips[at : at + MAX_BATCH]) for at in range(0, len(clips), MAX_BATCH)]
        return unit(np.concatenate(rows), self._pack)

    def _run(self, clips: Sequence[ClipContent]) -> Array:
        frames, frame_mask = self._padded([self._spread(clip.frames) for clip in clips])
        captions, caption_mask = self._padded([clip.captions for clip in clips])
        values: dict[str, Array] = {
            "frame_vectors": frames,
            "frame_mask": frame_mask,
            "caption_vectors": captions,
            "caption_mask": caption_mask,
        }
        feeds = {name: values[word] for word, name in self._part.inputs.items()}
        return self._session.run(feeds, [self._part.outputs["vector"]])[0]

    def _spread(self, frames: Vectors) -> Vectors:
        if len(frames) <= self._max_frames:
            return frames
        return frames[((np.arange(self._max_frames) + 0.5) * len(frames) / self._max_frames).astype(int)]

    def _padded(self, sets: Sequence[Vectors]) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """At least one column, hidden if need be: a graph cannot average nothing."""
        longest = max(1, *(len(each) for each in sets))
        padded = np.zeros((len(sets), longest, self._pack.vector_dim), np.float32)
        mask = np.zeros((len(sets), longest), np.bool_)
        for at, each in enumerate(sets):
            padded[at, : len(each)] = each.reshape(-1, self._pack.vector_dim)
            mask[at, : len(each)] = True
        return padded, mask
