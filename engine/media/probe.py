"""What a container says about its video: size, length, tracks, tags. Decodes no more than the first frame, which alone
knows which way up it is, and reads no more than the first packets and the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from engine.media.colour import is_hdr
from engine.media.length import length_s
from engine.media.orient import UPRIGHT, Orientation, pixel_shape, upright_size
from engine.media.picture import frame_orientation
from engine.media.reading import DecodeReport, Reader
from engine.media.source import Source, opened, prepare_decoder
from engine.media.tags import camera, created_at, lowered, place, title
from engine.types import AudioTrack, Chapter, Probe, SubtitleTrack

LOOK_PACKETS = 200
LOOK_BYTES = 24 << 20
MAX_CHAPTERS = 1000
MAX_FPS = 1000
_WINDOWS = 3
_STRAY = 0.02
"""Share of frames that may come early or late before the rate counts as variable."""
_UNEVEN = 0.15
_TEXT_SUBTITLES = frozenset({"ass", "ssa", "subrip", "mov_text", "webvtt", "text"})


def probe(path: Path) -> Probe:
    """Facts about a video file. Raises MediaError for anything else."""
    with opened(path) as source:
        stream, container = source.stream, source.container
        context = stream.codec_context
        tags = lowered(container.metadata) | lowered(stream.metadata)
        tags |= lowered(container.metadata)
        length = length_s(source)
        first = _first_look(source)
        pixel = pixel_shape(stream.sample_aspect_ratio)
        width, height = upright_size(context.width, context.height, pixel, first.way)
        parts = context.format.components if context.format is not None else ()
        return Probe(
            container=container.format.name,
            duration_s=length,
            stream_index=stream.index,
            codec=context.codec.canonical_name,
            width=width,
            height=height,
            rotation_deg=first.way.quarter_turns * 90,
            pixel_aspect=pixel,
            time_base=source.tick,
            start_s=float(source.start),
            fps=_fps(stream),
            is_vfr=first.is_vfr,
            pixel_format=context.format.name if context.format is not None else "unknown",
            bit_depth=max((part.bits for part in parts), default=8),
            is_hdr=is_hdr(context.color_trc),
            created_at=created_at(tags),
            place=place(tags),
            camera=camera(tags, _track_names(container)),
            title=title(tags),
            audio=tuple(_audio(track) for track in container.streams.audio),
            subtitles=tuple(_subtitle(track) for track in container.streams.subtitles),
            chapters=_chapters(container, source.start),
        )


@dataclass(frozen=True, slots=True)
class _Look:
    way: Orientation
    is_vfr: bool


def _first_look(source: Source) -> _Look:
    """The first frame's orientation; whether the first packets, or samples from the whole index, are evenly timed."""
    prepare_decoder(source, source.lines, 1, "any")
    reader = Reader(source, DecodeReport())
    has_index = source.is_mov and len(source.stream.index_entries) > 1
    way: Orientation | None = None
    times: list[int] = []
    read = 0
    for packet in reader.packets():
        read += packet.size
        if packet.pts is not None:
            times.append(packet.pts)
        if way is None:
            frames = reader.frames(packet)
            way = frame_orientation(frames[0]) if frames else None
        if read > LOOK_BYTES or len(times) > LOOK_PACKETS or (has_index and way is not None):
            break
    if way is None:
        frames = reader.frames(None)
        way = frame_orientation(frames[0]) if frames else UPRIGHT
    gaps = _indexed_gaps(source) if has_index else _gaps(sorted(times))
    return _Look(way, _is_uneven(gaps))


def _gaps(times: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(times)]


def _indexed_gaps(source: Source) -> list[int]:
    """Distances between frames at the beginning, in the middle and at the end of the index."""
    index = source.stream.index_entries
    span = min(LOOK_PACKETS, len(index))
    starts = {(len(index) - span) * number // (_WINDOWS - 1) for number in range(_WINDOWS)}
    return [gap for start in starts for gap in _gaps([entry.timestamp for entry in index[start : start + span]])]


def _is_uneven(gaps: Sequence[int]) -> bool:
    """Whether more than a few gaps differ from the usual one by more than rounding."""
    if len(gaps) < 2:
        return False
    usual = sorted(gaps)[len(gaps) // 2]
    allowed = max(1.5, _UNEVEN * usual)
    return sum(abs(gap - usual) > allowed for gap in gaps) > _STRAY * len(gaps)


def _fps(stream: VideoStream) -> Fraction | None:
    rate = stream.average_rate or stream.guessed_rate
    return rate if rate and 0 < rate <= MAX_FPS else None


def _track_names(container: InputContainer) -> list[str]:
    return [track.metadata.get("handler_name", "") for track in container.streams]


def _codec_name(track: Stream) -> str:
    return track.codec_context.codec.canonical_name if track.codec_context is not None else "unknown"


def _language(track: Stream) -> str | None:
    language = track.metadata.get("language", "und")
    return None if language in ("", "und") else language


def _audio(track: AudioStream) -> AudioTrack:
    channels = track.codec_context.channels if track.codec_context is not None else 0
    return AudioTrack(track.index, _codec_name(track), _language(track), title(lowered(track.metadata)), channels)


def _subtitle(track: SubtitleStream) -> SubtitleTrack:
    name = _codec_name(track)
    return SubtitleTrack(track.index, name, _language(track), title(lowered(track.metadata)), name in _TEXT_SUBTITLES)


def _chapters(container: InputContainer, start: Fraction) -> tuple[Chapter, ...]:
    """Chapters in order; those without time or length are left out."""
    found = []
    for chapter in container.chapters()[:MAX_CHAPTERS]:
        tick = chapter["time_base"] or Fraction(0)
        start_s, end_s = (float(max(chapter[side] * tick - start, 0)) for side in ("start", "end"))
        if end_s > start_s:
            found.append(Chapter(start_s, end_s, lowered(chapter["metadata"]).get("title", "")))
    return tuple(sorted(found, key=lambda chapter: chapter.start_s))
