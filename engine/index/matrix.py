"""Vectors as rows of half precision: the saved ones in a file that is read piece by piece, the newest in memory.

The file is read and never mapped, so a million vectors cost no resident memory. Reading is safe from many threads;
appending and flushing belong to one.
"""

from __future__ import annotations

import os
import threading
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.types import Vectors

HALF = np.dtype("<f2")
BLOCK_ROWS = 2048
ALONE_PRODUCTS = 1 << 17
"""So many multiplications at once are done by the calling thread alone."""
_SIGN_AND_REST = np.int32(~0x70000000)
_EXPONENT = np.float32(2.0**112)
GAP_ROWS = 8
"""Reading this many unwanted rows is cheaper than asking the system once more."""

Indexes = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]


class _File:
    """An open file that closes itself when the last reader has let go of it."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self.descriptor)


@dataclass(frozen=True, slots=True)
class _Parts:
    """One consistent view: `saved` rows in the file, the others in `fresh[:fresh_rows]`."""

    file: _File | None
    saved: int
    fresh: Halves
    fresh_rows: int


class Matrix:
    """Append-only rows of `dims` numbers."""

    def __init__(self, dims: int, file: Path | None = None, rows: int = 0, checksum: int = 0) -> None:
        """Open `file` with its first `rows` rows, of that checksum; with no file everything stays in memory."""
        self.dims = dims
        self.checksum = checksum
        """Of the rows in the file, as they were written."""
        self._lock = threading.Lock()
        self._buffers = threading.local()
        self._parts = _Parts(_File(file) if file else None, rows, np.zeros((0, dims), HALF), 0)

    @property
    def rows(self) -> int:
        parts = self._parts
        return parts.saved + parts.fresh_rows

    @property
    def unsaved(self) -> int:
        return self._parts.fresh_rows

    def is_whole(self) -> bool:
        """Whether the rows in the file are those that were written. Reads all of them."""
        parts, found = self._parts, 0
        if parts.file is None:
            return True
        piece = np.empty((BLOCK_ROWS, self.dims), HALF)
        for start in range(0, parts.saved, BLOCK_ROWS):
            part = piece[: min(BLOCK_ROWS, parts.saved - start)]
            self._fill(parts.file.descriptor, part, start * self.dims * HALF.itemsize)
            found = zlib.crc32(part.data, found)
        return found == self.checksum

    def close(self) -> None:
        """Whoever reads just now may finish; the file is let go after that."""
        self._parts = _Parts(None, 0, np.zeros((0, self.dims), HALF), 0)

    def append(self, vectors: Halves) -> None:
        parts = self._parts
        needed = parts.fresh_rows + len(vectors)
        fresh = parts.fresh
        if needed > len(fresh):
            fresh = np.zeros((max(needed, 2 * len(fresh), 1024), self.dims), HALF)
            fresh[: parts.fresh_rows] = parts.fresh[: parts.fresh_rows]
        fresh[parts.fresh_rows : needed] = finite_halves(vectors)
        self._parts = _Parts(parts.file, parts.saved, fresh, needed)

    def flush(self, file: Path) -> None:
        """Append what is only in memory to `file` (made if absent), safely on disk when this returns."""
        parts = self._parts
        data = parts.fresh[: parts.fresh_rows].tobytes()
        with file.open("r+b" if file.exists() else "w+b") as out:
            # What lies behind the rows we know was written by a program that died before it could say so.
            out.truncate(parts.saved * self.dims * HALF.itemsize)
            out.seek(0, os.SEEK_END)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        self.checksum = zlib.crc32(data, self.checksum)
        rows = parts.saved + parts.fresh_rows
        self._parts = _Parts(parts.file or _File(file), rows, np.zeros((0, self.dims), HALF), 0)

    def read(self, rows: Indexes) -> Vectors:
        """The given rows (ascending) in single precision."""
        found = np.empty((len(rows), self.dims), np.float32)
        for at, block in self._blocks(rows):
            found[at : at + len(block)] = block
        return found

    def dot(self, queries: Vectors, rows: Indexes) -> Vectors:
        """Inner products of the given rows (ascending) with each query: [rows, queries]."""
        found = np.empty((len(rows), len(queries)), np.float32)
        for at, block in self._blocks(rows):
            found[at : at + len(block)] = inner_products(block, queries)
        return found

    def _blocks(self, rows: Indexes) -> Iterator[tuple[int, Vectors]]:
        """Pieces of `rows` in turn as (position, vectors); a piece is only valid until the next one."""
        parts = self._parts
        in_file = int(np.searchsorted(rows, parts.saved))
        halves, singles = self._space()
        for start in range(0, len(rows), BLOCK_ROWS):
            wanted = rows[start : start + BLOCK_ROWS]
            saved = min(max(0, in_file - start), len(wanted))
            if saved:
                assert parts.file is not None
                self._from_file(parts.file.descriptor, wanted[:saved], halves[:saved])
            halves[saved : len(wanted)] = parts.fresh[wanted[saved:] - parts.saved]
            out = singles[: len(wanted)]
            widen(halves[: len(wanted)], out)
            yield start, out

    def _from_file(self, descriptor: int, rows: Indexes, target: Halves) -> None:
        """Rows that lie together in one reading; wide gaps are skipped, the rows of small ones read and left out."""
        for start, stop in _runs(rows):
            first, count = int(rows[start]), int(rows[stop - 1] - rows[start]) + 1
            offset = first * self.dims * HALF.itemsize
            if count == stop - start:
                self._fill(descriptor, target[start:stop], offset)
            else:
                read = np.empty((count, self.dims), HALF)
                self._fill(descriptor, read, offset)
                np.take(read, rows[start:stop] - first, axis=0, out=target[start:stop])

    def _fill(self, descriptor: int, target: Halves, offset: int) -> None:
        view = target.data.cast("B")
        if hasattr(os, "preadv"):
            got = os.preadv(descriptor, [view], offset)
        else:
            with self._lock:
                os.lseek(descriptor, offset, os.SEEK_SET)
                data = os.read(descriptor, len(view))
            got = len(data)
            view[:got] = data
        if got < len(view):
            # The file was cut behind our back: rows that are gone match nothing.
            view[got:] = bytes(len(view) - got)

    def _space(self) -> tuple[Halves, Vectors]:
        """Buffers of this thread, kept: fresh memory would cost more than the reading."""
        if not hasattr(self._buffers, "pair"):
            shape = (BLOCK_ROWS, self.dims)
            self._buffers.pair = (np.empty(shape, HALF), np.empty(shape, np.float32))
        return self._buffers.pair


def inner_products(rows: Vectors, others: Vectors) -> Vectors:
    """[rows, others], in pieces that BLAS does not share out among threads: on a busy machine that costs far more."""
    found = np.empty((len(rows), len(others)), np.float32)
    step = max(1, ALONE_PRODUCTS // max(1, others.size))
    for at in range(0, len(rows), step):
        np.matmul(rows[at : at + step], others.T, out=found[at : at + step])
    return found


def widen(halves: Halves, out: Vectors) -> None:
    """Half to single precision, several times faster than a cast. Exact, for finite numbers; see `finite_halves`."""
    bits = out.view(np.int32)
    # Sign-extended and moved up, the sign, the exponent and the fraction lie where they belong, with copies of the
    # sign between. Those go, and one product puts the exponent right, also of the smallest numbers.
    np.copyto(bits, halves.view(np.int16))
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, _SIGN_AND_REST, out=bits)
    np.multiply(out, _EXPONENT, out=out)


def finite_halves(halves: Halves) -> Halves:
    """The rows as they are; one that holds something that is no number becomes zeros, which match nothing."""
    is_whole = np.isfinite(halves).all(axis=1, keepdims=True)
    return halves if is_whole.all() else np.where(is_whole, halves, HALF.type(0))


def _runs(rows: Indexes) -> Iterator[tuple[int, int]]:
    """Cut ascending rows where a gap is worth skipping."""
    breaks = np.flatnonzero(np.diff(rows) > GAP_ROWS) + 1
    return pairwise([0, *breaks.tolist(), len(rows)])
