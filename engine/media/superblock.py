"""The identity and label a file system carries in its first blocks, written as `/dev/disk/by-uuid` writes it.

Pure: takes bytes. Used where nothing fills `/dev/disk` (containers, small systems), so that a disk keeps one
identity with and without udev.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

READ_BYTES = 68 << 10
"""Enough for all of the table; btrfs keeps its first superblock at 64 KiB."""


@dataclass(frozen=True, slots=True)
class _Layout:
    magic_at: int
    magic: bytes
    id_at: int
    id_bytes: int
    label_at: int | None
    label_bytes: int = 0


_LAYOUTS = (
    _Layout(0x438, b"\x53\xef", 0x468, 16, 0x478, 16),  # ext2, ext3, ext4
    _Layout(0, b"XFSB", 32, 16, 108, 12),
    _Layout(0x10040, b"_BHRfS_M", 0x10020, 16, 0x1012B, 256),  # btrfs
    _Layout(3, b"NTFS    ", 72, 8, None),
    _Layout(3, b"EXFAT   ", 100, 4, None),
    _Layout(0x52, b"FAT32   ", 0x43, 4, 0x47, 11),
    _Layout(0x36, b"FAT16   ", 0x27, 4, 0x2B, 11),
)


def superblock_identity(start: bytes) -> tuple[str, str] | None:
    """(UUID or serial, label) of a known file system; None for any other bytes."""
    for layout in _LAYOUTS:
        if start[layout.magic_at : layout.magic_at + len(layout.magic)] != layout.magic:
            continue
        raw = start[layout.id_at : layout.id_at + layout.id_bytes]
        if len(raw) == layout.id_bytes and any(raw):
            return _written(raw), _label(start, layout)
    return None


def _written(raw: bytes) -> str:
    if len(raw) == 16:
        return str(UUID(bytes=raw))
    if len(raw) == 8:
        return f"{struct.unpack('<Q', raw)[0]:016X}"
    low, high = struct.unpack("<HH", raw)
    return f"{high:04X}-{low:04X}"


def _label(start: bytes, layout: _Layout) -> str:
    if layout.label_at is None:
        return ""
    raw = start[layout.label_at : layout.label_at + layout.label_bytes].split(b"\0")[0]
    label = raw.decode("utf-8", errors="replace").strip()
    return "" if label == "NO NAME" else label
