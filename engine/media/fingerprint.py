"""Knows a video by its content: size plus a hash of sampled blocks, so that a moved or renamed file keeps everything.

Reads at most 4 MiB of small files and 704 KiB of any larger one. Never opens anything but a regular file, so that a
pipe or a device in a scanned folder cannot block the scan.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from engine.errors import MediaError

WHOLE_BELOW_BYTES = 4 << 20
EDGE_BYTES = 128 << 10
BLOCK_BYTES = 32 << 10
BLOCKS = 14

# O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. O_BINARY exists on Windows only.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("the file is no longer there", "Scan the folder again"),
    errno.EACCES: ("this user may not read the file", "Change its permissions and retry"),
    errno.EPERM: ("this user may not read the file", "Change its permissions and retry"),
    errno.EIO: ("the disk cannot read the file", "Check the disk or cable, then retry"),
    errno.ESTALE: ("the network share has gone away", "Connect the share again and retry"),
}


def fingerprint(path: Path) -> str:
    """The content's identity as 40 hexadecimal digits; the same for every copy of the file."""
    try:
        # Asked before opening, because merely opening some devices does something.
        _refuse_special(path, os.stat(path))
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    try:
        before = os.fstat(descriptor)
        _refuse_special(path, before)
        digest = _hash_blocks(descriptor, before.st_size)
        after = os.fstat(descriptor)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(descriptor)
    if digest is None or _state(before) != _state(after):
        raise MediaError(str(path), "it changed while it was being read", "Wait until it is complete, then retry")
    return digest


def sampled_ranges(size_bytes: int) -> tuple[tuple[int, int], ...]:
    """The (offset, length) pairs that are hashed: all of a small file, both ends and even steps of a large one."""
    if size_bytes <= WHOLE_BELOW_BYTES:
        return ((0, size_bytes),)
    inner = size_bytes - 2 * EDGE_BYTES - BLOCK_BYTES
    blocks = ((EDGE_BYTES + inner * step // (BLOCKS - 1), BLOCK_BYTES) for step in range(BLOCKS))
    return ((0, EDGE_BYTES), *blocks, (size_bytes - EDGE_BYTES, EDGE_BYTES))


def unreadable(path: Path, error: OSError | ValueError) -> MediaError:
    """The sentence for a file that the system would not open or read."""
    code = error.errno if isinstance(error, OSError) else None
    fallback = (f"it cannot be read ({error})", "Check that it opens in a player, then retry")
    reason, remedy = _REASONS.get(code or 0, fallback)
    return MediaError(str(path), reason, remedy)


def _refuse_special(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(str(path), "it is not a regular file", "Leave it out, or put a real video in its place")


def _hash_blocks(descriptor: int, size_bytes: int) -> str | None:
    """None when the file turned out shorter than it said."""
    digest = hashlib.blake2b(size_bytes.to_bytes(8, "little"), digest_size=20)
    for offset, length in sampled_ranges(size_bytes):
        os.lseek(descriptor, offset, os.SEEK_SET)
        missing = length
        while missing > 0:
            block = os.read(descriptor, min(missing, 1 << 20))
            if not block:
                return None
            digest.update(block)
            missing -= len(block)
    return digest.hexdigest()


def _state(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
