"""Everything said about a video in words, with its time span and where it comes from; searchable through FTS5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from engine.store.db import writing
from engine.types import NO_PACK, PackRef, Span, StoredText, TextId, TextSource, VideoId


def replace_texts(
    db: Database,
    video_id: VideoId,
    sources: Sequence[TextSource],
    texts: Iterable[StoredText],
    pack: PackRef = NO_PACK,
) -> list[TextId]:
    """Store the texts of the given sources; what those sources said before, with the same pack, goes."""
    with writing(db):
        for source in sources:
            _delete(db, video_id, source, pack)
        ids: list[TextId] = []
        for text in texts:
            row = db.conn.execute(
                """INSERT INTO texts(video_id, start_s, end_s, source, text, score, language, pack, revision)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
                [
                    video_id, text.start_s, text.end_s, text.source, text.text, text.score, text.language,
                    pack.id, pack.revision,
                ],
            ).fetchone()  # fmt: skip
            ids.append(TextId(row[0]))
    return ids


def texts_of(db: Database, video_id: VideoId) -> list[StoredText]:
    rows = db.conn.execute(
        """SELECT start_s, end_s, source, text, score, language FROM texts
           WHERE video_id = ? ORDER BY start_s, id""",
        [video_id],
    )
    return [StoredText(*row) for row in rows]


def corrections_of(db: Database, video_id: VideoId) -> list[tuple[TextId, Span, str]]:
    """What the user said of moments of a video in place of captions, and where."""
    rows = db.conn.execute(
        """SELECT id, start_s, end_s, text FROM texts t WHERE video_id = ? AND source = 'user'
           AND EXISTS (SELECT 1 FROM vectors v WHERE v.kind = 'caption' AND v.owner_id = t.id) ORDER BY start_s, id""",
        [video_id],
    )
    return [(TextId(row[0]), Span(row[1], row[2]), row[3]) for row in rows]


def _delete(db: Database, video_id: VideoId, source: TextSource, pack: PackRef) -> None:
    where = "video_id = ? AND source = ? AND pack = ? AND revision = ?"
    values = [video_id, source, pack.id, pack.revision]
    db.conn.execute(
        f"DELETE FROM vectors WHERE kind = 'caption' AND owner_id IN (SELECT id FROM texts WHERE {where})",
        values,
    )
    db.conn.execute(f"DELETE FROM texts WHERE {where}", values)
