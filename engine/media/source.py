"""Opens a video file for reading its pictures: the file checked first, the network shut, the right stream chosen,
the clock known. Whoever reads frames or facts from a container goes through here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from engine.errors import MediaError
from engine.media.refusals import check_readable, from_ffmpeg, not_a_video, refusal

MAX_PIXELS = 80_000_000
"""12K cameras reach 79.6 million; a damaged header claims more and would cost gigabytes."""
MICROSECOND = Fraction(1, 1_000_000)

# Containers that people keep videos in, and the sound and picture files that get renamed to look like one, so that
# they are called by their name. What is not listed is never tried: playlists, which open other files, network
# streams, capture devices, and formats so loosely defined that any file passes for them.
_FORMATS = (
    "3gp,ac3,aac,aiff,amr,amv,anm,ape,apng,asf,asf_o,ast,au,av1,avi,bink,caf,cavsvideo,cine,dirac,dnxhd,dts,dv,eac3,"
    "evc,film_cpk,filmstrip,flac,flic,flv,gif,gxf,h261,h263,h264,hevc,ivf,ivr,jpegxl_anim,kux,live_flv,lxf,m4v,"
    "matroska,mgsts,mjpeg,mjpeg_2000,mlv,mods,moflex,mov,mp3,mpeg,mpegts,mpegtsraw,mpegvideo,mtv,mv,mxf,mxg,nsv,nut,"
    "nuv,obu,ogg,pmp,pva,r3d,rl2,rm,roq,smk,svs,swf,thp,tta,txd,ty,usm,vc1,vc1test,vividas,vivo,vvc,w64,wav,wtv,wv,"
    "xmv,yuv4mpegpipe"
)
_CONTAINER_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
_NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails

# Decoders that can leave out the finest detail, for a fraction of the work. Others offer it and show a muddle (wmv2).
_LOWRES_INTRA = frozenset({"mjpeg"})
_LOWRES = _LOWRES_INTRA | {"mpeg1video", "mpeg2video", "mpeg4"}
_MAX_LOWRES = 3

Aim = Literal["keys", "any"]
"""Whether only keyframes will be decoded, or frames that build on others, too."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open file and the one stream that is looked at."""

    path: Path
    container: InputContainer
    stream: VideoStream
    tick: Fraction
    start: Fraction
    """Seconds on the raw timestamp axis at which the player's clock shows zero."""
    lines: int
    """Height as coded; the decoder's own figure shrinks with the pictures it is asked for."""

    def seconds(self, pts: int) -> Fraction:
        """The player's clock at a timestamp."""
        return pts * self.tick - self.start

    def ticks(self, time_s: float) -> int:
        """The last timestamp that is not after a time on the player's clock, forgiving what floats round away."""
        return math.floor((Fraction(time_s) + self.start + MICROSECOND) / self.tick)

    @property
    def has_clock(self) -> bool:
        """Whether the file keeps times at all; a bare stream does not, and cannot be sought in by time."""
        return self.container.start_time is not None

    @property
    def is_mov(self) -> bool:
        return self.container.format.name.startswith("mov,")


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """A file opened for reading; closed at the end whatever happens. Raises MediaError for what is no video."""
    head = check_readable(path)
    try:
        # The prefix keeps a name such as `http:x.mp4` from being taken for an address.
        container = av.open(f"file:{path}", metadata_errors="replace", container_options=_CONTAINER_OPTIONS)
    except (FFmpegError, OSError, ValueError) as error:
        raise not_a_video(path, head) from error
    try:
        yield _source(path, container)
    except FFmpegError as error:
        raise from_ffmpeg(path, error) from error
    finally:
        container.close()


def _source(path: Path, container: InputContainer) -> Source:
    stream = picture_stream(path, container)
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    tick = stream.time_base
    if not tick or tick < 0:
        raise refusal(path, "states no times for its pictures", "Convert it with a video editor, then retry")
    return Source(path, container, stream, tick, _start(container), stream.height)


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream a player would show. Cover pictures and thumbnails do not count."""
    moving = [one for one in container.streams.video if not one.disposition & _NOT_MOVING]
    shown = [one for one in moving if one.codec_context is not None]
    if not shown:
        raise _no_picture(path, container, has_unknown=bool(moving))
    best = max(shown, key=lambda one: (bool(one.disposition & Disposition.default), one.width * one.height))
    if best.width <= 0 or best.height <= 0:
        raise refusal(path, "never says how large its pictures are: its beginning is missing", "Copy it again")
    if best.width * best.height > MAX_PIXELS:
        size = f"{best.width} x {best.height}"
        raise refusal(path, f"claims pictures of {size}, more than any camera makes", "Check that it plays")
    return best


def _no_picture(path: Path, container: InputContainer, *, has_unknown: bool) -> MediaError:
    if has_unknown:
        reason = "uses a picture format that this program cannot decode"
        return refusal(path, reason, "Convert it to H.264 or another common format, then retry")
    if container.streams.video and container.streams.audio:
        return refusal(path, "holds sound and a cover picture but no video", "There is nothing to search in it")
    if container.streams.audio:
        return refusal(path, "holds sound but no picture", "There is nothing to search in it")
    return refusal(path, "holds no video", "Check that it plays; copy it again if it should")


def _start(container: InputContainer) -> Fraction:
    """The container's start. It is rounded to a microsecond there; the stream that starts then knows it exactly."""
    if container.start_time is None:
        return Fraction(0)
    start = container.start_time * MICROSECOND
    for stream in container.streams:
        if stream.start_time is not None and stream.time_base:
            exact = stream.start_time * stream.time_base
            if abs(exact - start) <= MICROSECOND:
                return exact
    return start


def prepare_decoder(source: Source, size: int, threads: int, aim: Aim) -> None:
    """Set the decoder up for small pictures; to be called before the first packet is decoded."""
    context = source.stream.codec_context
    context.thread_count = threads
    context.thread_type = "FRAME"
    options = {"skip_loop_filter": "all" if aim == "keys" else "noref"}
    if context.name in (_LOWRES if aim == "keys" else _LOWRES_INTRA):
        spare = min(context.width, context.height) // max(size, 1)
        options["lowres"] = str(min(_MAX_LOWRES, max(spare.bit_length() - 1, 0)))
    context.options = options
    if aim == "keys":
        context.skip_frame = "NONKEY"
    context.open(strict=False)
