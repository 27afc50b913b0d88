"""Finding video files below a folder. Reads directories only: no file is opened, nothing is written.

Symbolic links to folders are followed, once each, under the place they really lead to; loops end by themselves.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_SUFFIXES = """
3g2 3gp asf avi divx dv f4v flv gif h264 hevc m1v m2t m2ts m2v m4v mkv mod mov mp4 mpe mpeg mpg mts mxf ogm ogv ps qt
rm rmvb tod ts vob webm wmv y4m
"""
VIDEO_SUFFIXES = frozenset("." + suffix for suffix in _SUFFIXES.split())

SIDECAR_SUFFIXES = frozenset([".srt", ".vtt", ".ass", ".ssa"])

SYSTEM_FOLDERS = frozenset(
    ["$RECYCLE.BIN", "System Volume Information", "@eaDir", "#recycle", "lost+found", ".Trashes", "node_modules"]
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that looks like a video by its name."""

    path: Path
    size_bytes: int
    mtime_ns: int
    sidecars_ns: int = 0
    """Changes when a subtitle file beside it comes, goes or changes."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder or file that could not be looked at; what is known below it stays as it is."""

    path: Path
    reason: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What to leave out. A file of a known suffix that is no regular file (a pipe, a device) is left out always."""

    ignore: tuple[str, ...] = ()
    include_hidden: bool = False
    skip: frozenset[str] = frozenset()


def walk(
    root: Path, rules: Rules, on_folder: Callable[[Path], None] = lambda _path: None
) -> Iterator[Found | Unreadable]:
    """Every video file below `root`, real folders first, then what links lead to."""
    entered: set[tuple[int, int]] = set()
    real = [Path(os.path.realpath(root))]
    linked: list[Path] = []
    while real or linked:
        folder = real.pop() if real else linked.pop()
        if os.fsdecode(folder) in rules.skip:
            continue
        on_folder(folder)
        try:
            if not _enter(folder, entered):
                continue
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Unreadable(folder, _reason(error), is_folder=True)
            continue
        sidecars = _sidecars(entries)
        for entry in entries:
            if not _is_left_out(entry, root, rules):
                yield from (_with_sidecars(one, sidecars) for one in _sort(entry, real, linked))


def is_video_name(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES


def _sidecars(entries: list[os.DirEntry[str]]) -> dict[str, int]:
    """What the subtitle files of a folder say by their dates, by each name a video beside them may have."""
    found: dict[str, int] = {}
    for entry in entries:
        stem, suffix = os.path.splitext(entry.name.lower())
        if suffix in SIDECAR_SUFFIXES:
            with contextlib.suppress(OSError):
                stamp = entry.stat().st_mtime_ns
                for name in (stem, os.path.splitext(stem)[0]):
                    found[name] = (found.get(name, 0) + stamp) & 0x7FFF_FFFF_FFFF_FFFF
    return found


def _with_sidecars(one: Found | Unreadable, sidecars: dict[str, int]) -> Found | Unreadable:
    stamp = sidecars.get(os.path.splitext(one.path.name.lower())[0])
    return one if stamp is None or isinstance(one, Unreadable) else replace(one, sidecars_ns=stamp)


def _enter(folder: Path, entered: set[tuple[int, int]]) -> bool:
    about = os.stat(folder)
    key = (about.st_dev, about.st_ino)
    if key in entered:
        return False
    entered.add(key)
    return True


def _sort(entry: os.DirEntry[str], real: list[Path], linked: list[Path]) -> Iterator[Found | Unreadable]:
    """Put a folder on its list, or yield what a file is."""
    path = Path(entry.path)
    try:
        if entry.is_dir(follow_symlinks=False):
            real.append(path)
        elif entry.is_symlink():
            yield from _follow(path, linked)
        elif is_video_name(entry.name):
            yield from _file(path, entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Unreadable(path, _reason(error), is_folder=False)


def _follow(path: Path, linked: list[Path]) -> Iterator[Found | Unreadable]:
    target = Path(os.path.realpath(path))
    try:
        about = os.stat(target)
    except OSError:
        return
    if stat.S_ISDIR(about.st_mode):
        linked.append(target)
    elif is_video_name(target.name):
        yield from _file(target, about)


def _file(path: Path, about: os.stat_result) -> Iterator[Found]:
    if stat.S_ISREG(about.st_mode):
        yield Found(path, about.st_size, about.st_mtime_ns)


def _is_left_out(entry: os.DirEntry[str], root: Path, rules: Rules) -> bool:
    name = entry.name
    if name in SYSTEM_FOLDERS or (name.startswith(".") and not rules.include_hidden):
        return True
    if not rules.ignore:
        return False
    relative = os.path.relpath(entry.path, root)
    return any(fnmatch.fnmatch(name, one) or fnmatch.fnmatch(relative, one) for one in rules.ignore)


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "you are not allowed to read it"
    return (error.strerror or str(error)).lower()
