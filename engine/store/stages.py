"""Which video has been through which stage with which pack, and what is still to do, best guess first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlite_utils import Database

from engine import clock
from engine.store.db import writing
from engine.store.library import VIDEO_COLUMNS, full_path, video_of
from engine.types import FileId, PackRef, VideoId, VolumeId, WorkItem


def mark_done(db: Database, video_id: VideoId, stage: str, pack: PackRef) -> None:
    with writing(db):
        db.conn.execute(
            "INSERT OR REPLACE INTO stages(video_id, stage, pack, revision, done_at) VALUES (?, ?, ?, ?, ?)",
            [video_id, stage, pack.id, pack.revision, clock.now_s()],
        )


def is_done(db: Database, video_id: VideoId, stage: str, pack: PackRef) -> bool:
    row = db.conn.execute(
        "SELECT 1 FROM stages WHERE video_id = ? AND stage = ? AND pack = ? AND revision = ?",
        [video_id, stage, pack.id, pack.revision],
    ).fetchone()
    return row is not None


def waiting(db: Database, stage: str, pack: PackRef, mounts: Mapping[VolumeId, Path]) -> list[WorkItem]:
    """Videos that `stage` has still to do with `pack` and whose file is reachable and has not failed.

    Opened last comes first, then the newest recordings: what a person is most likely to look for today.
    """
    rows = db.conn.execute(
        f"""SELECT {VIDEO_COLUMNS}, f.id, f.volume_id, f.path, f.size_bytes, f.mtime_ns
            FROM videos v JOIN files f ON f.video_id = v.id AND f.missing_since IS NULL
            WHERE NOT EXISTS (SELECT 1 FROM stages s WHERE s.video_id = v.id AND s.stage = ?
                              AND s.pack = ? AND s.revision = ?)
              AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.volume_id = f.volume_id AND x.path = f.path
                              AND x.stage IN ('identify', ?))
              AND (? = 'look' OR EXISTS (SELECT 1 FROM stages s WHERE s.video_id = v.id AND s.stage = 'look'
                                         AND s.pack = ? AND s.revision = ?))
            ORDER BY v.opened_at IS NULL, v.opened_at DESC, v.recorded_at DESC, v.id, f.id""",
        [stage, pack.id, pack.revision, stage, stage, pack.id, pack.revision],
    )
    items: dict[int, WorkItem] = {}
    for row in rows:
        mount = mounts.get(VolumeId(row[7]))
        if mount is not None and row[0] not in items:
            path = full_path(mount, row[8])
            items[row[0]] = WorkItem(video_of(row), FileId(row[6]), path, row[9], row[10])
    return list(items.values())


def note_opened(db: Database, video_id: VideoId) -> None:
    """The user opened this video: it is described before others."""
    with writing(db):
        db.conn.execute("UPDATE videos SET opened_at = ? WHERE id = ?", [clock.now_s(), video_id])
