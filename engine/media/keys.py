"""The cheapest look at a whole video: its keyframes, at most one in a stretch of time, in order.

Three ways, from cheap to dear: hop from one to the next by the file's index, read on and leave out what is no keyframe,
or, where a file marks the wrong packets, show the decoder everything and let it pick. Letting the demuxer discard the
rest would be cheaper still, but in mp4 it then gets the times of reordered frames wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from av import VideoFrame
from av.index import IndexEntries
from av.packet import Packet
from av.video.stream import VideoStream

from engine.media.reading import Reader, known_moment, moment
from engine.media.source import Source, opened, prepare_decoder

HOP_BYTES = 512 << 10
"""Where keyframes lie further apart than this, seeking costs less than reading what is between, even on a disk."""
HOPS_AT_ONCE = 8
PACKETS_TO_KEY = 500
TRIAL = 32
"""More packets than any decoder holds back: after so many, too few frames mean wrong marks."""
_INDEXED = ("mov,", "matroska", "avi")
"""Containers whose index is written by the recorder. For others it only lists what was read so far."""
NEARLY = 0.85
"""Index times are decoding times, which wander; what comes out too close is left out by its true time."""
SLACK_S = 0.005
"""Times in Matroska are rounded to a millisecond; a keyframe a second must not become one in two."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """A keyframe in the index: its time, and the latest time a seek may ask for to reach it."""

    at: int
    ask: int


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    got: int = 0

    @property
    def is_poor(self) -> bool:
        """Whether most packets marked as keyframes were none."""
        return self.got * 3 < self.sent or not self.sent


@dataclass(slots=True)
class _Spacing:
    """Lets a moment pass when it is far enough from the last one that did."""

    gap: int
    next_at: int | None = None

    def allows(self, at: int | None) -> bool:
        return at is None or self.next_at is None or at >= self.next_at

    def take(self, at: int | None) -> None:
        if at is not None:
            self.next_at = at + self.gap


def key_frames(reader: Reader, size: int, threads: int, min_gap_s: float) -> Iterator[VideoFrame]:
    """Keyframes in order, none closer to the last than the gap."""
    source = reader.source
    prepare_decoder(source, size, threads, "keys")
    gap = max(1, source.ticks(min_gap_s - SLACK_S) - source.ticks(0))
    spacing, tally = _Spacing(gap), _Tally()
    targets = _hops(source, gap)
    yield from _spaced(_hop(reader, targets, tally) if targets else _walk(reader, gap, tally), spacing)
    if tally.is_poor:
        with opened(source.path) as again:
            prepare_decoder(again, size, threads, "keys")
            yield from _spaced(_scan(Reader(again, reader.report)), spacing)


def _spaced(frames: Iterator[VideoFrame], spacing: _Spacing) -> Iterator[VideoFrame]:
    for frame in frames:
        at = known_moment(frame)
        if spacing.allows(at):
            spacing.take(at)
            yield frame


def _walk(reader: Reader, gap: int, tally: _Tally) -> Iterator[VideoFrame]:
    spacing = _Spacing(gap)
    for packet in reader.packets():
        at = moment(packet)
        if not packet.is_keyframe or not spacing.allows(at):
            continue
        spacing.take(at)
        yield from _sent(reader, packet, tally)
        if tally.sent >= TRIAL and tally.is_poor:
            return
    yield from _sent(reader, None, tally)


def _scan(reader: Reader) -> Iterator[VideoFrame]:
    for packet in reader.packets():
        yield from reader.frames(packet)
    yield from reader.frames(None)


def _sent(reader: Reader, packet: Packet[VideoStream] | None, tally: _Tally) -> list[VideoFrame]:
    frames = reader.frames(packet)
    tally.sent += packet is not None
    tally.got += len(frames)
    return frames


def _hop(reader: Reader, targets: list[_Hop], tally: _Tally) -> Iterator[VideoFrame]:
    """Several packets are fetched before they are decoded, because a seek empties the decoder."""
    for first in range(0, len(targets), HOPS_AT_ONCE):
        found = [_key_at(reader, target) for target in targets[first : first + HOPS_AT_ONCE]]
        for packet in (packet for packet in found if packet is not None):
            yield from _sent(reader, packet, tally)
        yield from _sent(reader, None, tally)
        if tally.sent >= TRIAL and tally.is_poor:
            return


def _key_at(reader: Reader, target: _Hop) -> Packet[VideoStream] | None:
    source = reader.source
    source.container.seek(target.ask, stream=source.stream)
    for count, packet in enumerate(reader.packets()):
        # Index times are decoding times in one container and presentation times in the other.
        times = [time for time in (packet.pts, packet.dts) if time is not None]
        if packet.is_keyframe and times and max(times) >= target.at:
            return packet
        if count > PACKETS_TO_KEY:
            break
    return None


def _hops(source: Source, gap: int) -> list[_Hop]:
    """Where to hop to; empty if reading on is as good or the index is not to be relied on."""
    container, index = source.container, source.stream.index_entries
    if "matroska" in container.format.name and container.size > HOP_BYTES:
        # Only the first seek makes the demuxer read the index, which lies at the end.
        container.seek(source.stream.start_time or 0, stream=source.stream)
    if not container.format.name.startswith(_INDEXED) or len(index) < 2 or not _covers_all(source):
        return []
    targets = _chosen(index, gap)
    return targets if container.size > HOP_BYTES * len(targets) else []


def _chosen(index: IndexEntries, gap: int) -> list[_Hop]:
    """Keyframes at least a gap apart."""
    targets: list[_Hop] = []
    number = index.search_timestamp(index[0].timestamp, backward=False)
    while number >= 0:
        at = index[number].timestamp
        number = index.search_timestamp(at + 1, backward=False)
        following = at + gap if number < 0 else index[number].timestamp
        # Asked for its own decoding time, a demuxer may hold that the frame is shown later and go to the one before.
        targets.append(_Hop(at, following - 1))
        if following < at + gap * NEARLY:
            number = index.search_timestamp(at + gap, backward=False)
    return targets


def _covers_all(source: Source) -> bool:
    index = source.stream.index_entries
    if source.container.duration is None:
        return False
    end = source.ticks(source.container.duration / 1_000_000)
    first, last = index[0].timestamp, index[len(index) - 1].timestamp
    return last - first > 0.9 * (end - first)
