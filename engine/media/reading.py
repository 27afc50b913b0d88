"""Packets in, frames out, over damage: what cannot be read is counted and stepped over, with a bound."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from av import VideoFrame
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from engine.media.source import Source

MAX_BAD_IN_A_ROW = 300
MAX_READ_ERRORS = 20


@dataclass(slots=True)
class DecodeReport:
    """How reading went; filled while it goes."""

    bad_parts: int = 0
    gave_up: bool = False

    @property
    def warning(self) -> str | None:
        """A sentence about what was left out, if anything was."""
        if self.gave_up:
            return "it is damaged and could only be read in part"
        if self.bad_parts > 1:
            return f"{self.bad_parts} damaged parts were left out"
        return "1 damaged part was left out" if self.bad_parts else None


class Reader:
    """The packets and frames of an open file. Damage never raises; a failing disk does."""

    def __init__(self, source: Source, report: DecodeReport) -> None:
        self.source = source
        self.report = report
        self._bad_in_a_row = 0

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """From the current position to the end, or to where damage has no end."""
        errors = self._bad_in_a_row = 0
        while errors < MAX_READ_ERRORS and not self._is_lost:
            try:
                yield from self._packets()
                return
            except FFmpegError as error:
                self._note(error)
                errors += 1
            except IndexError:
                # PyAV trips over tracks that turned up while it read, when it is through with all packets.
                return
        self.report.gave_up = True

    @property
    def _is_lost(self) -> bool:
        return self._bad_in_a_row >= MAX_BAD_IN_A_ROW

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        for packet in self.source.container.demux(self.source.stream):
            # Empty packets only tell a decoder to flush.
            if packet.size:
                yield packet
            if self._is_lost:
                return

    def frames(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """What the decoder gives for a packet; None for the rest it holds back."""
        try:
            frames = self.source.stream.codec_context.decode(packet)
        except FFmpegError as error:
            self._note(error)
            return []
        good = [frame for frame in frames if not frame.is_corrupt and moment(frame) is not None]
        if good:
            self._bad_in_a_row = 0
        return good

    def _note(self, error: FFmpegError) -> None:
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise error
        self.report.bad_parts += 1
        self._bad_in_a_row += 1
        self.report.gave_up |= self._is_lost


def moment(timed: VideoFrame | Packet[VideoStream]) -> int | None:
    """When a frame or packet is shown; its decoding time where the container gives nothing better."""
    return timed.pts if timed.pts is not None else timed.dts


def known_moment(frame: VideoFrame) -> int:
    """The time of a frame that came from a Reader, which drops those that have none."""
    at = moment(frame)
    assert at is not None
    return at
