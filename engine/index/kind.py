"""The vectors of one pack and one kind: rows on file, a graph over the first of them, exact search over the rest.

New rows can be found at once by exact search; `absorb` moves them into the graph in short steps. A missing or
damaged graph is therefore only slow, never wrong. Searches come from any thread, changes from one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.index.columns import Columns, Rows, VideoMask
from engine.index.graph import Graph
from engine.index.lock import SharedLock
from engine.index.matrix import Halves, Indexes, Matrix
from engine.types import Vectors, VideoId

GRAPH_FROM = 4000
"""Fewer vectors are searched exactly."""
EXACT_ALLOWED = 20_000
"""Up to so many allowed vectors are looked at one by one; above, the graph is asked for more than needed."""
WIDE, WIDEST = 1000, 4000
"""How many the graph is asked for under a filter, first and at most."""
TAIL = 512
STEP_S = 0.012
FIRST_STEP, SMALLEST_STEP, LARGEST_STEP = 4, 1, 512
"""The first step is small, because nothing tells yet how long a row takes in a graph of this size."""
BACKGROUND_ROWS = 512


@dataclass(frozen=True, slots=True)
class Found:
    """Rows with their inner products, best first."""

    rows: Indexes
    scores: Vectors


NOTHING = Found(np.zeros(0, np.int64), np.zeros(0, np.float32))


class KindIndex:
    def __init__(self, columns: Columns, matrix: Matrix) -> None:
        self.columns = columns
        self.matrix = matrix
        self.lock = SharedLock()
        self._graph: Graph | None = None
        self._step = FIRST_STEP
        self._background: tuple[int, Vectors] = (-1, np.zeros((0, matrix.dims), np.float32))

    @property
    def graph_rows(self) -> int:
        graph = self._graph
        return 0 if graph is None else graph.rows

    @property
    def wants_graph(self) -> bool:
        """Whether enough rows wait outside the graph."""
        return self.columns.count >= GRAPH_FROM and self.columns.count - self.graph_rows > TAIL

    def close(self) -> None:
        with self.lock.writing():
            self._graph = None
            self.matrix.close()

    # --- changes -----------------------------------------------------------------------------------------------

    def append(self, rows: Rows, vectors: Halves) -> None:
        # The matrix first: a search must never know of a row that cannot be read yet.
        self.matrix.append(vectors)
        self.columns.append(rows)

    def kill(self, seqs: list[int]) -> int:
        with self.lock.writing():
            rows = self.columns.kill(seqs)
            if self._graph is not None:
                self._graph.delete(rows)
        return len(rows)

    def take_graph(self, graph: Graph) -> None:
        """Use a graph that was loaded; rows that died since it was saved are marked in it."""
        with self.lock.writing():
            graph.delete(np.flatnonzero(~self.columns.rows["alive"][: graph.rows]))
            self._graph = graph

    def save_graph(self, save: Callable[[Graph], None]) -> None:
        graph = self._graph
        if graph is not None:
            with self.lock.reading():
                save(graph)

    def absorb(self, threads: int = 1) -> int:
        """Add one short step of waiting rows to the graph; returns how many."""
        start = self.graph_rows
        stop = min(self.columns.count, start + self._step)
        rows = np.arange(start, stop)
        if not len(rows):
            return 0
        vectors = self.matrix.read(rows)
        with self.lock.writing():
            # Only the time that searches are kept out counts, not the time spent waiting for them.
            began = time.perf_counter()
            if self._graph is None:
                self._graph = Graph(self.matrix.dims)
            self._graph.add(vectors, threads)
            self._graph.delete(rows[~self.columns.rows["alive"][rows]])
            took_s = time.perf_counter() - began
        self._fit_step(took_s)
        return len(rows)

    def _fit_step(self, took_s: float) -> None:
        """Keep what a search may have to wait for about the same on any machine and at any size."""
        fitting = int(self._step * min(2.0, STEP_S / max(took_s, 1e-6)))
        self._step = min(LARGEST_STEP, max(SMALLEST_STEP, fitting))

    # --- searches ----------------------------------------------------------------------------------------------

    def search(self, query: Vectors, k: int, videos: VideoMask | None = None) -> Found:
        """The `k` nearest living rows of allowed videos. Exact, or by the graph with exact scores."""
        with self.lock.reading():
            count = self.columns.count
            everything = videos is None
            near, others = (
                self._search_all(query, k, count) if everything else self._search_some(query, k, videos, count)
            )
            return self._best(query, near, others, k)

    def dot(self, queries: Vectors, rows: Indexes) -> Vectors:
        # Rows once written stay as they are, so that nobody who reads them has to wait for an add.
        return self.matrix.dot(queries, rows)

    def read(self, rows: Indexes) -> Vectors:
        return self.matrix.read(rows)

    def of_video(self, video_id: VideoId) -> Indexes:
        return self.columns.of_video(video_id)

    def background(self, size: int = BACKGROUND_ROWS) -> Vectors:
        """A fixed random sample of living rows, for telling how similar a query is to anything at all."""
        taken_at, sample = self._background
        count = self.columns.count
        if taken_at < 0 or count > taken_at * 5 // 4 or (count != taken_at and count < 4 * size):
            alive = np.flatnonzero(self.columns.allowed(None))
            chosen = (
                alive if len(alive) <= size else np.sort(np.random.default_rng(20).choice(alive, size, replace=False))
            )
            sample = self.read(chosen)
            self._background = (count, sample)
        return sample

    def _search_all(self, query: Vectors, k: int, count: int) -> tuple[Found, Indexes]:
        """What the graph found, and the rows to look at one by one."""
        inside = self.graph_rows
        near = self._from_graph(query, k)
        if len(near.rows) < min(k, inside - self.columns.dead):
            inside, near = 0, NOTHING
        return near, np.flatnonzero(self.columns.allowed(None, inside)[: count - inside]) + inside

    def _search_some(self, query: Vectors, k: int, videos: VideoMask, count: int) -> tuple[Found, Indexes]:
        """Filtered rows lose nothing: either all are looked at, or the graph's list holds `k` of them anyway."""
        allowed = self.columns.allowed(videos)[:count]
        passing = int(np.count_nonzero(allowed))
        inside = self.graph_rows
        if passing > EXACT_ALLOWED and inside:
            share = passing / max(1, self.columns.alive_count)
            for width in (max(WIDE, int(1.5 * k / share)), WIDEST):
                near = self._from_graph(query, min(width, WIDEST))
                fits = allowed[near.rows]
                if np.count_nonzero(fits) >= k:
                    return Found(near.rows[fits], near.scores[fits]), np.flatnonzero(allowed[inside:]) + inside
        return NOTHING, np.flatnonzero(allowed)

    def _from_graph(self, query: Vectors, k: int) -> Found:
        graph = self._graph
        if graph is None:
            return NOTHING
        rows, scores = graph.search(query, min(k, max(0, graph.rows - self.columns.dead)))
        alive = self.columns.rows["alive"][rows]
        return Found(rows[alive], scores[alive])

    def _best(self, query: Vectors, near: Found, others: Indexes, k: int) -> Found:
        scores = np.concatenate([near.scores, self.matrix.dot(query[None, :], others)[:, 0]])
        rows = np.concatenate([near.rows, others])
        if len(rows) > k:
            chosen = np.argpartition(-scores, k)[:k]
            rows, scores = rows[chosen], scores[chosen]
        order = np.lexsort((rows, -scores))
        return Found(rows[order], scores[order])
