"""What the indexing child tells its parent, as frozen dataclasses and as JSON lines. `index --json` prints the same.

A path travels as text in which bytes that are not UTF-8 are kept as lone surrogates; JSON escapes them, so nothing
is lost on the way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Phase = Literal["scan", "identify", "look", "describe"]


@dataclass(frozen=True, slots=True)
class Scanning:
    """A folder is being read; sent at most ten times a second."""

    path: str
    found: int


@dataclass(frozen=True, slots=True)
class Scanned:
    found: int
    new: int
    changed: int
    back: int
    gone: int
    offline: int


@dataclass(frozen=True, slots=True)
class Started:
    """A stage begins to read a file; whatever goes wrong from now on is this file's doing."""

    path: str
    stage: Phase


@dataclass(frozen=True, slots=True)
class Beat:
    """The file in hand still makes progress; `at_s` is how far into it, where that is known."""

    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    path: str
    stage: Phase


@dataclass(frozen=True, slots=True)
class Failed:
    path: str
    stage: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is; times are None until they can be told honestly."""

    phase: Phase
    files_done: int
    files: int
    video_s_done: float
    video_s: float
    speed: float | None
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Paused:
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    pass


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run cannot go on: the library's disk is full, read-only, locked."""

    subject: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Done:
    videos: int
    moments: int
    skipped: int
    failed: Sequence[dict[str, str]] = field(default_factory=tuple)
    video_s: float = 0.0
    took_s: float = 0.0


Event = Scanning | Scanned | Started | Beat | Finished | Failed | Progress | Paused | Resumed | Stopped | Done

_KINDS: dict[str, type[Any]] = {
    "scanning": Scanning,
    "scanned": Scanned,
    "started": Started,
    "beat": Beat,
    "finished": Finished,
    "failed": Failed,
    "progress": Progress,
    "paused": Paused,
    "resumed": Resumed,
    "stopped": Stopped,
    "done": Done,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(event: Event) -> str:
    return json.dumps({"event": _NAMES[type(event)], **asdict(event)})


def from_json(line: str) -> Event | None:
    """The event on a line, or None for a line that is not one (a library that printed to our pipe)."""
    try:
        values = json.loads(line)
        return _KINDS[values.pop("event")](**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
