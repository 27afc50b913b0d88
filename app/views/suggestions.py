"""What a half-typed search may become: earlier and saved searches, and for its last word tags, folders and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FILTERS = (
    "in:", "name:", "after:", "before:", "longer:", "shorter:", "camera:", "tag:", "rating:", "said:", "type:",
    "offline:",
)  # fmt: skip
MOST = 7
SHORTEST = 2
"""Letters after which a word is completed without being asked by a filter."""


@dataclass(frozen=True, slots=True)
class Sources:
    searches: tuple[str, ...] = ()
    """Newest first."""
    tags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """File names that hold the last word, already looked up."""


def suggestions(text: str, sources: Sources) -> list[str]:
    """Whole searches to offer for what was typed, best first; never the text itself."""
    if not text.strip():
        return []
    whole = [one for one in sources.searches if _begins(one, text)]
    before, last = split(text)
    words = [before + word for word in _completed(last, sources)] if last else []
    found = dict.fromkeys([*whole[: MOST // 2], *words, *whole])
    return [one for one in found if one.strip() != text.strip()][:MOST]


def split(text: str) -> tuple[str, str]:
    """What stands, and the word that is being typed; an open quote holds words together."""
    at, is_open = 0, False
    for place, mark in enumerate(text):
        if mark == '"':
            is_open = not is_open
        elif mark == " " and not is_open:
            at = place + 1
    return text[:at], text[at:]


def wanted_name(text: str) -> str:
    """The part of a file name that would complete the last word; empty where none would."""
    _, last = split(text)
    key, value = _filter(last)
    return value if key == "name:" and len(value) >= SHORTEST else ""


def _completed(last: str, sources: Sources) -> Iterable[str]:
    key, value = _filter(last)
    minus = "-" if last.startswith("-") else ""
    if key:
        values = {"tag:": sources.tags, "in:": sources.folders, "name:": sources.names}.get(key, ())
        yield from (f"{minus}{key}{quoted(one)}" for one in values if _holds(one, value))
        return
    bare = last.removeprefix("-")
    yield from (minus + one for one in FILTERS if bare and one.startswith(bare.casefold()))
    if len(bare) >= SHORTEST:
        yield from (f"{minus}tag:{quoted(one)}" for one in sources.tags if _begins(one, bare))
        yield from (f"{minus}in:{quoted(one)}" for one in sources.folders if _begins(one, bare))


def _filter(last: str) -> tuple[str, str]:
    """A filter's key with its colon and what follows it; no key where the word is no filter."""
    key, colon, value = last.removeprefix("-").partition(":")
    whole = f"{key.casefold()}{colon}"
    return (whole, value.replace('"', "")) if whole in FILTERS else ("", "")


def quoted(value: str) -> str:
    value = value.replace('"', " ").strip()
    return f'"{value}"' if " " in value else value


def _begins(text: str, part: str) -> bool:
    return text.casefold().startswith(part.casefold())


def _holds(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()


def folder_names(paths: Sequence[str]) -> tuple[str, ...]:
    """The last parts of folders' paths, as `in:` takes them."""
    return tuple(
        dict.fromkeys(name for path in paths if (name := path.replace("\\", "/").rstrip("/").rpartition("/")[2]))
    )
