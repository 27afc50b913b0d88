"""What the window has done to its library: opening, folders, settings, packs. Each is one task; answers are signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge
from app.desk import Desk, Known, Opened
from app.library.indexing import Indexing
from app.library.samples import Samples
from app.player.film import load_player
from app.words import shown, some, told, tr
from engine.engine import Status
from engine.errors import ExpectedError
from engine.library_care import Forgotten
from engine.models.catalog import PackEntry
from engine.settings import Settings
from engine.types import FolderId


class Upkeep(QObject):
    opened = Signal(object)
    """The library can be searched; with an Opened."""
    status_read = Signal(object)
    added = Signal()
    """A folder is being taken in."""
    known_read = Signal(object)
    """What a search may be made of: a Known."""
    packs_read = Signal(object, str)
    settings_read = Signal(object)
    licences_read = Signal(object)
    names_found = Signal(object)
    """File names that hold what was asked for."""
    said = Signal(str)
    files_named = Signal(object)
    """The path of a file that was handed to the program and lies in the library."""
    stranger_named = Signal(object)
    """The path of one that does not."""
    index_changed = Signal()
    """What the index holds is not what it was: a video that it lacked may be in it now."""
    search_changed = Signal()
    """What is shown may have another answer now."""

    def __init__(self, desk: Desk, bridge: Bridge, indexing: Indexing, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._indexing = indexing
        self.samples = Samples(bridge, self.add, self)
        self.status: Status | None = None
        self.settings: Settings | None = None
        self.known = Known()
        self.status_read.connect(self._keep_status)
        self.settings_read.connect(self._keep_settings)
        self.known_read.connect(self._keep_known)
        desk.on_change = partial(bridge.teller(self._index_changed), None)

    def open(self) -> None:
        self._bridge.submit(self._desk.open, done=self._opened)
        self._bridge.submit(self._desk.engine.settings, done=self.settings_read.emit)

    def warm_up(self) -> None:
        """What makes the first search and the first film quick. It all waits until the window can be used, and comes
        one after the other, because each part takes from what the user does meanwhile."""
        self._bridge.submit(self._desk.warm, done=self._warmed)

    def refresh(self) -> None:
        self._bridge.submit(self._desk.engine.status, done=self.status_read.emit, key="status")

    def refresh_known(self) -> None:
        self._bridge.submit(self._desk.known, done=self.known_read.emit)

    def find_names(self, part: str) -> None:
        self._bridge.submit(self._desk.names_like, part, done=self.names_found.emit, key="names")

    def look_at(self, path: str) -> None:
        """Look through one folder now, watched or not."""
        self._indexing.start((Path(path),), watch=False)

    def watch_folder(self, folder_id: FolderId, wanted: bool) -> None:
        self._bridge.submit(self._desk.engine.watch_folder, folder_id, wanted, lane="write", done=self._watch_changed)

    def read_licences(self) -> None:
        from app.licences import used_libraries  # noqa: PLC0415 - few ever look

        self._bridge.submit(used_libraries, done=self.licences_read.emit)

    def add(self, paths: Sequence[Path]) -> None:
        self._bridge.submit(sorted_out, tuple(paths), done=self._add)

    def remove_folder(self, path: str) -> None:
        self._bridge.submit(self._desk.engine.forget, [Path(path)], lane="write", done=self._forgotten)

    def retry(self, paths: Sequence[Path]) -> None:
        self._bridge.submit(self._desk.engine.retry, list(paths), lane="write", done=self._retried)

    def forget_search(self, name: str) -> None:
        self._bridge.submit(self._desk.forget_search, name, lane="write", done=self._changed_searches)

    def read_packs(self) -> None:
        self._bridge.submit(self._desk.packs, done=self._packs, key="packs")

    def use_pack(self, pack_id: str) -> None:
        self._bridge.submit(self._desk.use_pack, pack_id, lane="write", done=self._pack_used)

    def save_settings(self, settings: Settings) -> None:
        if self.settings is not None and settings.pack != self.settings.pack:
            self.use_pack(settings.pack)  # search is opened anew for it
        else:
            self._bridge.submit(self._save, settings, lane="write", done=self._saved)

    def throttle(self, values: tuple[int, bool, bool]) -> None:
        self._bridge.submit(self._throttled, values, lane="write", done=self._saved)

    # --- what comes of it --------------------------------------------------------------------------------------

    def _throttled(self, values: tuple[int, bool, bool]) -> Settings:
        percent, when_idle, on_mains = values
        settings = replace(
            self._desk.engine.settings(), cpu_percent=percent, only_when_idle=when_idle, only_on_mains=on_mains
        )
        return self._save(settings)

    def _save(self, settings: Settings) -> Settings:
        self._desk.save_settings(settings)
        return settings

    def _saved(self, settings: Settings) -> None:
        self.settings_read.emit(settings)
        self._indexing.restart()

    def _warmed(self, _nothing: None) -> None:
        self._bridge.submit(self._desk.rehearse)
        self._bridge.submit(load_player)

    def _index_changed(self, _nothing: None) -> None:
        self.index_changed.emit()

    def _opened(self, opened: Opened) -> None:
        """The first list of videos comes before all that is only beside it."""
        self.opened.emit(opened)
        self.refresh()
        self.refresh_known()

    def _keep_status(self, status: Status) -> None:
        self.status = status

    def _keep_settings(self, settings: Settings) -> None:
        self.settings = settings

    def _keep_known(self, known: Known) -> None:
        self.known = known

    def _watch_changed(self, _nothing: None) -> None:
        self._indexing.restart()
        self.refresh()

    def _changed_searches(self, _nothing: None) -> None:
        self.refresh_known()

    def _add(self, found: tuple[tuple[Path, ...], tuple[Path, ...], tuple[Path, ...]]) -> None:
        folders, files, nothing = found
        if folders:
            self._indexing.start(folders)
            self.added.emit()
            self.said.emit(tr("Added. Videos appear as they are looked at."))
        if files:
            self._bridge.submit(self._find, files[0], done=self._found)
        if nothing and not folders and not files:
            error = ExpectedError(
                shown(nothing[0]), tr("there is no such folder or file"), tr("Plug its disk in and try again")
            )
            self._bridge.refused.emit(error)

    def _find(self, path: Path) -> tuple[Path, bool]:
        return path, shown(path.name) in self._desk.names_like(shown(path.name))

    def _found(self, answer: tuple[Path, bool]) -> None:
        path, is_known = answer
        (self.files_named if is_known else self.stranger_named).emit(path)

    def _forgotten(self, forgotten: Forgotten) -> None:
        self.said.emit(
            some(forgotten.videos, "1 video was taken out of the library.", "{n} videos were taken out of the library.")
        )
        self._desk_changed()

    def _retried(self, number: int) -> None:
        self.said.emit(some(number, "1 file is tried again.", "{n} files are tried again."))
        self.refresh()
        self._indexing.start()

    def _packs(self, found: tuple[tuple[PackEntry, ...], str]) -> None:
        self.packs_read.emit(*found)

    def _pack_used(self, notes: tuple[str, ...]) -> None:
        self.said.emit(
            told(notes[0]) if notes else tr("This pack is used from now on; videos are looked at again with it.")
        )
        self.read_packs()
        self._bridge.submit(self._desk.engine.settings, done=self.settings_read.emit)
        self._indexing.restart()
        self.search_changed.emit()

    def _desk_changed(self) -> None:
        self._bridge.submit(self._desk.wake)
        self.refresh()
        self.search_changed.emit()


def sorted_out(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...], tuple[Path, ...]]:
    """Folders, files, and what is neither. Blocking."""
    absolute = [path.absolute() for path in paths]
    folders = tuple(path for path in absolute if path.is_dir())
    files = tuple(path for path in absolute if path.is_file())
    return folders, files, tuple(path for path in absolute if path not in folders and path not in files)
