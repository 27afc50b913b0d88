"""File names that a half-typed search may mean."""

from __future__ import annotations

from sqlite_utils import Database

from engine.store.text import fold, name_part

ROWS_READ = 500
"""Enough to choose from; a library may hold millions."""


def names_like(db: Database, part: str, most: int) -> list[str]:
    """A few names of files that have this in them, those that begin with it first."""
    pattern = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.conn.execute(
        "SELECT shown FROM files WHERE missing_since IS NULL AND shown LIKE ? ESCAPE '\\' LIMIT ?",
        [f"%{pattern}%", ROWS_READ],
    )
    wanted = fold(part) or ""
    names = {name for row in rows if wanted in (fold(name := name_part(row[0])) or "")}
    return sorted(names, key=lambda name: (not (fold(name) or "").startswith(wanted), name))[:most]
