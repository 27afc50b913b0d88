"""The engine's only door for the window and the command line. It wires the parts and holds no logic.

All methods block and may be called from any thread; each opens what it needs and closes it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path

from engine.jobs.events import Done, Event
from engine.jobs.lock import indexing_lock
from engine.jobs.plan import Plan
from engine.jobs.scan import Places, reachable
from engine.jobs.supervisor import Supervisor
from engine.jobs.watch import keep_indexing
from engine.library_care import Forgotten, forget, retry
from engine.media.thumbs import THUMBS_FOLDER, ThumbCache
from engine.media.volumes import VolumeTable
from engine.models.catalog import pack_in_use
from engine.search.opening import SearchDesk
from engine.settings import Settings, load_settings
from engine.store import failures, library
from engine.store.db import explained_connection, open_for_reading, open_library
from engine.store.summary import count_folder, summarise
from engine.types import Failure, Finding, FolderCounts, FolderId, LibrarySummary, PackRef, VolumeId

WHOLE_DISK = (b".", b"")


@dataclass(frozen=True, slots=True)
class Status:
    library: Path
    pack: PackRef
    summary: LibrarySummary
    folders: tuple[FolderStatus, ...]
    failures: tuple[Failure, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FolderStatus:
    path: str
    within: str
    """What the filter `in:` takes for it: its path on its disk, or the disk's name where it is all of it."""
    volume: str
    is_online: bool
    is_watched: bool
    id: FolderId
    counts: FolderCounts


class Engine:
    """A library and everything that can be done with it."""

    def __init__(self, library_folder: Path) -> None:
        self._folder = library_folder

    @property
    def library(self) -> Path:
        return self._folder

    def settings(self) -> Settings:
        return load_settings(self._folder)

    def supervisor(self, on_event: Callable[[Event], None]) -> Supervisor:
        """Runs indexing in a child process; the caller may pause, resume and cancel it."""
        return Supervisor(self._folder, self.settings(), on_event)

    def index(self, supervisor: Supervisor, plan: Plan) -> Done:
        """Index to the end. One run at a time for a library."""
        with indexing_lock(self._folder):
            return supervisor.run(plan)

    def watch(self, supervisor: Supervisor, plan: Plan, on_done: Callable[[Done], None], stop: threading.Event) -> None:
        """Index everything once, then again whenever a watched folder changes, until `stop` is set."""
        every_s = self.settings().rescan_minutes * 60.0
        plans = chain([plan], repeat(replace(plan, only_watched=True)))
        with indexing_lock(self._folder):
            keep_indexing(lambda: on_done(supervisor.run(next(plans))), self.watched_folders, stop, every_s)

    def watched_folders(self) -> list[Path]:
        """Today's paths of the watched folders whose disks are present."""
        db = open_library(self._folder)
        try:
            watched = [one for one in library.folders(db) if one.is_watched]
            return reachable(watched, Places(db, VolumeTable.read()).mounts())
        finally:
            db.close()

    def watch_folder(self, folder_id: FolderId, wanted: bool) -> None:
        """Switch watching of one folder on or off."""
        db = open_library(self._folder)
        try:
            library.watch_folder(db, folder_id, wanted)
        finally:
            db.close()

    def desk(self, *, follow: Callable[[], None] | None = None) -> SearchDesk:
        """Search, opened: close it after use. With `follow` a thread follows what indexing adds, and calls it then."""
        return SearchDesk(self._folder, self.mounts, pack=self.settings().pack, follow=follow)

    def mounts(self) -> dict[VolumeId, Path]:
        """The library's volumes that are present, and where."""
        db = open_for_reading(self._folder)
        try:
            return Places(db, VolumeTable.read()).mounts()
        finally:
            db.close()

    def thumbs(self) -> ThumbCache:
        return ThumbCache(self._folder / THUMBS_FOLDER)

    def status(self) -> Status:
        pack = pack_in_use(self._folder, self.settings())
        db = open_for_reading(self._folder)
        try:
            with explained_connection(db):
                mounts = Places(db, VolumeTable.read()).mounts()
                return Status(
                    self._folder,
                    pack,
                    summarise(db, list(mounts), pack, pack),
                    tuple(
                        FolderStatus(
                            str(library.full_path(mounts.get(one.volume_id, Path()), one.path)),
                            one.volume_label if one.path in WHOLE_DISK else library.shown_path(one.path),
                            one.volume_label,
                            one.volume_id in mounts,
                            one.is_watched,
                            one.id,
                            count_folder(db, one, pack),
                        )
                        for one in library.folders(db)
                    ),
                    tuple(failures.failures(db, mounts)),
                    folder_size_bytes(self._folder),
                )
        finally:
            db.close()

    def doctor(self) -> list[Finding]:
        """Everything worth knowing about this machine and library, each trouble with its remedy."""
        from engine.doctor import examine  # noqa: PLC0415 - looks at everything, so it imports everything

        return examine(self._folder)

    def retry(self, paths: Sequence[Path]) -> int:
        """Forget failures, all or those at and below `paths`, so that the next run tries again."""
        db = open_library(self._folder)
        try:
            return retry(db, paths)
        finally:
            db.close()

    def forget(self, paths: Sequence[Path]) -> Forgotten:
        """Take files and folders out of the library, what was found in them included. The originals stay."""
        db = open_library(self._folder)
        try:
            return forget(db, self.thumbs(), paths)
        finally:
            db.close()


def folder_size_bytes(folder: Path) -> int:
    """What the library takes on disk."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
