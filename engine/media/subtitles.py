"""Subtitles that came with a video: files beside it, and text tracks inside it. Picture subtitles are left alone.

Times are on the player's clock. Reading a track inside a Matroska file means reading through the whole file, so
`embedded_cues` yields as it goes and a caller that must stop simply stops.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from engine.errors import MediaError
from engine.media.subtitle_text import MAX_CUES, decode_text, make_cue, merged, parse_cues
from engine.types import Cue

MAX_FILE_BYTES = 16 << 20
DEFAULT_CUE_S = 3.0

TEXT_CODECS = frozenset({"ass", "ssa", "srt", "subrip", "mov_text", "webvtt", "text"})

# Best first: when one language comes in several formats, one of them is enough.
_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_FLAGS = frozenset({"forced", "sdh", "cc", "hi", "default", "full", "auto", "orig"})

_Listing = dict[str, list[tuple[str, tuple[str, ...]]]]

_log = logging.getLogger(__name__)


def sidecar_cues(video_path: Path) -> tuple[Cue, ...]:
    """The cues of all subtitle files that lie beside a video and bear its name; none is no error."""
    cues: list[Cue] = []
    for path, language in sidecars(video_path):
        try:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES)
        except OSError as error:
            _log.info("subtitles %s left out: %s", path, error)
            continue
        cues.extend(parse_cues(decode_text(data), language))
    return merged(cues)


def sidecars(video_path: Path) -> tuple[tuple[Path, str | None], ...]:
    """The subtitle files of a video, `name.srt` or `name.de.srt` in any case, one for each language."""
    folder = video_path.parent
    try:
        listing = _subtitle_files(folder, folder.stat().st_mtime_ns)
    except (OSError, ValueError):
        return ()
    best: dict[str | None, Path] = {}
    for name, marks in listing.get(video_path.stem.casefold(), ()):
        language = next((mark for mark in marks if mark not in _FLAGS), None)
        best.setdefault(language, folder / name)
    return tuple((path, language) for language, path in best.items())


def embedded_cues(path: Path) -> Iterator[Cue]:
    """The cues of every text track inside a file, as they come; damaged packets are skipped."""
    try:
        with av.open(path, metadata_errors="replace") as container:
            yield from _container_cues(container)
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            str(path), f"its subtitle tracks cannot be read ({error})", "Check that it plays, then retry"
        ) from error


@lru_cache(maxsize=16)
def _subtitle_files(folder: Path, mtime_ns: int) -> _Listing:  # noqa: ARG001
    """Subtitle names by the video they may belong to. Cached by the folder's time: 10,000 clips, one listing."""
    rank = {suffix: number for number, suffix in enumerate(_SUFFIXES)}
    names = [entry.name for entry in folder.iterdir() if entry.suffix.lower() in rank]
    listing: _Listing = {}
    for name in sorted(names, key=lambda name: (rank[Path(name).suffix.lower()], name)):
        for stem, marks in _possible_videos(Path(name).stem.casefold()):
            listing.setdefault(stem, []).append((name, marks))
    return listing


def _possible_videos(stem: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`trip.en.forced` may belong to itself, to `trip.en` and to `trip`; `trip.part2` is no subtitle of `trip`."""
    marks: tuple[str, ...] = ()
    while stem:
        yield stem, marks
        stem, dot, mark = stem.rpartition(".")
        if not dot or not (mark in _FLAGS or _LANGUAGE.fullmatch(mark)):
            return
        marks = (mark, *marks)


def _container_cues(container: InputContainer) -> Iterator[Cue]:
    streams = [
        stream
        for stream in container.streams.subtitles
        if stream.codec_context is not None and stream.codec_context.name in TEXT_CODECS
    ]
    if not streams:
        return
    for stream in container.streams:
        if stream not in streams:
            stream.discard = Discard.all
    origin_s = Fraction(container.start_time or 0, av.time_base)
    count = 0
    for packet in container.demux(streams):
        for cue in _packet_cues(packet, origin_s):
            yield cue
            count += 1
        if count >= MAX_CUES:
            return


def _packet_cues(packet: Packet, origin_s: Fraction) -> Iterator[Cue]:
    if packet.pts is None or packet.time_base is None or not packet.size:
        return
    stream = packet.stream
    start_s = float(packet.pts * packet.time_base - origin_s)
    length_s = float((packet.duration or 0) * packet.time_base) or DEFAULT_CUE_S
    try:
        lines = [item.dialogue for item in packet.decode() if isinstance(item, AssSubtitle)]
    except (FFmpegError, ValueError):
        return
    language = stream.language if isinstance(stream, SubtitleStream) else None
    language = None if language == "und" else language
    for line in lines:
        cue = make_cue((start_s, start_s + length_s), line.decode("utf-8", errors="replace"), language)
        if cue:
            yield cue
