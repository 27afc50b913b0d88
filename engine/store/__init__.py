"""The library on disk: SQLite is the only truth, and all SQL of the project lives in this folder."""
