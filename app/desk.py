"""What the window asks of the engine, as plain blocking functions. Knows no Qt; runs on the bridge's threads.

Search is opened when first needed, once, and again when another model pack is chosen.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from engine.engine import Engine
from engine.errors import ExpectedError
from engine.media.thumbs import Tile
from engine.models.catalog import PackEntry, list_packs, pack_dirs
from engine.protocols import StopSign
from engine.search.ask import Ask, Page, read_picture
from engine.search.opening import SearchDesk
from engine.search.parse import parse
from engine.settings import Settings, save_settings
from engine.store import labels, remembered
from engine.store.db import damage, open_for_reading, open_library, writing
from engine.store.library import folders
from engine.store.names import names_like
from engine.store.stages import note_opened
from engine.store.texts import texts_of
from engine.types import (
    Hit,
    Labels,
    Moment,
    RgbImage,
    SavedSearch,
    SearchAnswer,
    Span,
    StoredText,
    TagCount,
    Verdict,
    VideoId,
)

PAST_SEARCHES = 200
NAMES = 6
CURVE_POINTS = 240
FIRST_WORDS = "people outside"
EVERYTHING = '-name:"\N{REFERENCE MARK}\N{DOUBLE DAGGER}\N{REFERENCE MARK}"'
"""A filter that leaves nothing out: the whole library, newest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One search as the user put it: words, and what it shall look like, if anything."""

    text: str = ""
    like: Moment | None = None
    picture: RgbImage | None = None
    label: str = ""
    """What to call the moment or picture."""
    group: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.has_anchor

    @property
    def has_anchor(self) -> bool:
        return self.like is not None or self.picture is not None


@dataclass(frozen=True, slots=True)
class Answered:
    wanted: Wanted
    page: Page
    answer: SearchAnswer


@dataclass(frozen=True, slots=True)
class Known:
    """What a search may be made of: what was searched before, and the user's tags."""

    saved: tuple[SavedSearch, ...] = ()
    past: tuple[str, ...] = ()
    tags: tuple[TagCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What the window must know before it shows anything."""

    notes: tuple[str, ...]
    """What there is to say about the packs."""
    is_empty: bool
    """No folder is in the library."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of one video beside its file: words with their times, and where a query fits."""

    video_id: VideoId
    texts: tuple[StoredText, ...]
    labels: Labels
    heat: tuple[tuple[float, float], ...]
    """Times and how well the query fits there, from 0 to 1 within this video."""


class Desk:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_change: Callable[[], object] = lambda: None
        """Called on a thread of the engine whenever more, or less, can be found than before."""
        self._lock = threading.Lock()
        self._desk: SearchDesk | None = None
        self._has_searched = False

    # --- opening -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Do what `open` does, while the window is still being built. What stands in the way `open` will say."""
        with contextlib.suppress(ExpectedError):
            self.open()

    def open(self) -> Opened:
        """Make the library if there is none, and open search."""
        self._make()
        desk = self._opened()
        with self._reading() as db:
            return Opened(tuple(desk.notes), not folders(db))

    def warm(self) -> None:
        """Get ready for the first search by words."""
        self._opened().warm()

    def rehearse(self) -> None:
        """Search once for nobody, if nobody did yet: the first search of all costs more than any after it."""
        if not self._has_searched:
            self._opened().searcher.search(FIRST_WORDS, limit=1)

    def reopen(self) -> tuple[str, ...]:
        """Open search anew, for another pack; returns what there is to say about it."""
        self.close()
        return tuple(self._opened().notes)

    def wake(self) -> None:
        with self._lock:
            if self._desk is not None:
                self._desk.wake()

    def close(self) -> None:
        with self._lock:
            desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()

    def damage(self) -> ExpectedError | None:
        """Whether the library's content can be why something failed that should not have. Reads all of it."""
        return damage(self.engine.library)

    def _make(self) -> None:
        """A library that cannot be written, on a locked or read-only disk, may still be read."""
        try:
            open_library(self.engine.library).close()
        except ExpectedError:
            open_for_reading(self.engine.library).close()

    def _opened(self) -> SearchDesk:
        with self._lock:
            if self._desk is None:
                self._desk = self.engine.desk(follow=self._changed)
            return self._desk

    def _changed(self) -> None:
        self.on_change()

    # --- searching ---------------------------------------------------------------------------------------------

    def search(self, tell: Callable[[Answered], None], wanted: Wanted, page: Page, cancel: StopSign) -> None:
        """Tell the quick answer, then the better one."""
        searcher = self._opened().searcher
        self._has_searched |= not wanted.is_empty
        if wanted.is_empty:
            ask = Ask(EVERYTHING)
        elif wanted.has_anchor:
            ask = Ask(wanted.text, picture=wanted.picture, like=wanted.like)
        else:
            ask = searcher.asked(wanted.text)
        for answer in searcher.answers(ask, page, cancel):
            tell(Answered(wanted, page, answer))

    def note_search(self, wanted: Wanted, hits: int) -> None:
        self._write(lambda db: remembered.note_search(db, wanted.text, hits))

    def known(self) -> Known:
        with self._reading() as db:
            past = remembered.history(db, PAST_SEARCHES)
            return Known(tuple(remembered.saved_searches(db)), tuple(one.query for one in past), tuple(labels.tags(db)))

    def names_like(self, text: str) -> tuple[str, ...]:
        """A few file names with this text in them."""
        with self._reading() as db:
            return tuple(names_like(db, text, NAMES))

    def picture(self, path: Path) -> RgbImage:
        return read_picture(path)

    # --- one video ---------------------------------------------------------------------------------------------

    def tile(self, fingerprint: str, time_s: float) -> Tile | None:
        return self.engine.thumbs().thumb(fingerprint, time_s)

    def strip(self, fingerprint: str, span: Span, limit: int) -> tuple[Tile, ...]:
        return self.engine.thumbs().strip(fingerprint, span.start_s, span.end_s, limit)

    def story(self, hit: Hit, wanted: Wanted) -> Story:
        with self._reading() as db:
            texts = tuple(texts_of(db, hit.video_id))
            own = labels.labels_of(db, hit.video_id)
        return Story(hit.video_id, texts, own, self._heat(hit.video_id, wanted))

    def _heat(self, video_id: VideoId, wanted: Wanted) -> tuple[tuple[float, float], ...]:
        """How near each frame of a video is to the query's words, stretched over what the video holds."""
        words = " ".join(part.text for part in parse(wanted.text).parts)
        for side in self._opened().sides:
            frames = side.index.kind("frame")
            rows = frames.of_video(video_id)
            if not len(rows) or not words:
                continue
            near = frames.dot(side.text.encode([words], "query"), np.sort(rows)).reshape(-1)
            times = frames.columns.rows["start_s"][np.sort(rows)]
            low, high = float(near.min()), float(near.max())
            heat = (near - low) / max(high - low, 1e-6)
            order = np.argsort(times)[:: max(1, len(rows) // CURVE_POINTS)]
            return tuple((float(times[at]), float(heat[at])) for at in order)
        return ()

    # --- what the user says ------------------------------------------------------------------------------------

    def give_verdict(self, query: str, moment: Moment, verdict: Verdict) -> None:
        self._write(lambda db: remembered.note_feedback(db, query, moment, verdict))

    def take_back(self, query: str, moment: Moment) -> None:
        self._write(lambda db: remembered.take_back_feedback(db, query, moment))

    def correct_caption(self, hit: Hit, text: str) -> None:
        moment, span = Moment(hit.video_id, hit.best_s), Span(hit.start_s, hit.end_s)
        self._opened().correct_caption(moment, span, text)

    def save_search(self, name: str, query: str) -> None:
        self._write(lambda db: remembered.save_search(db, name, query))

    def forget_search(self, name: str) -> None:
        self._write(lambda db: remembered.forget_search(db, name))

    def note_opened(self, video_id: VideoId) -> None:
        """The user watches this video: it is described before others."""
        self._write(lambda db: note_opened(db, video_id))

    # --- tags, stars and notes ---------------------------------------------------------------------------------

    def labels(self, videos: Sequence[VideoId]) -> tuple[Labels, ...]:
        with self._reading() as db:
            return tuple(labels.labels_of(db, video) for video in videos)

    def change_tags(self, videos: Sequence[VideoId], added: Sequence[str], removed: Sequence[str]) -> None:
        def change(db: Database) -> None:
            for tag in removed:
                labels.remove_tag(db, videos, tag)
            for tag in added:
                labels.add_tag(db, videos, tag)

        self._write(change)

    def rate(self, videos: Sequence[VideoId], stars: int) -> None:
        self._write(lambda db: labels.rate(db, videos, stars))

    def write_note(self, video_id: VideoId, note: str) -> None:
        self._write(lambda db: labels.write_note(db, video_id, note))

    def _write(self, change: Callable[[Database], None]) -> None:
        db = open_library(self.engine.library)
        try:
            with writing(db):
                change(db)
        finally:
            db.close()

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        db = open_for_reading(self.engine.library)
        try:
            yield db
        finally:
            db.close()

    # --- packs and settings ------------------------------------------------------------------------------------

    def packs(self) -> tuple[tuple[PackEntry, ...], str]:
        """Every pack, its files checked, and the id of the one in use."""
        entries = list_packs(pack_dirs(self.engine.library))
        return entries, self.engine.status().pack.id

    def use_pack(self, pack_id: str) -> tuple[str, ...]:
        save_settings(self.engine.library, replace(self.engine.settings(), pack=pack_id))
        return self.reopen()

    def save_settings(self, settings: Settings) -> None:
        save_settings(self.engine.library, settings)
