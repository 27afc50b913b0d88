"""From a file to a video: its content's fingerprint, and for content that is new what its container says."""

from __future__ import annotations

import datetime
from pathlib import Path

from sqlite_utils import Database

from engine import clock
from engine.extractors.metadata import metadata, names
from engine.jobs.walk import Found
from engine.media.fingerprint import fingerprint
from engine.media.probe import probe
from engine.store import library
from engine.store.db import writing
from engine.store.texts import replace_texts
from engine.types import FileId, Probe, VideoId

EARLIEST_YEAR = 1980
"""Cameras whose clock was never set say 1904 or 1970."""


def identify(db: Database, file_id: FileId, found: Found) -> None:
    """Note which video a file holds, a new one if need be. Raises MediaError for what is no video."""
    mark = fingerprint(found.path)
    known = library.video_by_fingerprint(db, mark)
    about = None if known is not None else probe(found.path)
    with writing(db):
        if not library.knows_file(db, file_id):
            return  # the user had it forgotten while it was read
        if about is not None:
            known = library.add_video(db, mark, found.size_bytes, recorded_at(about, found.mtime_ns), about)
            replace_texts(db, known, ["metadata"], metadata(about))
        assert known is not None
        library.attach(db, file_id, known)
        library.note_version(db, file_id, found.size_bytes, found.mtime_ns)
        _rename(db, known)


def _rename(db: Database, video_id: VideoId) -> None:
    """Bring the searchable names of a video up to date with where its files are."""
    video = library.stored_video(db, video_id)
    if video is not None:
        replace_texts(db, video_id, ["name"], names(library.shown_paths(db, video_id), video.duration_s))


def recorded_at(about: Probe, mtime_ns: int) -> str:
    """Local date and time of recording: the container's word where it is believable, else the file's date."""
    said = None if about.created_at is None else _parse(about.created_at)
    if said is None or not EARLIEST_YEAR <= said.year <= clock.now().year + 1:
        said = datetime.datetime.fromtimestamp(max(mtime_ns, 0) / 1e9)
    return said.strftime("%Y-%m-%dT%H:%M:%S")


def _parse(text: str) -> datetime.datetime | None:
    try:
        value = datetime.datetime.fromisoformat(text)
        return value.astimezone().replace(tzinfo=None) if value.tzinfo is not None else value
    except (ValueError, OverflowError, OSError):
        return None


def is_unchanged(path: Path, size_bytes: int, mtime_ns: int) -> bool:
    """Whether a file is still the one that was scanned."""
    about = path.stat()
    return (about.st_size, about.st_mtime_ns) == (size_bytes, mtime_ns)
