"""The describe pass: one video after another through every extractor, each stored in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlite_utils import Database

from engine.errors import MediaError
from engine.extractors import EXTRACTORS
from engine.extractors.record import Extractor, NewClipVector, NewFrame, NewShots, NewText, Record
from engine.jobs.events import Beat, Finished, Started
from engine.jobs.guard import one_file
from engine.jobs.look import BATCH, PICTURE_SIZE
from engine.jobs.run import Run, fail, trouble_with
from engine.media.decode import frames_at
from engine.media.thumbs import ThumbWriter
from engine.store.db import writing
from engine.store.frames import add_frames, frames_of, replace_shots, shots_of
from engine.store.stages import is_done, mark_done
from engine.store.texts import replace_texts
from engine.store.vectors import add_vectors
from engine.types import (
    NO_PACK,
    Frame,
    PackRef,
    RgbImage,
    ShotId,
    Span,
    StoredFrame,
    TextSource,
    Vectors,
    VideoId,
    WorkItem,
)

STAGE = "describe"


class RunClip:
    """One video of a run, as extractors see it."""

    def __init__(self, run: Run, item: WorkItem, size: int) -> None:
        self._run = run
        self._item = item
        self._size = size

    @property
    def item(self) -> WorkItem:
        return self._item

    def frames(self) -> list[StoredFrame]:
        return frames_of(self._run.db, self._item.video.id, self._run.pack)

    def shots(self) -> list[tuple[ShotId, Span]]:
        return shots_of(self._run.db, self._item.video.id)

    def pictures(self, times_s: Sequence[float]) -> Iterator[Frame]:
        for frame in frames_at(self._item.path, times_s, size=self._size, threads=self._run.threads):
            self._run.control.checkpoint()
            self._run.tell(Beat())
            yield frame


def describe(
    run: Run, items: Iterable[WorkItem], parts: frozenset[str], extractors: Sequence[Extractor] = EXTRACTORS
) -> Iterator[WorkItem]:
    """Put videos through the extractors whose parts the pack has; yields each when it is through or has failed."""
    size = PICTURE_SIZE if run.looker is None else max(run.looker.size)
    usable = [extractor for extractor in extractors if parts.issuperset(extractor.needs)]
    for item in items:
        run.control.checkpoint()
        run.tell(Started(str(item.path), STAGE))
        try:
            with one_file(item.path):
                _describe_one(run, RunClip(run, item, size), usable)
        except MediaError as error:
            fail(run, item, STAGE, error)
        except FileNotFoundError:
            pass  # deleted or unplugged meanwhile: the next scan says which
        run.tell(Finished(str(item.path), STAGE))
        yield item


def _describe_one(run: Run, clip: RunClip, extractors: Sequence[Extractor]) -> None:
    for extractor in extractors:
        _extract(run, clip, extractor)
    mark_done(run.db, clip.item.video.id, STAGE, run.pack)


def _extract(run: Run, clip: RunClip, extractor: Extractor) -> None:
    item = clip.item
    pack = run.pack if extractor.uses_model else NO_PACK
    if is_done(run.db, item.video.id, extractor.name, pack):
        return
    with run.thumbs.writer(item.video.fingerprint, extend=True) as thumbs:
        found = _collect(run, extractor.extract(clip), thumbs)
    changed = trouble_with(item)
    if changed is not None:
        raise changed
    with writing(run.db):
        _store(run.db, item.video.id, found, extractor.sources, pack)
        mark_done(run.db, item.video.id, extractor.name, pack)


@dataclass(slots=True)
class _Found:
    """What an extractor gave, without the pictures."""

    frames: list[tuple[int, float, bool]] = field(default_factory=list)
    frame_vectors: list[Vectors] = field(default_factory=list)
    shots: NewShots | None = None
    texts: list[NewText] = field(default_factory=list)
    clips: list[NewClipVector] = field(default_factory=list)


def _collect(run: Run, records: Iterable[Record], thumbs: ThumbWriter) -> _Found:
    found = _Found()
    batch: list[RgbImage] = []
    for record in records:
        run.control.checkpoint()
        match record:
            case NewFrame(frame):
                found.frames.append((frame.pts, frame.time_s, frame.is_key))
                thumbs.add(frame)
                if run.looker is not None:
                    batch.append(run.looker.prepare(frame.image))
            case NewShots():
                found.shots = record
            case NewText():
                found.texts.append(record)
            case NewClipVector():
                found.clips.append(record)
        if len(batch) == BATCH:
            found.frame_vectors += _encode(run, batch)
            batch = []
    found.frame_vectors += _encode(run, batch)
    return found


def _encode(run: Run, batch: Sequence[RgbImage]) -> list[Vectors]:
    return [] if run.looker is None or not batch else list(run.looker.encode(np.stack(batch)).vectors)


def _store(db: Database, video: VideoId, found: _Found, sources: Sequence[TextSource], pack: PackRef) -> None:
    ids = add_frames(db, video, found.frames)
    add_vectors(db, video, "frame", zip(ids, found.frame_vectors, strict=False), pack)
    if found.shots is not None:
        replace_shots(db, video, found.shots.spans)
    texts = replace_texts(db, video, sources, [one.text for one in found.texts], pack)
    rows = [(text, one.vector) for text, one in zip(texts, found.texts, strict=True) if one.vector is not None]
    add_vectors(db, video, "caption", rows, pack)
    add_vectors(db, video, "clip", [(one.shot, one.vector) for one in found.clips], pack)
