"""The file of one video's small pictures: pictures one after the other, then an index, then a footer that finds it.

Reading never raises: a file that is missing, cut short, damaged or of another kind has no entries.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import numpy as np
from PIL import Image

from engine.types import RgbImage

SUFFIX = ".tiles"
PART = ".part"
"""Follows the suffix while the file is being written."""

_MAGIC = b"RFTILES1"
_FOOTER = struct.Struct("<QII8s")
_ENTRY = struct.Struct("<dQII")
_MAX_ENTRIES = 1_000_000
_MAX_TILE_BYTES = 1 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """When a picture is from and where it lies in the file."""

    time_s: float
    offset: int
    length: int
    checksum: int

    @classmethod
    def of(cls, time_s: float, offset: int, data: bytes) -> Entry:
        return cls(time_s, offset, len(data), crc32(data))

    def matches(self, data: bytes) -> bool:
        """Whether these are the bytes that were written."""
        return len(data) == self.length and crc32(data) == self.checksum


class TileFile:
    """An open file of pictures, for a `with` block."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO | None = None
        self.entries: tuple[Entry, ...] = ()
        try:
            self._file = path.open("rb")
            self.entries = _read_index(self._file)
        except (OSError, ValueError, struct.error):
            self.entries = ()

    def __enter__(self) -> TileFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, entry: Entry) -> bytes | None:
        """The picture's bytes; None when they are not what was written."""
        if self._file is None or entry.length > _MAX_TILE_BYTES:
            return None
        try:
            self._file.seek(entry.offset)
            data = self._file.read(entry.length)
        except (OSError, ValueError):
            return None
        return data if entry.matches(data) else None


def decode(webp: bytes) -> RgbImage | None:
    """The pixels of a picture; None if the bytes are no picture."""
    try:
        with Image.open(io.BytesIO(webp)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        return None


def remove(path: Path) -> None:
    """Removes a file of the cache; one that cannot be removed stays, and costs only its room."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.debug("could not remove %s: %s", path, error)


def pack_index(entries: Sequence[Entry], offset: int) -> bytes:
    """What follows the pictures, given where the pictures end."""
    index = b"".join(_ENTRY.pack(e.time_s, e.offset, e.length, e.checksum) for e in entries)
    return index + _FOOTER.pack(offset, len(entries), crc32(index), _MAGIC)


def _read_index(file: BinaryIO) -> tuple[Entry, ...]:
    size_bytes = file.seek(0, 2)
    file.seek(size_bytes - _FOOTER.size)
    offset, count, checksum, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    if magic != _MAGIC or count > _MAX_ENTRIES or offset + count * _ENTRY.size + _FOOTER.size != size_bytes:
        return ()
    file.seek(offset)
    index = file.read(count * _ENTRY.size)
    if crc32(index) != checksum:
        return ()
    return tuple(Entry(*fields) for fields in _ENTRY.iter_unpack(index))
