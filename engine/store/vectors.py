"""Vectors, half precision, beside what they describe. `seq` only grows: an index catches up by asking for more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlite_utils import Database

from engine.store.db import writing
from engine.types import PackRef, Span, VectorKind, Vectors, VideoId

DTYPE = np.dtype("<f2")


def add_vectors(
    db: Database, video_id: VideoId, kind: VectorKind, rows: Iterable[tuple[int, Vectors]], pack: PackRef
) -> None:
    """Store (owner id, vector) rows. A new vector for the same owner takes a new number, so that indexes notice."""
    with writing(db):
        for owner_id, vector in rows:
            db.conn.execute(
                "DELETE FROM vectors WHERE pack = ? AND revision = ? AND kind = ? AND owner_id = ?",
                [pack.id, pack.revision, kind, owner_id],
            )
            db.conn.execute(
                "INSERT INTO vectors(video_id, kind, owner_id, pack, revision, vector) VALUES (?, ?, ?, ?, ?, ?)",
                [video_id, kind, owner_id, pack.id, pack.revision, vector.astype(DTYPE).tobytes()],
            )


def vectors_of(db: Database, video_id: VideoId, kind: VectorKind, pack: PackRef) -> tuple[Sequence[int], Vectors]:
    """Owner ids and their vectors for one video, in order of the owners."""
    rows = db.conn.execute(
        """SELECT owner_id, vector FROM vectors
           WHERE video_id = ? AND kind = ? AND pack = ? AND revision = ? ORDER BY owner_id""",
        [video_id, kind, pack.id, pack.revision],
    ).fetchall()
    if not rows:
        return [], np.zeros((0, 0), np.float32)
    return [row[0] for row in rows], _as_array([row[1] for row in rows])


def caption_vectors_in(db: Database, video_id: VideoId, span: Span, pack: PackRef) -> Vectors:
    """Vectors of the captions of a span, the best caption first."""
    rows = db.conn.execute(
        """SELECT v.vector FROM texts t JOIN vectors v ON v.kind = 'caption' AND v.owner_id = t.id
           WHERE t.video_id = ? AND t.start_s >= ? AND t.end_s <= ? AND v.pack = ? AND v.revision = ?
           ORDER BY t.score DESC, t.id""",
        [video_id, span.start_s, span.end_s, pack.id, pack.revision],
    ).fetchall()
    return _as_array([row[0] for row in rows]) if rows else np.zeros((0, 0), np.float32)


def removed_after(db: Database, mark: int) -> tuple[list[int], int]:
    """Numbers of vectors removed since `mark`, and the new mark."""
    rows = db.conn.execute("SELECT at, seq FROM removed_vectors WHERE at > ? ORDER BY at", [mark]).fetchall()
    return [row[1] for row in rows], rows[-1][0] if rows else mark


def _as_array(blobs: Sequence[bytes]) -> Vectors:
    return np.frombuffer(b"".join(blobs), DTYPE).reshape(len(blobs), -1).astype(np.float32)
