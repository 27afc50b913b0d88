"""Chooses which frames of a video become small pictures, and writes them within a budget of bytes.

A disk that cannot be written is no error here: the video is indexed all the same, without pictures.
"""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

import numpy as np
from PIL import Image

from engine.media.thumbs_file import PART, Entry, TileFile, decode, pack_index, remove
from engine.types import Frame, RgbImage

SHORT_SIDE = 180
LONG_SIDE = 480
QUALITIES = (65, 35, 10)
"""The first that fits is taken; pictures of leaves and water are the ones that need the second."""
EFFORT = 2
"""Level 4 of the encoder saves 6% of the bytes for three times the work."""

# 2,000 bytes a second of video are 7.2 MB an hour; the allowance lets a clip of a few seconds have a few pictures.
BYTES_PER_S = 2_000
ALLOWANCE_BYTES = 48_000
RESERVE_BYTES = 24_000
"""Not for pictures that are extra, so that a restless video does not use up what even steps need."""

CLOSE_SPACING_S = 2.0
SPACING_S = 4.0
CLOSE_UNTIL_S = 60.0
CHANGE_SPACING_S = 1.0
CHANGE = 24.0
"""Mean difference of brightness, of 255, from which a picture shows something else."""

_log = logging.getLogger(__name__)


class ThumbWriter:
    """Takes the frames of one video one by one and keeps as many as its bytes allow. Memory: an index, no pictures.

    Used in a `with` block; leaving it by an exception throws the new pictures away and keeps the old ones.
    """

    def __init__(self, path: Path, extend: bool = False) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._entries: list[Entry] = []
        self._looks: list[np.ndarray] = []
        self._extend = extend
        self._is_begun = False
        self._file: io.BufferedWriter | None = None
        self._bytes = 0
        self._latest_s = 0.0

    def __enter__(self) -> ThumbWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def add(self, frame: Frame) -> None:
        """Keeps a frame's picture if its moment is not covered yet, or it shows something new, and bytes are left."""
        if not np.isfinite(frame.time_s) or min(frame.image.shape[:2]) < 1:
            return
        if not self._is_begun:
            self._begin()
        if self._file is None:
            return
        self._latest_s = max(self._latest_s, frame.time_s)
        look = _look(frame.image)
        nearest, gap_s = self._nearest(frame.time_s)
        is_due = gap_s >= (CLOSE_SPACING_S if frame.time_s < CLOSE_UNTIL_S else SPACING_S)
        if not is_due and (gap_s < CHANGE_SPACING_S or not _differs(look, self._looks[nearest])):
            return
        room = ALLOWANCE_BYTES + BYTES_PER_S * self._latest_s - self._bytes - (0 if is_due else RESERVE_BYTES)
        if not is_due and room * len(self._entries) < self._bytes:
            return
        for quality in QUALITIES:
            data = encode(frame.image, quality)
            if len(data) <= room:
                self._append(frame.time_s, data, look)
                return

    def close(self) -> None:
        """Puts the pictures in place, all at once."""
        if self._file is None:
            return
        try:
            self._file.write(pack_index(self._entries, self._file.tell()))
            self._file.close()
            if self._entries:
                os.replace(self._part, self._path)
            else:
                remove(self._part)
        except OSError as error:
            self._give_up(error)
        self._file = None

    def discard(self) -> None:
        """Throws the new pictures away."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                _log.debug("closing %s: %s", self._part, error)
            self._file = None
            remove(self._part)

    def _begin(self) -> None:
        """Not before the first frame: a pass that gives no frames must not copy what is there."""
        self._is_begun = True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
            if self._extend:
                self._copy_existing()
        except OSError as error:
            self._give_up(error)

    def _nearest(self, time_s: float) -> tuple[int, float]:
        """Frames come in order of time except when extending, so the search starts at the newest."""
        best, best_gap_s = -1, float("inf")
        for number in range(len(self._entries) - 1, -1, -1):
            gap_s = abs(self._entries[number].time_s - time_s)
            if gap_s < best_gap_s:
                best, best_gap_s = number, gap_s
            elif self._entries[number].time_s < time_s - best_gap_s:
                break
        return best, best_gap_s

    def _append(self, time_s: float, data: bytes, look: np.ndarray) -> None:
        if self._file is None:
            return
        try:
            entry = Entry.of(time_s, self._file.tell(), data)
            self._file.write(data)
        except OSError as error:
            self._give_up(error)
            return
        self._bytes += len(data)
        place = len(self._entries)
        while place and self._entries[place - 1].time_s > time_s:
            place -= 1
        self._entries.insert(place, entry)
        self._looks.insert(place, look)

    def _copy_existing(self) -> None:
        with TileFile(self._path) as old:
            for entry in old.entries:
                data = old.read(entry)
                picture = decode(data) if data else None
                if data and picture is not None:
                    self._append(entry.time_s, data, _look(picture))

    def _give_up(self, error: OSError) -> None:
        _log.warning("small pictures not kept in %s: %s", self._path.parent, error)
        self.discard()


def encode(image: RgbImage, quality: int = QUALITIES[0]) -> bytes:
    """A picture as WebP, no larger than a tile."""
    height, width = image.shape[:2]
    scale = min(1.0, SHORT_SIDE / min(height, width), LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(np.ascontiguousarray(image))
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=EFFORT)
    return out.getvalue()


def _look(image: RgbImage) -> np.ndarray:
    """A few brightness samples: enough to tell another scene, too few to cost anything."""
    height, width = image.shape[:2]
    samples = image[:: max(1, height // 12), :: max(1, width // 12)]
    return samples[:12, :12].mean(axis=2, dtype=np.float32)


def _differs(look: np.ndarray, other: np.ndarray) -> bool:
    return other.shape != look.shape or float(np.abs(look - other).mean()) > CHANGE
