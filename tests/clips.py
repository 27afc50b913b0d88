"""Test videos drawn and encoded here, each picture carrying its own number as blocks a program can read and as digits
for people. Made when first asked for, kept until the tests end.

`clip(Spec(...))` gives the path; `number_in(picture)` reads the number back from any size of picture.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from engine.types import RgbImage

NTSC = Fraction(30000, 1001)
BLOCKS = (2, 8)
"""Rows and columns. The first two blocks are white and black, for reference; the rest are bits, highest first."""
BAND = (0.3, 0.7)
"""The blocks fill the width of the picture between these shares of its height."""
SCENE_COLOURS = ((200, 60, 50), (40, 90, 200), (60, 170, 70), (210, 190, 60), (150, 60, 170))
QUIET = {
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "log-level=-1:scenecut=0"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:scenecut=0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}
PIXEL_FORMATS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}


@dataclass(frozen=True, slots=True)
class Spec:
    """What a clip is to be like. `container` is the file's suffix."""

    container: str = "mp4"
    codec: str = "libx264"
    frames: int = 40
    size: tuple[int, int] = (160, 96)
    """Upright, before the pixel's shape is applied."""
    fps: Fraction = Fraction(30)
    gop: int = 10
    b_frames: int = 0
    steps: tuple[int, ...] = (1,)
    """How many ticks of 1/fps each frame lasts, over and over; more than one value makes the rate variable."""
    delay_s: Fraction = Fraction(0)
    has_sound: bool = False
    quarter_turns: int = 0
    """Clockwise, which the player must make; the coded picture lies on its side."""
    is_mirrored: bool = False
    pixel: Fraction = Fraction(1)
    scenes: tuple[int, ...] = (0,)
    """Numbers of the frames that begin a scene."""
    tags: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    """For the container's writer."""
    x264: str = ""
    draw: Callable[[Spec, int], RgbImage] = field(default_factory=lambda: numbered)


@lru_cache(maxsize=1)
def _folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="reelfind-clips-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@lru_cache
def clip(spec: Spec) -> Path:
    """The file of a spec, made once."""
    path = _folder() / f"{len(list(_folder().iterdir()))}.{spec.container}"
    write(path, spec)
    return path


def write(path: Path, spec: Spec) -> None:
    """Draw, encode and store."""
    with av.open(path, "w", options=dict(spec.options)) as out:
        out.metadata.update(dict(spec.tags))
        stream = _video(out, spec)
        sound = _sound(out) if spec.has_sound else None
        shown_at = int(spec.delay_s * spec.fps)
        for number in range(spec.frames):
            frame = av.VideoFrame.from_ndarray(coded(spec, number), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt, dst_color_range="JPEG" if spec.codec == "mjpeg" else "MPEG")
            frame.pts, frame.time_base = shown_at, 1 / spec.fps
            shown_at += spec.steps[number % len(spec.steps)]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            sound(float(shown_at / spec.fps))


def _video(out: OutputContainer, spec: Spec) -> VideoStream:
    stream = out.add_stream(spec.codec, rate=spec.fps)
    width, height = spec.size if spec.quarter_turns % 2 == 0 else spec.size[::-1]
    stream.width, stream.height = width, height
    stream.pix_fmt = PIXEL_FORMATS.get(spec.codec, "yuv420p")
    context = stream.codec_context
    context.time_base, context.gop_size, context.max_b_frames = 1 / spec.fps, spec.gop, spec.b_frames
    context.thread_count = 1
    if spec.pixel != 1:
        context.sample_aspect_ratio = spec.pixel
    options = dict(QUIET.get(spec.codec, {}))
    if spec.codec == "libx264":
        options["x264-params"] += f":keyint={spec.gop}:min-keyint={spec.gop}:{spec.x264}".rstrip(":")
        if spec.b_frames:
            del options["tune"]
            options["x264-params"] += f":bframes={spec.b_frames}:b-adapt=0:b-pyramid=normal"
    stream.options = options
    if spec.quarter_turns or spec.is_mirrored:
        stream.set_display_rotation(-90 * spec.quarter_turns, hflip=spec.is_mirrored)
    return stream


def _sound(out: OutputContainer) -> Callable[[float], None]:
    stream = out.add_stream("aac", rate=8000, layout="mono")

    def hum(length_s: float) -> None:
        tone = np.sin(np.arange(int(8000 * length_s)) * 0.1).astype(np.float32)[None] * 0.1
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))

    return hum


def coded(spec: Spec, number: int) -> RgbImage:
    """The picture as it is stored: lying on its side where the player is to turn it."""
    upright = spec.draw(spec, number)
    if spec.is_mirrored:
        upright = upright[:, ::-1]
    return np.ascontiguousarray(np.rot90(upright, spec.quarter_turns))


def numbered(spec: Spec, number: int) -> RgbImage:
    """A plain colour for each scene, a patch that moves, the number in blocks and in digits."""
    width, height = spec.size
    scene = sum(number >= start for start in spec.scenes) - 1
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = SCENE_COLOURS[scene % len(SCENE_COLOURS)]
    left = (number * 5) % max(1, width - 8)
    picture[2 : 2 + height // 8, left : left + 8] = 255
    bits = [1, 0, *((number >> shift) & 1 for shift in range(BLOCKS[0] * BLOCKS[1] - 3, -1, -1))]
    top, bottom = (round(share * height) for share in BAND)
    for place, bit in enumerate(bits):
        (row, column), tall = divmod(place, BLOCKS[1]), (bottom - top) // BLOCKS[0]
        sides = slice(column * width // BLOCKS[1], (column + 1) * width // BLOCKS[1])
        picture[top + row * tall : top + (row + 1) * tall, sides] = 235 if bit else 20
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((4, round(0.78 * height)), str(number), fill=(255, 255, 255))
    return np.asarray(image)


def number_in(picture: RgbImage) -> int:
    """The number of a picture of any size; -1 if it carries none, as when it is turned the wrong way."""
    height, width = picture.shape[:2]
    grey = picture.mean(axis=2)
    top, tall = BAND[0] * height, (BAND[1] - BAND[0]) * height / BLOCKS[0]
    rows = [int(top + (row + 0.5) * tall) for row in range(BLOCKS[0])]
    columns = [int((column + 0.5) * width / BLOCKS[1]) for column in range(BLOCKS[1])]
    levels = [grey[row, column] for row in rows for column in columns]
    white, black = levels[0], levels[1]
    if white - black < 100:
        return -1
    return int("".join("1" if level > (white + black) / 2 else "0" for level in levels[2:]), 2)


def trimmed(path: Path, by_frames: int, spec: Spec) -> Path:
    """The same mp4 with an edit list that leaves out the first frames, as phones write after trimming."""
    data = bytearray(path.read_bytes())
    scale = int.from_bytes(data[(at := data.index(b"mdhd") + 16) : at + 4], "big")
    at = data.index(b"elst") + 12
    length, begin = (int.from_bytes(data[at + step : at + step + 4], "big") for step in (0, 4))
    movie_scale = int.from_bytes(data[(head := data.index(b"mvhd") + 16) : head + 4], "big")
    data[at : at + 4] = (length - int(by_frames / spec.fps * movie_scale)).to_bytes(4, "big")
    data[at + 4 : at + 8] = (begin + int(by_frames / spec.fps * scale)).to_bytes(4, "big")
    result = path.with_name(f"{path.stem}-trimmed-{by_frames}.mp4")
    result.write_bytes(data)
    return result


# --- clips that are not numbered pictures -----------------------------------------------------------------------


def ten_bit(colours: npt.NDArray[np.float64], transfer: int, path: Path) -> None:
    """A lossless BT.2020 clip of one frame: R'G'B' signals from 0 to 1, one upright stripe each, in 10 bits."""
    red, green, blue = colours.T
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    planes = [64 + 876 * luma, 512 + 896 * (blue - luma) / 1.8814, 512 + 896 * (red - luma) / 1.4746]
    width, height = 32 * len(colours), 32
    rows = [np.repeat(np.rint(plane), 32 >> (number > 0)) for number, plane in enumerate(planes)]
    flat = np.concatenate([np.tile(row, height >> (number > 0)) for number, row in enumerate(rows)])
    frame = av.VideoFrame.from_ndarray(flat.astype(np.uint16).reshape(-1, width), format="yuv420p10le")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    with av.open(path, "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = transfer, 9, 9, 1
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def sound_only(path: Path, cover: bool = False) -> None:
    """A second of sound, with or without a picture of the album."""
    with av.open(path, "w") as out:
        hum = _sound(out)
        if cover:
            picture = out.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = 1 << 10
            out.start_encoding()
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, np.uint8)).reformat(format="yuvj420p")
            frame.pts = 0
            out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        hum(1.0)


def with_words(path: Path) -> None:
    """Two seconds with two chapters, and a German text track."""
    spec = Spec(frames=20, fps=Fraction(10))
    with av.open(path, "w") as out:
        stream = _video(out, spec)
        words = out.add_mux_stream("subrip")
        words.metadata.update({"language": "ger", "title": "Untertitel"})
        tick = Fraction(1, 1000)
        titles = [("Arrival", 0, 1000), ("The lake", 1000, 2000)]
        out.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": tick, "metadata": {"title": title}}
                for number, (title, start, end) in enumerate(titles)
            ]
        )
        for number in range(spec.frames):
            frame = av.VideoFrame.from_ndarray(coded(spec, number))
            frame.pts, frame.time_base = number, 1 / spec.fps
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        packet = av.Packet(b"Guten Tag")
        packet.stream, packet.time_base, packet.pts, packet.dts, packet.duration = words, tick, 500, 500, 900
        out.mux(packet)
