"""Frames and shots of a video: which moments were looked at, and where scenes change."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from engine.store.db import writing
from engine.types import NO_PACK, FrameId, PackRef, ShotId, Span, StoredFrame, VideoId


def add_frames(db: Database, video_id: VideoId, frames: Sequence[tuple[int, float, bool]]) -> list[FrameId]:
    """Store (pts, time, is key) of sampled frames; one that is known keeps its id."""
    ids: list[FrameId] = []
    with writing(db):
        for pts, time_s, is_key in frames:
            row = db.conn.execute(
                """INSERT INTO frames(video_id, pts, time_s, is_key) VALUES (?, ?, ?, ?)
                   ON CONFLICT(video_id, pts) DO UPDATE SET time_s=excluded.time_s
                   RETURNING id""",
                [video_id, pts, time_s, is_key],
            ).fetchone()
            ids.append(FrameId(row[0]))
    return ids


def frames_of(db: Database, video_id: VideoId, pack: PackRef = NO_PACK) -> list[StoredFrame]:
    """The frames that were looked at; with a pack named, those it has a vector of."""
    rows = db.conn.execute(
        """SELECT id, pts, time_s, is_key FROM frames f WHERE video_id = ? AND (? = '' OR EXISTS (
               SELECT 1 FROM vectors v WHERE v.pack = ? AND v.revision = ? AND v.kind = 'frame' AND v.owner_id = f.id))
           ORDER BY time_s""",
        [video_id, pack.id, pack.id, pack.revision],
    )
    return [StoredFrame(FrameId(r[0]), r[1], r[2], bool(r[3])) for r in rows]


def replace_shots(db: Database, video_id: VideoId, shots: Sequence[Span]) -> list[ShotId]:
    """Store the shots of a video. The same ones again keep their ids; others take their clip vectors along."""
    before = shots_of(db, video_id)
    if [span for _, span in before] == list(shots):
        return [shot_id for shot_id, _ in before]
    with writing(db):
        db.conn.execute("DELETE FROM vectors WHERE kind = 'clip' AND video_id = ?", [video_id])
        db.conn.execute("DELETE FROM shots WHERE video_id = ?", [video_id])
        ids: list[ShotId] = []
        for shot in shots:
            row = db.conn.execute(
                "INSERT INTO shots(video_id, start_s, end_s) VALUES (?, ?, ?) RETURNING id",
                [video_id, shot.start_s, shot.end_s],
            ).fetchone()
            ids.append(ShotId(row[0]))
    return ids


def shots_of(db: Database, video_id: VideoId) -> list[tuple[ShotId, Span]]:
    rows = db.conn.execute("SELECT id, start_s, end_s FROM shots WHERE video_id = ? ORDER BY start_s", [video_id])
    return [(ShotId(r[0]), Span(r[1], r[2])) for r in rows]
