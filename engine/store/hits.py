"""What a hit shows: the video's facts, where its files lie, the words said there, and the scorer's frame tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from engine.store.db import writing
from engine.types import PackRef, ShotId, Span, TextSource, VideoId, VolumeId


@dataclass(frozen=True, slots=True)
class Place:
    """One file of a video."""

    volume_id: VolumeId
    path: bytes
    volume_label: str
    last_mount: bytes


@dataclass(frozen=True, slots=True)
class VideoCard:
    fingerprint: str
    duration_s: float | None
    recorded_at: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SpokenText:
    text_id: int
    video_id: VideoId
    span: Span
    source: TextSource
    text: str


def video_cards(db: Database, videos: Collection[VideoId]) -> dict[VideoId, VideoCard]:
    """Cards of the videos that are still there and not missing."""
    marks = ", ".join("?" for _ in videos)
    places: dict[VideoId, list[Place]] = {}
    for row in db.conn.execute(
        f"""SELECT f.video_id, f.volume_id, f.path, o.label, o.mount FROM files f JOIN volumes o ON o.id = f.volume_id
            WHERE f.missing_since IS NULL AND f.video_id IN ({marks}) ORDER BY f.id""",
        list(videos),
    ):
        places.setdefault(row[0], []).append(Place(*row[1:]))
    rows = db.conn.execute(
        f"""SELECT id, fingerprint, duration_s, recorded_at FROM videos
            WHERE missing_since IS NULL AND id IN ({marks})""",
        list(videos),
    )
    return {row[0]: VideoCard(row[1], row[2], row[3], tuple(places[row[0]])) for row in rows if row[0] in places}


def texts_by_id(db: Database, ids: Collection[int]) -> dict[int, SpokenText]:
    marks = ", ".join("?" for _ in ids)
    rows = db.conn.execute(
        f"SELECT id, video_id, start_s, end_s, source, text FROM texts WHERE id IN ({marks})", list(ids)
    )
    return {row[0]: SpokenText(row[0], row[1], Span(row[2], row[3]), row[4], row[5]) for row in rows}


def caption_at(db: Database, video_id: VideoId, time_s: float) -> SpokenText | None:
    """The best caption of the moment; one that the user wrote comes first. A note on the video is none."""
    row = db.conn.execute(
        """SELECT id, video_id, start_s, end_s, source, text FROM texts
           WHERE video_id = ? AND source IN ('caption', 'user') AND start_s <= ? AND end_s >= ?
             AND id NOT IN (SELECT text_id FROM notes)
           ORDER BY source = 'user' DESC, score DESC, id LIMIT 1""",
        [video_id, time_s, time_s],
    ).fetchone()
    return None if row is None else SpokenText(row[0], row[1], Span(row[2], row[3]), row[4], row[5])


# --- frame tokens for the scorer -------------------------------------------------------------------------------


def add_shot_tokens(db: Database, rows: Sequence[tuple[ShotId, npt.NDArray[np.floating]]], pack: PackRef) -> None:
    """Keep the frame tokens [F, P, D] of shots in 8 bits each; what was kept for a shot before goes."""
    with writing(db):
        for shot_id, tokens in rows:
            scale = float(np.abs(tokens).max(initial=0.0)) / 127 or 1.0
            small = np.clip(np.rint(tokens / scale), -127, 127).astype(np.int8)
            frames, per_frame, width = small.shape
            db.conn.execute(
                "INSERT OR REPLACE INTO shot_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [shot_id, pack.id, pack.revision, frames, per_frame, width, scale, small.tobytes()],
            )


def shot_tokens_at(
    db: Database, video_id: VideoId, time_s: float, pack: PackRef, most: int
) -> npt.NDArray[np.float32] | None:
    """The tokens [F, P, D] of at most so many frames of the shot around a time; None where none are kept."""
    row = db.conn.execute(
        """SELECT k.frames, k.per_frame, k.width, k.scale, k.tokens FROM shots s
           JOIN shot_tokens k ON k.shot_id = s.id AND k.pack = ? AND k.revision = ?
           WHERE s.video_id = ? AND s.start_s <= ? AND s.end_s >= ? ORDER BY s.start_s DESC LIMIT 1""",
        [pack.id, pack.revision, video_id, time_s, time_s],
    ).fetchone()
    if row is None or len(row[4]) != row[0] * row[1] * row[2]:
        return None
    tokens = np.frombuffer(row[4], np.int8).reshape(row[0], row[1], row[2])
    return spread(tokens, most).astype(np.float32) * np.float32(row[3])


def spread(frames: npt.NDArray[np.int8], most: int) -> npt.NDArray[np.int8]:
    """At most so many frames: the middle of each of so many equal pieces."""
    count = len(frames)
    return frames if count <= most else frames[[int((piece + 0.5) * count / most) for piece in range(most)]]
