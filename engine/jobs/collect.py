"""Gathers what an extractor yields, turning pictures into vectors and tokens batch by batch so that none piles up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from engine.extractors.record import NewCaptionVector, NewClipVector, NewFrame, NewShots, NewShotTokens, NewText, Record
from engine.jobs.clip import RunClip
from engine.jobs.look import BATCH
from engine.jobs.run import Run
from engine.media.thumbs import ThumbWriter
from engine.types import Frame, Vectors


@dataclass(slots=True)
class Found:
    """What an extractor gave, without the pictures."""

    frames: list[tuple[int, float, bool]] = field(default_factory=list)
    frame_vectors: list[Vectors] = field(default_factory=list)
    shots: NewShots | None = None
    texts: list[NewText] = field(default_factory=list)
    captions: list[NewCaptionVector] = field(default_factory=list)
    clips: list[NewClipVector] = field(default_factory=list)
    tokens: list[NewShotTokens] = field(default_factory=list)


def collect(run: Run, clip: RunClip, records: Iterable[Record], thumbs: ThumbWriter) -> Found:
    """All records of one extractor. Pictures of new frames go to the thumbnails on the way."""
    found = Found()
    pictures = _Pictures(run, clip, thumbs, found)
    for record in records:
        run.control.checkpoint()
        match record:
            case NewFrame(frame):
                pictures.add(frame)
            case NewShots():
                found.shots = record
            case NewText():
                found.texts.append(record)
            case NewCaptionVector():
                found.captions.append(record)
            case NewClipVector():
                found.clips.append(record)
            case NewShotTokens():
                found.tokens.append(record)
    pictures.flush()
    return found


class _Pictures:
    """Frames on their way through the model. One that is known already only leaves its tokens with the clip."""

    def __init__(self, run: Run, clip: RunClip, thumbs: ThumbWriter, found: Found) -> None:
        self._looker = run.looker
        self._clip = clip
        self._thumbs = thumbs
        self._found = found
        self._known = {frame.pts for frame in clip.frames()}
        self._batch: list[Frame] = []

    def add(self, frame: Frame) -> None:
        self._batch.append(frame)
        if len(self._batch) == BATCH:
            self.flush()

    def flush(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        fresh = [frame.pts not in self._known for frame in batch]
        if self._looker is not None:
            looked = self._looker.encode(np.stack([self._looker.prepare(frame.image) for frame in batch]))
            self._found.frame_vectors += itertools.compress(looked.vectors, fresh)
            if looked.tokens is not None:
                self._clip.keep_tokens(zip((frame.pts for frame in batch), looked.tokens, strict=True))
        for frame in itertools.compress(batch, fresh):
            self._found.frames.append((frame.pts, frame.time_s, frame.is_key))
            self._thumbs.add(frame)
