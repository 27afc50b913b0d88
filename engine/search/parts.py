"""The parts of a pack as search uses them: each opened when it is first needed, with the code that runs it.

So listing a library opens no model, and a search by words never opens the picture encoder. Safe from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from engine.models.pack import Pack
from engine.types import RgbImage, Vectors

if TYPE_CHECKING:
    from engine.models.captioner import Caption, Captioner
    from engine.models.encoder import FrameEncoder, FrameVectors, Role, TextEncoder
    from engine.models.question import Question
    from engine.models.scorer import Scorer

T = TypeVar("T")


class Parts:
    """What a pack can do; None stands for what it has no graph for."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.text = _Words(pack)
        self.pictures = _Pictures(pack)
        self.scorer = _Scorer(pack) if pack.has("scorer") else None
        self.captioner = _Captioner(pack) if pack.has("likelihood") or pack.has("captioner") else None

    def open_for_words(self) -> None:
        """Load what a search by words needs, in the order in which it needs them."""
        self.text.open()
        if self.scorer is not None:
            self.scorer.open()


class _Later(Generic[T]):
    """Made when it is first asked for, once, whichever thread asks first."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class _Words:
    def __init__(self, pack: Pack) -> None:
        def make() -> TextEncoder:
            from engine.models.encoder import TextEncoder  # noqa: PLC0415

            return TextEncoder(pack)

        self.open = _Later(make)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        return self.open().encode(texts, role)


class _Pictures:
    def __init__(self, pack: Pack) -> None:
        def make() -> FrameEncoder:
            from engine.models.encoder import FrameEncoder  # noqa: PLC0415

            return FrameEncoder(pack)

        self.open = _Later(make)

    def prepare(self, image: RgbImage) -> RgbImage:
        return self.open().prepare(image)

    def encode(self, images: npt.NDArray[np.uint8]) -> FrameVectors:
        return self.open().encode(images)


class _Scorer:
    def __init__(self, pack: Pack) -> None:
        def make() -> Scorer:
            from engine.models.scorer import Scorer  # noqa: PLC0415

            return Scorer(pack)

        self.open = _Later(make)

    def score(self, questions: Sequence[Question]) -> npt.NDArray[np.float32]:
        return self.open().score(questions)


class _Captioner:
    def __init__(self, pack: Pack) -> None:
        def make() -> Captioner:
            from engine.models.captioner import open_likelihood  # noqa: PLC0415

            return open_likelihood(pack)

        self.open = _Later(make)

    def likelihood(self, videos: Sequence[npt.NDArray[np.floating]], texts: Sequence[str]) -> Sequence[Caption]:
        return self.open().likelihood(videos, texts)
