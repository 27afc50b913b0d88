"""Hits on a terminal: one line each with time and file, what was seen, why, and a picture where it shows pictures."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import sys
from pathlib import Path

from engine.cli_words import count, shown
from engine.search.rank import REFINED
from engine.types import Hit, SearchAnswer

THUMB_ROWS = 6


def show(options: argparse.Namespace, answer: SearchAnswer) -> None:
    for note in answer.notes:
        print(note + (" Take it back with --undo." if note.startswith(REFINED) else ""), file=sys.stderr)
    if not answer.is_confident and answer.hits:
        print("No good match. Nearest:")
    elif not answer.hits and answer.total:
        print(f"None here: {count(answer.total, 'hit')} in all.")
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
