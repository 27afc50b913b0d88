"""Which videos are worth a closer look: the nearest vectors of each kind, and the texts that hold the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.index.columns import VideoMask
from engine.search.fuse import reciprocal_ranks, trust
from engine.search.goal import Goal
from engine.search.words import WordHit
from engine.types import VideoId

NEAREST = 200
DEPTH = 40
"""Videos looked at closely for the first page; later pages look at more."""


@dataclass(slots=True)
class Recalled:
    """Per video how good it may be at best, and the times that say so."""

    best: dict[VideoId, float] = field(default_factory=dict)
    times: dict[VideoId, list[float]] = field(default_factory=dict)
    order: list[list[VideoId]] = field(default_factory=list)
    """Each leg's own ranking."""

    def note(self, video: VideoId, score: float, time_s: float) -> None:
        self.best[video] = max(score, self.best.get(video, -np.inf))
        self.times.setdefault(video, []).append(time_s)


def recall_vectors(goal: Goal, direction: int, nearest: int, videos: VideoMask | None) -> Recalled:
    """The nearest vectors of each kind to one direction."""
    found = Recalled()
    for kind, aims in goal.aims.items():
        if not goal.measure(direction).weights.get(kind):
            continue
        index, aim = goal.kinds[kind], aims[direction]
        near = index.search(aim.direction, nearest, videos)
        rows = index.columns.rows[near.rows]
        leg: list[VideoId] = []
        for video, start_s, end_s, score in zip(
            rows["video"].tolist(),
            rows["start_s"].tolist(),
            rows["end_s"].tolist(),
            aim.scores(near.scores).tolist(),
            strict=True,
        ):
            found.note(VideoId(video), score, (start_s + end_s) / 2)
            leg.append(VideoId(video))
        found.order.append(leg)
    return found


def recall_words(hits: Sequence[WordHit], weight: float, videos: VideoMask | None) -> Recalled:
    found = Recalled()
    for hit in hits:
        video = hit.match.video_id
        if videos is None or (video < len(videos) and videos[video]):
            found.note(video, weight * trust(hit), (hit.match.start_s + hit.match.end_s) / 2)
    found.order.append(sorted(found.best, key=lambda video: -found.best[video]))
    return found


def most_promising(parts: Sequence[Sequence[Recalled]], depth: int) -> dict[VideoId, list[float]]:
    """The `depth` videos that may answer all parts best, with the times that were found.

    Half of the places go by the best score a video may reach, half by reciprocal rank over the legs, so that a leg
    whose scores run high cannot crowd out the others.
    """
    potential: dict[VideoId, float] = {}
    times: dict[VideoId, list[float]] = {}
    for legs in parts:
        sums: dict[VideoId, float] = {}
        for recalled in legs:
            for video, score in recalled.best.items():
                sums[video] = sums.get(video, 0.0) + max(score, 0.0)
                times.setdefault(video, []).extend(recalled.times[video])
        for video, score in sums.items():
            potential[video] = potential.get(video, 0.0) + score
    by_score = sorted(potential, key=lambda video: (-potential[video], video))
    ranks = reciprocal_ranks([leg for legs in parts for recalled in legs for leg in recalled.order])
    by_rank = sorted(ranks, key=lambda video: (-ranks[video], video))
    chosen: dict[VideoId, None] = {}
    for pair in zip(by_score, by_rank, strict=True):
        for video in pair:
            if len(chosen) < depth:
                chosen.setdefault(video)
    return {video: times[video] for video in chosen}
