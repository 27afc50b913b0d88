"""The two parts every pack has: pictures to vectors, text to vectors of the same space. All vectors are unit length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.errors import PackError
from engine.models.manifest import pack_error
from engine.models.pack import Pack
from engine.models.preprocess import lay_out, prepare
from engine.models.session import CPU, ProviderChoice, open_session, shares
from engine.models.tokenizer import Tokenizer
from engine.types import RgbImage, Vectors

Role = Literal["query", "caption"]
ROLE_IDS: dict[Role, int] = {"query": 0, "caption": 1}
MAX_BATCH = 16
CPU_FRAMES = 4
"""Frames a run without a GPU: as fast as 16 there, because less falls out of the caches, in a third of the memory."""


@dataclass(frozen=True, slots=True)
class FrameVectors:
    vectors: Vectors
    """[N, E], unit length."""
    tokens: npt.NDArray[np.float16] | None
    """[N, P, D], or None when the pack's frame part gives none."""


class FrameEncoder:
    """The pack's `frame` part. Feed it pictures made by `prepare`, many at once."""

    def __init__(self, pack: Pack, threads: int = 0, providers: Sequence[str] | None = None) -> None:
        self._pack = pack
        self._part = pack.part("frame")
        self._session = open_session(self._part.path, threads, providers, keeps_memory=True, in_lanes=True)
        self._batch = CPU_FRAMES if self._session.provider.name == CPU else MAX_BATCH

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures `encode` takes."""
        return self._pack.preprocess.height, self._pack.preprocess.width

    @property
    def provider(self) -> ProviderChoice:
        return self._session.provider

    def prepare(self, image: RgbImage) -> RgbImage:
        return prepare(image, self._pack.preprocess)

    def encode(self, images: npt.NDArray[np.uint8]) -> FrameVectors:
        """uint8 [N, height, width, 3] to one vector (and tokens) a picture, N as large as you like."""
        if images.ndim != 4 or images.shape[1:] != (*self.size, 3) or images.dtype != np.uint8:
            raise ValueError(f"expected uint8 [N, {self.size[0]}, {self.size[1]}, 3], got {images.shape}")
        words = [word for word in ("vector", "tokens") if word in self._part.outputs]
        names = [self._part.outputs[word] for word in words]
        given, cut = self._part.inputs["image"], shares(images, self._session.lanes, self._batch)
        parts = [{given: lay_out(part, self._pack.preprocess)} for part in cut]
        rows = self._session.run_all(parts, names)
        pack = self._pack
        if not rows:
            tokens = np.zeros((0, pack.token_count, pack.token_dim), np.float16) if len(words) > 1 else None
            return FrameVectors(np.zeros((0, pack.vector_dim), np.float32), tokens)
        vectors = unit(np.concatenate([row[0] for row in rows]), pack)
        if len(words) == 1:
            return FrameVectors(vectors, None)
        tokens = np.concatenate([row[1] for row in rows]).astype(np.float16)
        if tokens.shape[1:] != (pack.token_count, pack.token_dim):
            raise _broken(pack, f"gives tokens of shape {tokens.shape[1:]}, not as in [dims]")
        return FrameVectors(vectors, tokens)


class TextEncoder:
    """The pack's `text` part with its tokenizer. A pack without roles ignores them."""

    def __init__(self, pack: Pack, threads: int = 0, providers: Sequence[str] | None = None) -> None:
        self._pack = pack
        self._part = pack.part("text")
        self.tokenizer = Tokenizer(pack)
        self._session = open_session(self._part.path, threads, providers)

    @property
    def provider(self) -> ProviderChoice:
        return self._session.provider

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """One unit vector a text, [B, E]. Empty, endless or odd texts are all fine."""
        if not texts:
            return np.zeros((0, self._pack.vector_dim), np.float32)
        parts = [self._run(texts[at : at + MAX_BATCH], role) for at in range(0, len(texts), MAX_BATCH)]
        return unit(np.concatenate(parts), self._pack)

    def _run(self, texts: Sequence[str], role: Role) -> Vectors:
        batch = self.tokenizer.encode(texts)
        values = {
            "ids": batch.ids,
            "mask": batch.mask,
            "role": np.full(len(texts), ROLE_IDS[role], np.int64),
        }
        feeds = {name: values[word] for word, name in self._part.inputs.items()}
        return self._session.run(feeds, [self._part.outputs["vector"]])[0]


def unit(vectors: npt.NDArray[np.floating], pack: Pack) -> Vectors:
    """Scale rows to length 1; a row without direction becomes the first axis, so that it matches nothing much."""
    if vectors.ndim != 2 or vectors.shape[1] != pack.vector_dim:
        raise _broken(pack, f"gives vectors of shape {vectors.shape}, not [N, {pack.vector_dim}] as in [dims]")
    floats = vectors.astype(np.float32)
    if not np.isfinite(floats).all():
        raise _broken(pack, "gives numbers that are not finite")
    lengths = np.linalg.norm(floats, axis=1, keepdims=True)
    floats[(lengths < 1e-12)[:, 0], 0] = 1.0
    return floats / np.where(lengths < 1e-12, 1.0, lengths).astype(np.float32)


def _broken(pack: Pack, reason: str) -> PackError:
    return pack_error(pack.folder, f"a graph {reason}", "Verify the pack, or choose another one")
