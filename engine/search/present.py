"""From ranked moments to hits as the user sees them. A video that was deleted while it was ranked is left out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from engine.search.explain import Evidence, shares
from engine.search.look import Candidate
from engine.search.rank import Judge, Ranking
from engine.search.side import Side
from engine.store.hits import Place, SpokenText, VideoCard, caption_at, texts_by_id, video_cards
from engine.store.library import full_path
from engine.types import Hit, VideoId, VolumeId

WEAK_SHOWN = 12
"""After the good hits so many weaker ones are shown, and no more: a search is not a listing of the library."""

Mounts = Mapping[VolumeId, Path]


def confident_count(ranking: Ranking, sides: Sequence[Side]) -> int:
    if ranking.is_doubtful:
        return 0
    if ranking.is_listing:
        return len(ranking.candidates)
    judge = Judge(sides)
    return sum(judge.is_confident(one) for one in ranking.candidates)


def shown_candidates(ranking: Ranking, confident: int, *, everything: bool) -> list[Candidate]:
    """The good ones and a few weaker ones."""
    if everything or ranking.is_listing:
        return list(ranking.candidates)
    return list(ranking.candidates[: confident + WEAK_SHOWN])


def grouped(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Moments of a video together, in order of time, where its best one stood."""
    by_video: dict[VideoId, list[Candidate]] = {}
    for candidate in candidates:
        by_video.setdefault(candidate.video, []).append(candidate)
    return [one for group in by_video.values() for one in sorted(group, key=lambda each: each.start_s)]


def make_hits(
    db: Database, sides: Sequence[Side], ranking: Ranking, chosen: Sequence[Candidate], mounts: Mounts
) -> list[Hit]:
    wanted = {video for one in chosen for video in (one.video, *one.copies)}
    cards = video_cards(db, wanted)
    evidence = [candidate.explain() for candidate in chosen]
    ids = [one.text_id for found in evidence for one in found if one.text_id is not None]
    texts = texts_by_id(db, ids)
    known = _Known(cards, texts, mounts, Judge(sides))
    hits: list[Hit] = []
    for candidate, found in zip(chosen, evidence, strict=True):
        if candidate.video in cards:
            hits.append(_hit(db, ranking, candidate, found, known))
    return hits


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked up for the whole page."""

    cards: Mapping[VideoId, VideoCard]
    texts: Mapping[int, SpokenText]
    mounts: Mounts
    judge: Judge


def _hit(db: Database, ranking: Ranking, one: Candidate, evidence: Sequence[Evidence], known: _Known) -> Hit:
    card = known.cards[one.video]
    places = sorted(card.places, key=lambda place: place.volume_id not in known.mounts)
    others = [place for video in one.copies if video in known.cards for place in known.cards[video].places]
    is_good = ranking.is_listing or (not ranking.is_doubtful and known.judge.is_confident(one))
    return Hit(
        video_id=one.video,
        fingerprint=card.fingerprint,
        path=_path(places[0], known.mounts),
        start_s=round(one.start_s, 3),
        end_s=round(one.end_s, 3),
        best_s=round(one.best_s, 3),
        score=1.0 if ranking.is_listing else round(known.judge.chance(one), 4),
        is_confident=is_good,
        caption=_caption(db, one, evidence, known.texts),
        is_online=places[0].volume_id in known.mounts,
        volume_label=places[0].volume_label,
        duration_s=card.duration_s,
        recorded_at=card.recorded_at,
        why=shares(evidence, known.texts),
        copies=tuple(_path(place, known.mounts) for place in (*places[1:], *others)),
    )


def _caption(db: Database, one: Candidate, evidence: Sequence[Evidence], texts: Mapping[int, SpokenText]) -> str | None:
    """The caption that was found, else the best one of the moment."""
    for each in evidence:
        if each.text_id is not None and each.text_id in texts:
            return texts[each.text_id].text
    said = caption_at(db, one.video, one.best_s)
    return said.text if said else None


def _path(place: Place, mounts: Mounts) -> Path:
    """Where the file is, or, while its disk is away, where it was last seen."""
    mount = mounts.get(place.volume_id)
    return full_path(Path(os.fsdecode(place.last_mount)) if mount is None else mount, place.path)
