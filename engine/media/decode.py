"""Small pictures from video files with their true times. Iterators that open the file when first asked and close it
when they end or are dropped; cancelling is the caller's business, between two frames.

Every picture is upright sRGB with square pixels, its short side `size` pixels long, up to four to one in shape.
Times are on the player's clock. Raises MediaError where not a single picture can be had; damage in the middle is
stepped over and told in the DecodeReport.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from av import VideoFrame
from av.error import FFmpegError

from engine.errors import MediaError
from engine.media.cursor import Cursor
from engine.media.keys import key_frames
from engine.media.length import length_s
from engine.media.orient import pixel_shape
from engine.media.picture import Painter
from engine.media.reading import DecodeReport, Reader, known_moment
from engine.media.refusals import COPY_AGAIN, readable_name, refusal
from engine.media.source import Source, opened, prepare_decoder
from engine.types import Frame, Span

AT_LEAST = 3
"""Frames of a file that has hardly any keyframe."""
PATIENCE = 1500
"""Frames decoded to get one of these: a long file with a single keyframe must not cost minutes."""
THREADS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Order:
    path: Path
    size: int
    threads: int
    report: DecodeReport


class _Sketcher:
    """Makes the Frame of a decoded frame, once for each."""

    def __init__(self, source: Source, size: int, report: DecodeReport) -> None:
        self._source = source
        self._report = report
        self._painter = Painter(pixel_shape(source.stream.sample_aspect_ratio), size, source.lines)
        self._last: Frame | None = None

    def sketch(self, decoded: VideoFrame) -> Frame | None:
        """None for a frame that cannot be converted."""
        pts = known_moment(decoded)
        if self._last is None or self._last.pts != pts:
            try:
                image = self._painter.paint(decoded)
            except (FFmpegError, ValueError):
                self._report.bad_parts += 1
                return None
            time_s = max(0.0, float(self._source.seconds(pts)))
            self._last = Frame(pts, time_s, bool(decoded.key_frame), image)
        return self._last


def keyframes(
    path: Path,
    *,
    size: int,
    min_gap_s: float = 1.0,
    threads: int = THREADS,
    report: DecodeReport | None = None,
) -> Iterator[Frame]:
    """Keyframes, at most one in `min_gap_s`; three frames spread over the length where there are hardly any."""
    order = _Order(path, size, threads, DecodeReport() if report is None else report)
    early: list[Frame] = []
    for frame in _marked_frames(order, min_gap_s):
        if len(early) >= AT_LEAST:
            yield frame
            continue
        early.append(frame)
        if len(early) == AT_LEAST:
            yield from early
    if len(early) < AT_LEAST:
        yield from _filled_up(order, early)
    _tell(order)


def frames_at(
    path: Path,
    times_s: Sequence[float],
    *,
    size: int,
    threads: int = THREADS,
    report: DecodeReport | None = None,
) -> Iterator[Frame]:
    """The frame on screen at each time, in order of time and one for each; the last one for times after the end."""
    order = _Order(path, size, threads, DecodeReport() if report is None else report)
    if not times_s:
        return
    with opened(path) as source, _moving(source, order) as (cursor, sketcher):
        for time_s in sorted(times_s):
            decoded = cursor.shown_at(source.ticks(time_s))
            frame = None if decoded is None else sketcher.sketch(decoded)
            if frame is None:
                raise _no_picture(order)
            yield frame
    _tell(order)


def frames_between(
    path: Path, span: Span, *, size: int, step_s: float = 0.0, threads: int = THREADS
) -> Iterator[Frame]:
    """The frame on screen at the start of a span, then each that follows within it, `step_s` apart or more."""
    order = _Order(path, size, threads, DecodeReport())
    with opened(path) as source, _moving(source, order) as (cursor, sketcher):
        end, step = source.ticks(span.end_s), source.ticks(step_s) - source.ticks(0)
        decoded, next_at = cursor.shown_at(source.ticks(span.start_s)), None
        if decoded is None:
            raise _no_picture(order)
        while decoded is not None and known_moment(decoded) < end:
            if next_at is None or known_moment(decoded) >= next_at:
                next_at = known_moment(decoded) + step
                frame = sketcher.sketch(decoded)
                if frame is not None:
                    yield frame
            decoded = cursor.next()
    _tell(order)


@contextmanager
def _moving(source: Source, order: _Order, patience: int | None = None) -> Iterator[tuple[Cursor, _Sketcher]]:
    prepare_decoder(source, order.size, order.threads, "any")
    cursor = Cursor(Reader(source, order.report), patience)
    try:
        yield cursor, _Sketcher(source, order.size, order.report)
    finally:
        cursor.close()


def _marked_frames(order: _Order, min_gap_s: float) -> Iterator[Frame]:
    with opened(order.path) as source:
        sketcher = _Sketcher(source, order.size, order.report)
        reader = Reader(source, order.report)
        for decoded in key_frames(reader, order.size, order.threads, min_gap_s):
            frame = sketcher.sketch(decoded)
            if frame is not None:
                yield frame


def _filled_up(order: _Order, found: list[Frame]) -> list[Frame]:
    """The keyframes there are and others far from them, in order."""
    with opened(order.path) as source:
        length = length_s(source)
    frames = {frame.pts: frame for frame in found}
    with opened(order.path) as source, _moving(source, order, PATIENCE) as (cursor, sketcher):
        for time_s in _far_from([frame.time_s for frame in found], length):
            decoded = cursor.shown_at(source.ticks(time_s))
            frame = None if decoded is None else sketcher.sketch(decoded)
            if frame is not None:
                frames.setdefault(frame.pts, frame)
    if not frames:
        raise _no_picture(order)
    return [frames[pts] for pts in sorted(frames)]


def _far_from(taken_s: list[float], length: float | None) -> list[float]:
    """Times evenly spread over a length, without those nearest to the ones taken."""
    if length is None:
        return [] if taken_s else [0.0]
    even = [length * (number + 0.5) / AT_LEAST for number in range(AT_LEAST)]
    even.sort(key=lambda time_s: min((abs(time_s - taken) for taken in taken_s), default=0.0), reverse=True)
    return sorted(even[: AT_LEAST - len(taken_s)])


def _no_picture(order: _Order) -> MediaError:
    if order.report.bad_parts:
        return refusal(order.path, "is damaged, no picture in it can be shown", COPY_AGAIN)
    return refusal(order.path, "holds no picture: it is cut off or was never finished", COPY_AGAIN)


def _tell(order: _Order) -> None:
    if order.report.warning is not None:
        _log.info("%s: %s", readable_name(order.path), order.report.warning)
