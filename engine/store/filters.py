"""Filters of a search. Each knows its SQL and its Python form, and a test keeps the two equal.

SQL runs with `v` as the videos table. Adding a filter is one class here and its entry in `FILTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.store.text import fold, folder_part, name_part, suffix_part

Clause = tuple[str, list[object]]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What filters may ask about a video."""

    paths: tuple[str, ...]
    """Each from the name of its disk on."""
    recorded_at: str
    duration_s: float | None
    camera: str | None
    tags: tuple[str, ...]
    rating: int
    spoken: tuple[str, ...]
    volumes: tuple[int, ...]


class Filter(Protocol):
    def clause(self) -> Clause: ...
    def match(self, facts: VideoFacts) -> bool: ...


_DISK = "(SELECT o.label FROM volumes o WHERE o.id = f.volume_id)"
_PRESENT = "SELECT 1 FROM files f WHERE f.video_id = v.id AND f.missing_since IS NULL"


@dataclass(frozen=True, slots=True)
class InFolder:
    """`in:holiday`: some folder on the way to a file, or its disk, has this in its name."""

    text: str

    def clause(self) -> Clause:
        return f"EXISTS ({_PRESENT} AND instr(fold({_DISK} || '/' || folder_part(f.shown)), fold(?)) > 0)", [self.text]

    def match(self, facts: VideoFacts) -> bool:
        return any(_has(folder_part(path), self.text) for path in facts.paths)


@dataclass(frozen=True, slots=True)
class Name:
    """`name:birthday`: the file name has this in it."""

    text: str

    def clause(self) -> Clause:
        return f"EXISTS ({_PRESENT} AND instr(fold(name_part(f.shown)), fold(?)) > 0)", [self.text]

    def match(self, facts: VideoFacts) -> bool:
        return any(_has(name_part(path), self.text) for path in facts.paths)


@dataclass(frozen=True, slots=True)
class FileType:
    """`type:mov`: the file name ends so."""

    suffix: str

    def clause(self) -> Clause:
        return f"EXISTS ({_PRESENT} AND fold(suffix_part(f.shown)) = fold(?))", [self.suffix.lstrip(".")]

    def match(self, facts: VideoFacts) -> bool:
        return any(fold(suffix_part(path)) == fold(self.suffix.lstrip(".")) for path in facts.paths)


@dataclass(frozen=True, slots=True)
class After:
    """`after:2024-05`: recorded on that day or later. A month or a year stands for its first day."""

    date: str

    def clause(self) -> Clause:
        return "v.recorded_at >= ?", [self.date]

    def match(self, facts: VideoFacts) -> bool:
        return facts.recorded_at >= self.date


@dataclass(frozen=True, slots=True)
class Before:
    """`before:2024-05`: recorded before that day, month or year began."""

    date: str

    def clause(self) -> Clause:
        return "v.recorded_at < ?", [self.date]

    def match(self, facts: VideoFacts) -> bool:
        return facts.recorded_at < self.date


@dataclass(frozen=True, slots=True)
class Longer:
    seconds: float

    def clause(self) -> Clause:
        return "coalesce(v.duration_s > ?, 0)", [self.seconds]

    def match(self, facts: VideoFacts) -> bool:
        return facts.duration_s is not None and facts.duration_s > self.seconds


@dataclass(frozen=True, slots=True)
class Shorter:
    seconds: float

    def clause(self) -> Clause:
        return "coalesce(v.duration_s < ?, 0)", [self.seconds]

    def match(self, facts: VideoFacts) -> bool:
        return facts.duration_s is not None and facts.duration_s < self.seconds


@dataclass(frozen=True, slots=True)
class Camera:
    text: str

    def clause(self) -> Clause:
        return "coalesce(instr(fold(v.camera), fold(?)) > 0, 0)", [self.text]

    def match(self, facts: VideoFacts) -> bool:
        return facts.camera is not None and _has(facts.camera, self.text)


@dataclass(frozen=True, slots=True)
class Tag:
    text: str

    def clause(self) -> Clause:
        return "EXISTS (SELECT 1 FROM tags t WHERE t.video_id = v.id AND fold(t.tag) = fold(?))", [self.text]

    def match(self, facts: VideoFacts) -> bool:
        return any(fold(tag) == fold(self.text) for tag in facts.tags)


@dataclass(frozen=True, slots=True)
class Rating:
    """`rating:4`: the user gave so many stars or more."""

    stars: int

    def clause(self) -> Clause:
        return "v.rating >= ?", [self.stars]

    def match(self, facts: VideoFacts) -> bool:
        return facts.rating >= self.stars


@dataclass(frozen=True, slots=True)
class Said:
    """`said:hello`: spoken, or written in a subtitle."""

    text: str

    def clause(self) -> Clause:
        return (
            "EXISTS (SELECT 1 FROM texts x WHERE x.video_id = v.id AND x.source IN ('speech', 'subtitle')"
            " AND instr(fold(x.text), fold(?)) > 0)",
            [self.text],
        )

    def match(self, facts: VideoFacts) -> bool:
        return any(_has(text, self.text) for text in facts.spoken)


@dataclass(frozen=True, slots=True)
class Offline:
    """`offline:yes` or `offline:no`: whether every file lies on a volume that is not plugged in now."""

    wanted: bool
    mounted: tuple[int, ...]

    def clause(self) -> Clause:
        marks = ", ".join("?" for _ in self.mounted)
        reachable = f"EXISTS ({_PRESENT} AND f.volume_id IN ({marks}))"
        return (f"NOT {reachable}" if self.wanted else reachable), list(self.mounted)

    def match(self, facts: VideoFacts) -> bool:
        is_offline = not any(volume in self.mounted for volume in facts.volumes)
        return is_offline == self.wanted


FILTERS: dict[str, Callable[[str], Filter]] = {
    "in": InFolder,
    "name": Name,
    "type": FileType,
    "after": After,
    "before": Before,
    "longer": lambda text: Longer(float(text)),
    "shorter": lambda text: Shorter(float(text)),
    "camera": Camera,
    "tag": Tag,
    "rating": lambda text: Rating(int(text)),
    "said": Said,
}
"""Filters that a word of a query makes; `offline` is made by the search, which knows what is plugged in."""


def all_of(filters: Sequence[Filter]) -> Clause:
    """One WHERE clause that holds where every filter does."""
    if not filters:
        return "1", []
    parts = [one.clause() for one in filters]
    return " AND ".join(f"({sql})" for sql, _ in parts), [value for _, values in parts for value in values]


def _has(text: str, part: str) -> bool:
    return (fold(part) or "") in (fold(text) or "")
