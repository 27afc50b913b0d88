"""Frames and shots of a video: which moments were looked at, and where scenes change."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from engine.store.db import writing
from engine.types import FrameId, ShotId, Span, StoredFrame, VideoId


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


def frames_of(db: Database, video_id: VideoId) -> list[StoredFrame]:
    rows = db.conn.execute("SELECT id, pts, time_s, is_key FROM frames WHERE video_id = ? ORDER BY time_s", [video_id])
    return [StoredFrame(FrameId(r[0]), r[1], r[2], bool(r[3])) for r in rows]


def replace_shots(db: Database, video_id: VideoId, shots: Sequence[Span]) -> list[ShotId]:
    """Store the shots of a video; those of before go, and their clip vectors with them."""
    with writing(db):
        db.conn.execute(
            """DELETE FROM vectors WHERE kind = 'clip' AND video_id = ?""",
            [video_id],
        )
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
