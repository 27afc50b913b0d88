"""What a library really holds, read straight from its tables, and whether it is sound in itself at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from engine.index.vectors import VectorIndex
from engine.media.thumbs import ThumbCache
from engine.store.failures import OF_WHAT_IS_THERE
from engine.store.library import last_mounts, volume_labels
from tests.soak.world import Place

Facts = tuple[int, int, int, int, int]
"""Id, frames, shots, texts and vectors of a video."""

# What must be no row, each with the sentence for when there is one.
NEVER: Mapping[str, str] = {
    "a frame twice": "SELECT 1 FROM frames GROUP BY video_id, pts HAVING count(*) > 1",
    "a shot twice": "SELECT 1 FROM shots GROUP BY video_id, start_s, end_s HAVING count(*) > 1",
    "a text twice": "SELECT 1 FROM texts GROUP BY video_id, start_s, end_s, source, text HAVING count(*) > 1",
    "a vector twice": "SELECT 1 FROM vectors GROUP BY pack, revision, kind, owner_id HAVING count(*) > 1",
    "a vector of no frame": "SELECT 1 FROM vectors v WHERE kind = 'frame' AND NOT EXISTS"
    " (SELECT 1 FROM frames f WHERE f.id = v.owner_id AND f.video_id = v.video_id)",
    "a frame without its vector": "SELECT 1 FROM frames f WHERE NOT EXISTS"
    " (SELECT 1 FROM vectors v WHERE v.kind = 'frame' AND v.owner_id = f.id)",
    "frames of a video that was not looked at": "SELECT 1 FROM frames f WHERE NOT EXISTS"
    " (SELECT 1 FROM stages s WHERE s.video_id = f.video_id AND s.stage = 'look')",
    "a video that was looked at without frames": "SELECT 1 FROM stages s WHERE stage = 'look' AND NOT EXISTS"
    " (SELECT 1 FROM frames f WHERE f.video_id = s.video_id)",
    "a removed vector that is there": "SELECT 1 FROM removed_vectors r JOIN vectors v ON v.seq = r.seq",
    "a video shown that no file holds": "SELECT 1 FROM videos v WHERE missing_since IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM files f WHERE f.video_id = v.id AND f.missing_since IS NULL)",
    "a video hidden that a file holds": "SELECT 1 FROM videos v WHERE missing_since IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM files f WHERE f.video_id = v.id AND f.missing_since IS NULL)",
    "a row whose parent is gone": "SELECT 1 FROM pragma_foreign_key_check",
}


@dataclass(frozen=True)
class Held:
    visible: dict[str, Facts]
    missing: dict[str, Facts]
    files: dict[Place, str | None]
    """Each file that is not missing and the fingerprint of what it holds; None for what is no video."""
    failed: set[Place]


def read(db: Database, home: Path) -> Held:
    videos = db.conn.execute(
        """SELECT v.fingerprint, v.missing_since, v.id,
                  (SELECT count(*) FROM frames x WHERE x.video_id = v.id),
                  (SELECT count(*) FROM shots x WHERE x.video_id = v.id),
                  (SELECT count(*) FROM texts x WHERE x.video_id = v.id AND x.source NOT IN ('name', 'metadata')),
                  (SELECT count(*) FROM vectors x WHERE x.video_id = v.id) FROM videos v"""
    ).fetchall()
    files = db.conn.execute(
        """SELECT f.volume_id, f.path, v.fingerprint FROM files f LEFT JOIN videos v ON v.id = f.video_id
           WHERE f.missing_since IS NULL"""
    ).fetchall()
    failed = db.conn.execute(f"SELECT volume_id, path FROM failures WHERE {OF_WHAT_IS_THERE}").fetchall()
    where = _Where(db, home)
    return Held(
        {row[0]: tuple(row[2:]) for row in videos if row[1] is None},
        {row[0]: tuple(row[2:]) for row in videos if row[1] is not None},
        {where.place(row[0], row[1]): row[2] for row in files},
        {where.place(*row) for row in failed},
    )


class _Where:
    """Turns the library's places into ours."""

    def __init__(self, db: Database, home: Path) -> None:
        self._labels = volume_labels(db)
        self._mounts = last_mounts(db)
        self._home = home

    def place(self, volume_id: int, path: bytes) -> Place:
        label = next((name for key, name in self._labels.items() if key == volume_id), "")
        if label in ("RED", "BLUE"):
            return label, os.fsdecode(path)
        mount = next(mount for key, mount in self._mounts.items() if key == volume_id)
        return "home", os.path.relpath(mount / os.fsdecode(path), self._home)


def unsound(db: Database, thumbs: ThumbCache) -> Iterator[str]:
    """What must not be so at any moment, not even right after a kill."""
    said = db.conn.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        yield f"SQLite says {said}"
    for what, query in NEVER.items():
        rows = len(db.conn.execute(query).fetchall())
        if rows:
            yield f"{what}: {rows} times"
    db.conn.execute("INSERT INTO texts_fts(texts_fts, rank) VALUES ('integrity-check', 1)")
    looked = db.conn.execute(
        "SELECT v.fingerprint FROM videos v JOIN stages s ON s.video_id = v.id AND s.stage = 'look'"
    ).fetchall()
    bare = [mark for (mark,) in looked if not thumbs.has(mark)]
    if bare:
        yield f"{len(bare)} videos without small pictures"


def index_differs(db: Database, index: VectorIndex) -> Iterator[str]:
    """Whether what search reads is the store's, row for row and bit for bit. The index must have caught up."""
    for kind in ("frame", "clip", "caption"):
        rows = db.conn.execute(
            "SELECT seq, owner_id, video_id, vector FROM vectors WHERE kind = ? AND pack = ? AND revision = ?"
            " ORDER BY seq",
            [kind, index.pack.id, index.pack.revision],
        ).fetchall()
        columns = index.kind(kind).columns
        alive = np.flatnonzero(columns.rows["alive"])
        told = [tuple(map(int, row)) for row in columns.rows[alive][["seq", "owner", "video"]]]
        if told != [row[:3] for row in rows]:
            yield f"the index has {len(told)} {kind} vectors, the store {len(rows)}, or they are not the same"
            continue
        if rows:
            stored = np.frombuffer(b"".join(row[3] for row in rows), "<f2").reshape(len(rows), -1).astype(np.float32)
            if not np.array_equal(index.kind(kind).read(alive), stored):
                yield f"{kind} vectors of the index are not those of the store"
