"""Files that no camera made and every collection holds: broken, lying, oddly named, or no files at all.

`build(folder)` writes one of each. The same bytes come out every time, and the huge ones are holes, not data.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests import monster_clips as clips
from tests.monster_clips import Shape

Outcome = Literal["indexed", "failed", "either", "ignored"]
"""What a scan must make of it: a video, a stored failure, one of these two, or no video at all."""

FIVE_GB = 5 * 1024**3
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class Monster:
    file_name: str
    outcome: Outcome
    write: Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Built:
    path: Path
    monster: Monster


def _file(name: str, outcome: Outcome, content: Callable[[], bytes]) -> Monster:
    return Monster(name, outcome, lambda path: path.write_bytes(content()))


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("holiday.mp4"), clips.mp4())
    return buffer.getvalue()


def _claiming_16383_square() -> bytes:
    """VP8 keeps the size in its key frames; a decoder that believes this one asks for gigabytes."""
    return clips.patched(clips.webm_vp8(), b"\x9d\x01\x2a", 3, struct.pack("<HH", 16383, 16383))


def _locked(path: Path) -> None:
    path.write_bytes(clips.mp4())
    path.chmod(0)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345678\n"
)
PAGE = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n" * 40

BROKEN: tuple[Monster, ...] = (
    _file("cut-10.mp4", "failed", lambda: clips.cut(clips.mp4(), 0.1)),
    _file("cut-50.mp4", "failed", lambda: clips.cut(clips.mp4(), 0.5)),
    _file("cut-90.mp4", "failed", lambda: clips.cut(clips.mp4(), 0.9)),
    _file("index-first-cut-10.mp4", "either", lambda: clips.cut(clips.mp4_index_first(), 0.1)),
    _file("index-first-cut-50.mp4", "indexed", lambda: clips.cut(clips.mp4_index_first(), 0.5)),
    _file("index-first-cut-90.mp4", "indexed", lambda: clips.cut(clips.mp4_index_first(), 0.9)),
    _file("cut-50.mkv", "indexed", lambda: clips.cut(clips.mkv(), 0.5)),
    _file("cut-80.avi", "indexed", lambda: clips.cut(clips.avi(), 0.8)),
    _file("starts-mid-group.ts", "indexed", lambda: clips.mpeg_ts()[188 * 40 :]),
    _file("zeroed-moov.mp4", "failed", lambda: clips.without_body(clips.mp4(), b"moov")),
    _file("zeroed-samples.mp4", "either", lambda: clips.without_body(clips.mp4(), b"mdat")),
    _file("zeroed-avcc.mp4", "either", lambda: clips.without_body(clips.mp4(), b"avcC")),
    _file("unknown-codec.mp4", "failed", lambda: clips.mp4().replace(b"avc1", b"zzzz")),
    _file("no-frames.mp4", "failed", lambda: clips.clip("mp4", shape=Shape(frames=0))),
    _file("broken-cluster.mkv", "indexed", lambda: clips.with_broken_cluster(clips.mkv())),
    _file("flipped-1.mp4", "either", lambda: clips.flipped(clips.mp4(), 1)),
    _file("flipped-2.mp4", "either", lambda: clips.flipped(clips.mp4(), 2)),
    _file("flipped-3.mp4", "either", lambda: clips.flipped(clips.mp4_index_first(), 3)),
    _file("flipped-4.mp4", "either", lambda: clips.flipped(clips.mp4_index_first(), 4, 0.02)),
    _file("flipped-5.mkv", "either", lambda: clips.flipped(clips.mkv(), 5)),
    _file("flipped-6.mkv", "either", lambda: clips.flipped(clips.mkv(), 6, 0.02)),
    _file("flipped-7.webm", "either", lambda: clips.flipped(clips.webm_vp8(), 7)),
    _file("flipped-8.avi", "either", lambda: clips.flipped(clips.avi(), 8)),
    _file("flipped-9.ts", "either", lambda: clips.flipped(clips.mpeg_ts(), 9)),
)

NO_VIDEO: tuple[Monster, ...] = (
    _file("empty.mp4", "failed", lambda: b""),
    _file("one-byte.mkv", "failed", lambda: b"\x1a"),
    _file("text.mp4", "failed", lambda: b"Dear diary, today the cat learned to open the door.\n" * 50),
    _file("lfs-pointer.mp4", "failed", lambda: LFS_POINTER),
    _file("archive.mp4", "failed", _zip),
    _file("not-found.mp4", "failed", lambda: PAGE),
    _file("noise.mp4", "failed", lambda: clips.garbage(60_000)),
    _file("noise.avi", "failed", lambda: clips.garbage(60_000, 8)),
    _file("ftyp-and-noise.mp4", "failed", lambda: clips.mp4()[:32] + clips.garbage(60_000)),
    _file("nested-boxes.mp4", "failed", lambda: clips.nested_boxes(3_000)),
    _file("endless-box.mp4", "failed", lambda: clips.mp4()[:32] + b"\0\0\0\1moov" + b"\x7f" * 64),
    _file("sound-only.mp4", "failed", clips.sound_only),
    _file("one-frame.gif", "either", clips.one_frame_gif),
    Monster("five-gb-of-zeros.mp4", "failed", lambda path: clips.write_sparse(path, FIVE_GB)),
)

LYING: tuple[Monster, ...] = (
    _file("ten-hours.mp4", "indexed", lambda: clips.claiming_ten_hours(clips.mp4())),
    _file("one-frame.mp4", "indexed", lambda: clips.clip("mp4", shape=Shape(frames=1))),
    _file("wide-16384x16.mp4", "indexed", lambda: clips.clip("mp4", shape=Shape(16384, 16, 3))),
    _file("tall-16x16384.mp4", "indexed", lambda: clips.clip("mp4", shape=Shape(16, 16384, 3))),
    _file("claims-16383-square.webm", "either", _claiming_16383_square),
    _file("mkv-inside.mp4", "indexed", clips.mkv),
    _file("SHOUTED.MP4", "indexed", clips.mp4),
    Monster("clip-then-zeros.mp4", "either", lambda path: clips.write_sparse(path, FIVE_GB, clips.mp4())),
)

ODD_NAMES: tuple[Monster, ...] = (
    _file("new\nline.mp4", "indexed", clips.mp4),
    _file("party \U0001f389\U0001f468\u200d\U0001f469\u200d\U0001f467.mp4", "indexed", clips.mp4),
    _file(os.fsdecode(b"caf\xe9-\xff.mp4"), "indexed", clips.mp4),
    _file("cafe\u0301 and caf\u00e9.mp4", "indexed", clips.mp4),
    _file("-leading-dash.mp4", "indexed", clips.mp4),
    _file("a" * 246 + ".mp4", "indexed", clips.mp4),
    _file('quote\' "double" %d $HOME `id`.mp4', "indexed", clips.mp4),
    _file("http:|a,b;c?.mp4", "indexed", clips.mp4),
    _file("copy of one.mp4", "indexed", clips.mp4_index_first),
    _file("copy of two.mp4", "indexed", clips.mp4_index_first),
)

NO_FILES: tuple[Monster, ...] = (
    Monster("locked.mp4", "indexed" if AS_ROOT else "failed", _locked),
    Monster("pipe.mp4", "ignored", _pipe),
    Monster("folder.mp4", "ignored", lambda path: path.mkdir()),
    Monster("dangling.mp4", "ignored", lambda path: path.symlink_to("nowhere.mp4")),
    Monster("itself.mp4", "ignored", lambda path: path.symlink_to(path.name)),
    Monster("up", "ignored", lambda path: path.symlink_to(path.parent, target_is_directory=True)),
)

MONSTERS: tuple[Monster, ...] = BROKEN + NO_VIDEO + LYING + ODD_NAMES + NO_FILES


def build(folder: Path) -> tuple[Built, ...]:
    """One of each that this file system can hold, in an existing folder."""
    return tuple(_built(folder))


def _built(folder: Path) -> Iterator[Built]:
    for monster in MONSTERS:
        path = folder / monster.file_name
        try:
            monster.write(path)
        except (OSError, AttributeError):
            # Invalid UTF-8 on macOS, pipes and links on Windows. Whatever Linux cannot make is our mistake.
            if os.name == "posix" and os.uname().sysname == "Linux":
                raise
            continue
        yield Built(path, monster)
