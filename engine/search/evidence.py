"""Where a word is shown or said: what `-word` hides and what a `"phrase"` insists on.

A word is excluded by looking: at what the frames show, and at what captions, speech and names say. Subtracting its
vector from the query would only move the whole ranking.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from sqlite_utils import Database

from engine.search.fuse import Curve
from engine.search.goal import Goal
from engine.search.query import Part, Term
from engine.search.scores import Scores
from engine.search.timeline import Mask, SpansByVideo
from engine.search.words import expression
from engine.store.search import spans_with
from engine.types import VideoId

SEEN_FROM = 3.0
"""A frame that fits a word less than this does not show it, where the pack does not say itself from when on."""
SEEN_SHARE = 0.5
"""Nor does one that fits it less than half as well as the best frame of the library."""


def said_spans(db: Database, term: Term, videos: Collection[VideoId]) -> SpansByVideo:
    """Where texts of the videos hold a term. A name or title speaks for the whole video."""
    match = expression(term)
    found: dict[VideoId, list[tuple[float, float]]] = {}
    if match and videos:
        for video, start_s, end_s, source in spans_with(db, match, videos):
            whole = source in ("name", "metadata") and start_s == 0.0
            found.setdefault(video, []).append((-np.inf, np.inf) if whole else (start_s, end_s))
    return found


def seen_from(goal: Goal, absent_at: int) -> float:
    """The standard score from which a frame shows the absent word with this number."""
    if "frame" not in goal.aims:
        return np.inf
    direction = goal.part_count + absent_at
    aim = goal.aims["frame"][direction]
    least = SEEN_FROM
    if goal.calibration.cosine_odds is not None:
        least = goal.measure(direction).scale.score(goal.calibration.threshold)
    best = goal.kinds["frame"].search(aim.direction, 1)
    highest = float(aim.scores(best.scores)[0]) if len(best.scores) else 0.0
    return max(least, SEEN_SHARE * highest)


def seen(scores: Scores, curve: Curve, direction: int, limit: float) -> Mask:
    """Times of the curve at which a frame shows the word of a direction."""
    if not len(scores.at):
        return np.zeros(len(curve.at), np.bool_)
    with np.errstate(invalid="ignore"):
        return (curve.frame_at >= 0) & (scores.frames[curve.frame_at, direction] >= limit)


def phrase_mask(db: Database, part: Part, videos: Collection[VideoId]) -> list[SpansByVideo]:
    """For each phrase of the part, where it is said."""
    return [said_spans(db, Term(phrase, True), videos) for phrase in part.phrases]
