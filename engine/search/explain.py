"""Why a moment is a hit: what each kind of evidence added to its score, as shares that add up to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.search.fuse import Curve, is_at, trust
from engine.search.scores import Scores, Spans
from engine.search.timeline import Instants
from engine.search.words import WordHit
from engine.store.hits import SpokenText
from engine.types import Why, WhySource

SMALLEST_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source added. `text_id` names the caption, where it was found by its vector."""

    source: WhySource
    at_s: float
    amount: float
    text: str | None = None
    text_id: int | None = None


def evidence_at(scores: Scores, curve: Curve, hits: Sequence[WordHit], at: int) -> tuple[Evidence, ...]:
    time_s = float(curve.at.times[at])
    found = [_leg(scores, curve, at, kind, values[at]) for kind, values in curve.legs.items()]
    found = [one for one in found if one.amount > 0]
    said = [hit for hit in hits if is_at(hit, time_s)]
    if said and curve.words[at] > 0:
        best = max(said, key=trust)
        start_s = best.match.start_s
        found.append(
            Evidence(_source(best), start_s if start_s > 0 else time_s, float(curve.words[at]), best.match.text)
        )
    return tuple(found) or (Evidence("frame", time_s, 1.0),)


def shares(evidence: Sequence[Evidence], texts: Mapping[int, SpokenText]) -> tuple[Why, ...]:
    """Evidence as the user sees it, strongest first; what adds next to nothing is left out."""
    total = sum(one.amount for one in evidence)
    kept = [one for one in evidence if one.amount >= SMALLEST_SHARE * total] or list(evidence[:1])
    kept = _joined(kept, texts)
    total = sum(one.amount for one in kept)
    ordered = sorted(kept, key=lambda one: -one.amount)
    return tuple(Why(one.source, one.at_s, one.amount / total, one.text) for one in ordered)


def _joined(evidence: Sequence[Evidence], texts: Mapping[int, SpokenText]) -> list[Evidence]:
    """The same sentence found by its vector and by its words is one piece of evidence."""
    by_text: dict[tuple[WhySource, str | None, float], Evidence] = {}
    for one in evidence:
        known = texts.get(one.text_id) if one.text_id is not None else None
        text = known.text if known else one.text
        source: WhySource = "user" if known and known.source == "user" else one.source
        key = (source, text, 0.0 if text else one.at_s)
        before = by_text.get(key)
        amount = one.amount + (before.amount if before else 0.0)
        by_text[key] = Evidence(source, before.at_s if before else one.at_s, amount, text)
    return list(by_text.values())


def _leg(scores: Scores, curve: Curve, at: int, kind: str, amount: float) -> Evidence:
    amount = 0.0 if np.isnan(amount) else float(amount)
    time_s = float(curve.at.times[at])
    if kind == "frame":
        return Evidence("frame", float(scores.at.times[curve.frame_at[at]]), amount)
    spans = scores.clips if kind == "clip" else scores.captions
    if spans is None:
        return Evidence("clip", time_s, 0.0)
    start_s, owner = _span_around(spans, curve.at.take(np.array([at])))
    if kind == "clip":
        return Evidence("clip", start_s, amount)
    return Evidence("caption", start_s, amount, text_id=owner)


def _span_around(spans: Spans, at: Instants) -> tuple[float, int]:
    found, _ = spans.around(at)
    return float(spans.starts[found[0]]), int(spans.owners[found[0]])


def _source(hit: WordHit) -> WhySource:
    return hit.match.source
