"""What is known of a video without looking at it: names, title, camera, chapters. Made when a file is identified."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.types import Probe, StoredText


def names(shown_paths: Iterable[str], duration_s: float | None) -> list[StoredText]:
    """The words of file and folder names, as a person would search for them."""
    end_s = duration_s or 0.0
    return [StoredText(0.0, end_s, "name", words) for path in shown_paths if (words := name_words(path))]


def name_words(path: str) -> str:
    """`Trips/2019_Rome/IMG-0042 (pool).MOV` -> `IMG 0042 pool 2019 Rome`; the name first, then its folder."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    parent = folder.rpartition("/")[2]
    return " ".join(re.findall(r"[^\W_]+", stem) + re.findall(r"[^\W_]+", parent))


def metadata(probe: Probe) -> list[StoredText]:
    """Title and camera over the whole video, each chapter over its own span."""
    end_s = probe.duration_s or 0.0
    whole = [StoredText(0.0, end_s, "metadata", text) for text in (probe.title, probe.camera) if text]
    return whole + [StoredText(c.start_s, c.end_s, "metadata", c.title) for c in probe.chapters if c.title]
