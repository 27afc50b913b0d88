"""The one door to search: words, pictures and moments in, answers out. Safe from several threads.

`search` gives the final answer; `answers` gives a quick one first and the reranked one after, for typing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from engine.protocols import StopSign
from engine.search.allowed import Allowed, allowed_videos
from engine.search.ask import Ask, Page, read_picture
from engine.search.goal import TextVectors
from engine.search.look import Candidate
from engine.search.parse import parse
from engine.search.present import confident_count, grouped, make_hits, shown_candidates
from engine.search.query import Query
from engine.search.rank import Judge, Ranking, Task, rank
from engine.search.recall import DEPTH
from engine.search.rerank import rerank
from engine.search.side import Side
from engine.search.stop import checkpoint
from engine.store.db import explained_connection
from engine.store.remembered import feedback
from engine.store.search import state_of
from engine.types import Chip, Moment, RgbImage, SearchAnswer, Searched, VolumeId

REMEMBERED = 8
CATCH_UP_ROWS = 512
"""What is new is read before a search, but no more than it would notice; a keeper reads the rest beside it."""
DEEPER = 4
DEEPEST = DEPTH * DEEPER**3
_SAID: Mapping[str, bool] = {"like this": True, "not this": False}


@dataclass(frozen=True, slots=True)
class _Known:
    """A ranking that later pages continue."""

    ranking: Ranking
    depth: int
    is_reranked: bool


class Searcher:
    def __init__(
        self,
        sides: Sequence[Side],
        reader: Callable[[], AbstractContextManager[Database]],
        mounts: Callable[[], Mapping[VolumeId, Path]],
    ) -> None:
        """`reader` lends a connection of the calling thread; `mounts` says which volumes are present, and where."""
        self._sides = tuple(sides)
        self._vectors = [TextVectors(side.text) for side in sides]
        self._reader = reader
        self._mounts = mounts
        self._known: OrderedDict[tuple[object, ...], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def search(
        self, query: str, *, limit: int = 20, offset: int = 0, group: bool = False, cancel: StopSign | None = None
    ) -> SearchAnswer:
        return self.answer(self.asked(query), Page(limit, offset, group), cancel)

    def search_picture(
        self, picture: Path | RgbImage, words: str = "", *, page: Page | None = None, cancel: StopSign | None = None
    ) -> SearchAnswer:
        """What looks like a picture, and fits the words if there are any."""
        image = read_picture(picture) if isinstance(picture, Path) else picture
        return self.answer(Ask(words, picture=image), page or Page(), cancel)

    def search_like(
        self, moment: Moment, words: str = "", *, page: Page | None = None, cancel: StopSign | None = None
    ) -> SearchAnswer:
        """More like this moment, and more like the words if there are any."""
        return self.answer(Ask(words, like=moment), page or Page(), cancel)

    def asked(self, query: str) -> Ask:
        """The question with what the user made of its hits before."""
        with self._reader() as db, explained_connection(db):
            said = feedback(db, query)
        return Ask(query, verdicts=tuple((moment, _SAID[verdict]) for moment, verdict in said if verdict in _SAID))

    def answer(self, ask: Ask, page: Page, cancel: StopSign | None = None) -> SearchAnswer:
        *_, last = self.answers(ask, page, cancel)
        return last

    def answers(self, ask: Ask, page: Page, cancel: StopSign | None = None) -> Iterator[SearchAnswer]:
        """The quick answer, then, where there is something to rerank with, the better ordered one."""
        began = time.perf_counter()
        with self._reader() as db, explained_connection(db):
            for side in self._sides:
                side.index.catch_up(db, CATCH_UP_ROWS, wait=False)
            query = parse(ask.text)
            mounts = self._mounts()
            allowed = allowed_videos(db, query, mounts)
            task = Task(db, self._sides, self._vectors, ask, query, allowed, cancel)
            key = (ask.key, allowed.newest_first, state_of(db), *(side.index.version for side in self._sides))
            for known in self._rankings(task, key, page):
                yield self._present(task, known, page, (began, mounts))

    # --- inside ------------------------------------------------------------------------------------------------

    def _rankings(self, task: Task, key: tuple[object, ...], page: Page) -> Iterator[_Known]:
        key = self._key_to_continue(key) if page.offset > 0 else key
        known = self._recalled(key)
        if known is None:
            ranking = rank(task)
            known = _Known(ranking, DEPTH, not self._may_rerank(task, ranking))
        if not known.is_reranked:
            if page.offset == 0:
                yield known
            known = self._reranked(task, known)
        known = _deepened(task, known, page.offset + page.limit)
        self._remember(key, known)
        yield known

    def _may_rerank(self, task: Task, ranking: Ranking) -> bool:
        able = any(side.scorer is not None or side.captioner is not None for side in self._sides)
        return able and len(task.query.parts) == 1 and task.query.has_text and len(ranking.candidates) > 1

    def _reranked(self, task: Task, known: _Known) -> _Known:
        checkpoint(task.cancel)
        text = task.query.parts[0].text
        better = rerank(task, text, known.ranking.candidates)
        checkpoint(task.cancel)
        return _Known(replace(known.ranking, candidates=tuple(better)), known.depth, True)

    def _present(
        self, task: Task, known: _Known, page: Page, call: tuple[float, Mapping[VolumeId, Path]]
    ) -> SearchAnswer:
        checkpoint(task.cancel)
        began, mounts = call
        ranking = known.ranking
        confident = confident_count(ranking, self._sides)
        shown = shown_candidates(ranking, confident, everything=page.everything)
        ordered = grouped(shown) if page.group else shown
        chosen = ordered[max(0, page.offset) : max(0, page.offset) + max(0, page.limit)]
        hits = make_hits(task.db, self._sides, ranking, chosen, mounts)
        return SearchAnswer(
            query=task.ask.text,
            took_ms=round((time.perf_counter() - began) * 1000, 1),
            searched=Searched(task.allowed.count, self._moments(task.allowed)),
            is_confident=confident > 0,
            hits=tuple(hits),
            total=len(ordered),
            chips=_chips(task.query),
            notes=ranking.notes,
            is_final=known.is_reranked,
        )

    def _moments(self, allowed: Allowed) -> int:
        """Frames that were compared with the query, of the first side."""
        if not self._sides:
            return 0
        columns = self._sides[0].index.kind("frame").columns
        return columns.alive_count if allowed.mask is None else int(columns.allowed(allowed.mask).sum())

    def _key_to_continue(self, key: tuple[object, ...]) -> tuple[object, ...]:
        """A further page goes on with the newest ranking of the question, even if the library has grown since."""
        with self._lock:
            return next((one for one in reversed(self._known) if one[:2] == key[:2]), key)

    def _recalled(self, key: tuple[object, ...]) -> _Known | None:
        with self._lock:
            return self._known.get(key)

    def _remember(self, key: tuple[object, ...], known: _Known) -> None:
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def best_values(self, query: str) -> list[tuple[Candidate, float]]:
        """Every ranked moment with its chance, uncut; for measuring and calibrating."""
        with self._reader() as db, explained_connection(db):
            parsed = parse(query)
            allowed = allowed_videos(db, parsed, self._mounts())
            task = Task(db, self._sides, self._vectors, Ask(query), parsed, allowed, None)
            ranking = rank(task)
        judge = Judge(self._sides)
        return [(one, judge.chance(one)) for one in ranking.candidates]


def _deepened(task: Task, known: _Known, wanted: int) -> _Known:
    """Look at more videos when a page lies beyond what is known; what was shown keeps its place."""
    while len(known.ranking.candidates) < wanted and not known.ranking.is_complete and known.depth < DEEPEST:
        depth = known.depth * DEEPER
        more = rank(task, depth)
        before = known.ranking.candidates
        seen = {(one.video, one.best_s) for one in before} | {(video, None) for one in before for video in one.copies}
        fresh = [one for one in more.candidates if not {(one.video, one.best_s), (one.video, None)} & seen]
        known = _Known(replace(more, candidates=(*before, *fresh)), depth, known.is_reranked)
    return known


def _chips(query: Query) -> tuple[Chip, ...]:
    return (*query.chips(), *(Chip("ignored", text) for text in query.ignored))
