"""Small clips and byte surgery from which `tests.monsters` grows its broken files. Same bytes every time."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

FPS = 15
FRAMES = 45
MAX_GROUP = 15
TEN_HOURS_S = 36_000
QUIET_X264 = {"preset": "ultrafast", "threads": "1", "x264-params": "log-level=-1"}
BITEXACT = 0x400
"""FFmpeg's muxer flag for: no dates, no random ids, no version strings."""


@dataclass(frozen=True, slots=True)
class Shape:
    width: int = 160
    height: int = 96
    frames: int = FRAMES


def picture(number: int, width: int, height: int) -> av.VideoFrame:
    """A bright block that moves right over a gradient with a little noise, so that each frame differs."""
    noise = np.random.default_rng(number).integers(0, 24, (height, width, 3), dtype=np.uint8)
    pixels = noise + np.linspace(20, 180, width, dtype=np.uint8)[None, :, None]
    left = (number * 7) % max(1, width - 12)
    pixels[height // 4 : height // 2, left : left + 12] = 230
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def clip(container: str, codec: str = "libx264", shape: Shape = Shape(), **muxer_options: str) -> bytes:
    """A whole file. It goes over the disk because a muxer reopens its file to move the index to the front."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        with av.open(path, "w", format=container, options=muxer_options) as out:
            out.flags |= BITEXACT
            stream = out.add_stream(codec, rate=FPS, options=QUIET_X264 if codec == "libx264" else {})
            stream.width, stream.height, stream.pix_fmt = shape.width, shape.height, "yuv420p"
            stream.codec_context.gop_size = MAX_GROUP
            out.start_encoding()
            for number in range(shape.frames):
                out.mux(stream.encode(picture(number, shape.width, shape.height)))
            out.mux(stream.encode(None))
        return path.read_bytes()


@lru_cache
def mp4() -> bytes:
    """The usual camera layout: the index (`moov`) comes last."""
    return clip("mp4")


@lru_cache
def mp4_index_first() -> bytes:
    return clip("mp4", shape=Shape(frames=FRAMES + 5), movflags="faststart")


@lru_cache
def mkv() -> bytes:
    return clip("matroska", cluster_time_limit="500")


@lru_cache
def webm_vp8() -> bytes:
    return clip("webm", "libvpx")


@lru_cache
def avi() -> bytes:
    return clip("avi", "mpeg4")


@lru_cache
def mpeg_ts() -> bytes:
    return clip("mpegts")


def one_frame_gif() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="gif") as out:
        stream = out.add_stream("gif", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb8"
        out.mux(stream.encode(picture(0, 64, 48).reformat(format="rgb8")))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def sound_only() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44_100, layout="mono")
        tone = np.sin(np.arange(44_100, dtype=np.float32) * 0.06)[None, :]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def flipped(data: bytes, seed: int, share: float = 0.002) -> bytes:
    """Some bytes anywhere in the file, headers included, replaced by others."""
    dice = random.Random(seed)
    broken = bytearray(data)
    for _ in range(max(4, int(len(data) * share))):
        broken[dice.randrange(len(broken))] ^= dice.randrange(1, 256)
    return bytes(broken)


def garbage(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def without_body(data: bytes, kind: bytes) -> bytes:
    """The same length, but the body of the first box of this kind is zeros."""
    at = data.index(kind)
    (size,) = struct.unpack_from(">I", data, at - 4)
    return data[: at + 4] + bytes(size - 8) + data[at + size - 4 :]


def patched(data: bytes, marker: bytes, offset: int, value: bytes) -> bytes:
    """`value` written `offset` bytes after the first place where `marker` stands."""
    at = data.index(marker) + offset
    return data[:at] + value + data[at + len(value) :]


def claiming_ten_hours(data: bytes) -> bytes:
    """An mp4 whose three headers all promise ten hours, with three seconds of pictures inside."""
    ticks = {}
    for kind in (b"mvhd", b"mdhd"):
        (ticks[kind],) = struct.unpack_from(">I", data, data.index(kind) + 16)
        data = patched(data, kind, 20, struct.pack(">I", TEN_HOURS_S * ticks[kind]))
    in_movie_ticks = struct.pack(">I", TEN_HOURS_S * ticks[b"mvhd"])
    data = patched(data, b"tkhd", 24, in_movie_ticks)
    return patched(data, b"elst", 12, in_movie_ticks) if b"elst" in data else data


def with_broken_cluster(data: bytes) -> bytes:
    """A Matroska file whose second cluster is noise; those around it are whole."""
    cluster = b"\x1f\x43\xb6\x75"
    first = data.index(cluster)
    start = data.index(cluster, first + 4)
    end = data.find(cluster, start + 4)
    return data[:start] + garbage(end - start) + data[end:]


def nested_boxes(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = struct.pack(">I", len(data) + 8) + b"moov" + data
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + data


def write_sparse(path: Path, size_bytes: int, head: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size_bytes)
