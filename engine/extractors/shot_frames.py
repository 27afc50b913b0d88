"""Which of a shot's frames stand for it where only a few can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.extractors.record import Clip
from engine.types import ShotId, Span, StoredFrame


def shots_with_frames(clip: Clip, most: int) -> Iterator[tuple[ShotId, Span, list[StoredFrame]]]:
    """Each shot that has a frame, with at most `most` of its frames, evenly spread."""
    frames = clip.frames()
    for shot_id, span in clip.shots():
        inside = [frame for frame in frames if span.start_s <= frame.time_s < span.end_s]
        if inside:
            yield shot_id, span, spread(inside, most)


def spread(frames: Sequence[StoredFrame], most: int) -> list[StoredFrame]:
    """The middle of each of `most` equal pieces."""
    if len(frames) <= most:
        return list(frames)
    return [frames[int((k + 0.5) * len(frames) / most)] for k in range(most)]
