"""Unpacking a model pack from a zip or tar file that a stranger made: plain files only, none outside the target."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from engine.errors import PackError
from engine.models.manifest import inside

MAX_FILES = 64
_CHUNK_BYTES = 1024 * 1024
_PIECE_BYTES = 8 * _CHUNK_BYTES
REMEDY = "Get the pack from somewhere else"

_COMPRESSIONS: Mapping[bytes, type[gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    content: IO[bytes]


def unpack(archive: Path, target: Path, size_limit: int) -> None:
    """Write the archive's files under the empty folder `target`, leaving out one common top folder."""
    try:
        _write_all(_zip_members(archive) if zipfile.is_zipfile(archive) else _tar_members(archive), target, size_limit)
    except PackError:
        raise
    except (*_BROKEN, NotImplementedError) as error:
        raise PackError(archive.name, f"it cannot be unpacked ({error})", REMEDY) from error
    _drop_top_folder(target)


def _write_all(members: Iterator[_Member], target: Path, size_limit: int) -> None:
    left = size_limit
    for count, member in enumerate(members, start=1):
        if count > MAX_FILES:
            raise PackError("The archive", f"it holds more than {MAX_FILES} files", REMEDY)
        path = inside(target, str(PurePosixPath(member.name)), "the archive")
        if path.exists():
            raise PackError("The archive", f"it holds {member.name!r} twice", REMEDY)
        path.parent.mkdir(parents=True, exist_ok=True)
        left -= _copy(member.content, path, left)


def _copy(source: IO[bytes], path: Path, limit: int) -> int:
    """Counts what comes out, not what the archive claims: a small file may unpack to a huge one."""
    size = 0
    with path.open("xb") as out:
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise PackError("The archive", "it unpacks to more than is allowed for a pack", REMEDY)
            out.write(chunk)
    return size


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            if info.is_dir():
                continue
            kind = info.external_attr >> 16 & 0o170000
            if kind not in (0, 0o100000):
                raise PackError("The archive", f"{info.filename!r} in it is not a plain file", REMEDY)
            with zipped.open(info) as content:
                yield _Member(info.filename, content)


def _tar_members(archive: Path) -> Iterator[_Member]:
    with _decompressed(archive) as content, tarfile.open(fileobj=_InPieces(content), mode="r:") as tar:
        for info in tar:
            if info.isdir():
                continue
            file = tar.extractfile(info) if info.isreg() else None
            if file is None:
                raise PackError("The archive", f"{info.name!r} in it is not a plain file", REMEDY)
            yield _Member(info.name, file)


class _InPieces(io.RawIOBase):
    """A stream of which nobody gets much at once: a tar's extended header is read in one piece, as long as it says."""

    def __init__(self, content: io.BufferedIOBase) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _PIECE_BYTES:
            raise PackError("The archive", "it holds a header of unreasonable length", REMEDY)
        return self._content.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()


def _decompressed(archive: Path) -> io.BufferedIOBase:
    with archive.open("rb") as file:
        start = file.read(6)
    for signature, opener in _COMPRESSIONS.items():
        if start.startswith(signature):
            return opener(archive)
    return archive.open("rb")


def _drop_top_folder(target: Path) -> None:
    entries = list(target.iterdir())
    if len(entries) != 1 or not entries[0].is_dir():
        return
    top = entries[0].rename(target / ".top")
    for each in list(top.iterdir()):
        each.rename(target / each.name)
    top.rmdir()
