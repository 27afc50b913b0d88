"""Why a file is no video, in a sentence. Looks at names, sizes and first bytes only; decodes nothing."""

from __future__ import annotations

import errno
import stat
import unicodedata
from pathlib import Path
from typing import BinaryIO

from av.error import FFmpegError

from engine.errors import MediaError

HEAD_BYTES = 4096
MAX_BOXES = 64
COPY_AGAIN = "Copy it again from where it came from, then retry"
_LFS_MARK = b"version https://git-lfs.github.com/spec/"
_PAGE_MARKS = (b"<!doctype html", b"<html")
_BOX_NAMES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")


def readable_name(path: Path) -> str:
    """The file's name as it can be shown: invalid bytes and line breaks replaced."""
    name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(one) == "Cc" else one for one in name)


def refusal(path: Path, reason: str, remedy: str) -> MediaError:
    """The error for one file."""
    return MediaError(readable_name(path), reason, remedy)


def check_readable(path: Path) -> bytes:
    """The first bytes of a file that can be opened. Never waits: a pipe or a device is refused unopened."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise refusal(path, "is not a file but a folder, pipe or device", "Leave it out or ignore it")
        if about.st_size == 0:
            raise refusal(path, "is empty", COPY_AGAIN)
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise refusal(path, "has a name that no file can have", "Rename it, then retry") from error


def unreadable(path: Path, error: OSError) -> MediaError:
    """What the operating system said, in words."""
    if isinstance(error, FileNotFoundError):
        return refusal(path, "is no longer there", "Bring it back, or forget it")
    if isinstance(error, PermissionError):
        return refusal(path, "may not be read by this user", "Change its permissions, then retry")
    if error.errno == errno.ELOOP:
        return refusal(path, "is a link that leads to itself", "Remove the link")
    reason = (error.strerror or "unknown trouble").lower()
    return refusal(path, f"cannot be read from its disk ({reason})", "Check the disk or its cable, then retry")


def from_ffmpeg(path: Path, error: FFmpegError) -> MediaError:
    """The sentence for trouble while a file that did open was being read."""
    if isinstance(error, OSError) and error.errno == errno.EIO:
        return unreadable(path, error)
    if isinstance(error, MemoryError):
        return refusal(path, "claims pictures too large for the memory of this computer", COPY_AGAIN)
    return refusal(path, "is damaged, no picture in it can be shown", COPY_AGAIN)


def not_a_video(path: Path, head: bytes) -> MediaError:
    """The likeliest reason why nothing recognised a file."""
    if head.startswith(_LFS_MARK):
        return refusal(path, "is only a git-lfs pointer to the video", "Fetch the video with `git lfs pull`")
    if not any(head):
        return refusal(path, "holds only zeros, as after a broken copy or download", COPY_AGAIN)
    if head.lstrip().lower().startswith(_PAGE_MARKS):
        return refusal(path, "is a web page, not a video", "Download the video itself, then retry")
    if _is_text(head):
        return refusal(path, "is a text file, not a video", "Rename it, or leave it out")
    if head[4:8] in _BOX_NAMES:
        return refusal(path, _box_trouble(path), COPY_AGAIN)
    return refusal(path, "is damaged or not a video", "Check that it plays; copy it again if it should")


def _is_text(head: bytes) -> bool:
    try:
        text = head[: HEAD_BYTES - 4].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(one) == "Cc" and one not in "\t\r\n\f" for one in text)


def _box_trouble(path: Path) -> str:
    """What is wrong with an mp4 or mov: cut off, never finished, or damaged inside."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            names, end = _boxes(file, size)
    except OSError:
        return "is damaged"
    if end > size:
        return "is cut off: a part of it was never copied or recorded"
    if b"moov" not in names:
        return "was never finished: the table that says where its pictures are is missing"
    return "is damaged: the table that says where its pictures are makes no sense"


def _boxes(file: BinaryIO, size: int) -> tuple[list[bytes], int]:
    """Names of the outermost boxes, and where the last one says it ends."""
    names: list[bytes] = []
    at = 0
    while at + 8 <= size and len(names) < MAX_BOXES:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        names.append(header[4:8])
        at = size if length == 0 else at + max(length, 8)
    return names, at
