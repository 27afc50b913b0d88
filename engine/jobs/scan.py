"""Comparing the disk with the library: what is new, changed, back, gone or offline.

Cheap on purpose: one query, one walk, no file opened. A file counts as gone only when its volume is present and its
folder could be read; an unplugged disk or a locked folder changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from engine.errors import ExpectedError
from engine.jobs.walk import Found, Unreadable
from engine.media.volumes import VolumeTable
from engine.store import library
from engine.store.db import writing
from engine.store.failures import clear_scan_failures, is_below, record_failure
from engine.types import Failure, FileId, Folder, VolumeId

Place = tuple[VolumeId, bytes]
"""Where a file lies: a volume and the path below its mount point."""


@dataclass(slots=True)
class Scan:
    """What a look at the disk found. `to_identify` holds files whose content is not known yet."""

    to_identify: list[tuple[FileId, Found]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    found: int = 0
    new: int = 0
    changed: int = 0
    back: list[FileId] = field(default_factory=list)
    gone: list[FileId] = field(default_factory=list)
    offline: int = 0


class Places:
    """Translates between paths of today and places in the library; remembers volumes as it meets them."""

    def __init__(self, db: Database, table: VolumeTable, again: Callable[[], VolumeTable] | None = None) -> None:
        """`again` reads the table anew; without it the disks count as staying where they are."""
        self._db = db
        self._table = table
        self._again = again or (lambda: table)
        self._ids: dict[str, VolumeId] = {}

    def of(self, path: Path) -> Place:
        volume = self._table.of(path)
        if volume.identity not in self._ids:
            self._ids[volume.identity] = library.remember_volume(self._db, volume)
        relative = os.path.relpath(path, volume.mount)
        return self._ids[volume.identity], os.fsencode(relative)

    def is_unreachable_share(self, root: Path) -> bool:
        """Whether a folder of a network share cannot be found, which says nothing about its files."""
        return self._table.of(root).kind == "network" and not root.is_dir()

    def mounts(self) -> dict[VolumeId, Path]:
        """Mount points of the library's volumes that are present now."""
        present = {volume.identity: volume.mount for volume in reversed(self._table.volumes)}
        last = library.last_mounts(self._db)
        return {
            volume_id: present.get(identity, last[volume_id])
            for volume_id, identity in library.volume_identities(self._db).items()
            if self._table.is_mounted(identity)
        }

    def still_mounted(self) -> set[VolumeId]:
        """Volumes that were present when the table was read and still are: a disk may be pulled out during a walk."""
        now = self._again()
        identities = library.volume_identities(self._db)
        return {volume_id for volume_id in self.mounts() if now.is_mounted(identities[volume_id])}


def add_folder(db: Database, places: Places, path: Path, *, watch: bool = False) -> Path:
    """Make a folder part of the library. It must be a folder that can be read."""
    real = Path(os.path.realpath(path))
    if not real.is_dir():
        raise ExpectedError(
            str(path), "there is no such folder" if not real.exists() else "this is a file, not a folder",
            "Check the name; an index needs a folder, and its disk plugged in",
        )  # fmt: skip
    try:
        with os.scandir(real):
            pass
    except OSError as error:
        raise ExpectedError(
            str(path), f"the folder cannot be read ({error.strerror})", "Allow reading it, or choose another folder"
        ) from error
    volume_id, relative = places.of(real)
    library.add_folder(db, volume_id, relative, watch=watch)
    # Naming a folder asks for everything in it, also for what was forgotten once.
    library.take_in_again(db, [place for place in library.left_out(db) if _within(place, [(volume_id, relative)])])
    return real


def reachable(folders: Iterable[Folder], mounts: Mapping[VolumeId, Path]) -> list[Path]:
    """Today's paths of the library's folders whose volume is present."""
    return [library.full_path(mounts[one.volume_id], one.path) for one in folders if one.volume_id in mounts]


def scan(db: Database, places: Places, roots: Sequence[Path], found: Iterable[Found | Unreadable]) -> Scan:
    """Compare what lies below `roots` with the library and bring the library's files up to date, all or nothing.

    `found` is read to its end before the library is touched: a walk over a slow share must not hold its lock.
    """
    entries = list(found)
    with writing(db):
        comparison = _Comparison(db, places, [places.of(root) for root in roots])
        for one in entries:
            comparison.take(one)
        return comparison.close()


class _Comparison:
    """One scan in the making. Lives inside one transaction."""

    def __init__(self, db: Database, places: Places, tops: list[Place]) -> None:
        self._db = db
        self._places = places
        self._tops = tops
        self._known = library.known_files(db)
        self._seen: set[Place] = set()
        self._locked: list[Place] = []
        self._left_out = library.left_out(db)
        self._result = Scan()
        for top in tops:
            clear_scan_failures(db, *top)

    def take(self, one: Found | Unreadable) -> None:
        place = self._places.of(one.path)
        if isinstance(one, Unreadable):
            self._locked.append(place)
            self._result.unreadable.append(one)
            record_failure(self._db, *place, Failure(one.path, "scan", one.reason, _UNLOCK), (0, 0))
        elif place not in self._seen and not _within(place, self._left_out):
            self._seen.add(place)
            self._compare(place, one)

    def close(self) -> Scan:
        """Find what is gone, write everything down, and return the result."""
        self._find_gone()
        library.mark_back(self._db, self._result.back)
        library.mark_missing(self._db, self._result.gone)
        self._result.found = len(self._seen)
        return self._result

    def _compare(self, place: Place, one: Found) -> None:
        before = self._known.get(place)
        if before is not None and (before.size_bytes, before.mtime_ns) == (one.size_bytes, one.mtime_ns):
            if before.is_missing:
                self._result.back.append(before.id)
            if before.video_id is not None or before.has_failed:
                if before.sidecars_ns != one.sidecars_ns:
                    library.note_sidecars(self._db, before.id, one.sidecars_ns)
                return
        file_id = library.upsert_file(self._db, *place, one.size_bytes, one.mtime_ns)
        library.note_sidecars(self._db, file_id, one.sidecars_ns)
        self._result.to_identify.append((file_id, one))
        if before is None:
            self._result.new += 1
        else:
            self._result.changed += 1

    def _find_gone(self) -> None:
        mounts = self._places.still_mounted()
        for place, file in self._known.items():
            if place in self._seen or file.is_missing:
                continue
            if place[0] not in mounts:
                self._result.offline += 1
            elif _within(place, self._tops) and not _within(place, self._locked):
                self._result.gone.append(file.id)


_UNLOCK = "Allow reading it and index again; what is known of it is kept meanwhile"


def _within(place: Place, tops: Iterable[Place]) -> bool:
    return any(place[0] == volume_id and is_below(place[1], top) for volume_id, top in tops)
