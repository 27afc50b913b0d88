"""Volumes, folders, files and videos: what is where, and what came of it when it went away.

A video is its content (the fingerprint); files are places where that content lies. Nothing here touches the disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path, PurePath

from sqlite_utils import Database

from engine import clock
from engine.store.db import writing
from engine.types import (
    FileId,
    Folder,
    FolderId,
    KnownFile,
    Probe,
    StoredVideo,
    VideoId,
    Volume,
    VolumeId,
)

DAY_S = 24 * 3600.0
MISSING_KEPT_S = 30 * DAY_S


def path_bytes(path: PurePath) -> bytes:
    """A path as the library keeps it: bytes, because a file name need not be valid text."""
    return os.fsencode(path.as_posix())


def shown_path(path: bytes) -> str:
    """The path for people: undecodable bytes become replacement marks."""
    return path.decode("utf-8", "replace")


def full_path(mount: Path, path: bytes) -> Path:
    return mount / os.fsdecode(path)


# --- volumes and folders ---------------------------------------------------------------------------------------


def remember_volume(db: Database, volume: Volume) -> VolumeId:
    """The id of a volume, known by its identity; its mount point and label are brought up to date."""
    now = clock.now_s()
    with writing(db):
        _move_with_the_clock(db, now)
        row = db.conn.execute(
            """INSERT INTO volumes(identity, label, kind, mount, seen_at) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT(identity) DO UPDATE SET label=excluded.label, kind=excluded.kind,
                   mount=excluded.mount, seen_at=excluded.seen_at
               RETURNING id""",
            [volume.identity, volume.label, volume.kind, path_bytes(volume.mount), now],
        ).fetchone()
    return VolumeId(row[0])


def _move_with_the_clock(db: Database, now: float) -> None:
    """Let what is missing keep its month when the clock is put back or leaps ahead, or was wrong when it went missing.

    A gap longer than that month may be such a leap as well as a long absence; it counts as one day.
    """
    last = db.conn.execute("SELECT max(seen_at) FROM volumes").fetchone()[0]
    if last is None or 0 <= now - last <= MISSING_KEPT_S:
        return
    leap = now - last - (DAY_S if now > last else 0.0)
    db.conn.execute("UPDATE volumes SET seen_at = seen_at + ?", [leap])
    for table in ("files", "videos"):
        db.conn.execute(f"UPDATE {table} SET missing_since = missing_since + ? WHERE missing_since IS NOT NULL", [leap])


def volume_identities(db: Database) -> dict[VolumeId, str]:
    return {VolumeId(row[0]): row[1] for row in db.conn.execute("SELECT id, identity FROM volumes")}


def volume_labels(db: Database) -> dict[VolumeId, str]:
    return {VolumeId(row[0]): row[1] for row in db.conn.execute("SELECT id, label FROM volumes")}


def last_mounts(db: Database) -> dict[VolumeId, Path]:
    """Where each volume was mounted when it was last seen."""
    rows = db.conn.execute("SELECT id, mount FROM volumes")
    return {VolumeId(row[0]): Path(os.fsdecode(row[1])) for row in rows}


def add_folder(db: Database, volume_id: VolumeId, path: bytes, *, watch: bool = False) -> FolderId:
    """Remember a folder; adding it twice changes nothing but may switch watching on."""
    with writing(db):
        row = db.conn.execute(
            """INSERT INTO folders(volume_id, path, is_watched, added_at) VALUES (?, ?, ?, ?)
               ON CONFLICT(volume_id, path) DO UPDATE SET is_watched = max(is_watched, excluded.is_watched)
               RETURNING id""",
            [volume_id, path, watch, clock.now_s()],
        ).fetchone()
    return FolderId(row[0])


def remove_folder(db: Database, folder_id: FolderId) -> None:
    with writing(db):
        db.conn.execute("DELETE FROM folders WHERE id = ?", [folder_id])


def watch_folder(db: Database, folder_id: FolderId, wanted: bool) -> None:
    with writing(db):
        db.conn.execute("UPDATE folders SET is_watched = ? WHERE id = ?", [wanted, folder_id])


def folders(db: Database) -> list[Folder]:
    rows = db.conn.execute(
        """SELECT f.id, f.volume_id, v.identity, v.label, f.path, f.is_watched
           FROM folders f JOIN volumes v ON v.id = f.volume_id ORDER BY f.id"""
    )
    return [Folder(FolderId(r[0]), VolumeId(r[1]), r[2], r[3], r[4], bool(r[5])) for r in rows]


# --- files -----------------------------------------------------------------------------------------------------


def known_files(db: Database) -> dict[tuple[VolumeId, bytes], KnownFile]:
    """Every file of the library, in one query, for comparing with what is on disk."""
    rows = db.conn.execute(
        """SELECT f.volume_id, f.path, f.id, f.video_id, f.size_bytes, f.mtime_ns, f.sidecars_ns,
                  f.missing_since IS NOT NULL,
                  EXISTS (SELECT 1 FROM failures x WHERE x.volume_id = f.volume_id AND x.path = f.path)
           FROM files f"""
    )
    return {
        (VolumeId(r[0]), r[1]): KnownFile(FileId(r[2]), r[3], r[4], r[5], r[6], bool(r[7]), bool(r[8])) for r in rows
    }


def upsert_file(db: Database, volume_id: VolumeId, path: bytes, size_bytes: int, mtime_ns: int) -> FileId:
    """Record a file that was seen; a changed one forgets its failures, because it deserves another try. Where a video
    is known, its version stays until the new one is identified: killed before that, it still counts as changed."""
    with writing(db):
        db.conn.execute("DELETE FROM failures WHERE volume_id = ? AND path = ?", [volume_id, path])
        row = db.conn.execute(
            """INSERT INTO files(volume_id, path, shown, size_bytes, mtime_ns, seen_at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT(volume_id, path) DO UPDATE SET
                   size_bytes = CASE WHEN video_id IS NULL THEN excluded.size_bytes ELSE size_bytes END,
                   mtime_ns = CASE WHEN video_id IS NULL THEN excluded.mtime_ns ELSE mtime_ns END,
                   seen_at = excluded.seen_at, missing_since = NULL
               RETURNING id""",
            [volume_id, path, shown_path(path), size_bytes, mtime_ns, clock.now_s()],
        ).fetchone()
    return FileId(row[0])


def note_sidecars(db: Database, file_id: FileId, sidecars_ns: int) -> None:
    """Remember what lies beside a file; where that changed, its subtitles are read again."""
    with writing(db):
        changed = db.conn.execute(
            "UPDATE files SET sidecars_ns = ? WHERE id = ? AND sidecars_ns <> ? RETURNING video_id",
            [sidecars_ns, file_id, sidecars_ns],
        ).fetchone()
        if changed is not None and changed[0] is not None:
            db.conn.execute(
                "DELETE FROM stages WHERE video_id = ? AND stage IN ('subtitles', 'describe')", [changed[0]]
            )


def mark_back(db: Database, file_ids: Iterable[FileId]) -> None:
    """Files that were missing are there again, unchanged: searchable at once."""
    ids = list(file_ids)
    with writing(db):
        _each(db, "UPDATE files SET missing_since = NULL WHERE id = ?", ids)
        _refresh_missing(db, _videos_of(db, ids))


def mark_missing(db: Database, file_ids: Iterable[FileId], now: float | None = None) -> None:
    """Files that are gone from a volume that is present. Their videos stay, hidden, for 30 days."""
    ids = list(file_ids)
    at = clock.now_s() if now is None else now
    with writing(db):
        for file_id in ids:
            db.conn.execute("UPDATE files SET missing_since = ? WHERE id = ? AND missing_since IS NULL", [at, file_id])
        _refresh_missing(db, _videos_of(db, ids), at)


def purge_missing(db: Database, now: float | None = None) -> list[str]:
    """Remove what has been missing for longer than it is kept; returns the fingerprints whose caches may go."""
    limit = (clock.now_s() if now is None else now) - MISSING_KEPT_S
    with writing(db):
        gone = [row[0] for row in db.conn.execute("SELECT fingerprint FROM videos WHERE missing_since < ?", [limit])]
        db.conn.execute("DELETE FROM videos WHERE missing_since < ?", [limit])
        db.conn.execute("DELETE FROM files WHERE missing_since < ?", [limit])
        _drop_orphan_failures(db)
    return gone


def attach(db: Database, file_id: FileId, video_id: VideoId) -> None:
    """Say which video a file holds. A place the video was missing from is forgotten: it moved here."""
    with writing(db):
        before = db.conn.execute("SELECT video_id FROM files WHERE id = ?", [file_id]).fetchone()
        db.conn.execute("UPDATE files SET video_id = ? WHERE id = ?", [video_id, file_id])
        db.conn.execute(
            "DELETE FROM files WHERE video_id = ? AND missing_since IS NOT NULL AND id <> ?",
            [video_id, file_id],
        )
        _refresh_missing(db, {video_id, *([before[0]] if before and before[0] is not None else [])})


def note_version(db: Database, file_id: FileId, size_bytes: int, mtime_ns: int) -> None:
    """What a file holds is known for this version of it."""
    with writing(db):
        db.conn.execute("UPDATE files SET size_bytes = ?, mtime_ns = ? WHERE id = ?", [size_bytes, mtime_ns, file_id])


def detach(db: Database, volume_id: VolumeId, path: bytes, version: tuple[int, int]) -> None:
    """A file now holds something that is no video: what it held before is no longer there."""
    with writing(db):
        row = db.conn.execute(
            "SELECT id, video_id FROM files WHERE volume_id = ? AND path = ?", [volume_id, path]
        ).fetchone()
        if row is not None and row[1] is not None:
            db.conn.execute("UPDATE files SET video_id = NULL WHERE id = ?", [row[0]])
            note_version(db, FileId(row[0]), *version)
            _refresh_missing(db, [row[1]])


def knows_file(db: Database, file_id: FileId) -> bool:
    return db.conn.execute("SELECT 1 FROM files WHERE id = ?", [file_id]).fetchone() is not None


def leave_out(db: Database, volume_id: VolumeId, path: bytes) -> None:
    """A file or folder the user wants forgotten though it lies in a folder of the library: scans pass it by."""
    with writing(db):
        db.conn.execute("INSERT OR IGNORE INTO forgotten(volume_id, path) VALUES (?, ?)", [volume_id, path])


def left_out(db: Database) -> list[tuple[VolumeId, bytes]]:
    return [(VolumeId(row[0]), row[1]) for row in db.conn.execute("SELECT volume_id, path FROM forgotten")]


def take_in_again(db: Database, places: Iterable[tuple[VolumeId, bytes]]) -> None:
    with writing(db):
        db.conn.executemany("DELETE FROM forgotten WHERE volume_id = ? AND path = ?", list(places))


# --- videos ----------------------------------------------------------------------------------------------------


def video_by_fingerprint(db: Database, fingerprint: str) -> VideoId | None:
    row = db.conn.execute("SELECT id FROM videos WHERE fingerprint = ?", [fingerprint]).fetchone()
    return None if row is None else VideoId(row[0])


def add_video(db: Database, fingerprint: str, size_bytes: int, recorded_at: str, probe: Probe) -> VideoId:
    """Store a video that was not known, with what its container says."""
    row = {
        "fingerprint": fingerprint,
        "size_bytes": size_bytes,
        "added_at": clock.now_s(),
        "recorded_at": recorded_at,
        **_probe_columns(probe),
    }
    with writing(db):
        columns = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        got = db.conn.execute(
            f"INSERT INTO videos({columns}) VALUES ({marks}) RETURNING id", list(row.values())
        ).fetchone()
    return VideoId(got[0])


def update_duration(db: Database, video_id: VideoId, duration_s: float) -> None:
    """What decoding found is truer than what the container claims."""
    with writing(db):
        db.conn.execute("UPDATE videos SET duration_s = ? WHERE id = ?", [duration_s, video_id])


def forget_files(db: Database, file_ids: Iterable[FileId]) -> list[str]:
    """Remove files, and videos that no file that is there holds any more; returns the fingerprints whose caches may go.

    A copy that is missing keeps nothing: whoever takes a video out does not expect it to lie there for a month.
    """
    ids = list(file_ids)
    with writing(db):
        videos = _videos_of(db, ids)
        for file_id in ids:
            db.conn.execute(
                """DELETE FROM failures WHERE (volume_id, path) =
                   (SELECT volume_id, path FROM files WHERE id = ?)""",
                [file_id],
            )
        _each(db, "DELETE FROM files WHERE id = ?", ids)
        gone: list[str] = []
        for video_id in videos:
            row = db.conn.execute(
                """DELETE FROM videos WHERE id = ? AND NOT EXISTS
                   (SELECT 1 FROM files WHERE video_id = videos.id AND missing_since IS NULL) RETURNING fingerprint""",
                [video_id],
            ).fetchone()
            if row is not None:
                gone.append(row[0])
        _refresh_missing(db, videos)
    return gone


def stored_video(db: Database, video_id: VideoId) -> StoredVideo | None:
    row = db.conn.execute(f"SELECT {VIDEO_COLUMNS} FROM videos v WHERE v.id = ?", [video_id]).fetchone()
    return None if row is None else video_of(row)


def shown_paths(db: Database, video_id: VideoId) -> list[str]:
    """Where a video lies, for people, one a file that is not missing."""
    rows = db.conn.execute(
        "SELECT shown FROM files WHERE video_id = ? AND missing_since IS NULL ORDER BY id", [video_id]
    )
    return [row[0] for row in rows]


VIDEO_COLUMNS = "v.id, v.fingerprint, v.duration_s, v.recorded_at, v.width, v.height"


def video_of(row: tuple[object, ...]) -> StoredVideo:
    """A `StoredVideo` from the columns named in `VIDEO_COLUMNS`."""
    return StoredVideo(*row[:6])  # type: ignore[arg-type]  # one place where SQL's columns become fields


def _probe_columns(probe: Probe) -> Mapping[str, object]:
    place = probe.place
    return {
        "duration_s": probe.duration_s,
        "width": probe.width,
        "height": probe.height,
        "rotation_deg": probe.rotation_deg,
        "container": probe.container,
        "codec": probe.codec,
        "pixel_format": probe.pixel_format,
        "bit_depth": probe.bit_depth,
        "fps": None if probe.fps is None else float(probe.fps),
        "is_vfr": probe.is_vfr,
        "is_hdr": probe.is_hdr,
        "time_base": str(probe.time_base),
        "start_s": probe.start_s,
        "latitude": None if place is None else place.latitude,
        "longitude": None if place is None else place.longitude,
        "camera": probe.camera,
        "title": probe.title,
        "tracks": json.dumps(
            {
                "audio": [asdict(track) for track in probe.audio],
                "subtitles": [asdict(track) for track in probe.subtitles],
                "chapters": [asdict(chapter) for chapter in probe.chapters],
            }
        ),
    }


def _videos_of(db: Database, file_ids: Iterable[FileId]) -> set[int]:
    found: set[int] = set()
    for file_id in file_ids:
        row = db.conn.execute("SELECT video_id FROM files WHERE id = ?", [file_id]).fetchone()
        if row is not None and row[0] is not None:
            found.add(row[0])
    return found


def _refresh_missing(db: Database, video_ids: Iterable[int], now: float | None = None) -> None:
    at = clock.now_s() if now is None else now
    for video_id in video_ids:
        db.conn.execute(
            """UPDATE videos SET missing_since = CASE
                   WHEN EXISTS (SELECT 1 FROM files WHERE video_id = videos.id AND missing_since IS NULL) THEN NULL
                   ELSE coalesce(missing_since, ?) END
               WHERE id = ?""",
            [at, video_id],
        )


def _drop_orphan_failures(db: Database) -> None:
    db.conn.execute(
        """DELETE FROM failures WHERE stage <> 'scan' AND NOT EXISTS
           (SELECT 1 FROM files f WHERE f.volume_id = failures.volume_id AND f.path = failures.path)"""
    )


def _each(db: Database, statement: str, ids: Iterable[int]) -> None:
    db.conn.executemany(statement, [(one,) for one in ids])
