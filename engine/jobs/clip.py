"""One video of a run as its extractors see it: what is stored of it, and pictures and tokens on demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.jobs.events import Beat
from engine.jobs.run import Run
from engine.media.decode import frames_at
from engine.models.in_use import Model
from engine.store.frames import frames_of, shots_of
from engine.store.texts import corrections_of
from engine.store.vectors import caption_vectors_in, vectors_of
from engine.types import Frame, ShotId, Span, StoredFrame, TextId, Vectors, WorkItem

MOST_TOKENS_KEPT = 20_000
"""Frames whose tokens wait for the captioner; 4 kB each. Of a longer video the rest is decoded again."""


class RunClip:
    def __init__(self, run: Run, item: WorkItem) -> None:
        self._run = run
        self._item = item
        self._tokens: dict[int, npt.NDArray[np.float16]] = {}

    @property
    def item(self) -> WorkItem:
        return self._item

    @property
    def model(self) -> Model:
        return self._run.model

    def frames(self) -> list[StoredFrame]:
        return frames_of(self._run.db, self._item.video.id, self._run.pack)

    def shots(self) -> list[tuple[ShotId, Span]]:
        return shots_of(self._run.db, self._item.video.id)

    def pictures(self, times_s: Sequence[float]) -> Iterator[Frame]:
        for frame in frames_at(self._item.path, times_s, size=self._run.picture_size, threads=self._run.threads):
            self._run.control.checkpoint()
            self._run.tell(Beat(frame.time_s))
            yield frame

    def frame_vectors(self, frames: Sequence[StoredFrame]) -> Vectors:
        owners, vectors = vectors_of(self._run.db, self._item.video.id, "frame", self._run.pack)
        rows = {owner: row for row, owner in enumerate(owners)}
        return vectors[[rows[frame.id] for frame in frames]]

    def caption_vectors(self, span: Span) -> Vectors:
        return caption_vectors_in(self._run.db, self._item.video.id, span, self._run.pack)

    def corrections(self) -> list[tuple[TextId, Span, str]]:
        return corrections_of(self._run.db, self._item.video.id)

    def keep_tokens(self, tokens: Iterable[tuple[int, npt.NDArray[np.float16]]]) -> None:
        """Tokens by the frame's pts, for the captioner and the scorer; only where the pack has one."""
        if self.model.parts.isdisjoint(("captioner", "scorer")) or len(self._tokens) > MOST_TOKENS_KEPT:
            return
        self._tokens.update(tokens)

    def tokens(self, frames: Sequence[StoredFrame]) -> npt.NDArray[np.float16]:
        """Frame tokens [F, P, D]; of frames seen in this run as they were, of others decoded again."""
        missing = sorted((frame for frame in frames if frame.pts not in self._tokens), key=lambda frame: frame.time_s)
        looker = self._run.looker
        if missing and looker is not None:
            ready = [looker.prepare(shown.image) for shown in self.pictures([frame.time_s for frame in missing])]
            encoded = looker.encode(np.stack(ready)).tokens
            if encoded is not None:
                self._tokens.update(zip((frame.pts for frame in missing), encoded, strict=True))
        return np.stack([self._tokens[frame.pts] for frame in frames])
