"""How long a video really is. Containers lie: a file that was cut off keeps its claim, a broken recorder claims hours,
a bare stream claims what its bit rate suggests. What is there decides, as far as it can be seen cheaply.
"""

from __future__ import annotations

from av.index import IndexEntries
from av.stream import Stream

from engine.media.reading import DecodeReport, Reader, moment
from engine.media.source import Source, opened

SMALL_BYTES = 64 << 20
"""Up to this, reading every packet costs less than a tenth of a second."""
TOLERANCE_S = 0.5
_TIMED_BY_ITS_END = frozenset({"mpegts", "mpeg", "ogg"})
"""For these the demuxer has looked at the last times in the file already."""


def length_s(source: Source) -> float | None:
    """The length on the player's clock; None if only reading the whole of a large file would tell."""
    claimed_us = source.container.duration
    claimed = None if claimed_us is None or claimed_us <= 0 else claimed_us / 1_000_000
    seen = _indexed_s(source) if source.has_clock else None
    if seen is not None:
        is_true = claimed is not None and abs(claimed - seen) < 0.02 * seen + TOLERANCE_S
        if is_true or source.is_mov:
            return claimed if is_true else seen
    if source.container.format.name in _TIMED_BY_ITS_END and source.has_clock and claimed is not None:
        return claimed
    if source.container.size <= SMALL_BYTES:
        with opened(source.path) as again:
            return _read_s(again) or claimed
    return claimed


def _indexed_s(source: Source) -> float | None:
    """Where the last sample ends that both the index lists and the file still holds."""
    size = source.container.size
    ends = [_end_s(stream, size) for stream in source.container.streams if stream.type in ("video", "audio")]
    known = [end for end in ends if end is not None]
    return max(known) - float(source.start) if known else None


def _end_s(stream: Stream, size: int) -> float | None:
    index = stream.index_entries
    last = _last_present(index, size)
    if last < 1 or not stream.time_base:
        return None
    end = 2 * index[last].timestamp - index[last - 1].timestamp
    return float(end * stream.time_base)


def _last_present(index: IndexEntries, size: int) -> int:
    """The number of the last entry within the file; entries lie in file order, near enough for halving."""
    low, high = -1, len(index) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if index[middle].pos + index[middle].size <= size:
            low = middle
        else:
            high = middle - 1
    return low


def _read_s(source: Source) -> float | None:
    last = None
    for packet in Reader(source, DecodeReport()).packets():
        at = moment(packet)
        if at is not None:
            end = at + (packet.duration or 0)
            last = end if last is None else max(last, end)
    return None if last is None else max(0.0, float(source.seconds(last)))
