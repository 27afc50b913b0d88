"""What the window has done to its library: opening, folders, settings, packs. Each is one task; answers are signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge
from app.desk import Desk, Opened
from app.library.indexing import Indexing
from app.library.samples import Samples
from app.words import some, tr
from engine.library_care import Forgotten
from engine.models.catalog import PackEntry
from engine.settings import Settings
from engine.types import SavedSearch


class Upkeep(QObject):
    opened = Signal(object)
    status_read = Signal(object)
    added = Signal()
    """A folder is being taken in."""
    suggested = Signal(object, object)
    packs_read = Signal(object, str)
    settings_read = Signal(object)
    said = Signal(str)
    files_named = Signal(str)
    """A search that shows files which were handed to the program."""
    search_changed = Signal()
    """What is shown may have another answer now."""

    def __init__(self, desk: Desk, bridge: Bridge, indexing: Indexing, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._indexing = indexing
        self.samples = Samples(bridge, self.add, self)

    def open(self) -> None:
        self._bridge.submit(self._desk.open, done=self._opened)
        self._bridge.submit(self._desk.engine.settings, done=self.settings_read.emit)

    def refresh(self) -> None:
        self._bridge.submit(self._desk.engine.status, done=self.status_read.emit, key="status")

    def refresh_suggestions(self) -> None:
        self._bridge.submit(self._desk.suggestions, done=self._suggest)

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

    def _opened(self, opened: Opened) -> None:
        self.opened.emit(opened)

    def _suggest(self, found: tuple[tuple[SavedSearch, ...], tuple[str, ...]]) -> None:
        self.suggested.emit(*found)

    def _changed_searches(self, _nothing: None) -> None:
        self.refresh_suggestions()

    def _add(self, found: tuple[tuple[Path, ...], tuple[Path, ...]]) -> None:
        folders, files = found
        if folders:
            self._indexing.start(folders)
            self.added.emit()
            self.said.emit(tr("Added. Videos appear as they are looked at."))
        if files:
            self.files_named.emit(f'name:"{files[0].name}"')

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
        self.said.emit(notes[0] if notes else tr("This pack is used from now on; videos are looked at again with it."))
        self.read_packs()
        self._bridge.submit(self._desk.engine.settings, done=self.settings_read.emit)
        self._indexing.restart()
        self.search_changed.emit()

    def _desk_changed(self) -> None:
        self._bridge.submit(self._desk.wake)
        self.refresh()
        self.search_changed.emit()


def sorted_out(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Folders, and files. Blocking."""
    absolute = [path.absolute() for path in paths]
    return tuple(path for path in absolute if path.is_dir()), tuple(path for path in absolute if path.is_file())
