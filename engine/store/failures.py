"""Failures as data: which file, at which stage, why, and what to do. Kept until the file changes or a retry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlite_utils import Database

from engine import clock
from engine.store.db import writing
from engine.store.library import detach, full_path, shown_path
from engine.types import Failure, VolumeId

OF_WHAT_IS_THERE = """NOT EXISTS (SELECT 1 FROM files f WHERE f.volume_id = failures.volume_id
    AND f.path = failures.path AND f.missing_since IS NOT NULL)"""
"""A file that is gone has no trouble any more; should it come back unchanged, so does its failure."""


def record_failure(db: Database, volume_id: VolumeId, path: bytes, failure: Failure, version: tuple[int, int]) -> None:
    """Store a failure with the size and modification time it was seen at."""
    size_bytes, mtime_ns = version
    with writing(db):
        if failure.stage == "identify":
            detach(db, volume_id, path, version)
        db.conn.execute(
            """INSERT INTO failures(volume_id, path, stage, reason, remedy, size_bytes, mtime_ns, tries, at)
               VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)
               ON CONFLICT(volume_id, path, stage) DO UPDATE SET reason=excluded.reason, remedy=excluded.remedy,
                   size_bytes=excluded.size_bytes, mtime_ns=excluded.mtime_ns, tries=tries + 1, at=excluded.at""",
            [
                volume_id,
                path,
                failure.stage,
                failure.reason,
                failure.remedy,
                size_bytes,
                mtime_ns,
                clock.now_s(),
            ],
        )


def failures(db: Database, mounts: Mapping[VolumeId, Path]) -> list[Failure]:
    """Everything that failed and was not mended since, with today's path where the volume is mounted."""
    rows = db.conn.execute(
        f"SELECT volume_id, path, stage, reason, remedy FROM failures WHERE {OF_WHAT_IS_THERE} ORDER BY path, stage"
    )
    return [Failure(_shown(mounts, VolumeId(r[0]), r[1]), r[2], r[3], r[4]) for r in rows]


def clear_failures(db: Database, volume_id: VolumeId | None = None, below: bytes = b".") -> int:
    """Forget failures so that the next run tries again: all, or those at and below a place on a volume."""
    with writing(db):
        rows = db.conn.execute("SELECT id, volume_id, path FROM failures").fetchall()
        chosen = [row[0] for row in rows if volume_id is None or (row[1] == volume_id and is_below(row[2], below))]
        db.conn.executemany("DELETE FROM failures WHERE id = ?", [(one,) for one in chosen])
    return len(chosen)


def is_below(path: bytes, folder: bytes) -> bool:
    """Whether a place on a volume is `folder` itself or lies inside it; the volume's top is b"."."""
    return folder in (b".", b"") or path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def clear_scan_failures(db: Database, volume_id: VolumeId, below: bytes) -> None:
    """Forget what could not be read below a folder, before it is looked at afresh."""
    with writing(db):
        rows = db.conn.execute(
            "SELECT id, path FROM failures WHERE volume_id = ? AND stage = 'scan'", [volume_id]
        ).fetchall()
        db.conn.executemany("DELETE FROM failures WHERE id = ?", [(r[0],) for r in rows if is_below(r[1], below)])


def _shown(mounts: Mapping[VolumeId, Path], volume_id: VolumeId, path: bytes) -> Path:
    mount = mounts.get(volume_id)
    return Path(shown_path(path)) if mount is None else full_path(mount, path)
