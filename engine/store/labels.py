"""What a user puts on videos: tags, stars and a note. A note is a text of its own, so it is found like any other.

Tags that differ only in case or in how accents are written are one tag, spelled as it was first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from engine.store.db import writing
from engine.store.remembered import kept_text
from engine.types import Labels, TagCount, VideoId

MOST_STARS = 5
LONGEST_TAG = 80


def labels_of(db: Database, video_id: VideoId) -> Labels:
    tags = db.conn.execute("SELECT tag FROM tags WHERE video_id = ? ORDER BY fold(tag)", [video_id])
    row = db.conn.execute(
        """SELECT v.rating, coalesce(t.text, '') FROM videos v
           LEFT JOIN notes n ON n.video_id = v.id LEFT JOIN texts t ON t.id = n.text_id WHERE v.id = ?""",
        [video_id],
    ).fetchone()
    if row is None:
        return Labels()
    return Labels(tuple(one[0] for one in tags), row[0], row[1])


def tags(db: Database) -> list[TagCount]:
    """Every tag in use, by name."""
    rows = db.conn.execute(
        """SELECT t.tag, count(*) FROM tags t JOIN videos v ON v.id = t.video_id
           WHERE v.missing_since IS NULL GROUP BY t.tag ORDER BY fold(t.tag)"""
    )
    return [TagCount(*row) for row in rows]


def add_tag(db: Database, videos: Sequence[VideoId], tag: str) -> str:
    """Put a tag on videos; returns how it is spelled. An empty one changes nothing."""
    clean = clean_tag(tag)
    if not clean:
        return ""
    with writing(db):
        known = db.conn.execute("SELECT tag FROM tags WHERE fold(tag) = fold(?) LIMIT 1", [clean]).fetchone()
        spelled = known[0] if known is not None else clean
        db.conn.executemany(
            "INSERT OR IGNORE INTO tags(video_id, tag) VALUES (?, ?)", [(video, spelled) for video in videos]
        )
    return spelled


def remove_tag(db: Database, videos: Sequence[VideoId], tag: str) -> None:
    with writing(db):
        db.conn.executemany(
            "DELETE FROM tags WHERE video_id = ? AND fold(tag) = fold(?)",
            [(video, clean_tag(tag)) for video in videos],
        )


def rate(db: Database, videos: Sequence[VideoId], stars: int) -> None:
    """Give stars, 1 to 5; 0 takes them away."""
    stars = max(0, min(MOST_STARS, stars))
    with writing(db):
        db.conn.executemany("UPDATE videos SET rating = ? WHERE id = ?", [(stars, video) for video in videos])


def write_note(db: Database, video_id: VideoId, note: str) -> None:
    """What the user has to say about a video, found as words of the whole of it. An empty note is none."""
    with writing(db):
        db.conn.execute("DELETE FROM texts WHERE id IN (SELECT text_id FROM notes WHERE video_id = ?)", [video_id])
        if not note.strip():
            return
        row = db.conn.execute(
            """INSERT INTO texts(video_id, start_s, end_s, source, text)
               SELECT id, 0, coalesce(duration_s, 0), 'user', ? FROM videos WHERE id = ? RETURNING id""",
            [kept_text(note.strip()), video_id],
        ).fetchone()
        if row is not None:
            db.conn.execute("INSERT INTO notes(video_id, text_id) VALUES (?, ?)", [video_id, row[0]])


def clean_tag(tag: str) -> str:
    """A tag as it is kept: one line, no quotes, because a search puts them around it."""
    return " ".join(kept_text(tag).replace('"', " ").split())[:LONGEST_TAG].strip()
