"""Counts over the whole library, for `status`, and the facts of one video, for filters."""

from __future__ import annotations

from collections.abc import Collection

from sqlite_utils import Database

from engine.store.failures import OF_WHAT_IS_THERE
from engine.store.filters import VideoFacts
from engine.types import Folder, FolderCounts, LibrarySummary, PackRef, VideoId, VolumeId

_COUNTS = f"""
SELECT
    (SELECT count(*) FROM videos WHERE missing_since IS NULL),
    (SELECT count(*) FROM files WHERE missing_since IS NULL AND video_id IS NOT NULL),
    (SELECT count(*) FROM videos WHERE missing_since IS NOT NULL),
    (SELECT count(*) FROM failures WHERE {OF_WHAT_IS_THERE}),
    (SELECT count(*) FROM frames),
    (SELECT count(*) FROM shots),
    (SELECT count(*) FROM texts),
    (SELECT count(*) FROM vectors),
    (SELECT coalesce(sum(duration_s), 0) FROM videos WHERE missing_since IS NULL)
"""


def summarise(db: Database, mounted: Collection[VolumeId], look: PackRef, describe: PackRef) -> LibrarySummary:
    """What the library holds and what is still to do with the packs in use."""
    row = db.conn.execute(_COUNTS).fetchone()
    return LibrarySummary(
        videos=row[0],
        files=row[1],
        offline_videos=_offline(db, mounted),
        missing_videos=row[2],
        failures=row[3],
        frames=row[4],
        shots=row[5],
        texts=row[6],
        vectors=row[7],
        moments=_moments(db, look),
        duration_s=row[8],
        waiting_look=_waiting(db, "look", look),
        waiting_describe=_waiting(db, "describe", describe),
    )


def count_folder(db: Database, folder: Folder, pack: PackRef) -> FolderCounts:
    """How many videos lie in a folder, and how many of them have been through which stage with a pack."""
    place, values = _below(folder)
    done = "EXISTS (SELECT 1 FROM stages s WHERE s.video_id = x.id AND s.stage = ? AND s.pack = ? AND s.revision = ?)"
    row = db.conn.execute(
        f"""SELECT count(*), coalesce(sum({done}), 0), coalesce(sum({done}), 0) FROM
            (SELECT DISTINCT video_id AS id FROM files
             WHERE video_id IS NOT NULL AND missing_since IS NULL AND {place}) x""",
        ["look", pack.id, pack.revision, "describe", pack.id, pack.revision, *values],
    ).fetchone()
    failed = db.conn.execute(f"SELECT count(*) FROM failures WHERE {place}", values).fetchone()[0]
    return FolderCounts(row[0], row[1], row[2], failed)


def _below(folder: Folder) -> tuple[str, list[object]]:
    """Rows of a folder and all below it, in a form that the index of volumes and paths answers."""
    if folder.path in (b".", b""):
        return "volume_id = ?", [folder.volume_id]
    top = folder.path.rstrip(b"/")
    # "0" is the character after "/".
    return "volume_id = ? AND path > ? AND path < ?", [folder.volume_id, top + b"/", top + b"0"]


def facts_of(db: Database, video_id: VideoId) -> VideoFacts:
    """What the filters' Python form may ask about one video."""
    files = db.conn.execute(
        """SELECT o.label || '/' || f.shown, f.volume_id FROM files f JOIN volumes o ON o.id = f.volume_id
           WHERE f.video_id = ? AND f.missing_since IS NULL ORDER BY f.id""",
        [video_id],
    ).fetchall()
    paths, volumes = tuple(r[0] for r in files), tuple(r[1] for r in files)
    video = db.conn.execute(
        "SELECT recorded_at, duration_s, camera, rating FROM videos WHERE id = ?", [video_id]
    ).fetchone()
    tags = tuple(r[0] for r in db.conn.execute("SELECT tag FROM tags WHERE video_id = ?", [video_id]))
    spoken = tuple(
        r[0]
        for r in db.conn.execute(
            "SELECT text FROM texts WHERE video_id = ? AND source IN ('speech', 'subtitle')", [video_id]
        )
    )
    return VideoFacts(paths, video[0], video[1], video[2], tags, video[3], spoken, volumes)


def _offline(db: Database, mounted: Collection[VolumeId]) -> int:
    marks = ", ".join("?" for _ in mounted)
    return db.conn.execute(
        f"""SELECT count(*) FROM videos v WHERE v.missing_since IS NULL AND NOT EXISTS
            (SELECT 1 FROM files f WHERE f.video_id = v.id AND f.missing_since IS NULL
             AND f.volume_id IN ({marks}))""",
        list(mounted),
    ).fetchone()[0]


def _moments(db: Database, pack: PackRef) -> int:
    """Counted as a search counts what it goes through, so that nobody is told of two different numbers."""
    seen = "FROM vectors WHERE pack = ? AND revision = ? AND kind = 'frame'"
    gone = "video_id IN (SELECT id FROM videos WHERE missing_since IS NOT NULL)"
    row = db.conn.execute(
        f"SELECT (SELECT count(*) {seen}), (SELECT count(*) {seen} AND {gone})", [pack.id, pack.revision] * 2
    ).fetchone()
    return row[0] - row[1]


def _waiting(db: Database, stage: str, pack: PackRef) -> int:
    return db.conn.execute(
        """SELECT count(*) FROM videos v WHERE v.missing_since IS NULL AND NOT EXISTS
           (SELECT 1 FROM stages s WHERE s.video_id = v.id AND s.stage = ? AND s.pack = ? AND s.revision = ?)""",
        [stage, pack.id, pack.revision],
    ).fetchone()[0]
