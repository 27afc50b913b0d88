"""The distributions that Reelfind runs on: those its own metadata asks for on this system, and what these ask for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement


def runtime_distributions(name: str = "reelfind") -> Iterator[Distribution]:
    """Everything `pip install reelfind` would bring, from what is installed here."""
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "")]
    while waiting:
        wanted, extra = waiting.pop()
        if (wanted, extra) in seen:
            continue
        seen.add((wanted, extra))
        found = distribution(wanted)
        if wanted != name:
            yield found
        for requirement in map(Requirement, found.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, each) for each in ("", *requirement.extras)]
