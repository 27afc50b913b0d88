"""Cuts a moment out of its video into a file. Blocking; runs on the bridge's `export` lane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Literal

from app.words import exact_clock
from engine.types import Hit, Span

SHORTEST_S = 1.0


def cut_name(hit: Hit) -> str:
    """What to call the file: the video's name and where the moment begins, without marks that some disks refuse."""
    return f"{hit.path.stem} {exact_clock(hit.start_s).replace(':', '.')}.mp4"


def cut_moment(
    hit: Hit, target: Path, moved: Callable[[float], None], cancel: Event
) -> tuple[Literal["copied", "encoded"], Path]:
    """Write the moment to `target`; says whether it was copied or encoded anew."""
    from engine.media.export import Cut, export  # noqa: PLC0415 - the decoders are loaded when they are needed

    span = Span(hit.start_s, max(hit.end_s, hit.start_s + SHORTEST_S))
    return export(Cut(hit.path, span, target), moved, cancel), target
