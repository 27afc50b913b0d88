"""The panel on the left: all videos, saved searches, folders with their disks, and the pages of the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app import theme
from app.views.suggestions import quoted
from app.words import count, shown, some, tr
from engine.engine import FolderStatus
from engine.types import SavedSearch, TagCount

KIND_ROLE = Qt.ItemDataRole.UserRole
VALUE_ROLE = Qt.ItemDataRole.UserRole + 1
WITHIN_ROLE = Qt.ItemDataRole.UserRole + 2


class SidePanel(QFrame):
    add_wanted = Signal()
    search_chosen = Signal(str, str, str)
    """A saved search, a folder or a tag: the kind of place, its value, and what to search for."""
    folder_removed = Signal(str)
    search_removed = Signal(str)
    page_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setMinimumWidth(190)
        self._tree = QTreeWidget(self)
        self._tree.setHeaderHidden(True)
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(0)
        self._tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.setAccessibleName(tr("Library"))
        self._tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._tree.customContextMenuRequested.connect(self._menu)
        self._tree.itemClicked.connect(self._choose)
        self._tree.itemActivated.connect(self._choose)
        self._tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        add = QPushButton(tr("Add a folder…"), self)
        add.clicked.connect(self.add_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.MARGIN, theme.GAP, theme.MARGIN)
        column.addWidget(self._tree, 1)
        column.addWidget(add)
        self._place = ("page", "all")
        self._saved: tuple[SavedSearch, ...] = ()
        self._tags: tuple[TagCount, ...] = ()
        self._folders: tuple[tuple[str, str, str, bool], ...] = ()
        self._problems = 0
        self._redraw()

    def show_own(self, saved: Sequence[SavedSearch], tags: Sequence[TagCount]) -> None:
        """What the user made: saved searches and tags."""
        if (tuple(saved), tuple(tags)) != (self._saved, self._tags):
            self._saved, self._tags = tuple(saved), tuple(tags)
            self._redraw()

    def show_library(self, folders: Sequence[FolderStatus], problems: int) -> None:
        shown_folders = tuple((one.path, one.within, one.volume, one.is_online) for one in folders)
        if (shown_folders, problems) != (self._folders, self._problems):
            self._folders, self._problems = shown_folders, problems
            self._redraw()

    def show_place(self, kind: str, value: str) -> None:
        """Mark where the window is; nothing is marked where that is not listed."""
        self._place = (kind, value)
        found = [item for item in self._items() if (item.data(0, KIND_ROLE), item.data(0, VALUE_ROLE)) == self._place]
        self._tree.setCurrentItem(found[0] if found else None)  # pyright: ignore[reportArgumentType]

    def texts(self) -> list[str]:
        """Everything listed, from top to bottom."""
        return [item.text(0) for item in self._items()]

    # --- events ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self._tree.currentItem()
        if event.key() == Qt.Key.Key_Delete and item is not None:
            self._remove(item)
        else:
            super().keyPressEvent(event)

    # --- inside ------------------------------------------------------------------------------------------------

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        for at in range(self._tree.topLevelItemCount()):
            top = self._tree.topLevelItem(at)
            if top is not None:
                found += [top, *(top.child(below) for below in range(top.childCount()))]
        return found

    def _redraw(self) -> None:
        self._tree.clear()
        self._add(None, tr("All videos"), "page", "all")
        if self._saved:
            heading = self._heading(tr("Saved searches"))
            for search in self._saved:
                self._add(heading, search.name, "search", search.query).setToolTip(0, search.query)
        if self._tags:
            heading = self._heading(tr("Tags"))
            for tag in self._tags:
                item = self._add(heading, f"{tag.tag}  {count(tag.videos)}", "tag", tag.tag)
                item.setToolTip(0, some(tag.videos, "1 video", "{n} videos"))
        if self._folders:
            self._add_folders(self._heading(tr("Folders")))
        heading = self._heading(tr("More"))
        self._add(heading, tr("Library"), "page", "library")
        if self._problems:
            self._add(heading, tr("Problems ({n})", n=count(self._problems)), "page", "problems")
        self._add(heading, tr("Models"), "page", "models")
        self._add(heading, tr("Settings"), "page", "settings")
        self._add(heading, tr("About"), "page", "about")
        self._tree.expandAll()
        self.show_place(*self._place)

    def _add_folders(self, heading: QTreeWidgetItem) -> None:
        for path, within, volume, is_online in self._folders:
            name = shown(Path(path).name or path)
            text = name if is_online else tr("{folder} (offline: {volume})", folder=name, volume=volume)
            item = self._add(heading, text, "folder", path)
            item.setData(0, WITHIN_ROLE, within)
            item.setToolTip(0, shown(path))
            if not is_online:
                item.setForeground(0, self.palette().placeholderText())

    def _heading(self, text: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self._tree, [text])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setForeground(0, self.palette().placeholderText())
        font = item.font(0)
        font.setPointSizeF(font.pointSizeF() * 0.9)
        item.setFont(0, font)
        return item

    def _add(self, parent: QTreeWidgetItem | None, text: str, kind: str, value: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [text]) if parent is not None else QTreeWidgetItem(self._tree, [text])
        item.setData(0, KIND_ROLE, kind)
        item.setData(0, VALUE_ROLE, value)
        return item

    def _choose(self, item: QTreeWidgetItem) -> None:
        kind, value = item.data(0, KIND_ROLE), item.data(0, VALUE_ROLE)
        match kind:
            case "page":
                self.page_chosen.emit(value)
            case "search":
                self.search_chosen.emit(kind, value, value)
            case "folder":
                self.search_chosen.emit(kind, value, f"in:{quoted(item.data(0, WITHIN_ROLE))}")
            case "tag":
                self.search_chosen.emit(kind, value, f"tag:{quoted(value)}")
            case _:
                pass

    def _menu(self, point: QPoint) -> None:
        item = self._tree.itemAt(point)
        kind = item.data(0, KIND_ROLE) if item is not None else None
        if item is None or kind not in ("search", "folder"):
            return
        menu = QMenu(self)
        text = tr("Take this folder out of the library") if kind == "folder" else tr("Forget this search")
        menu.addAction(text)
        if menu.exec(self._tree.viewport().mapToGlobal(point)) is not None:
            self._remove(item)
        menu.deleteLater()

    def _remove(self, item: QTreeWidgetItem) -> None:
        kind = item.data(0, KIND_ROLE)
        if kind == "folder":
            self.folder_removed.emit(item.data(0, VALUE_ROLE))
        elif kind == "search":
            self.search_removed.emit(item.text(0))
