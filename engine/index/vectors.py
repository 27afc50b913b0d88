"""The vector index of one pack: catches up with the store, answers at once, saves itself and mends itself.

SQLite is the truth. What is saved here is used only if it belongs to this pack and this library and is whole;
otherwise it is made again, and searches meanwhile look at what has been read so far, exactly.
One thread at a time changes it (`_changing` sees to that); any number search.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from engine.index.columns import ROW
from engine.index.folder_lock import FolderLock
from engine.index.kind import KindIndex
from engine.index.marks import KINDS, MARKS_FILE, Marks
from engine.index.matrix import HALF
from engine.index.saved import Kinds, close_kinds, empty_kinds, load_graph, load_rows, newest_generation, save
from engine.store.search import VectorRow, newest_marks, owners_of, spanned_vectors
from engine.store.vectors import removed_after
from engine.types import PackRef, VectorKind, VideoId

logger = logging.getLogger(__name__)

INDEX_FOLDER = "index"
READ_BATCH = 1024
FLUSH_ROWS = 100_000
PROBED_ROWS = 32
TOO_DEAD = 0.3
"""Above this share of removed rows the index is made again, without them."""


def index_folder(library: Path, pack: PackRef) -> Path:
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in pack.id)
    return library / INDEX_FOLDER / f"{safe}-{pack.revision}"


class VectorIndex:
    def __init__(self, folder: Path, pack: PackRef, dims: int) -> None:
        """Read what is saved for this pack; quick, because what takes long is left for `finish_loading`."""
        self.pack = pack
        self.dims = dims
        self._folder = folder
        self._changing = threading.RLock()
        self._lock = FolderLock.take(folder)
        loaded = load_rows(folder, pack, dims)
        self._is_checked = loaded is None
        self._retired: Kinds = {}
        # Another process may still read the files of the index before: what is made again takes other names.
        self._marks, self._kinds = loaded or (self._no_marks(newest_generation(folder)), empty_kinds(dims))

    def kind(self, kind: VectorKind) -> KindIndex:
        return self._kinds[kind]

    @property
    def count(self) -> int:
        """Living vectors of all kinds."""
        return sum(index.columns.alive_count for index in self._kinds.values())

    @property
    def version(self) -> tuple[int, int]:
        """Changes whenever a search might answer differently."""
        return self._marks.seq, self._marks.removed

    def videos(self, kind: VectorKind = "frame") -> set[VideoId]:
        return {VideoId(int(each)) for each in self._kinds[kind].columns.videos()}

    # --- keeping up with the store -----------------------------------------------------------------------------

    def catch_up(self, db: Database, most: int | None = None, *, wait: bool = True) -> int:
        """Read up to `most` new vectors (all when None) and every removal; returns how many were added.

        With `wait=False` returns 0 at once when another thread is at it.
        """
        if not self._changing.acquire(blocking=wait):
            return 0
        try:
            seq, removed = newest_marks(db)
            if not self._is_checked:
                self._check(db, seq, removed)
            if (seq, removed) == self.version:
                return 0
            added = self._read_new(db, seq, most)
            self._read_removed(db)
            return added
        finally:
            self._changing.release()

    def is_behind(self, db: Database) -> bool:
        return newest_marks(db) != self.version

    def absorb(self, should_stop: Callable[[], bool], threads: int = 1) -> int:
        """Move waiting rows into the graphs, step by step, until done or told to stop."""
        return sum(self._absorb(kind, should_stop, threads) for kind in KINDS)

    def finish_loading(self) -> None:
        """Read the saved graphs, then make sure of the saved rows. Search is exact until there are graphs, and for
        ones that are damaged; rows that are damaged are read from the library again."""
        with self._changing:
            for kind, index in self._kinds.items():
                claimed = self._marks.kinds.get(kind)
                graph = load_graph(self._folder, claimed, self.dims) if claimed and not index.graph_rows else None
                if graph is not None:
                    index.take_graph(graph)
            if not all(index.matrix.is_whole() for index in self._kinds.values()):
                self._make_again("is damaged")

    def needs_compacting(self) -> bool:
        return any(
            index.columns.count > 4 * READ_BATCH and index.columns.dead > TOO_DEAD * index.columns.count
            for index in self._kinds.values()
        )

    def compacted(self, db: Database) -> None:
        """Leave removed rows behind: read everything again beside the old rows, then swap."""
        with self._changing:
            before, marks = self._kinds, self._marks
            fresh = VectorIndex.__new__(VectorIndex)
            fresh._start_over(self)
            fresh.catch_up(db)
            self._kinds, self._marks = fresh._kinds, fresh._marks
            self._marks = Marks(self.pack, self.dims, *fresh.version, marks.generation, {})
            # A search may still be reading the old rows; they are let go the next time round.
            close_kinds(self._retired)
            self._retired = before

    def save(self) -> bool:
        """Write what changed; False when another process keeps the files or the disk refuses."""
        with self._changing:
            if self._lock is None:
                return False
            try:
                self._marks = save(self._folder, self._kinds, self._marks)
            except OSError as error:
                logger.warning("The index could not be saved in %s: %s", self._folder, error)
                return False
            return True

    def close(self) -> None:
        with self._changing:
            close_kinds(self._kinds)
            close_kinds(self._retired)
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def _absorb(self, kind: VectorKind, should_stop: Callable[[], bool], threads: int) -> int:
        moved, step = 0, 1
        index = self._kinds[kind]
        wants = index.wants_graph
        while wants and step and not should_stop():
            # Let go between steps: a search that wants the newest rows need not wait for the whole of it.
            with self._changing:
                step = self._kinds[kind].absorb(threads)
            moved += step
        return moved

    # --- inside ------------------------------------------------------------------------------------------------

    def _no_marks(self, generation: int = 0) -> Marks:
        return Marks(self.pack, self.dims, 0, 0, generation, {})

    def _start_over(self, other: VectorIndex) -> None:
        """An empty index in memory, of the same pack."""
        self.pack, self.dims, self._folder = other.pack, other.dims, other._folder
        self._changing, self._lock, self._is_checked = threading.RLock(), None, True
        self._marks, self._kinds = self._no_marks(), empty_kinds(self.dims)

    def _check(self, db: Database, seq: int, removed: int) -> None:
        """Throw the saved rows away when they are of another library or of a later state of this one."""
        self._is_checked = True
        if self._marks.seq <= seq and self._marks.removed <= removed and self._owners_agree(db):
            return
        self._make_again("is not of this library as it is now")

    def _make_again(self, reason: str) -> None:
        """Let go of the saved rows; the next look at the library reads them from there."""
        logger.warning("The saved index in %s %s; it is made again", self._folder, reason)
        close_kinds(self._kinds)
        self._kinds = empty_kinds(self.dims)
        self._marks = self._no_marks(self._marks.generation)
        if self._lock is not None:
            with suppress(OSError):
                (self._folder / MARKS_FILE).unlink(missing_ok=True)

    def _owners_agree(self, db: Database) -> bool:
        gone = set(removed_after(db, self._marks.removed)[0])
        for kind in KINDS:
            rows = self._kinds[kind].columns.rows
            alive = rows[rows["alive"]]
            if not len(alive):
                continue
            probed = alive[np.linspace(0, len(alive) - 1, min(PROBED_ROWS, len(alive))).astype(int)]
            known = owners_of(db, [int(row["seq"]) for row in probed])
            for row in probed:
                told = known.get(int(row["seq"]))
                if told != (row["video"], row["owner"], kind) and int(row["seq"]) not in gone:
                    return False
        return True

    def _read_new(self, db: Database, newest: int, most: int | None) -> int:
        added = 0
        for batch in spanned_vectors(db, self.pack, self._marks.seq, READ_BATCH):
            for kind in KINDS:
                self._append(kind, [row for row in batch if row.kind == kind])
            added += len(batch)
            if batch:
                self._move_marks(seq=batch[-1].seq)
            self._flush_when_large()
            if most is not None and added >= most:
                return added
        self._move_marks(seq=max(newest, self._marks.seq))
        return added

    def _read_removed(self, db: Database) -> None:
        seqs, mark = removed_after(db, self._marks.removed)
        if seqs:
            for index in self._kinds.values():
                index.kill(seqs)
        self._move_marks(removed=mark)

    def _append(self, kind: VectorKind, batch: list[VectorRow]) -> None:
        size = self.dims * HALF.itemsize
        usable = [row for row in batch if len(row.blob) == size]
        if len(usable) < len(batch):
            logger.warning("%d vectors of the library are not of %d numbers", len(batch) - len(usable), self.dims)
        if not usable:
            return
        rows = np.zeros(len(usable), ROW)
        for name, values in (
            ("seq", [row.seq for row in usable]),
            ("owner", [row.owner_id for row in usable]),
            ("start_s", [row.start_s for row in usable]),
            ("end_s", [row.end_s for row in usable]),
            ("video", [row.video_id for row in usable]),
        ):
            rows[name] = values
        rows["alive"] = True
        vectors = np.frombuffer(b"".join(row.blob for row in usable), HALF).reshape(len(usable), self.dims)
        self._kinds[kind].append(rows, vectors)

    def _flush_when_large(self) -> None:
        """While a large library is read, memory stays small: rows go to the file as they come."""
        if self._lock is not None and any(each.matrix.unsaved > FLUSH_ROWS for each in self._kinds.values()):
            self.save()

    def _move_marks(self, seq: int | None = None, removed: int | None = None) -> None:
        now = self._marks
        self._marks = Marks(
            now.pack,
            now.dims,
            now.seq if seq is None else seq,
            now.removed if removed is None else removed,
            now.generation,
            now.kinds,
        )
