"""Opening search for a library: which packs answer, their indexes, and what keeps those fresh. Close what you open.

The parts of a pack are loaded when first needed, with the code that runs them: listing a library opens no model, and
a search by words never opens the picture encoder.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from engine.errors import ExpectedError, PackError
from engine.index.keeper import Keeper
from engine.index.vectors import VectorIndex, index_folder
from engine.models.catalog import choose, list_packs, pack_dirs
from engine.models.pack import Pack, verify
from engine.search.calibrate import read_calibration
from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.store.db import open_for_reading, open_library
from engine.store.readers import Readers
from engine.store.remembered import correct_caption
from engine.store.search import packs_with_vectors
from engine.store.vectors import add_vectors
from engine.types import Moment, PackRef, RgbImage, Span, TextId, Vectors, VolumeId

if TYPE_CHECKING:
    from engine.models.captioner import Caption, Captioner
    from engine.models.encoder import FrameEncoder, FrameVectors, Role, TextEncoder
    from engine.models.scorer import Question, Scorer

logger = logging.getLogger(__name__)

T = TypeVar("T")
Mounts = Callable[[], Mapping[VolumeId, Path]]
MOST_SIDES = 3
SAVE_FROM = 5000
MOUNTS_HOLD_S = 2.0
UNSEEN = "The model pack in use has not looked at your videos yet, so only words are searched. Run: reelfind index."


class SearchDesk:
    """A library opened for searching. `searcher` answers; `notes` say what the user should know about the packs."""

    def __init__(self, library: Path, mounts: Mounts, *, pack: str = "", keep_fresh: bool = False) -> None:
        """With `keep_fresh` a thread follows the library and saves the index; without, call `catch_up`."""
        self._library = library
        self._opened = ExitStack()
        self._readers = Readers(library)
        self._opened.callback(self._readers.close)
        self._needed_by_words: list[Callable[[], object]] = []
        self._warming: threading.Thread | None = None
        self.notes: list[str] = []
        try:
            packs = self._packs(pack)
            self.sides = tuple(self._open_side(one) for one in packs)
        except BaseException:
            self._opened.close()
            raise
        self._keepers = [Keeper(side.index, lambda: open_for_reading(library)) for side in self.sides if keep_fresh]
        self.searcher = Searcher(self.sides, self.reading, _Lately(mounts))

    def reading(self) -> AbstractContextManager[Database]:
        """A connection for one task at a time."""
        return self._readers.lend()

    def catch_up(self) -> None:
        """Read everything the library holds now, and save it when it was much."""
        with self.reading() as db:
            for side in self.sides:
                if side.index.catch_up(db) > SAVE_FROM:
                    side.index.save()

    def warm(self) -> None:
        """Load what a search by words needs, so that the first one need not wait for it."""
        for load in self._needed_by_words:
            load()

    def warm_beside(self) -> None:
        """The same on a thread of its own, beside the search that will need it."""
        if self._warming is None:
            self._warming = threading.Thread(target=self._warm_quietly, name="search-warm")
            self._warming.start()

    def _warm_quietly(self) -> None:
        try:
            self.warm()
        except ExpectedError as error:
            # Whoever asks for the part is told.
            logger.info("%s", error)

    def wake(self) -> None:
        """The library has changed; look now."""
        for keeper in self._keepers:
            keeper.wake()

    def correct_caption(self, moment: Moment, span: Span, text: str) -> TextId:
        """What a moment really shows, in the user's words: found by word and by meaning from now on."""
        db = open_library(self._library)
        try:
            text_id = correct_caption(db, moment, span, text)
            for side in self.sides:
                vector = side.text.encode([text], "caption")[0]
                add_vectors(db, moment.video_id, "caption", [(text_id, vector)], side.pack)
        finally:
            db.close()
        self.wake()
        return text_id

    def close(self) -> None:
        if self._warming is not None:
            self._warming.join()
        for keeper in self._keepers:
            keeper.close()
        self._opened.close()

    def __enter__(self) -> SearchDesk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _packs(self, wanted: str) -> list[Pack]:
        """The pack in use, then sound ones that only older vectors are of."""
        try:
            chosen = choose(pack_dirs(self._library), wanted)
        except PackError as error:
            self.notes.append(str(error))
            return []
        if chosen.note is not None:
            self.notes.append(chosen.note)
        with self.reading() as db:
            present = packs_with_vectors(db)
        packs = [chosen.pack, *self._older(chosen.pack, present)][:MOST_SIDES]
        if present and not {PackRef(pack.id, pack.revision) for pack in packs} & set(present):
            self.notes.append(UNSEEN)
        return packs

    def _older(self, chosen: Pack, present: Sequence[PackRef]) -> list[Pack]:
        wanted = [ref for ref in present if ref != PackRef(chosen.id, chosen.revision)]
        if not wanted:
            return []
        entries = list_packs(pack_dirs(self._library), check_files=False)
        known = {PackRef(one.pack.id, one.pack.revision): one.pack for one in entries if one.pack and one.is_sound}
        return [known[ref] for ref in wanted if ref in known and _is_whole(known[ref])]

    def _open_side(self, pack: Pack) -> Side:
        ref = PackRef(pack.id, pack.revision)
        index = VectorIndex(index_folder(self._library, ref), ref, pack.vector_dim)
        self._opened.callback(index.close)
        words, scorer = _Words(pack), _Scorer(pack) if pack.has("scorer") else None
        self._needed_by_words += [words.open] + ([scorer.open] if scorer else [])
        return Side(
            pack=ref,
            index=index,
            text=words,
            pictures=_Pictures(pack),
            scorer=scorer,
            captioner=_Captioner(pack) if pack.has("likelihood") or pack.has("captioner") else None,
            calibration=read_calibration(pack.calibration),
        )


class _Lately:
    """What is plugged in, as it was a moment ago: somebody who types does not unplug a disk at every letter."""

    def __init__(self, mounts: Mounts) -> None:
        self._mounts = mounts
        self._known: Mapping[VolumeId, Path] = {}
        self._asked_at = -math.inf

    def __call__(self) -> Mapping[VolumeId, Path]:
        if time.monotonic() - self._asked_at > MOUNTS_HOLD_S:
            self._known = self._mounts()
            self._asked_at = time.monotonic()
        return self._known


def _is_whole(pack: Pack) -> bool:
    try:
        verify(pack)
    except PackError as error:
        logger.warning("%s", error)
        return False
    return True


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
