"""What to be near to, for one pack: the parts of the query, pictures and past verdicts as directions in its space.

Texts are encoded in one batch, and remembered, because a search typed letter by letter asks the same again and again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.index.kind import KindIndex
from engine.index.marks import KINDS
from engine.protocols import TextEncoding
from engine.search.aim import Aim, Probe, take_aim
from engine.search.calibrate import Background, Calibration, Scale
from engine.search.query import Part, Query
from engine.search.scores import Aims
from engine.search.side import Side
from engine.types import VectorKind, Vectors

REMEMBERED = 512


class TextVectors:
    """A text encoder that remembers. Safe from several threads."""

    def __init__(self, encoder: TextEncoding) -> None:
        self._encoder = encoder
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """The query vector of each text."""
        wanted = list(dict.fromkeys(texts))
        with self._lock:
            found = {text: self._known[text] for text in wanted if text in self._known}
        missing = [text for text in wanted if text not in found]
        if missing:
            found |= dict(zip(missing, self._encoder.encode(missing, "query"), strict=True))
        with self._lock:
            for text in wanted:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True)
class Measure:
    weights: Mapping[VectorKind, float]
    scale: Scale


@dataclass(frozen=True, slots=True)
class Goal:
    """Directions of one side: first those of the query's parts, then those of the words that must be absent."""

    number: int
    """Which of the sides this is."""
    calibration: Calibration
    kinds: dict[VectorKind, KindIndex]
    aims: Aims
    part_count: int
    measures: tuple[Measure, ...]
    """How the scores of each direction are weighed and read."""

    def measure(self, direction: int | None) -> Measure:
        known = direction is not None and direction < len(self.measures)
        return self.measures[direction or 0] if known else Measure({}, self.calibration.scale)


def set_goal(number: int, side: Side, vectors: TextVectors, query: Query, extra: Sequence[Probe]) -> Goal:
    """`extra` are pictures and verdicts; they join each part, or stand alone where there are no words."""
    known = vectors.encode(_texts(query))
    parts = [_part_probes(part, known) + list(extra) for part in query.parts] or ([list(extra)] if extra else [])
    parts = [probes for probes in parts if probes]
    absent = [[Probe(known[term.text])] for term in query.absent]
    kinds: dict[VectorKind, KindIndex] = {kind: side.index.kind(kind) for kind in KINDS}
    aims: dict[VectorKind, Sequence[Aim]] = {}
    for kind, index in kinds.items():
        is_heard = kind == "frame" or side.calibration.counts(kind)
        if index.columns.alive_count and is_heard and (parts or absent):
            sample, prior = index.background(), side.calibration.backgrounds.get(kind)
            aims[kind] = [take_aim(probes, sample, prior) for probes in (*parts, *absent)]
    count = len(parts) + len(absent)
    measures = tuple(_measure(side.calibration, aims, direction) for direction in range(count))
    return Goal(number, side.calibration, kinds, aims, len(parts), measures)


def _measure(calibration: Calibration, aims: Aims, direction: int) -> Measure:
    backgrounds: dict[VectorKind, Background] = {kind: each[direction].background for kind, each in aims.items()}
    spreads: dict[VectorKind, float] = {kind: background.spread for kind, background in backgrounds.items()}
    return Measure(calibration.weights(spreads), calibration.scale_for(backgrounds))


def words_alone() -> Goal:
    """Without any pack: full text still answers."""
    return Goal(0, Calibration(), {}, {}, 0, ())


def _texts(query: Query) -> list[str]:
    texts = [part.text for part in query.parts if part.text]
    weighted = [term.text for part in query.parts for term in part.words if term.weight != 1.0]
    return texts + weighted + [term.text for term in query.absent]


def _part_probes(part: Part, known: dict[str, Vectors]) -> list[Probe]:
    if not part.text:
        return []
    weighted = [Probe(known[term.text], term.weight - 1.0) for term in part.words if term.weight != 1.0]
    return [Probe(known[part.text]), *weighted]
