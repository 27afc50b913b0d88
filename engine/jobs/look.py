"""The look pass: keyframes of every video, so that the whole library is searchable within minutes.

decode -> encode -> keep, three generators. Pictures of different videos share a batch, because a short clip has few;
a video is kept in one transaction once all its pictures are through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.errors import MediaError
from engine.jobs.events import Beat, Finished, Started
from engine.jobs.guard import one_file
from engine.jobs.pipeline import run_ahead
from engine.jobs.run import Forgotten, Looker, Run, demand_known, fail, trouble_with
from engine.media.decode import DecodeReport, keyframes
from engine.media.thumbs import ThumbWriter
from engine.store.db import writing
from engine.store.frames import add_frames
from engine.store.library import update_duration
from engine.store.stages import mark_done
from engine.store.vectors import add_vectors
from engine.types import Frame, RgbImage, Vectors, VideoId, WorkItem

STAGE = "look"
BATCH = 16
AHEAD = 2 * BATCH


@dataclass(frozen=True, slots=True)
class Picture:
    item: WorkItem
    frame: Frame
    ready: RgbImage | None
    """Prepared for the model, on the decoding side, so that only small arrays wait."""


@dataclass(frozen=True, slots=True)
class Looked:
    item: WorkItem
    frame: Frame
    vector: Vectors | None


@dataclass(frozen=True, slots=True)
class Ended:
    """All pictures of a file are through, or `error` says why there are none."""

    item: WorkItem
    error: MediaError | None
    warning: str | None = None


def look(run: Run, items: Iterable[WorkItem]) -> Iterator[WorkItem]:
    """Put videos through the pass; yields each as it is stored or has failed."""
    pictures: Iterable[Picture | Ended] = decode(run, items)
    if run.threaded:
        pictures = run_ahead(pictures, AHEAD)
    return keep(run, encode(pictures, run.looker))


def decode(run: Run, items: Iterable[WorkItem]) -> Iterator[Picture | Ended]:
    """Keyframes of one file after another, at the size the model wants."""
    for item in items:
        run.control.checkpoint()
        run.tell(Started(str(item.path), STAGE))
        report = DecodeReport()
        try:
            with one_file(item.path):
                for frame in keyframes(item.path, size=run.picture_size, threads=run.threads, report=report):
                    run.control.checkpoint()
                    run.tell(Beat(frame.time_s))
                    yield Picture(item, frame, None if run.looker is None else run.looker.prepare(frame.image))
        except MediaError as error:
            yield Ended(item, error)
        except FileNotFoundError:
            yield Ended(item, None)
        else:
            yield Ended(item, None, report.warning)
        run.tell(Finished(str(item.path), STAGE))


def encode(steps: Iterable[Picture | Ended], looker: Looker | None) -> Iterator[Looked | Ended]:
    """Vectors for pictures, a batch at a time, in the order they came."""
    batch: list[Picture | Ended] = []
    pictures = 0
    for step in steps:
        batch.append(step)
        pictures += isinstance(step, Picture)
        if pictures == BATCH:
            yield from _encode_batch(batch, looker)
            batch, pictures = [], 0
    yield from _encode_batch(batch, looker)


def _encode_batch(batch: list[Picture | Ended], looker: Looker | None) -> Iterator[Looked | Ended]:
    ready = [step.ready for step in batch if isinstance(step, Picture) and step.ready is not None]
    vectors = iter(looker.encode(np.stack(ready)).vectors) if looker is not None and ready else iter(())
    for step in batch:
        yield step if isinstance(step, Ended) else Looked(step.item, step.frame, next(vectors, None))


@dataclass(slots=True)
class _Open:
    """A video whose pictures are still coming."""

    thumbs: ThumbWriter
    frames: list[tuple[int, float, bool]]
    vectors: list[Vectors]


def keep(run: Run, steps: Iterable[Looked | Ended]) -> Iterator[WorkItem]:
    """Store each video once it is complete."""
    is_open: dict[VideoId, _Open] = {}
    try:
        for step in steps:
            video = step.item.video
            if video.id not in is_open:
                is_open[video.id] = _Open(run.thumbs.writer(video.fingerprint), [], [])
            if isinstance(step, Looked):
                _add(is_open[video.id], step)
            else:
                _close(run, is_open.pop(video.id), step)
                yield step.item
    finally:
        for left in is_open.values():
            left.thumbs.discard()


def _add(so_far: _Open, step: Looked) -> None:
    so_far.thumbs.add(step.frame)
    so_far.frames.append((step.frame.pts, step.frame.time_s, step.frame.is_key))
    if step.vector is not None:
        so_far.vectors.append(step.vector)


def _close(run: Run, done: _Open, step: Ended) -> None:
    item = step.item
    try:
        changed = trouble_with(item)
    except OSError:
        # Deleted, or its disk unplugged, while it was read: the next scan says which. It is no fault of the file.
        done.thumbs.discard()
        return
    error = changed or step.error
    if error is not None:
        done.thumbs.discard()
        fail(run, item, STAGE, error)
        return
    try:
        _store(run, done, item)
    except Forgotten:
        done.thumbs.discard()
        return
    if step.warning is not None:
        fail(run, item, STAGE, MediaError(str(item.path), step.warning, "What could be read of it is searchable"))


def _store(run: Run, done: _Open, item: WorkItem) -> None:
    with writing(run.db):
        demand_known(run, item)
        done.thumbs.close()
        ids = add_frames(run.db, item.video.id, done.frames)
        add_vectors(run.db, item.video.id, "frame", zip(ids, done.vectors, strict=False), run.pack)
        _correct_duration(run, item, done)
        mark_done(run.db, item.video.id, STAGE, run.pack)


def _correct_duration(run: Run, item: WorkItem, done: _Open) -> None:
    """A container that states no length, or less than its last picture's time, is corrected."""
    last_s = done.frames[-1][1] if done.frames else 0.0
    if item.video.duration_s is None or item.video.duration_s < last_s:
        update_duration(run.db, item.video.id, last_s)
