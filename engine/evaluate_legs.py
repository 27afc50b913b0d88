"""What each leg of search brings: the same queries with only some of the legs, and with one of them left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.evaluate import Comparison, Outcome, compare
from engine.index.marks import KINDS
from engine.search.side import Side

LEGS: Mapping[str, str] = {
    "frame": "frames",
    "clip": "clips",
    "caption": "captions",
    "words": "words",
    "scorer": "scorer",
    "likelihood": "likelihood",
}
"""Every leg and what it is called, in the order in which a chain grows."""
FULL = "full chain"
FRAMES = "frames alone"
OVER_FRAMES = "all of it, over frames alone"

Legs = frozenset[str]


def present_legs(sides: Sequence[Side]) -> list[str]:
    """Legs that have anything to say: vectors of their kind, or a part of the pack. Words always may."""
    vectors = {kind for kind in KINDS for side in sides if side.index.kind(kind).columns.alive_count}
    parts = {"words"}
    parts |= {"scorer" for side in sides if side.scorer is not None}
    parts |= {"likelihood" for side in sides if side.captioner is not None}
    return [leg for leg in LEGS if leg in vectors | parts]


def chains(legs: Sequence[str]) -> dict[str, Legs]:
    """By name: frames alone, one leg more each time, each leg left out, and last the full chain."""
    found: dict[str, Legs] = {}
    for length in range(1, len(legs)):
        found[FRAMES if legs[:length] == ["frame"] else f"+ {LEGS[legs[length - 1]]}"] = frozenset(legs[:length])
    if len(legs) > 1:
        found |= {f"without {LEGS[leg]}": frozenset(legs) - {leg} for leg in legs}
    return {**found, FULL: frozenset(legs)}


def run_chains(wanted: Mapping[str, Legs], ask: Callable[[Legs], list[Outcome]]) -> dict[str, list[Outcome]]:
    """The outcomes of each chain; two names for the same legs are run once."""
    known: dict[Legs, list[Outcome]] = {}
    for legs in wanted.values():
        if legs not in known:
            known[legs] = ask(legs)
    return {name: known[legs] for name, legs in wanted.items()}


def contributions(runs: Mapping[str, Sequence[Outcome]]) -> dict[str, dict[str, Comparison]]:
    """For each leg what the full chain gains by it, query by query; first what it gains over frames alone."""
    found = {OVER_FRAMES: compare(runs[FULL], runs[FRAMES])} if FRAMES in runs else {}
    for name in LEGS.values():
        if f"without {name}" in runs:
            found[name] = compare(runs[FULL], runs[f"without {name}"])
    return found


def with_legs(sides: Sequence[Side], legs: Legs) -> list[Side]:
    """The sides with every other leg's weight at zero."""
    limited: list[Side] = []
    for side in sides:
        known = side.calibration
        standard = {name: weight if name in legs else 0.0 for name, weight in known.standard.items()}
        cosine = {name: weight if name in legs else 0.0 for name, weight in known.cosine.items()}
        limited.append(
            replace(
                side,
                calibration=replace(known, standard=standard, cosine=cosine),
                scorer=side.scorer if "scorer" in legs else None,
                captioner=side.captioner if "likelihood" in legs else None,
            )
        )
    return limited
