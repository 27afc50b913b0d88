"""Which videos may be found at all: the filters of a query, and never one whose files are gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlite_utils import Database

from engine.index.columns import VideoMask
from engine.search.query import Query
from engine.store.filters import FILTERS, Filter, Offline
from engine.store.search import count_videos, hidden_videos, negated, searchable_videos
from engine.types import VideoId, VolumeId


@dataclass(frozen=True, slots=True)
class Allowed:
    mask: VideoMask | None
    """None: every video."""
    count: int
    newest_first: tuple[VideoId, ...] | None
    """Only where there are filters."""


def allowed_videos(db: Database, query: Query, mounted: Collection[VolumeId]) -> Allowed:
    filters = filters_of(query, mounted)
    if filters:
        videos = searchable_videos(db, filters)
        return Allowed(_mask(videos), len(videos), tuple(videos))
    hidden = hidden_videos(db)
    if not hidden:
        return Allowed(None, count_videos(db), None)
    videos = searchable_videos(db, ())
    return Allowed(_mask(videos), len(videos), None)


def filters_of(query: Query, mounted: Collection[VolumeId]) -> list[Filter]:
    found: list[Filter] = []
    for condition in query.conditions:
        if condition.key == "offline":
            one: Filter = Offline(condition.value == "yes", tuple(mounted))
        else:
            one = FILTERS[condition.key](condition.value)
        found.append(negated(one) if condition.is_negated else one)
    return found


def _mask(videos: Sequence[VideoId]) -> VideoMask:
    mask = np.zeros(max(videos, default=0) + 1, np.bool_)
    mask[np.asarray(videos, np.int64)] = True
    return mask
