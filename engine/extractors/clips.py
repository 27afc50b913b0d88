"""One vector for each shot, from its frames and captions together, and the few tokens that reranking reads."""

from __future__ import annotations

from collections.abc import Iterable

from engine.extractors.record import Clip, NewClipVector, NewShotTokens, Record
from engine.extractors.shot_frames import shots_with_frames
from engine.models.clip import ClipContent

FRAMES = 16
TOKEN_FRAMES = 2
"""Frames whose tokens are kept for reranking: what a library may weigh decides, at 2 kB a frame in 8 bits."""


def extract(clip: Clip) -> Iterable[Record]:
    for shot_id, span, frames in shots_with_frames(clip, FRAMES):
        content = ClipContent(clip.frame_vectors(frames), clip.caption_vectors(span))
        yield NewClipVector(shot_id, clip.model.clip.encode([content])[0])


def extract_tokens(clip: Clip) -> Iterable[Record]:
    for shot_id, _, frames in shots_with_frames(clip, TOKEN_FRAMES):
        yield NewShotTokens(shot_id, clip.tokens(frames))
