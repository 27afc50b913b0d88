"""`reelfind search`, `saved` and `history`: answers for people on a terminal, and the promised JSON for programs."""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from engine.cli_words import count, shown
from engine.errors import ExpectedError
from engine.jobs.scan import Places
from engine.media.volumes import VolumeTable
from engine.search.ask import Page
from engine.search.opening import SearchDesk
from engine.search.parse import parse
from engine.search.rank import REFINED
from engine.search.values import seconds
from engine.settings import load_settings
from engine.store import remembered
from engine.store.db import open_for_reading, open_library
from engine.store.search import videos_with_file
from engine.types import Hit, Moment, SearchAnswer, VolumeId

THUMB_ROWS = 6


def add_parsers(commands: argparse._SubParsersAction) -> None:
    search = commands.add_parser(
        "search", help="find moments by describing what happens", description=run_search.__doc__
    )
    search.add_argument(
        "words", nargs="*", metavar="QUERY", help='words, "phrases", -not, first > then, in: after: ...'
    )
    search.add_argument("--limit", type=_whole, default=10, metavar="N", help="hits to show (default: 10)")
    search.add_argument("--offset", type=_whole, default=0, metavar="N", help="leave out the first N hits")
    search.add_argument("--group", action="store_true", help="keep the moments of a video together")
    search.add_argument("--why", action="store_true", help="say what each hit was found by")
    search.add_argument("--image", type=Path, metavar="FILE", help="look for what a picture shows")
    search.add_argument("--like", metavar="VIDEO@TIME", help="look for more like a moment: clip.mp4@1:30")
    search.add_argument("--saved", metavar="NAME", help="use a saved search, with the words given added to it")
    search.add_argument("--save-as", metavar="NAME", help="keep this search under a name")
    search.add_argument("--undo", action="store_true", help="take back what was said of this search's hits before")
    search.add_argument("--no-history", action="store_true", help="do not remember this search")
    search.add_argument("--no-pictures", action="store_true", help="no thumbnails, even where the terminal shows them")
    search.set_defaults(run=run_search)
    saved = commands.add_parser("saved", help="list saved searches, or remove one")
    saved.add_argument("--remove", metavar="NAME")
    saved.set_defaults(run=run_saved)
    history = commands.add_parser("history", help="past searches; can be wiped and switched off")
    history.add_argument("--clear", action="store_true", help="forget all past searches")
    history.add_argument("--off", action="store_true", help="forget them and remember no more")
    history.add_argument("--on", action="store_true", help="remember searches again")
    history.add_argument("--reset-feedback", action="store_true", help="forget which hits were called right or wrong")
    history.set_defaults(run=run_history)


def run_search(options: argparse.Namespace) -> int:
    """Find moments. Words describe what happens; -word excludes; "words in quotes" must be said or written so;
    `dog runs > dog swims` finds one after the other; in: name: after: before: longer: shorter: camera: tag: said:
    type: and offline: filter."""
    query = _query(options)
    if options.undo:
        with _writing(options.library) as db:
            remembered.reset_feedback(db, query)
    settings = load_settings(options.library)
    with SearchDesk(options.library, lambda: _mounts(options.library), pack=settings.pack) as desk:
        if parse(query).has_text:
            desk.warm_beside()
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
        _show(options, answer)
    return 0


def run_saved(options: argparse.Namespace) -> int:
    if options.remove is not None:
        with _writing(options.library) as db:
            remembered.forget_search(db, options.remove)
    with _reading(options.library) as db:
        saved = remembered.saved_searches(db)
    if options.json:
        print(json.dumps({"saved": [{"name": one.name, "query": one.query} for one in saved]}, ensure_ascii=False))
    for one in saved if not options.json else ():
        print(f"{shown(one.name)}: {shown(one.query)}")
    return 0


def run_history(options: argparse.Namespace) -> int:
    if options.clear or options.off or options.on or options.reset_feedback:
        with _writing(options.library) as db:
            if options.clear:
                remembered.clear_history(db)
            if options.off or options.on:
                remembered.keep_history(db, options.on)
            if options.reset_feedback:
                remembered.reset_feedback(db)
    with _reading(options.library) as db:
        past, is_kept = remembered.history(db), remembered.keeps_history(db)
    if options.json:
        values = [{"query": one.query, "hits": one.hits, "at": one.at} for one in past]
        print(json.dumps({"kept": is_kept, "history": values}, ensure_ascii=False))
        return 0
    for one in past:
        print(f"{shown(one.query)}  ({count(one.hits, 'hit')})")
    if not is_kept:
        print("Searches are not remembered.")
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
        with _reading(options.library) as db:
            words = f"{remembered.saved_search(db, options.saved).query} {words}".strip()
    return words


def _remember(options: argparse.Namespace, query: str, answer: SearchAnswer) -> None:
    """History and saved searches. A library that cannot be written is searched all the same."""
    if not query:
        return
    if options.save_as is not None:
        with _writing(options.library) as db:
            remembered.save_search(db, options.save_as, query)
    if not options.no_history:
        try:
            with _writing(options.library) as db:
                remembered.note_search(db, query, answer.total)
        except ExpectedError:
            return


def _moment(library: Path, text: str) -> Moment:
    name, _, time = text.rpartition("@")
    at = seconds(time)
    if not name or at is None:
        raise ExpectedError(text, "this is not a moment", "Write it as VIDEO@TIME, such as clip.mp4@1:30")
    with _reading(library) as db:
        found = videos_with_file(db, name)
    if not found:
        raise ExpectedError(
            name, "no video of the library has this name", "Look for it with: reelfind search name:PART"
        )
    return Moment(found[0], float(at))


def _mounts(library: Path) -> dict[VolumeId, Path]:
    with _reading(library) as db:
        return Places(db, VolumeTable.read()).mounts()


@contextmanager
def _reading(library: Path) -> Iterator[Database]:
    db = open_for_reading(library)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _writing(library: Path) -> Iterator[Database]:
    db = open_library(library)
    try:
        yield db
    finally:
        db.close()


# --- showing ---------------------------------------------------------------------------------------------------


def _show(options: argparse.Namespace, answer: SearchAnswer) -> None:
    for note in answer.notes:
        print(note + (" Take it back with --undo." if note.startswith(REFINED) else ""), file=sys.stderr)
    if not answer.is_confident and answer.hits:
        print("No good match. Nearest:")
    elif not answer.hits:
        is_asked = options.image or options.like or any(chip.kind != "ignored" for chip in answer.chips)
        print("Nothing found." if is_asked else "Say what to look for.")
    pictures = None if options.no_pictures else picture_protocol()
    was_confident = answer.is_confident
    for number, hit in enumerate(answer.hits, options.offset + 1):
        if was_confident and not hit.is_confident:
            print("Weaker:")
            was_confident = False
        if pictures:
            _show_picture(options.library, hit, pictures)
        print("\n".join(hit_lines(number, hit, why=options.why)))
    videos, moments = answer.searched.videos, answer.searched.moments
    print(f"{count(videos, 'video')}, {count(moments, 'moment')} searched in {answer.took_ms:.0f} ms", file=sys.stderr)


def hit_lines(number: int, hit: Hit, *, why: bool) -> list[str]:
    width = max(40, shutil.get_terminal_size((100, 24)).columns)
    span = f"{clock(hit.start_s)} - {clock(hit.end_s)}"
    away = "" if hit.is_online else f"  [on {hit.volume_label or 'a disk'}, which is not here]"
    lines = [f"{number:3}. {hit.score * 100:3.0f} %  {span}  {shown(hit.path)}{away}"]
    if hit.caption:
        lines.append("     " + shown(hit.caption)[: width - 5])
    if why:
        for one in hit.why:
            text = f": {shown(one.text)}" if one.text else ""
            lines.append(f"     {one.share * 100:3.0f} % {one.source} at {clock(one.at_s)}{text}"[:width])
        lines += [f"     same: {shown(path)}" for path in hit.copies]
    return lines


def clock(time_s: float) -> str:
    """`1:05.2`: what a player shows, to the tenth."""
    minutes, rest = divmod(round(time_s * 10), 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest // 10:02}.{rest % 10}"


def picture_protocol() -> str | None:
    """How this terminal shows pictures: kitty's way, iTerm's way, or not at all. Inside tmux neither gets through."""
    if not sys.stdout.isatty() or "TMUX" in os.environ:
        return None
    term, program = os.environ.get("TERM", ""), os.environ.get("TERM_PROGRAM", "")
    if {"KITTY_WINDOW_ID", "KONSOLE_VERSION"} & set(os.environ) or term in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    return "iterm" if program in ("iTerm.app", "WezTerm", "mintty") else None


def _show_picture(library: Path, hit: Hit, protocol: str) -> None:
    from engine.media.thumbs import THUMBS_FOLDER, ThumbCache  # noqa: PLC0415 - few terminals show pictures

    tile = ThumbCache(library / THUMBS_FOLDER).thumb(hit.fingerprint, hit.best_s)
    if tile is None:
        return
    if protocol == "iterm":
        data = base64.b64encode(tile.webp).decode()
        print(f"\x1b]1337;File=inline=1;height={THUMB_ROWS};preserveAspectRatio=1:{data}\x07")
        return
    picture = tile.picture()
    if picture is not None:
        print(kitty_picture(picture.tobytes(), picture.shape[1], picture.shape[0]))


def kitty_picture(rgb: bytes, width: int, height: int) -> str:
    """Raw pixels in kitty's escape codes, in pieces of at most 4096 letters."""
    data = base64.b64encode(rgb).decode()
    pieces = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    codes: list[str] = []
    for at, piece in enumerate(pieces):
        more = int(at < len(pieces) - 1)
        head = f"f=24,s={width},v={height},a=T,r={THUMB_ROWS},m={more}" if at == 0 else f"m={more}"
        codes.append(f"\x1b_G{head};{piece}\x1b\\")
    return "".join(codes)


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be below zero")
    return number
