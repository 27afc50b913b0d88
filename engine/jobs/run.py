"""What every stage of an indexing run is given: the library, the models, the user's wishes and an ear for events."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from engine.errors import EngineError, MediaError
from engine.jobs.control import Control
from engine.jobs.events import Event, Failed
from engine.jobs.identify import is_unchanged
from engine.jobs.scan import Places
from engine.media.thumbs import ThumbCache
from engine.media.thumbs_writer import SHORT_SIDE
from engine.models.encoder import FrameVectors
from engine.models.in_use import Model
from engine.settings import Settings
from engine.store import library
from engine.store.failures import record_failure
from engine.types import Failure, PackRef, RgbImage, WorkItem

Tell = Callable[[Event], None]


class Looker(Protocol):
    """The pack's `frame` part as the look pass needs it."""

    @property
    def size(self) -> tuple[int, int]: ...
    def prepare(self, image: RgbImage) -> RgbImage: ...
    def encode(self, images: npt.NDArray[np.uint8]) -> FrameVectors: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One indexing run. `threaded` off runs the same stages in sequence."""

    db: Database
    library: Path
    places: Places
    settings: Settings
    control: Control
    tell: Tell
    thumbs: ThumbCache
    model: Model
    threads: int = 2
    threaded: bool = True

    @property
    def pack(self) -> PackRef:
        return self.model.ref

    @property
    def picture_size(self) -> int:
        """Short side of decoded pictures: what the model wants, and never less than a thumbnail."""
        return SHORT_SIDE if self.looker is None else max(SHORT_SIDE, *self.looker.size)

    @property
    def looker(self) -> Looker | None:
        return self.model.looker


class Forgotten(EngineError):
    """The user took a video out of the library while it was being read."""


def demand_known(run: Run, item: WorkItem) -> None:
    """To be asked inside the transaction that stores something of a video. Raises Forgotten."""
    if library.stored_video(run.db, item.video.id) is None:
        raise Forgotten


def fail(run: Run, item: WorkItem, stage: str, error: MediaError) -> None:
    """Store a failure with the file's version, and say so. What was forgotten meanwhile has none."""
    if not library.knows_file(run.db, item.file_id):
        return
    note_failure(
        run, item.path, (item.size_bytes, item.mtime_ns), Failure(item.path, stage, error.reason, error.remedy)
    )


def note_failure(run: Run, path: Path, version: tuple[int, int], failure: Failure) -> None:
    """Store a failure and say so. A file that is gone has none: the next scan says whether it or its disk went."""
    if not os.path.lexists(path):
        return
    record_failure(run.db, *run.places.of(path), failure, version)
    run.tell(Failed(str(path), failure.stage, failure.reason, failure.remedy))


def trouble_with(item: WorkItem) -> MediaError | None:
    """Why what was read of a file must not be believed: it changed meanwhile. None when all is well.

    Raises FileNotFoundError when the file is gone; then there is nothing to say about it.
    """
    if is_unchanged(item.path, item.size_bytes, item.mtime_ns):
        return None
    return MediaError(
        str(item.path),
        "the file changed while it was being read",
        "It is tried again by the next index, when nothing writes to it any more",
    )
