"""Whether a library has the tables, columns and triggers that the migrations make.

A file that was damaged, edited by hand or made to look like a library would otherwise fail somewhere in the middle of
a search; and a trigger or view of a stranger would run inside our own statements.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cache

from sqlite_utils import Database

from engine.store.migrations import MIGRATIONS

_COLUMNS = """
SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table'
"""
_TYPED = """
SELECT tables.name, columns.name, columns.type FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND columns.type IN ('INTEGER', 'REAL', 'TEXT', 'BLOB') ORDER BY tables.name, columns.cid
"""
_KEPT_AS = {
    "INTEGER": ("integer", "null"),
    "REAL": ("real", "integer", "null"),
    "TEXT": ("text", "null"),
    "BLOB": ("blob", "null"),
}
_CODE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"


@dataclass(frozen=True, slots=True)
class Shape:
    columns: frozenset[tuple[str, str]]
    """(table, column)"""
    code: frozenset[tuple[str, str]]
    """("trigger NAME" or "view NAME", its SQL)"""


def difference(connection: sqlite3.Connection) -> str | None:
    """What is wrong with an up-to-date library's shape, in words; None when nothing is."""
    wanted, found = _wanted(), _shape(connection)
    missing = sorted(wanted.columns - found.columns)
    if missing:
        table, column = missing[0]
        return f"the table {table} has no {column}"
    strange = sorted(found.code ^ wanted.code)
    return f"its {strange[0][0]} is not Reelfind's" if strange else None


def strange_value(connection: sqlite3.Connection) -> str | None:
    """A value that is of another kind than its column, in words. Reads the whole file.

    SQLite keeps a text in a column of numbers when it is told to.
    """
    for table, column, declared in connection.execute(_TYPED).fetchall():
        kinds = ", ".join(f"'{kind}'" for kind in _KEPT_AS[declared])
        query = f'SELECT typeof("{column}") FROM "{table}" WHERE typeof("{column}") NOT IN ({kinds}) LIMIT 1'
        found = connection.execute(query).fetchone()
        if found is not None:
            return f"{table}.{column} holds a value of the kind {found[0]}"
    return None


@cache
def _wanted() -> Shape:
    """As the migrations themselves say it, so that there is no second list to keep."""
    memory = Database(memory=True, execute_plugins=False)
    try:
        MIGRATIONS.apply(memory)
        return _shape(memory.conn)
    finally:
        memory.close()


def _shape(connection: sqlite3.Connection) -> Shape:
    return Shape(frozenset(connection.execute(_COLUMNS)), frozenset(connection.execute(_CODE)))
