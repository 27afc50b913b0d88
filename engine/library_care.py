"""What a person does to a library by hand: forget and retry. Files are named by today's or yesterday's paths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from engine.errors import ExpectedError
from engine.jobs.scan import Place, Places
from engine.media.thumbs import ThumbCache
from engine.media.volumes import VolumeTable
from engine.store import failures, library
from engine.store.db import writing
from engine.store.failures import is_below
from engine.types import FileId, FolderId


@dataclass(frozen=True, slots=True)
class Forgotten:
    folders: int
    files: int
    videos: int


def retry(db: Database, paths: Sequence[Path]) -> int:
    """Forget the failures at and below `paths`, or all of them; returns how many."""
    if not paths:
        return failures.clear_failures(db)
    places = Places(db, VolumeTable.read())
    return sum(failures.clear_failures(db, *place) for path in paths for place in _places_of(db, places, path))


def forget(db: Database, thumbs: ThumbCache, paths: Sequence[Path]) -> Forgotten:
    """Take what lies at and below `paths` out of the library. Refuses as a whole when one path is not in it.

    What lies in a folder that stays is left out of it from now on, until that folder is named to `index` again.
    """
    places = Places(db, VolumeTable.read())
    folders: set[FolderId] = set()
    files: set[FileId] = set()
    for path in paths:
        tops = _places_of(db, places, path)
        found_folders = {one.id for one in library.folders(db) if _is_within((one.volume_id, one.path), tops)}
        found_files = {file.id for place, file in library.known_files(db).items() if _is_within(place, tops)}
        if not found_folders and not found_files:
            raise ExpectedError(
                str(path), "it is not in the library", "See what is with: reelfind status; nothing was changed"
            )
        folders |= found_folders
        files |= found_files
    with writing(db):
        for folder_id in folders:
            library.remove_folder(db, folder_id)
        for top in (top for path in paths for top in _places_of(db, places, path)):
            failures.clear_failures(db, *top)
            if any(_is_within(top, [(one.volume_id, one.path)]) for one in library.folders(db)):
                library.leave_out(db, *top)
        gone = library.forget_files(db, files)
    for fingerprint in gone:
        thumbs.forget(fingerprint)
    return Forgotten(len(folders), len(files), len(gone))


def _places_of(db: Database, places: Places, path: Path) -> list[Place]:
    """Where a path lies now, and where it lay on a volume that was mounted there when it was last seen."""
    real = Path(os.path.realpath(path))
    found = [places.of(real)]
    for volume_id, mount in library.last_mounts(db).items():
        if real.is_relative_to(mount):
            place = (volume_id, os.fsencode(os.path.relpath(real, mount)))
            if place not in found:
                found.append(place)
    return found


def _is_within(place: Place, tops: Sequence[Place]) -> bool:
    return any(place[0] == volume_id and is_below(place[1], top) for volume_id, top in tops)
