"""Nearest vectors of a library: a cache of what SQLite holds, which may be deleted at any time."""
