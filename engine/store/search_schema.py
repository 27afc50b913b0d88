"""The second step of a library's shape: what search remembers. Run by `migrations.py`, never edited once released."""

from __future__ import annotations

MIGRATION_SQL = """
CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE search_history (
    id INTEGER PRIMARY KEY,
    query TEXT NOT NULL,
    hits INTEGER NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX search_history_query ON search_history(query);
CREATE TABLE search_options (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    query TEXT NOT NULL,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    at_s REAL NOT NULL,
    verdict TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX feedback_query ON feedback(query);
CREATE INDEX feedback_video ON feedback(video_id);
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY,
    video_id INTEGER NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    rejected TEXT NOT NULL,
    chosen TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX corrections_video ON corrections(video_id);
CREATE TABLE shot_tokens (
    shot_id INTEGER NOT NULL REFERENCES shots(id) ON DELETE CASCADE,
    pack TEXT NOT NULL,
    revision TEXT NOT NULL,
    frames INTEGER NOT NULL,
    per_frame INTEGER NOT NULL,
    width INTEGER NOT NULL,
    scale REAL NOT NULL,
    tokens BLOB NOT NULL,
    PRIMARY KEY (shot_id, pack, revision)
) WITHOUT ROWID;
"""
