"""What search remembers of its user: saved searches, history, what was made of the hits, corrected captions.

All of it stays in the library file, and all of it can be wiped.
"""

from __future__ import annotations

from sqlite_utils import Database

from engine import clock
from engine.errors import StoreError
from engine.store.db import writing
from engine.types import Moment, PastSearch, PreferencePair, SavedSearch, Span, TextId, Verdict

HISTORY_KEPT = 1000
_HISTORY_OPTION = "history"


def save_search(db: Database, name: str, query: str) -> None:
    """Keep a query under a name; a name that is taken gets the new query."""
    _refuse_no_name(name)
    with writing(db):
        db.conn.execute(
            """INSERT INTO saved_searches(name, query, created_at) VALUES (?, ?, ?)
               ON CONFLICT(name) DO UPDATE SET query = excluded.query""",
            [kept_text(name), kept_text(query), clock.now_s()],
        )


def saved_searches(db: Database) -> list[SavedSearch]:
    rows = db.conn.execute("SELECT name, query, created_at FROM saved_searches ORDER BY name COLLATE NOCASE")
    return [SavedSearch(*row) for row in rows]


def saved_search(db: Database, name: str) -> SavedSearch:
    row = db.conn.execute(
        "SELECT name, query, created_at FROM saved_searches WHERE name = ?", [kept_text(name)]
    ).fetchone()
    if row is None:
        raise StoreError(name, "no search was saved under this name", "List them with: reelfind saved")
    return SavedSearch(*row)


def rename_search(db: Database, name: str, new: str) -> None:
    """A name that is taken stays with its search."""
    _refuse_no_name(new)
    with writing(db):
        saved_search(db, name)
        taken = db.conn.execute("SELECT count(*) FROM saved_searches WHERE name = ?", [kept_text(new)]).fetchone()[0]
        if taken and new != name:
            raise StoreError(new, "another search is saved under this name", "Choose another name, or remove that one")
        db.conn.execute("UPDATE saved_searches SET name = ? WHERE name = ?", [kept_text(new), kept_text(name)])


def _refuse_no_name(name: str) -> None:
    if not name.strip():
        raise StoreError("A saved search", "it needs a name that can be seen", "Give it one")


def forget_search(db: Database, name: str) -> None:
    saved_search(db, name)
    with writing(db):
        db.conn.execute("DELETE FROM saved_searches WHERE name = ?", [kept_text(name)])


def kept_text(text: str) -> str:
    """Text as SQLite can keep it: no halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- history ---------------------------------------------------------------------------------------------------


def keeps_history(db: Database) -> bool:
    row = db.conn.execute("SELECT value FROM search_options WHERE name = ?", [_HISTORY_OPTION]).fetchone()
    return row is None or row[0] == "on"


def keep_history(db: Database, wanted: bool) -> None:
    """Switch the history on or off; switching it off also wipes it."""
    with writing(db):
        db.conn.execute(
            "INSERT OR REPLACE INTO search_options(name, value) VALUES (?, ?)",
            [_HISTORY_OPTION, "on" if wanted else "off"],
        )
        if not wanted:
            clear_history(db)


def note_search(db: Database, query: str, hits: int) -> None:
    """Remember a search, if the user wants that. The same query again moves up."""
    if not keeps_history(db) or not query.strip():
        return
    query = kept_text(query)
    with writing(db):
        db.conn.execute("DELETE FROM search_history WHERE query = ?", [query])
        db.conn.execute("INSERT INTO search_history(query, hits, at) VALUES (?, ?, ?)", [query, hits, clock.now_s()])
        db.conn.execute(
            "DELETE FROM search_history WHERE id NOT IN (SELECT id FROM search_history ORDER BY id DESC LIMIT ?)",
            [HISTORY_KEPT],
        )


def history(db: Database, most: int = 50) -> list[PastSearch]:
    rows = db.conn.execute("SELECT query, hits, at FROM search_history ORDER BY id DESC LIMIT ?", [most])
    return [PastSearch(*row) for row in rows]


def clear_history(db: Database) -> None:
    with writing(db):
        db.conn.execute("DELETE FROM search_history")


# --- feedback --------------------------------------------------------------------------------------------------


def note_feedback(db: Database, query: str, moment: Moment, verdict: Verdict) -> None:
    """Remember what the user made of a hit. Of "not this" and "like this" the newest counts."""
    with writing(db):
        if verdict in ("not this", "like this"):
            take_back_feedback(db, query, moment)
        db.conn.execute(
            "INSERT INTO feedback(query, video_id, at_s, verdict, at) VALUES (?, ?, ?, ?, ?)",
            [kept_text(query), moment.video_id, moment.time_s, verdict, clock.now_s()],
        )


def take_back_feedback(db: Database, query: str, moment: Moment) -> None:
    """Undo "not this" or "like this" for one moment of one query."""
    with writing(db):
        db.conn.execute(
            """DELETE FROM feedback WHERE query = ? AND video_id = ? AND abs(at_s - ?) < 0.001
               AND verdict IN ('not this', 'like this')""",
            [kept_text(query), moment.video_id, moment.time_s],
        )


def feedback(db: Database, query: str) -> list[tuple[Moment, Verdict]]:
    rows = db.conn.execute(
        "SELECT video_id, at_s, verdict FROM feedback WHERE query = ? ORDER BY id", [kept_text(query)]
    )
    return [(Moment(row[0], row[1]), row[2]) for row in rows]


def reset_feedback(db: Database, query: str | None = None) -> None:
    """Forget what was made of the hits of one query, or of all; corrected captions stay."""
    query = None if query is None else kept_text(query)
    with writing(db):
        db.conn.execute("DELETE FROM feedback WHERE ? IS NULL OR query = ?", [query, query])


def correct_caption(db: Database, moment: Moment, span: Span, chosen: str) -> TextId:
    """Replace what is said at a moment: found by the new words at once, and kept as a pair for training.

    The new words stand where the old ones stood, and what is said of the video elsewhere stays; where nothing was
    said yet they hold for `span`.
    """
    chosen = kept_text(chosen)
    with writing(db):
        before = db.conn.execute(
            """SELECT id, text, source, start_s, end_s FROM texts WHERE video_id = ? AND source IN ('caption', 'user')
               AND start_s <= ? AND (end_s > ? OR start_s = ?)
               AND id NOT IN (SELECT text_id FROM notes) ORDER BY end_s - start_s, id""",
            [moment.video_id, moment.time_s, moment.time_s, moment.time_s],
        ).fetchall()
        where = Span(before[0][3], before[0][4]) if before else span
        for text_id, text, source, *_ in before:
            if source == "caption" and text != chosen:
                db.conn.execute(
                    "INSERT INTO corrections(video_id, start_s, end_s, rejected, chosen, at) VALUES (?, ?, ?, ?, ?, ?)",
                    [moment.video_id, where.start_s, where.end_s, text, chosen, clock.now_s()],
                )
            db.conn.execute("DELETE FROM vectors WHERE kind = 'caption' AND owner_id = ?", [text_id])
            db.conn.execute("DELETE FROM texts WHERE id = ?", [text_id])
        row = db.conn.execute(
            "INSERT INTO texts(video_id, start_s, end_s, source, text) VALUES (?, ?, ?, 'user', ?) RETURNING id",
            [moment.video_id, where.start_s, where.end_s, chosen],
        ).fetchone()
    return TextId(row[0])


def preference_pairs(db: Database) -> list[PreferencePair]:
    rows = db.conn.execute("SELECT video_id, start_s, end_s, chosen, rejected FROM corrections ORDER BY id")
    return [PreferencePair(row[0], Span(row[1], row[2]), row[3], row[4]) for row in rows]
