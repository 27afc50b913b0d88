"""The border between extractors and the describe pass: what an extractor is given, and what it may give back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.models.in_use import Model
from engine.types import Frame, ShotId, Span, StoredFrame, StoredText, TextId, TextSource, Vectors, WorkItem

Tokens = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class NewFrame:
    """One more sampled moment."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class NewShots:
    """The shots of the whole video; they take the place of those stored before."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class NewText:
    """Something in words with its time; `vector` makes it searchable by meaning too."""

    text: StoredText
    vector: Vectors | None = None


@dataclass(frozen=True, slots=True)
class NewCaptionVector:
    """One vector for a text that is stored already."""

    text: TextId
    vector: Vectors


@dataclass(frozen=True, slots=True)
class NewClipVector:
    """One vector for a whole shot."""

    shot: ShotId
    vector: Vectors


@dataclass(frozen=True, slots=True)
class NewShotTokens:
    """What the joint scorer reads of a shot, frame tokens [F, P, D]."""

    shot: ShotId
    tokens: Tokens


Record = NewFrame | NewShots | NewText | NewCaptionVector | NewClipVector | NewShotTokens


class Clip(Protocol):
    """One video, as an extractor sees it. Pictures come small, upright and with their true times."""

    @property
    def item(self) -> WorkItem: ...
    def frames(self) -> list[StoredFrame]: ...
    def shots(self) -> list[tuple[ShotId, Span]]: ...
    def pictures(self, times_s: Sequence[float]) -> Iterator[Frame]: ...
    def tokens(self, frames: Sequence[StoredFrame]) -> Tokens: ...
    def frame_vectors(self, frames: Sequence[StoredFrame]) -> Vectors: ...
    def caption_vectors(self, span: Span) -> Vectors: ...
    def corrections(self) -> list[tuple[TextId, Span, str]]: ...
    @property
    def model(self) -> Model: ...


@dataclass(frozen=True, slots=True)
class Extractor:
    """`name` is the stage it is remembered by; `needs` are the pack's parts without which it is left out.

    What one that `uses_model` finds belongs to the pack and is made again for another; the rest is made once.
    `sources` are the kinds of text it owns: those of before go when it runs again.
    """

    name: str
    needs: tuple[str, ...]
    extract: Callable[[Clip], Iterable[Record]]
    uses_model: bool = True
    sources: tuple[TextSource, ...] = ()
