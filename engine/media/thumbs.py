"""Small pictures of every video for grids and hover-scrub, kept so that they work with the drive unplugged.

A cache and nothing more: one file a video, written aside and renamed, so that a kill leaves no half of one; whatever
is missing or damaged reads as None. No state is shared between calls, so any thread or process may read while one
writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from engine.media.thumbs_file import PART, SUFFIX, Entry, TileFile, decode, remove
from engine.media.thumbs_writer import ThumbWriter
from engine.types import RgbImage

THUMBS_FOLDER = "thumbs"
"""Where in a library they lie."""

_PLAIN = re.compile(r"[0-9A-Za-z_-]{4,100}")


@dataclass(frozen=True, slots=True)
class Tile:
    """One small picture and the moment it shows."""

    time_s: float
    webp: bytes

    def picture(self) -> RgbImage | None:
        """The pixels; None if the bytes are no picture."""
        return decode(self.webp)


class ThumbCache:
    """The folder of all small pictures, by the fingerprint of the video."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def thumb(self, fingerprint: str, time_s: float) -> Tile | None:
        """The picture nearest in time."""
        with TileFile(self._path(fingerprint)) as file:
            entry = min(file.entries, key=lambda entry: abs(entry.time_s - time_s), default=None)
            data = file.read(entry) if entry else None
            return Tile(entry.time_s, data) if entry and data else None

    def strip(self, fingerprint: str, start_s: float, end_s: float, limit: int = 60) -> tuple[Tile, ...]:
        """The pictures of a span, evenly thinned to the limit; the nearest one when the span holds none."""
        with TileFile(self._path(fingerprint)) as file:
            inside = [entry for entry in file.entries if start_s <= entry.time_s <= end_s]
            tiles = [(entry.time_s, file.read(entry)) for entry in _thinned(inside, limit)]
        found = tuple(Tile(time_s, data) for time_s, data in tiles if data)
        if found:
            return found
        nearest = self.thumb(fingerprint, (start_s + end_s) / 2)
        return (nearest,) if nearest else ()

    def times(self, fingerprint: str) -> tuple[float, ...]:
        """When the pictures of a video are from; empty when there are none."""
        with TileFile(self._path(fingerprint)) as file:
            return tuple(entry.time_s for entry in file.entries)

    def has(self, fingerprint: str) -> bool:
        """Whether there is at least one picture."""
        return bool(self.times(fingerprint))

    def writer(self, fingerprint: str, extend: bool = False) -> ThumbWriter:
        """Replaces a video's pictures on close, or adds to them with `extend`."""
        return ThumbWriter(self._path(fingerprint), extend)

    def forget(self, fingerprint: str) -> None:
        """Removes the pictures of a video, if there are any."""
        remove(self._path(fingerprint))

    def size_bytes(self) -> int:
        """What the whole cache takes on disk."""
        total = 0
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            try:
                total += path.stat().st_size
            except OSError:
                continue
        return total

    def sweep(self) -> None:
        """Removes what a killed writer left behind. To be called before the only writer starts."""
        for path in self.folder.glob(f"*/*{PART}"):
            remove(path)

    def _path(self, fingerprint: str) -> Path:
        name = fingerprint
        if not _PLAIN.fullmatch(fingerprint):
            name = blake2b(fingerprint.encode(errors="surrogateescape"), digest_size=20).hexdigest()
        return self.folder / name[:2] / f"{name}{SUFFIX}"


def _thinned(entries: Sequence[Entry], limit: int) -> Sequence[Entry]:
    if len(entries) <= limit:
        return entries
    return [entries[number * len(entries) // limit] for number in range(limit)]
