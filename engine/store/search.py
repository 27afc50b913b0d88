"""The questions search asks the library: what is new for the index, what may be found, and what a hit looks like."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from engine.store.filters import Clause, Filter, VideoFacts, all_of
from engine.store.library import full_path
from engine.types import PackRef, TextId, TextSource, VectorKind, VideoId, VolumeId


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One stored vector with the time span of what it describes."""

    seq: int
    kind: VectorKind
    video_id: VideoId
    owner_id: int
    start_s: float
    end_s: float
    blob: bytes


def spanned_vectors(db: Database, pack: PackRef, after_seq: int, batch: int = 2048) -> Iterator[list[VectorRow]]:
    """Batches of vectors written after `after_seq`, in order. A vector whose owner is gone is left out."""
    while True:
        # NOT INDEXED keeps SQLite on the rowid, which is `seq`: it would rather sort the whole pack.
        rows = db.conn.execute(
            """SELECT v.seq, v.kind, v.video_id, v.owner_id, coalesce(f.time_s, s.start_s, t.start_s),
                      coalesce(f.time_s, s.end_s, t.end_s), v.vector
               FROM vectors v NOT INDEXED
               LEFT JOIN frames f ON v.kind = 'frame' AND f.id = v.owner_id
               LEFT JOIN shots s ON v.kind = 'clip' AND s.id = v.owner_id
               LEFT JOIN texts t ON v.kind = 'caption' AND t.id = v.owner_id
               WHERE v.seq > ? AND v.pack = ? AND v.revision = ? ORDER BY v.seq LIMIT ?""",
            [after_seq, pack.id, pack.revision, batch],
        ).fetchall()
        if not rows:
            return
        after_seq = rows[-1][0]
        yield [VectorRow(*row) for row in rows if row[4] is not None]


def newest_marks(db: Database) -> tuple[int, int]:
    """The numbers of the newest vector ever written and of the newest removal."""
    row = db.conn.execute(
        """SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'vectors'), 0),
                  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'removed_vectors'), 0)"""
    ).fetchone()
    return row[0], row[1]


def owners_of(db: Database, seqs: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    """Video, owner and kind of some vectors, for checking that an index belongs to this library."""
    marks = ", ".join("?" for _ in seqs)
    rows = db.conn.execute(
        f"""SELECT v.seq, v.video_id, v.owner_id, v.kind FROM vectors v WHERE v.seq IN ({marks})""",
        list(seqs),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def packs_with_vectors(db: Database) -> list[PackRef]:
    """Every pack that has vectors here; found by leaps through the index, whatever their number."""
    found: list[PackRef] = []
    last = ("", "")
    while True:
        row = db.conn.execute(
            """SELECT pack, revision FROM vectors WHERE (pack, revision) > (?, ?)
               ORDER BY pack, revision LIMIT 1""",
            list(last),
        ).fetchone()
        if row is None:
            return found
        last = (row[0], row[1])
        found.append(PackRef(*last))


def hidden_videos(db: Database) -> list[VideoId]:
    """Videos whose files are gone: kept for a while, not found."""
    return [row[0] for row in db.conn.execute("SELECT id FROM videos WHERE missing_since IS NOT NULL")]


# --- what may be found, and what the texts say -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text that holds at least one of the words asked for."""

    text_id: TextId
    video_id: VideoId
    start_s: float
    end_s: float
    source: TextSource
    text: str


def negated(one: Filter) -> Filter:
    return _Not(one)


@dataclass(frozen=True, slots=True)
class _Not:
    inner: Filter

    def clause(self) -> Clause:
        sql, values = self.inner.clause()
        return f"NOT ({sql})", values

    def match(self, facts: VideoFacts) -> bool:
        return not self.inner.match(facts)


def searchable_videos(db: Database, filters: Sequence[Filter]) -> list[VideoId]:
    """Videos that are not missing and pass every filter, newest recordings first."""
    sql, values = all_of(filters)
    rows = db.conn.execute(
        f"SELECT v.id FROM videos v WHERE v.missing_since IS NULL AND {sql} ORDER BY v.recorded_at DESC, v.id DESC",
        values,
    )
    return [row[0] for row in rows]


def count_videos(db: Database) -> int:
    return db.conn.execute("SELECT count(*) FROM videos WHERE missing_since IS NULL").fetchone()[0]


def newest_video(db: Database) -> VideoId:
    """The highest id of any video; 0 where there is none."""
    return db.conn.execute("SELECT coalesce(max(id), 0) FROM videos").fetchone()[0]


def texts_with(db: Database, match: str, most: int) -> list[TextId]:
    """Which texts an FTS5 expression matches, the oldest `most` of them. Reads the full-text index alone."""
    rows = db.conn.execute("SELECT rowid FROM texts_fts WHERE texts_fts MATCH ? ORDER BY rowid LIMIT ?", [match, most])
    return [row[0] for row in rows]


def holds(db: Database, match: str, videos: Sequence[VideoId] | None = None) -> bool:
    """Whether an FTS5 expression matches any text, of some videos or of all."""
    if videos is None:
        return bool(texts_with(db, match, 1))
    row = db.conn.execute(
        """SELECT 1 FROM texts_fts JOIN texts t ON t.id = texts_fts.rowid
           WHERE texts_fts MATCH ? AND t.video_id IN (SELECT value FROM json_each(?)) LIMIT 1""",
        [match, json.dumps(list(videos))],
    ).fetchone()
    return row is not None


def count_texts(db: Database) -> int:
    return db.conn.execute("SELECT coalesce(max(id), 0) FROM texts").fetchone()[0]


def texts_of(db: Database, ids: Sequence[TextId], videos: Sequence[VideoId]) -> set[TextId]:
    """Those of some texts that belong to some videos."""
    rows = db.conn.execute(
        """SELECT id FROM texts WHERE id IN (SELECT value FROM json_each(?))
           AND video_id IN (SELECT value FROM json_each(?))""",
        [json.dumps(ids), json.dumps(list(videos))],
    )
    return {row[0] for row in rows}


def most_telling(db: Database, ids: Sequence[TextId], most: int) -> list[TextId]:
    """Of texts with the same words, those that say least besides; what people wrote before a machine's captions."""
    rows = db.conn.execute(
        """SELECT id FROM texts WHERE id IN (SELECT value FROM json_each(?))
           ORDER BY source = 'caption', length(text), id LIMIT ?""",
        [json.dumps(ids), most],
    )
    return [row[0] for row in rows]


def text_matches(db: Database, ids: Sequence[TextId]) -> list[TextMatch]:
    rows = db.conn.execute(
        """SELECT id, video_id, start_s, end_s, source, text FROM texts
           WHERE id IN (SELECT value FROM json_each(?))""",
        [json.dumps(ids)],
    )
    return [TextMatch(*row) for row in rows]


def spans_with(db: Database, match: str, videos: Collection[VideoId]) -> list[tuple[VideoId, float, float, TextSource]]:
    """Where the texts of some videos match an FTS5 expression."""
    marks = ", ".join("?" for _ in videos)
    rows = db.conn.execute(
        f"""SELECT t.video_id, t.start_s, t.end_s, t.source FROM texts_fts JOIN texts t ON t.id = texts_fts.rowid
            WHERE texts_fts MATCH ? AND t.video_id IN ({marks})""",
        [match, *videos],
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def shot_spans(db: Database, videos: Collection[VideoId]) -> dict[VideoId, list[tuple[float, float]]]:
    marks = ", ".join("?" for _ in videos)
    rows = db.conn.execute(
        f"SELECT video_id, start_s, end_s FROM shots WHERE video_id IN ({marks}) ORDER BY video_id, start_s",
        list(videos),
    )
    found: dict[VideoId, list[tuple[float, float]]] = {}
    for video_id, start_s, end_s in rows:
        found.setdefault(video_id, []).append((start_s, end_s))
    return found


def durations_of(db: Database, videos: Collection[VideoId]) -> dict[VideoId, float]:
    marks = ", ".join("?" for _ in videos)
    rows = db.conn.execute(
        f"SELECT id, duration_s FROM videos WHERE duration_s IS NOT NULL AND id IN ({marks})", list(videos)
    )
    return {VideoId(row[0]): row[1] for row in rows}


def state_of(db: Database) -> tuple[int, ...]:
    """Numbers that differ whenever texts, videos or what is missing differ, as far as a short-lived cache cares."""
    row = db.conn.execute(
        """SELECT (SELECT coalesce(max(id), 0) FROM texts), (SELECT coalesce(max(id), 0) FROM videos),
                  (SELECT count(*) FROM videos), (SELECT count(*) FROM videos WHERE missing_since IS NOT NULL)"""
    ).fetchone()
    return (*row, *newest_marks(db))


def videos_with_file(db: Database, name: str) -> list[VideoId]:
    """Videos whose path is `name`, or ends with it, or whose name begins with it; the best fit first."""
    rows = db.conn.execute(
        """SELECT f.video_id FROM files f WHERE f.video_id IS NOT NULL AND f.missing_since IS NULL
           AND (substr(?, -length(f.shown)) = f.shown OR name_part(f.shown) = name_part(?)
                OR instr(fold(name_part(f.shown)), fold(?)) = 1)
           ORDER BY substr(?, -length(f.shown)) = f.shown DESC, name_part(f.shown) = name_part(?) DESC, f.id""",
        [name, name, name, name, name],
    )
    return list(dict.fromkeys(VideoId(row[0]) for row in rows))


def paths_known(db: Database, mounts: Mapping[VolumeId, Path]) -> list[Path]:
    """Every file of a video that is there now."""
    rows = db.conn.execute(
        "SELECT volume_id, path FROM files WHERE video_id IS NOT NULL AND missing_since IS NULL ORDER BY id"
    )
    return [full_path(mounts[row[0]], row[1]) for row in rows if row[0] in mounts]
