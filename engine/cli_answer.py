"""The answer to `reelfind search`: asked of the library, remembered, and shown or printed as the promised JSON."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from engine.cli_hits import show
from engine.errors import ExpectedError
from engine.jobs.scan import Places
from engine.media.volumes import VolumeTable
from engine.search.ahead import HeadStart
from engine.search.ask import Page
from engine.search.opening import SearchDesk
from engine.search.values import seconds
from engine.store import remembered
from engine.store.db import open_for_reading, open_library
from engine.store.search import videos_with_file
from engine.types import Hit, Moment, SearchAnswer, VolumeId


def answer_search(options: argparse.Namespace, ahead: HeadStart) -> int:
    query = _query(options)
    if options.undo:
        with closing(open_library(options.library)) as db:
            remembered.reset_feedback(db, query)
    with SearchDesk(options.library, lambda: _mounts(options.library), ahead=ahead) as desk:
        desk.catch_up()
        page = Page(options.limit, options.offset, options.group)
        if options.image is not None:
            answer = desk.searcher.search_picture(options.image, query, page=page)
        elif options.like is not None:
            answer = desk.searcher.search_like(_moment(options.library, options.like), query, page=page)
        else:
            answer = desk.searcher.answer(desk.searcher.asked(query), page)
        answer = replace(answer, notes=(*desk.notes, *answer.notes))
    _remember(options, query, answer)
    if options.json:
        print(json.dumps(answer_values(answer), ensure_ascii=False))
    else:
        show(options, answer)
    return 0


def answer_values(answer: SearchAnswer) -> dict[str, object]:
    """The JSON object that is promised to other programs."""
    return {
        "query": answer.query,
        "took_ms": answer.took_ms,
        "searched": {"videos": answer.searched.videos, "moments": answer.searched.moments},
        "confident": answer.is_confident,
        "total": answer.total,
        "notes": list(answer.notes),
        "hits": [_hit_values(hit) for hit in answer.hits],
    }


def _hit_values(hit: Hit) -> dict[str, object]:
    return {
        "video": str(hit.path),
        "start_s": hit.start_s,
        "end_s": hit.end_s,
        "best_s": hit.best_s,
        "score": hit.score,
        "confident": hit.is_confident,
        "caption": hit.caption,
        "online": hit.is_online,
        "copies": [str(path) for path in hit.copies],
        "why": [
            {"source": why.source, "at_s": why.at_s, "share": round(why.share, 4), "text": why.text} for why in hit.why
        ],
    }


# --- asking ----------------------------------------------------------------------------------------------------


def _query(options: argparse.Namespace) -> str:
    words = " ".join(options.words)
    if options.saved is not None:
        with closing(open_for_reading(options.library)) as db:
            words = f"{remembered.saved_search(db, options.saved).query} {words}".strip()
    return words


def _remember(options: argparse.Namespace, query: str, answer: SearchAnswer) -> None:
    """History and saved searches. A library that cannot be written is searched all the same."""
    if not query:
        return
    if options.save_as is not None:
        with closing(open_library(options.library)) as db:
            remembered.save_search(db, options.save_as, query)
    if not options.no_history:
        try:
            with closing(open_library(options.library)) as db:
                remembered.note_search(db, query, answer.total)
        except ExpectedError:
            return


def _moment(library: Path, text: str) -> Moment:
    name, _, time = text.rpartition("@")
    at = seconds(time)
    if not name or at is None:
        raise ExpectedError(text, "this is not a moment", "Write it as VIDEO@TIME, such as clip.mp4@1:30")
    with closing(open_for_reading(library)) as db:
        found = videos_with_file(db, name)
    if not found:
        raise ExpectedError(
            name, "no video of the library has this name", "Look for it with: reelfind search name:PART"
        )
    return Moment(found[0], float(at))


def _mounts(library: Path) -> dict[VolumeId, Path]:
    with closing(open_for_reading(library)) as db:
        return Places(db, VolumeTable.read()).mounts()
