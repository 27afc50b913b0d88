"""Plain data that crosses borders inside the engine and towards the app. Frozen, no behaviour, units in the names.

Times named `*_s` are seconds on the player's clock: presentation timestamp times time base, minus the container's
start. They are never computed from a frame number and a frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, NewType

import numpy as np
import numpy.typing as npt

VideoId = NewType("VideoId", int)
FileId = NewType("FileId", int)
VolumeId = NewType("VolumeId", int)
FolderId = NewType("FolderId", int)
FrameId = NewType("FrameId", int)
ShotId = NewType("ShotId", int)
TextId = NewType("TextId", int)

RgbImage = npt.NDArray[np.uint8]
"""Height x width x 3, 8 bits, sRGB, upright."""
Vectors = npt.NDArray[np.float32]
"""One unit vector a row."""

Pass = Literal["look", "describe"]
VectorKind = Literal["frame", "clip", "caption"]
TextSource = Literal["caption", "speech", "subtitle", "text", "name", "metadata", "user"]


# --- media -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioTrack:
    index: int
    codec: str
    language: str | None
    title: str | None
    channels: int


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    index: int
    codec: str
    language: str | None
    title: str | None
    is_text: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    start_s: float
    end_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Place:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What a container says about itself, read without decoding more than the first frames."""

    container: str
    duration_s: float | None
    stream_index: int
    codec: str
    width: int
    """Upright, square pixels: what a viewer sees."""
    height: int
    rotation_deg: int
    pixel_aspect: Fraction
    time_base: Fraction
    start_s: float
    """The container's start on the raw timestamp axis; subtracted from every presentation timestamp."""
    fps: Fraction | None
    is_vfr: bool
    pixel_format: str
    bit_depth: int
    is_hdr: bool
    created_at: str | None
    """ISO 8601 as the container states it, with zone where given."""
    place: Place | None
    camera: str | None
    title: str | None
    audio: tuple[AudioTrack, ...]
    subtitles: tuple[SubtitleTrack, ...]
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture, small, upright, with its true time."""

    pts: int
    time_s: float
    is_key: bool
    image: RgbImage


@dataclass(frozen=True, slots=True)
class Span:
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of a subtitle track."""

    start_s: float
    end_s: float
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk, card or share, known by what it is and not by where it is mounted today."""

    identity: str
    label: str
    mount: Path
    kind: Literal["fixed", "removable", "network", "memory", "unknown"]


# --- failures and findings -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not make it through a stage, in words the user can act on."""

    path: Path
    stage: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor`: fine, or what is wrong and what to do."""

    subject: str
    level: Literal["ok", "warning", "problem"]
    message: str
    remedy: str | None = None


# --- library ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as the library remembers it."""

    id: FileId
    video_id: VideoId | None
    size_bytes: int
    mtime_ns: int
    sidecars_ns: int
    """Changes when a subtitle file beside the video comes, goes or changes."""
    is_missing: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder the user added: a place on a volume, wherever that is mounted today."""

    id: FolderId
    volume_id: VolumeId
    volume_identity: str
    volume_label: str
    path: bytes
    is_watched: bool


@dataclass(frozen=True, slots=True)
class StoredVideo:
    """The facts of one video that other parts work with."""

    id: VideoId
    fingerprint: str
    duration_s: float | None
    recorded_at: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class StoredFrame:
    id: FrameId
    pts: int
    time_s: float
    is_key: bool


@dataclass(frozen=True, slots=True)
class StoredText:
    start_s: float
    end_s: float
    source: TextSource
    text: str
    score: float | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class PackRef:
    """Which model wrote a row. The empty id stands for work that needs no model."""

    id: str
    revision: str


NO_PACK = PackRef("", "")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One video that a stage has still to do, with the file to read it from."""

    video: StoredVideo
    file_id: FileId
    path: Path
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """How far one folder is with the pack in use."""

    videos: int
    looked: int
    described: int
    failures: int


@dataclass(frozen=True, slots=True)
class LibrarySummary:
    videos: int
    files: int
    offline_videos: int
    missing_videos: int
    failures: int
    frames: int
    shots: int
    texts: int
    vectors: int
    """Of every kind and every pack."""
    moments: int
    """Pictures that a search compares with its words: those that the pack in use has looked at."""
    duration_s: float
    waiting_look: int
    waiting_describe: int


@dataclass(frozen=True, slots=True)
class Labels:
    """What the user put on a video."""

    tags: tuple[str, ...] = ()
    rating: int = 0
    """Stars, 1 to 5; 0 where none were given."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TagCount:
    tag: str
    videos: int


# --- search ----------------------------------------------------------------------------------------------------

WhySource = Literal["frame", "clip", "caption", "speech", "subtitle", "text", "name", "metadata", "user"]
ChipKind = Literal["word", "phrase", "not", "then", "filter", "ignored"]
Verdict = Literal["opened", "not this", "like this"]


@dataclass(frozen=True, slots=True)
class Chip:
    """One piece of a query as it was understood. The texts of all chips, joined by spaces, mean the same query."""

    kind: ChipKind
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """One piece of evidence for a hit. The shares of a hit add up to one."""

    source: WhySource
    at_s: float
    share: float
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A moment of a video that answers a query."""

    video_id: VideoId
    fingerprint: str
    path: Path
    start_s: float
    end_s: float
    best_s: float
    score: float
    """From 0 to 1; calibrated for the pack where it says how."""
    is_confident: bool
    caption: str | None
    is_online: bool
    volume_label: str
    duration_s: float | None
    recorded_at: str
    why: tuple[Why, ...]
    copies: tuple[Path, ...] = ()
    """Other places where the same content lies, and other videos that show the same."""


@dataclass(frozen=True, slots=True)
class Searched:
    videos: int
    moments: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """One page of hits, best first, with what the query was understood as."""

    query: str
    took_ms: float
    searched: Searched
    is_confident: bool
    """Whether at least one hit is good enough to be called found."""
    hits: tuple[Hit, ...]
    total: int
    chips: tuple[Chip, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the user: what of the query was left out, and why."""
    is_final: bool = True
    """False for the quick answer that a better ordered one follows."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    name: str
    query: str
    created_at: float


@dataclass(frozen=True, slots=True)
class PastSearch:
    query: str
    hits: int
    at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the library's videos, for "more like this" and for feedback."""

    video_id: VideoId
    time_s: float


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """A caption that was corrected: what a captioner should say there, and what it should not."""

    video_id: VideoId
    span: Span
    chosen: str
    rejected: str
