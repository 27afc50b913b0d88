"""An hnswlib graph over rows 0, 1, 2, ... Knows no lock: whoever holds it sees to "many searches or one add"."""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path

import hnswlib
import numpy as np

from engine.index.matrix import Indexes
from engine.types import Vectors

LINKS = 16
BUILD_WIDTH = 128
SEARCH_WIDTH = 512
MIN_CAPACITY = 8192
HEADROOM = 65_536
"""A loaded graph has room for so many more rows before it must grow, which keeps searches out for a while."""


class DamagedGraph(Exception):
    """The saved graph is not what its marks promise."""


class Graph:
    def __init__(self, dims: int) -> None:
        self._inner = _empty(dims)
        self._inner.init_index(MIN_CAPACITY, M=LINKS, ef_construction=BUILD_WIDTH)
        self._inner.set_ef(SEARCH_WIDTH)
        self.rows = 0
        """Rows 0..rows-1 have been added, the dead ones among them included."""

    @classmethod
    def load(cls, path: Path, dims: int, rows: int, checksum: int) -> Graph:
        """Read a saved graph, or raise DamagedGraph. hnswlib trusts its file blindly, so it is checked first."""
        try:
            if file_checksum(path) != checksum:
                raise DamagedGraph(str(path))
            inner = _empty(dims)
            inner.load_index(str(path), max_elements=rows + HEADROOM)
        except (OSError, RuntimeError) as error:
            raise DamagedGraph(str(path)) from error
        if inner.get_current_count() != rows:
            raise DamagedGraph(str(path))
        inner.set_ef(SEARCH_WIDTH)
        graph = cls.__new__(cls)
        graph._inner, graph.rows = inner, rows
        return graph

    def save(self, path: Path) -> int:
        """Write the graph and return its checksum."""
        self._inner.save_index(str(path))
        return file_checksum(path)

    def add(self, vectors: Vectors, threads: int) -> None:
        """Append the next rows."""
        needed = self.rows + len(vectors)
        if needed > self._inner.get_max_elements():
            self._inner.resize_index(max(needed, self._inner.get_max_elements() * 5 // 4))
        self._inner.add_items(vectors, np.arange(self.rows, needed), num_threads=threads)
        self.rows = needed

    def delete(self, rows: Indexes) -> None:
        for row in rows[rows < self.rows].tolist():
            # Refused for a row that was marked before the graph was saved: hnswlib keeps marks in its file.
            with suppress(RuntimeError):
                self._inner.mark_deleted(row)

    def search(self, query: Vectors, k: int) -> tuple[Indexes, Vectors]:
        """Up to `k` rows with their inner products; fewer, even none, when the graph cannot reach so many."""
        while k > 0:
            try:
                labels, distances = self._inner.knn_query(query[None, :], k=k, num_threads=1)
            except RuntimeError:
                # hnswlib refuses rather than return fewer than asked for.
                k //= 2
                continue
            return labels[0].astype(np.int64), 1.0 - distances[0]
        return np.zeros(0, np.int64), np.zeros(0, np.float32)


def file_checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _empty(dims: int) -> hnswlib.Index:
    return hnswlib.Index(space="ip", dim=dims)
