"""The stages of a search in order, from a question to moments with values, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlite_utils import Database

from engine.index.columns import VideoMask
from engine.protocols import StopSign
from engine.search.allowed import Allowed
from engine.search.ask import Ask, Extra, extra_probes
from engine.search.calibrate import LOG_ODDS, Calibration
from engine.search.copies import collapse
from engine.search.evidence import said_spans, seen_from
from engine.search.explain import Evidence
from engine.search.goal import Goal, TextVectors, set_goal, words_alone
from engine.search.look import Candidate, Words, look_closely
from engine.search.query import Part, Query, Term
from engine.search.recall import DEPTH, NEAREST, Recalled, most_promising, recall_vectors, recall_words
from engine.search.side import Side
from engine.search.stop import checkpoint
from engine.search.words import WordHit, find_words, is_said
from engine.store.hits import video_cards
from engine.store.search import newest_video, searchable_videos
from engine.types import VideoId

SEEN_ROWS = 4000
SAME_MOMENT_S = 2.0
REFINED = "Refined by what you said"


@dataclass(frozen=True, slots=True)
class Task:
    db: Database
    sides: Sequence[Side]
    vectors: Sequence[TextVectors]
    ask: Ask
    query: Query
    allowed: Allowed
    cancel: StopSign | None


@dataclass(frozen=True, slots=True)
class Ranking:
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    is_listing: bool = False
    """Videos that pass the filters, in order of time: there was nothing to compare them with."""
    is_doubtful: bool = False
    """What was insisted on does not exist, so whatever is listed is only near."""
    is_complete: bool = False
    """Looking at more videos would find nothing else."""


def rank(task: Task, depth: int = DEPTH) -> Ranking:
    """Everything up to the quick answer; reranking comes after."""
    checkpoint(task.cancel)
    extras = [extra_probes(side, task.ask) for side in task.sides]
    notes = _notes(task, extras)
    wants_nothing = not task.query.has_text and not any(extra.probes for extra in extras)
    if wants_nothing and task.ask.has_pictures:
        return Ranking((), notes, is_complete=True)
    if wants_nothing:
        return _list_videos(task, notes)
    words = _find_words(task)
    checkpoint(task.cancel)
    goals = _goals(task, extras)
    query, phrase_notes = _drop_unsaid_phrases(task)
    found: list[Candidate] = []
    is_complete = True
    for goal, videos in zip(goals, _masks(task, goals), strict=True):
        checkpoint(task.cancel)
        near, is_all = _recall(goal, query, words, videos, depth)
        is_complete &= is_all
        checkpoint(task.cancel)
        found += look_closely(task.db, goal, query, words, near)
    checkpoint(task.cancel)
    kept = [one for one in Judge(task.sides).order(found) if not _is_excluded(task.ask, one)]
    frames = [goal.kinds["frame"] for goal in goals if goal.kinds]
    collapsed = tuple(collapse(kept, frames)) if frames else tuple(kept)
    return Ranking(collapsed, notes + phrase_notes, is_doubtful=bool(phrase_notes), is_complete=is_complete)


class Judge:
    """Turns values into chances, by the calibration of each side and the size of what was searched."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self._calibrations = [side.calibration for side in sides] or [Calibration()]
        self._moments = sum(side.index.kind("frame").columns.alive_count for side in sides)

    def chance(self, one: Candidate) -> float:
        calibration = self._calibrations[one.side]
        return calibration.chance(one.scale.log_odds(one.value), one.scale.slope, self._moments, one.coverage)

    def is_confident(self, one: Candidate) -> bool:
        return self.chance(one) >= self._calibrations[one.side].threshold

    def order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Best first."""
        return sorted(candidates, key=lambda one: (-self.chance(one), -one.value, one.video, one.start_s))


def _notes(task: Task, extras: Sequence[Extra]) -> tuple[str, ...]:
    notes = list(task.query.notes)
    if not task.sides:
        notes.append("There is no model to look at pictures with; only words were searched.")
    for extra in extras[:1]:
        notes += extra.missing
    if task.ask.verdicts:
        count = len(task.ask.verdicts)
        notes.append(f"{REFINED} of {count} hits." if count > 1 else f"{REFINED} of 1 hit.")
    return tuple(notes)


def _find_words(task: Task) -> Words:
    parts: list[Mapping[VideoId, Sequence[WordHit]]] = []
    for part in task.query.parts:
        by_video: dict[VideoId, list[WordHit]] = {}
        for hit in find_words(task.db, part, task.allowed.newest_first):
            by_video.setdefault(hit.match.video_id, []).append(hit)
        parts.append(by_video)
    return Words(tuple(parts))


def _goals(task: Task, extras: Sequence[Extra]) -> list[Goal]:
    if not task.sides:
        return [words_alone()]
    return [
        set_goal(number, side, vectors, task.query, extra.probes)
        for number, (side, vectors, extra) in enumerate(zip(task.sides, task.vectors, extras, strict=True))
    ]


def _masks(task: Task, goals: Sequence[Goal]) -> list[VideoMask | None]:
    """Each side answers for the videos that it is the first to have vectors of; the last one for all others too."""
    if len(goals) == 1:
        return [task.allowed.mask]
    own = [goal.kinds["frame"].columns.videos() for goal in goals]
    size = max(1, newest_video(task.db) + 1)
    left = np.ones(size, np.bool_) if task.allowed.mask is None else task.allowed.mask.copy()
    masks: list[VideoMask | None] = []
    for videos in own[:-1]:
        mask = np.zeros(len(left), np.bool_)
        mask[videos[videos < len(left)]] = True
        masks.append(mask & left)
        left &= ~mask
    return [*masks, left]


def _drop_unsaid_phrases(task: Task) -> tuple[Query, tuple[str, ...]]:
    """A phrase that no text holds would leave nothing; it is searched by meaning instead, and said so."""
    notes: list[str] = []
    parts: list[Part] = []
    for part in task.query.parts:
        within = task.allowed.newest_first
        unsaid = {phrase for phrase in part.phrases if not is_said(task.db, Term(phrase, True), within)}
        notes += [f'No text in your library holds "{phrase}".' for phrase in part.phrases if phrase in unsaid]
        terms = tuple(Term(t.text, t.is_phrase and t.text not in unsaid, t.weight) for t in part.terms)
        parts.append(Part(terms))
    query = task.query
    return Query(tuple(parts), query.absent, query.conditions, query.notes, query.ignored), tuple(notes)


def _recall(
    goal: Goal, query: Query, words: Words, videos: VideoMask | None, depth: int
) -> tuple[dict[VideoId, list[float]], bool]:
    nearest = NEAREST * max(1, depth // DEPTH)
    parts: list[list[Recalled]] = []
    is_all = True
    for part in range(max(1, len(query.parts))):
        hits = [hit for found in words.parts[part].values() for hit in found] if part < len(words.parts) else []
        legs = [recall_words(hits, goal.calibration.standard["words"], videos)]
        if part < goal.part_count:
            legs.append(recall_vectors(goal, part, nearest, videos))
            is_all &= all(len(leg) < nearest for leg in legs[-1].order)
        parts.append(legs)
    near = most_promising(parts, depth)
    return near, is_all and len(near) < depth


def _is_excluded(ask: Ask, candidate: Candidate) -> bool:
    """The moment that was shown as the example, and those that the user called wrong."""
    gone = [moment for moment, is_right in ask.verdicts if not is_right] + ([ask.like] if ask.like else [])
    return any(
        candidate.video == moment.video_id
        and candidate.start_s - SAME_MOMENT_S <= moment.time_s <= candidate.end_s + SAME_MOMENT_S
        for moment in gone
    )


# --- nothing to compare with: filters alone --------------------------------------------------------------------


def _list_videos(task: Task, notes: tuple[str, ...]) -> Ranking:
    if not task.query.conditions and not task.query.absent:
        return Ranking((), notes, is_listing=True, is_complete=True)
    videos = task.allowed.newest_first
    if videos is None:
        videos = tuple(searchable_videos(task.db, ()))
    hidden = _shows_absent(task, videos)
    kept = [video for video in videos if video not in hidden]
    cards = {}
    for start in range(0, len(kept), 500):
        cards |= video_cards(task.db, kept[start : start + 500])
    listed = [
        Candidate(0, video, 0.0, card.duration_s or 0.0, 0.0, 0.0, _by_name, LOG_ODDS, -1)
        for video in kept
        if (card := cards.get(video)) is not None
    ]
    return Ranking(tuple(listed), notes, is_listing=True, is_complete=True)


def _by_name() -> tuple[Evidence, ...]:
    return (Evidence("name", 0.0, 1.0),)


def _shows_absent(task: Task, videos: Sequence[VideoId]) -> set[VideoId]:
    if not task.query.absent:
        return set()
    found: set[VideoId] = set()
    for term in task.query.absent:
        for start in range(0, len(videos), 500):
            found |= set(said_spans(task.db, term, videos[start : start + 500]))
    for goal in _goals(task, [Extra() for _ in task.sides]):
        if "frame" not in goal.aims:
            continue
        frames = goal.kinds["frame"]
        for at, aim in enumerate(goal.aims["frame"][goal.part_count :]):
            near = frames.search(aim.direction, SEEN_ROWS)
            shown = near.rows[aim.scores(near.scores) >= seen_from(goal, at)]
            found |= {VideoId(int(video)) for video in frames.columns.rows["video"][shown]}
    return found
