"""Cuts a moment out of a video into a file of its own: copied untouched where it begins on a keyframe and the new file
can hold what is in the old one, else encoded anew to the frame. Written aside and renamed, so that an unfinished cut
leaves nothing. Blocking; runs on any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Literal

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from engine.errors import Cancelled, ExpectedError
from engine.media.picture import frame_orientation
from engine.media.source import opened, picture_stream
from engine.types import Span

UNFINISHED = ".unfinished"
TIME_BASE = Fraction(1, 90_000)
QUALITY = {"crf": "18", "preset": "veryfast"}
CLOSE_S = 0.02
"""A cut may begin this much before or after a keyframe and still be copied: less than a frame of any usual video."""
TURNS = {1: ("transpose=clock",), 2: ("hflip", "vflip"), 3: ("transpose=cclock",)}


@dataclass(frozen=True, slots=True)
class Cut:
    """What is wanted: a span of one file, in another file."""

    source: Path
    span: Span
    target: Path


Progress = Callable[[float], None]


def export(cut: Cut, on_progress: Progress, cancel: Event) -> Literal["copied", "encoded"]:
    """Write the cut; progress goes from 0 to 1. Raises Cancelled, or an ExpectedError that says what to do."""
    with opened(cut.source) as source:
        start = float(source.start)
        begins = _begins_on_keyframe(source.container, source.stream, cut.span.start_s + start)
    with _files(cut) as (reading, writing):
        copies = begins and _can_hold(writing, _tracks(reading, picture_stream(cut.source, reading)))
        job = _Job(reading, writing, Span(cut.span.start_s + start, cut.span.end_s + start), on_progress, cancel)
        (_copy if copies else _encode)(job, picture_stream(cut.source, reading))
    on_progress(1.0)
    return "copied" if copies else "encoded"


@dataclass(frozen=True, slots=True)
class _Job:
    reading: InputContainer
    writing: OutputContainer
    span: Span
    """On the container's own clock."""
    on_progress: Progress
    cancel: Event

    def checkpoint(self, time_s: float) -> None:
        if self.cancel.is_set():
            raise Cancelled("the cut was stopped")
        length = max(1e-6, self.span.end_s - self.span.start_s)
        self.on_progress(max(0.0, min(0.99, (time_s - self.span.start_s) / length)))


@contextmanager
def _files(cut: Cut) -> Iterator[tuple[InputContainer, OutputContainer]]:
    unfinished = cut.target.with_name(cut.target.name + UNFINISHED + cut.target.suffix)
    try:
        with (
            av.open(f"file:{cut.source}", metadata_errors="replace") as reading,
            av.open(str(unfinished), "w") as writing,
        ):
            yield reading, writing
        unfinished.replace(cut.target)
    except (FFmpegError, OSError, ValueError) as error:
        unfinished.unlink(missing_ok=True)
        said = (getattr(error, "strerror", None) or str(error)).lower()
        raise ExpectedError(
            cut.target.name, f"the cut could not be written ({said})", "Choose another folder, or a name ending in .mp4"
        ) from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _begins_on_keyframe(container: InputContainer, stream: VideoStream, start_s: float) -> bool:
    """Whether there is a keyframe where the cut begins."""
    base = stream.time_base or TIME_BASE
    container.seek(round((start_s + CLOSE_S) / base), stream=stream)
    for packet in container.demux(stream):
        if packet.pts is not None:
            return packet.is_keyframe and abs(float(packet.pts * base) - start_s) <= CLOSE_S
    return False


def _can_hold(writing: OutputContainer, tracks: Sequence[VideoStream | AudioStream]) -> bool:
    """An mp4, for one, has no place for the pictures of a GIF."""
    return all(track.codec.canonical_name in writing.supported_codecs for track in tracks)


def _tracks(reading: InputContainer, picture: VideoStream) -> list[VideoStream | AudioStream]:
    return [picture, *reading.streams.audio]


def _copy(job: _Job, picture: VideoStream) -> None:
    """Packets as they are, their times moved so that the cut begins at zero."""
    inputs: list[Stream] = [*_tracks(job.reading, picture)]
    outputs = {stream.index: job.writing.add_stream_from_template(stream) for stream in inputs}
    job.reading.seek(round((job.span.start_s + CLOSE_S) * av.time_base))
    first: int | None = None
    for packet in job.reading.demux(inputs):
        at = packet.dts if packet.pts is None else packet.pts
        if at is None or packet.dts is None or packet.time_base is None:
            continue
        time_s = float(at * packet.time_base)
        job.checkpoint(time_s)
        is_picture = packet.stream.index == picture.index
        if is_picture and float(packet.dts * packet.time_base) >= job.span.end_s:
            return
        if time_s >= job.span.end_s or time_s < job.span.start_s - CLOSE_S or (is_picture and _waits(first, packet)):
            continue
        first = at if is_picture and first is None else first
        _shift(packet, job.span.start_s)
        packet.stream = outputs[packet.stream.index]
        job.writing.mux(packet)


def _waits(first: int | None, packet: Packet[Stream]) -> bool:
    return first is None and not packet.is_keyframe


def _shift(packet: Packet[Stream], start_s: float) -> None:
    base = packet.time_base
    offset = round(Fraction(start_s) / base)
    packet.pts = None if packet.pts is None else packet.pts - offset
    packet.dts = None if packet.dts is None else packet.dts - offset


def _encode(job: _Job, picture: VideoStream) -> None:
    """Frame by frame: from the keyframe before the cut, writing only what lies within it."""
    picture.thread_type = "AUTO"
    sound = _first(job.reading)
    writer = _Writer(job, picture, sound)
    job.reading.seek(round(job.span.start_s * av.time_base))
    streams: list[Stream] = [picture, *([sound] if sound is not None else [])]
    for packet in job.reading.demux(streams):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame) and frame.time is not None:
                job.checkpoint(frame.time)
                if frame.time >= job.span.end_s:
                    writer.finish()
                    return
                writer.write_picture(frame)
            elif isinstance(frame, AudioFrame):
                writer.write_sound(frame)
    writer.finish()


class _Writer:
    """The encoders of one cut; the picture's is made from the first upright frame, whose size it needs."""

    def __init__(self, job: _Job, picture: VideoStream, sound: AudioStream | None) -> None:
        self._job = job
        self._rate = picture.average_rate or Fraction(25)
        self._video: VideoStream | None = None
        self._graph: Graph | None = None
        self._last = -1
        # The container wants to know its tracks before anything is written, so both are made at the first picture.
        self._sound = sound
        self._audio: AudioStream | None = None

    def write_picture(self, frame: VideoFrame) -> None:
        if frame.time is None or frame.time < self._job.span.start_s - 1e-3:
            return
        upright = self._turned(frame)
        if self._video is None:
            self._video = self._make(upright)
        upright = upright.reformat(self._video.width, self._video.height, "yuv420p")
        upright.pts = max(self._last + 1, round((frame.time - self._job.span.start_s) / TIME_BASE))
        upright.time_base = TIME_BASE
        upright.pict_type = PictureType.NONE
        self._last = upright.pts
        self._job.writing.mux(self._video.encode(upright))

    def write_sound(self, frame: AudioFrame) -> None:
        if self._audio is None or frame.time is None or frame.time < self._job.span.start_s:
            return
        if frame.time < self._job.span.end_s:
            frame.pts = round((frame.time - self._job.span.start_s) * frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            self._job.writing.mux(self._audio.encode(frame))

    def finish(self) -> None:
        if self._video is None:
            raise ExpectedError(
                self._job.reading.name.removeprefix("file:"),
                "there is no picture in this part",
                "Choose another moment",
            )
        self._job.writing.mux(self._video.encode(None))
        if self._audio is not None:
            self._job.writing.mux(self._audio.encode(None))

    def _make(self, frame: VideoFrame) -> VideoStream:
        video = self._job.writing.add_stream("libx264", rate=self._rate, options=QUALITY)
        video.width, video.height = frame.width // 2 * 2, frame.height // 2 * 2
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = TIME_BASE
        if self._sound is not None:
            self._audio = self._job.writing.add_stream("aac", rate=self._sound.rate, layout=self._sound.layout.name)
        return video

    def _turned(self, frame: VideoFrame) -> VideoFrame:
        way = frame_orientation(frame)
        steps = TURNS.get(way.quarter_turns, ()) + (("hflip",) if way.is_mirrored else ())
        if not steps:
            return frame
        if self._graph is None:
            self._graph = _turning(frame, steps)
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, VideoFrame)
        return turned


def _turning(frame: VideoFrame, steps: tuple[str, ...]) -> Graph:
    graph = Graph()
    base = frame.time_base or TIME_BASE
    chain = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)]
    for step in steps:
        name, _, value = step.partition("=")
        chain.append(graph.add(name, value) if value else graph.add(name))
    chain.append(graph.add("buffersink"))
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


def _first(container: InputContainer) -> AudioStream | None:
    return container.streams.audio[0] if container.streams.audio else None
