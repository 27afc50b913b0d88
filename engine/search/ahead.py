"""A head start for a process that lives for one search: its models open while the rest of the program still loads.

Opening the graphs takes as long as all else before a first answer, on a core that would have nothing to do. One
thread; leaving the `with` block waits for it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.models.catalog import choose, pack_dirs
from engine.search.parts import Parts

ChosenParts = tuple[Parts, str | None]
"""Those of the pack to use, and why it is not the one that was asked for."""


def choose_parts(library: Path, wanted: str) -> ChosenParts:
    """PackError where no pack can be used."""
    chosen = choose(pack_dirs(library), wanted)
    return Parts(chosen.pack), chosen.note


class HeadStart:
    def __init__(self, library: Path, wanted: str, *, has_words: bool) -> None:
        """The pack is chosen in any case; graphs are opened only for words."""
        self._thread = ThreadPoolExecutor(1, "search-ahead")
        self._chosen = self._thread.submit(choose_parts, library, wanted)
        if has_words:
            # What goes wrong here goes wrong again, and is told, where the part is asked for.
            self._thread.submit(self._open)

    def chosen(self) -> ChosenParts:
        """As `choose_parts`, which has long begun."""
        return self._chosen.result()

    def __enter__(self) -> HeadStart:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def _open(self) -> None:
        parts, _ = self.chosen()
        parts.open_for_words()
