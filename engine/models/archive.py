"""Unpacking a model pack from a zip or tar file that a stranger made: plain files only, none outside the target."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from engine.errors import PackError
from engine.models.manifest import inside

MAX_FILES = 64
_CHUNK_BYTES = 1024 * 1024
REMEDY = "Get the pack from somewhere else"

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
    with tarfile.open(archive, "r:*") as tar:
        for info in tar:
            if info.isdir():
                continue
            content = tar.extractfile(info) if info.isreg() else None
            if content is None:
                raise PackError("The archive", f"{info.name!r} in it is not a plain file", REMEDY)
            yield _Member(info.name, content)


def _drop_top_folder(target: Path) -> None:
    entries = list(target.iterdir())
    if len(entries) != 1 or not entries[0].is_dir():
        return
    top = entries[0].rename(target / ".top")
    for each in list(top.iterdir()):
        each.rename(target / each.name)
    top.rmdir()
