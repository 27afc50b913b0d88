"""Finds the frame on screen at a given time: seeks to a keyframe before it, decodes forward, and compares true times.

Exact on variable frame rates, reordered frames and edit lists, because no time is computed from a frame number.
"""

from __future__ import annotations

from collections.abc import Iterator

from av import VideoFrame
from av.error import FFmpegError

from engine.media.reading import Reader, known_moment, moment

HURRY_S = 1.0
"""Further than this before the wanted time, frames that no other frame builds on are not decoded."""
FAR_S = 5.0
"""Without an index, how far ahead a seek pays off."""
STEPS_BACK_S = (0, 1, 5, 30, 120)
PACKETS_TO_KEY = 500
LEAD_S = 10.0
"""How far before the start a seek aims to reach the very first packet: decoding times begin before zero."""


class Cursor:
    """A place in a video that moves forward. `patience` bounds the frames decoded for one answer."""

    def __init__(self, reader: Reader, patience: int | None = None) -> None:
        self._reader = reader
        self._source = reader.source
        self._patience = patience
        self._frames: Iterator[VideoFrame] = iter(())
        self._shown: VideoFrame | None = None
        self._ahead: VideoFrame | None = None
        self._is_fresh = True
        self._hurry_until: int | None = None

    def shown_at(self, at: int) -> VideoFrame | None:
        """The last frame not after a timestamp, or the first of all; None if none can be decoded."""
        per_second = int(1 / self._source.tick)
        hurry_until = at - int(HURRY_S * per_second)
        if self._should_seek(at):
            self._land_before(at, hurry_until)
        if self._advance(at, hurry_until) and self._is_unsure(hurry_until):
            self._land_before(at, None)
            self._advance(at, None)
        return self._shown if self._shown is not None else self._ahead

    def next(self) -> VideoFrame | None:
        """The frame after the one shown; None at the end."""
        self._hurry_until = None
        self._shown, self._ahead = self._ahead, next(self._frames, None)
        return self._shown

    def close(self) -> None:
        """Let go of the decoder. The frames yet to come refer to this cursor and it to them: without this their
        megabytes would live on until Python looks for cycles.
        """
        self._frames = iter(())
        self._shown = self._ahead = None

    def _is_unsure(self, hurry_until: int) -> bool:
        """Whether a skipped frame may lie between the one found and the time."""
        return self._shown is not None and known_moment(self._shown) < hurry_until

    def _advance(self, at: int, hurry_until: int | None) -> int:
        self._hurry_until = hurry_until
        moved = 0
        while self._ahead is not None and known_moment(self._ahead) <= at:
            self._shown, self._ahead = self._ahead, next(self._frames, None)
            moved += 1
            if moved == self._patience:
                return 0
        return moved

    def _should_seek(self, at: int) -> bool:
        if self._is_fresh:
            return True
        if self._shown is not None and at < known_moment(self._shown):
            return True
        if self._ahead is None or at <= known_moment(self._ahead) or not self._source.has_clock:
            return False
        here = known_moment(self._ahead)
        key = self._key_before(at)
        if key is not None:
            return key > here
        return (at - here) * self._source.tick > FAR_S

    def _key_before(self, at: int) -> int | None:
        """The last keyframe the index knows before a time; None where the index does not reach that far."""
        index = self._source.stream.index_entries
        if not len(index) or index[len(index) - 1].timestamp < at:
            return None
        number = index.search_timestamp(at)
        return None if number < 0 else index[number].timestamp

    def _land_before(self, at: int, hurry_until: int | None) -> None:
        """Go to a keyframe whose frame is shown no later than a time, as near as one can be found."""
        self._hurry_until = hurry_until
        start = self._source.ticks(0)
        for step_s in STEPS_BACK_S if self._source.has_clock else ():
            goal = at - int(step_s / self._source.tick)
            if goal <= start:
                break
            if not self._has_sought(goal):
                continue
            self._begin(self._read(from_key=True))
            if self._ahead is not None and known_moment(self._ahead) <= at:
                return
        self._restart(start)

    def _has_sought(self, goal: int) -> bool:
        """Move to a time; some containers refuse times before their first frame or after their last."""
        self._is_fresh = False
        try:
            self._source.container.seek(goal, stream=self._source.stream)
        except FFmpegError:
            return False
        return True

    def _restart(self, start: int) -> None:
        if not self._is_fresh:
            lead = int(LEAD_S / self._source.tick)
            goals = (start - lead, start) if self._source.has_clock else ()
            if not any(self._has_sought(goal) for goal in goals):
                self._source.container.seek(0, unsupported_byte_offset=True)
        self._is_fresh = False
        self._begin(self._read(from_key=False))

    def _begin(self, frames: Iterator[VideoFrame]) -> None:
        self._frames = frames
        self._shown, self._ahead = None, next(frames, None)

    def _read(self, *, from_key: bool) -> Iterator[VideoFrame]:
        context = self._source.stream.codec_context
        skipped = 0
        for packet in self._reader.packets():
            if from_key and not packet.is_keyframe and skipped < PACKETS_TO_KEY:
                skipped += 1
                continue
            from_key = False
            at = moment(packet)
            hurries = self._hurry_until is not None and at is not None and at < self._hurry_until
            context.skip_frame = "NONREF" if hurries else "DEFAULT"
            yield from self._reader.frames(packet)
        yield from self._reader.frames(None)
