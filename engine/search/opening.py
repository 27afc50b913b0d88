"""Opening search for a library: which packs answer, their indexes, and what keeps those fresh. Close what you open."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from sqlite_utils import Database

from engine.errors import PackError
from engine.index.keeper import Keeper
from engine.index.vectors import VectorIndex, index_folder
from engine.models.catalog import list_packs, pack_dirs
from engine.models.pack import Pack, verify
from engine.search.ahead import ChosenParts, HeadStart, choose_parts
from engine.search.calibrate import read_calibration
from engine.search.parts import Parts
from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.store.db import open_for_reading, open_library
from engine.store.readers import Readers
from engine.store.remembered import correct_caption
from engine.store.search import packs_with_vectors
from engine.store.vectors import add_vectors
from engine.types import Moment, PackRef, Span, TextId, VolumeId

logger = logging.getLogger(__name__)

Mounts = Callable[[], Mapping[VolumeId, Path]]
Told = Callable[[], None]
MOST_SIDES = 3
SAVE_FROM = 5000
MOUNTS_HOLD_S = 2.0
UNSEEN = "The model pack in use has not looked at your videos yet, so only words are searched. Run: reelfind index."


class SearchDesk:
    """A library opened for searching. `searcher` answers; `notes` say what the user should know about the packs."""

    def __init__(
        self,
        library: Path,
        mounts: Mounts,
        *,
        pack: str = "",
        follow: Told | None = None,
        ahead: HeadStart | None = None,
    ) -> None:
        """With `follow` a thread follows the library, saves the index and calls it, on that thread, whenever more, or
        less, can be found than before; without, call `catch_up`.

        `ahead` has chosen the pack already, in place of `pack`.
        """
        self._library = library
        self._opened = ExitStack()
        self._readers = Readers(library)
        self._opened.callback(self._readers.close)
        self.notes: list[str] = []
        try:
            self._parts = self._find_parts(ahead.chosen if ahead else lambda: choose_parts(library, pack))
            self.sides = tuple(self._open_side(one) for one in self._parts)
        except BaseException:
            self._opened.close()
            raise
        followed = [] if follow is None else [(side.index, follow) for side in self.sides]
        self._keepers = [Keeper(index, lambda: open_for_reading(library), told) for index, told in followed]
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
        for parts in self._parts:
            parts.open_for_words()

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
        for keeper in self._keepers:
            keeper.close()
        self._opened.close()

    def __enter__(self) -> SearchDesk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find_parts(self, choose: Callable[[], ChosenParts]) -> list[Parts]:
        """Of the pack in use, then of sound ones that only older vectors are of."""
        try:
            chosen, note = choose()
        except PackError as error:
            self.notes.append(str(error))
            return []
        if note is not None:
            self.notes.append(note)
        with self.reading() as db:
            present = packs_with_vectors(db)
        found = [chosen, *map(Parts, self._older(chosen.pack, present))][:MOST_SIDES]
        if present and not {PackRef(one.pack.id, one.pack.revision) for one in found} & set(present):
            self.notes.append(UNSEEN)
        return found

    def _older(self, chosen: Pack, present: Sequence[PackRef]) -> list[Pack]:
        wanted = [ref for ref in present if ref != PackRef(chosen.id, chosen.revision)]
        if not wanted:
            return []
        entries = list_packs(pack_dirs(self._library), check_files=False)
        known = {PackRef(one.pack.id, one.pack.revision): one.pack for one in entries if one.pack and one.is_sound}
        return [known[ref] for ref in wanted if ref in known and _is_whole(known[ref])]

    def _open_side(self, parts: Parts) -> Side:
        pack = parts.pack
        ref = PackRef(pack.id, pack.revision)
        index = VectorIndex(index_folder(self._library, ref), ref, pack.vector_dim)
        self._opened.callback(index.close)
        return Side(
            pack=ref,
            index=index,
            text=parts.text,
            pictures=parts.pictures,
            scorer=parts.scorer,
            captioner=parts.captioner,
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
