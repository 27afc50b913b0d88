"""What search needs of models, written by search, so that any pack's runtime, or a stand-in, will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from engine.types import RgbImage, Vectors

if TYPE_CHECKING:
    from engine.models.captioner import Caption
    from engine.models.encoder import Role
    from engine.models.question import Question


class TextEncoding(Protocol):
    def encode(self, texts: Sequence[str], role: Role) -> Vectors: ...


class EncodedPictures(Protocol):
    @property
    def vectors(self) -> Vectors: ...


class PictureEncoding(Protocol):
    def prepare(self, image: RgbImage) -> RgbImage: ...
    def encode(self, images: npt.NDArray[np.uint8]) -> EncodedPictures: ...


class Scoring(Protocol):
    def score(self, questions: Sequence[Question]) -> npt.NDArray[np.float32]: ...


class CaptionLikelihood(Protocol):
    def likelihood(self, videos: Sequence[npt.NDArray[np.floating]], texts: Sequence[str]) -> Sequence[Caption]: ...


class StopSign(Protocol):
    """Anything that can be asked whether to stop, such as a `threading.Event`."""

    def is_set(self) -> bool: ...
