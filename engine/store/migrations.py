"""The shape of a library, as steps that are never edited once released: a change of shape is a new step at the end.

`SCHEMA_VERSION` counts the steps; a file with a larger number was written by a newer program and is refused.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from engine.store.search_schema import MIGRATION_SQL as _SEARCH

APPLICATION_ID = 0x5265656C
"""'Reel': tells our files from other programs' databases."""

MIGRATIONS = Migrations("library")

_FIRST = """
CREATE TABLE volumes (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    mount BLOB NOT NULL,
    seen_at REAL NOT NULL
);
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    volume_id INTEGER NOT NULL REFERENCES volumes(id),
    path BLOB NOT NULL,
    is_watched INTEGER NOT NULL DEFAULT 0,
    added_at REAL NOT NULL,
    UNIQUE (volume_id, path)
);
CREATE TABLE videos (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    added_at REAL NOT NULL,
    opened_at REAL,
    missing_since REAL,
    recorded_at TEXT NOT NULL,
    duration_s REAL,
    width INTEGER, height INTEGER, rotation_deg INTEGER,
    container TEXT, codec TEXT, pixel_format TEXT, bit_depth INTEGER,
    fps REAL, is_vfr INTEGER, is_hdr INTEGER,
    time_base TEXT, start_s REAL,
    latitude REAL, longitude REAL, camera TEXT, title TEXT,
    tracks TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX videos_missing ON videos(missing_since) WHERE missing_since IS NOT NULL;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    video_id INTEGER REFERENCES videos(id) ON DELETE CASCADE,
    volume_id INTEGER NOT NULL REFERENCES volumes(id),
    path BLOB NOT NULL,
    shown TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sidecars_ns INTEGER NOT NULL DEFAULT 0,
    seen_at REAL NOT NULL,
    missing_since REAL,
    UNIQUE (volume_id, path)
);
CREATE INDEX files_video ON files(video_id);
CREATE TABLE forgotten (
    volume_id INTEGER NOT NULL REFERENCES volumes(id),
    path BLOB NOT NULL,
    PRIMARY KEY (volume_id, path)
) WITHOUT ROWID;
CREATE TABLE stages (
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    pack TEXT NOT NULL,
    revision TEXT NOT NULL,
    done_at REAL NOT NULL,
    PRIMARY KEY (video_id, stage, pack, revision)
) WITHOUT ROWID;
CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    volume_id INTEGER NOT NULL REFERENCES volumes(id),
    path BLOB NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    remedy TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    at REAL NOT NULL,
    UNIQUE (volume_id, path, stage)
);
CREATE TABLE frames (
    id INTEGER PRIMARY KEY,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    pts INTEGER NOT NULL,
    time_s REAL NOT NULL,
    is_key INTEGER NOT NULL,
    UNIQUE (video_id, pts)
);
CREATE TABLE shots (
    id INTEGER PRIMARY KEY,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL
);
CREATE INDEX shots_video ON shots(video_id, start_s);
CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    score REAL,
    language TEXT,
    pack TEXT NOT NULL DEFAULT '',
    revision TEXT NOT NULL DEFAULT ''
);
CREATE INDEX texts_video ON texts(video_id, source);
CREATE VIRTUAL TABLE texts_fts USING fts5(
    text, content='texts', content_rowid='id', tokenize="unicode61 remove_diacritics 2", prefix='2 3'
);
CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN
    INSERT INTO texts_fts(rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER texts_deleted AFTER DELETE ON texts BEGIN
    INSERT INTO texts_fts(texts_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER texts_updated AFTER UPDATE OF text ON texts BEGIN
    INSERT INTO texts_fts(texts_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO texts_fts(rowid, text) VALUES (new.id, new.text);
END;
CREATE TABLE vectors (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    pack TEXT NOT NULL,
    revision TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (pack, revision, kind, owner_id)
);
CREATE INDEX vectors_video ON vectors(video_id);
CREATE TABLE removed_vectors (
    at INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL
);
CREATE TRIGGER vectors_deleted AFTER DELETE ON vectors BEGIN
    INSERT INTO removed_vectors(seq) VALUES (old.seq);
END;
CREATE TABLE tags (
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (video_id, tag)
) WITHOUT ROWID;
"""


@MIGRATIONS(name="1 first library")
def _first(db: Database) -> None:
    for statement in _statements(_FIRST):
        db.conn.execute(statement)


@MIGRATIONS(name="2 what search remembers")
def _second(db: Database) -> None:
    for statement in _statements(_SEARCH):
        db.conn.execute(statement)


_THIRD = """
ALTER TABLE videos ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notes (
    video_id INTEGER PRIMARY KEY REFERENCES videos(id) ON DELETE CASCADE,
    text_id INTEGER NOT NULL UNIQUE REFERENCES texts(id) ON DELETE CASCADE
);
CREATE INDEX tags_tag ON tags(tag);
"""


@MIGRATIONS(name="3 ratings and notes")
def _third(db: Database) -> None:
    for statement in _statements(_THIRD):
        db.conn.execute(statement)


SCHEMA_VERSION = 3


def _statements(script: str) -> list[str]:
    """Split a script at its semicolons, keeping trigger bodies whole (executescript would end the transaction)."""
    found: list[str] = []
    buffer = ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if _is_complete(buffer):
            found.append(buffer)
            buffer = ""
    return found


def _is_complete(buffer: str) -> bool:
    return bool(buffer.strip()) and sqlite3.complete_statement(buffer)
