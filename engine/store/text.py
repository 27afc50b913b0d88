"""How texts are compared: one way for SQL and Python, so that both say the same."""

from __future__ import annotations

import unicodedata


def fold(text: str | None) -> str | None:
    """Text as it is compared: any case, any way of writing accents and widths."""
    if text is None:
        return None
    return unicodedata.normalize("NFKC", text).casefold()


def folder_part(path: str) -> str:
    return path.rpartition("/")[0]


def name_part(path: str) -> str:
    return path.rpartition("/")[2]


def suffix_part(path: str) -> str:
    name = name_part(path)
    return name.rpartition(".")[2] if "." in name else ""


SQL_FUNCTIONS = {"fold": fold, "folder_part": folder_part, "name_part": name_part, "suffix_part": suffix_part}
