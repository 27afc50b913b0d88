"""The questions search asks the library: what is new for the index, what may be found, and what a hit looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.types import PackRef, VectorKind, VideoId


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One stored vector with the time span of what it describes."""

    seq: int
    kind: VectorKind
    video_id: VideoId
    owner_id: int
    start_s: float
    end_s: float
    blob: bytes


def spanned_vectors(db: Database, pack: PackRef, after_seq: int, batch: int = 2048) -> Iterator[list[VectorRow]]:
    """Batches of vectors written after `after_seq`, in order. A vector whose owner is gone is left out."""
    while True:
        # NOT INDEXED keeps SQLite on the rowid, which is `seq`: it would rather sort the whole pack.
        rows = db.conn.execute(
            """SELECT v.seq, v.kind, v.video_id, v.owner_id, coalesce(f.time_s, s.start_s, t.start_s),
                      coalesce(f.time_s, s.end_s, t.end_s), v.vector
               FROM vectors v NOT INDEXED
               LEFT JOIN frames f ON v.kind = 'frame' AND f.id = v.owner_id
               LEFT JOIN shots s ON v.kind = 'clip' AND s.id = v.owner_id
               LEFT JOIN texts t ON v.kind = 'caption' AND t.id = v.owner_id
               WHERE v.seq > ? AND v.pack = ? AND v.revision = ? ORDER BY v.seq LIMIT ?""",
            [after_seq, pack.id, pack.revision, batch],
        ).fetchall()
        if not rows:
            return
        after_seq = rows[-1][0]
        yield [VectorRow(*row) for row in rows if row[4] is not None]


def newest_marks(db: Database) -> tuple[int, int]:
    """The numbers of the newest vector ever written and of the newest removal."""
    row = db.conn.execute(
        """SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'vectors'), 0),
                  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'removed_vectors'), 0)"""
    ).fetchone()
    return row[0], row[1]


def owners_of(db: Database, seqs: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    """Video, owner and kind of some vectors, for checking that an index belongs to this library."""
    marks = ", ".join("?" for _ in seqs)
    rows = db.conn.execute(
        f"""SELECT v.seq, v.video_id, v.owner_id, v.kind FROM vectors v WHERE v.seq IN ({marks})""",
        list(seqs),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def hidden_videos(db: Database) -> list[VideoId]:
    """Videos whose files are gone: kept for a while, not found."""
    return [row[0] for row in db.conn.execute("SELECT id FROM videos WHERE missing_since IS NOT NULL")]
