"""Turns the text of .srt, .vtt, .ass and .ssa files into cues. Pure: no file, no network, and no text makes it raise.

A block that makes no sense is skipped and the rest goes on, because people edit these files by hand.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from engine.types import Cue

MAX_CUES = 50_000
MAX_TEXT = 2_000
MAX_TIME_S = 100 * 3600.0

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?"
_ARROW = re.compile(rf"^\s*{_CLOCK}\s*-{{1,2}}>\s*{_CLOCK}")
_CLOCK_ALONE = re.compile(rf"^\s*{_CLOCK}\s*$")
_TAG = re.compile(r"</?(?:[a-zA-Z!]|\d\d:)[^<>\n]{0,200}>|</>")
_OVERRIDE = re.compile(r"\{[^{}\n]{0,500}\}")
_DRAWING = re.compile(r"\{[^{}\n]{0,500}\\p[1-9][^{}\n]{0,500}\}")
_SPACE = re.compile(r"[\s\u200b\u200e\u200f\ufeff]+")

_ASS_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
# Tried in this order: text of an earlier one is often also valid, but nonsense, in a later one.
_LEGACY = (
    ("cp932", "\u3040", "\u30ff", 0.3),
    ("cp949", "\uac00", "\ud7a3", 0.9),
    ("cp1251", "\u0400", "\u04ff", 0.9),
    ("gb18030", "\u4e00", "\u9fff", 0.7),
)
_SKIPPED_VTT = ("NOTE", "STYLE", "REGION")


def decode_text(data: bytes) -> str:
    """The bytes of a subtitle file as text: Unicode when they say or show so, else the likeliest older encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if data[:64].count(0) > len(data[:64]) // 4:
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", errors="replace")
    text = data.decode("utf-8-sig", errors="replace")
    foreign = sum(character > "\x7f" for character in text)
    if text.count("\ufffd") * 20 <= foreign:
        return text
    return _decode_legacy(data)


def parse_cues(text: str, language: str | None = None) -> tuple[Cue, ...]:
    """All cues of a file, in order of time, whichever of the four formats it is in."""
    is_ass = "\nDialogue:" in text or text.lstrip("\ufeff \r\n").startswith(("[Script Info]", "[Events]"))
    found = _ass_cues(text, language) if is_ass else _arrow_cues(text, language)
    return merged(found)


def merged(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Cues in order of time; the same words shown again at once (rolling captions) become one longer cue."""
    kept: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)):
        last = kept[-1] if kept else None
        if last and last.text == cue.text and last.language == cue.language and cue.start_s <= last.end_s + 0.1:
            kept[-1] = Cue(last.start_s, max(last.end_s, cue.end_s), last.text, last.language)
        else:
            kept.append(cue)
        if len(kept) >= MAX_CUES:
            break
    return tuple(kept)


def clean_text(raw: str) -> str:
    """The words a viewer reads: no markup, no style overrides, no drawing commands, one space between words."""
    if _DRAWING.search(raw):
        return ""
    text = raw.replace("\\N", " ").replace("\\n", " ").replace("\\h", " ")
    text = html.unescape(_TAG.sub("", _OVERRIDE.sub("", text)))
    text = _SPACE.sub(" ", text.replace("\x00", " ")).strip()
    return text[:MAX_TEXT].encode("utf-8", errors="ignore").decode("utf-8")


def make_cue(span: tuple[float, float], raw: str, language: str | None) -> Cue | None:
    """None for a cue without words, or with times that no video has."""
    start_s, end_s = max(span[0], 0.0), span[1]
    text = clean_text(raw)
    if not text or not start_s < end_s <= MAX_TIME_S:
        return None
    return Cue(start_s, end_s, text, language)


def _decode_legacy(data: bytes) -> str:
    """An encoding is believed when it turns most of the text into its own script, without one impossible byte."""
    for encoding, first, last, least in _LEGACY:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [character for character in text if character > "\x7f"]
        own = sum(first <= character <= last for character in foreign)
        latin = sum(character.isalpha() for character in text) - len(foreign)
        if own >= least * len(foreign) and own * 2 > latin:
            return text
    return data.decode("cp1252", errors="replace")


def _arrow_cues(text: str, language: str | None) -> Iterator[Cue]:
    """SubRip and WebVTT: a line with an arrow between two times, then lines of words up to the next such block."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _ARROW.match(line)]
    for here, following in pairwise([*starts, len(lines)]):
        match = _ARROW.match(lines[here])
        if match is None:
            continue
        span = (_seconds(match.groups()[:4]), _seconds(match.groups()[4:]))
        cue = make_cue(span, "\n".join(_block(lines[here + 1 : following])), language)
        if cue:
            yield cue


def _block(lines: list[str]) -> list[str]:
    """The words of one cue: up to the blank line, and if there is none, without the next block's number."""
    words: list[str] = []
    for line in lines:
        if not line.strip() or line.startswith(_SKIPPED_VTT):
            break
        words.append(line)
    else:
        if len(words) > 1 and words[-1].strip().isdigit():
            words.pop()
    return words


def _ass_cues(text: str, language: str | None) -> Iterator[Cue]:
    """SubStation Alpha: one line a cue; the Format line of the events says in which order its fields come."""
    fields = _ASS_FIELDS
    in_events = False
    for line in text.splitlines():
        head, _, rest = line.partition(":")
        kind = head.strip().lower()
        if line.lstrip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif kind == "format" and in_events:
            fields = tuple(field.strip().lower() for field in rest.split(",")) or _ASS_FIELDS
        elif kind == "dialogue":
            cue = _dialogue(rest, fields, language)
            if cue:
                yield cue


def _dialogue(line: str, fields: tuple[str, ...], language: str | None) -> Cue | None:
    values = dict(zip(fields, line.split(",", len(fields) - 1), strict=False))
    start = _CLOCK_ALONE.match(values.get("start", ""))
    end = _CLOCK_ALONE.match(values.get("end", ""))
    if start is None or end is None:
        return None
    return make_cue((_seconds(start.groups()), _seconds(end.groups())), values.get("text", ""), language)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)
