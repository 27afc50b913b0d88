"""The page of the library: each folder with its disk, how far it is, whether it is watched, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.elided import ElidedLabel
from app.words import count, shown, size, some, tr
from engine.engine import FolderStatus, Status
from engine.types import FolderId

DOT = "  \N{MIDDLE DOT}  "
PARTS = 1000


class LibraryPage(QScrollArea):
    add_wanted = Signal()
    remove_wanted = Signal(str)
    look_wanted = Signal(str)
    watch_wanted = Signal(object, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self._cards: dict[FolderId, FolderCard] = {}
        self._inner = inner = QWidget(self)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        self._column.setSpacing(theme.MARGIN)
        title = QLabel(tr("Library"), inner)
        title.setProperty("role", "title")
        add = QPushButton(tr("Add a folder…"), inner)
        add.clicked.connect(self.add_wanted)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(add)
        self._about = QLabel(inner)
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        self._column.addLayout(head)
        self._column.addWidget(self._about)
        self._column.addStretch(1)
        self.setWidget(inner)

    def show_status(self, status: Status) -> None:
        """Cards of folders that stay are only brought up to date: a button keeps its focus while indexing goes on."""
        self._about.setText(about(status))
        known = {one.id for one in status.folders}
        for gone in [one for one in self._cards if one not in known]:
            card = self._cards.pop(gone)
            self._column.removeWidget(card)
            card.deleteLater()
        for at, folder in enumerate(status.folders):
            if folder.id not in self._cards:
                self._cards[folder.id] = self._made(folder)
                self._column.insertWidget(2 + at, self._cards[folder.id])
            self._cards[folder.id].show_folder(folder)

    @property
    def cards(self) -> Sequence[FolderCard]:
        return tuple(self._cards.values())

    def _made(self, folder: FolderStatus) -> FolderCard:
        card = FolderCard(folder, self._inner)
        card.remove_wanted.connect(self.remove_wanted)
        card.look_wanted.connect(self.look_wanted)
        card.watch_wanted.connect(self.watch_wanted)
        return card


class FolderCard(QFrame):
    remove_wanted = Signal(str)
    look_wanted = Signal(str)
    watch_wanted = Signal(object, bool)

    def __init__(self, folder: FolderStatus, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._folder = folder
        name = QLabel(shown(Path(folder.path).name or folder.path), self)
        name.setProperty("role", "heading")
        self._where, self._far = ElidedLabel(self), QLabel(self)
        for label in (self._where, self._far):
            label.setProperty("role", "muted")
        self._far.setWordWrap(True)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("How far {folder} is", folder=name.text()))
        self.watch = QCheckBox(tr("Watch for new videos"), self)
        self.watch.toggled.connect(self._watch)
        self.look = QPushButton(tr("Look through now"), self)
        self.look.clicked.connect(self._look)
        self.remove = QPushButton(tr("Take out…"), self)
        self.remove.clicked.connect(self._remove)
        for control in (self.watch, self.look, self.remove):
            control.setAccessibleName(f"{control.text()} {name.text()}")
        below = QHBoxLayout()
        below.addWidget(self.watch, 1)
        below.addWidget(self.look)
        below.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        for widget in (name, self._where, self._bar, self._far):
            column.addWidget(widget)
        column.addLayout(below)

    def show_folder(self, folder: FolderStatus) -> None:
        self._folder = folder
        self._where.setText(f"{shown(folder.path)}{DOT}{place(folder)}")
        self._where.setToolTip(shown(folder.path))
        counts = folder.counts
        self._bar.setRange(0, max(1, 2 * counts.videos))
        self._bar.setValue(counts.looked + counts.described)
        self._bar.setVisible(counts.looked + counts.described < 2 * counts.videos)
        self._far.setText(progress(folder))
        was_blocked = self.watch.blockSignals(True)
        self.watch.setChecked(folder.is_watched)
        self.watch.blockSignals(was_blocked)
        self.look.setEnabled(folder.is_online)

    @property
    def text(self) -> str:
        return f"{self._where.text()}\n{self._far.text()}"

    def _watch(self, wanted: bool) -> None:
        self.watch_wanted.emit(self._folder.id, wanted)

    def _look(self) -> None:
        self.look_wanted.emit(self._folder.path)

    def _remove(self) -> None:
        self.remove_wanted.emit(self._folder.path)


def about(status: Status) -> str:
    """The whole library in a line."""
    if not status.folders:
        return tr("No folder is in the library yet.")
    parts = [some(status.summary.videos, "1 video", "{n} videos")]
    if status.summary.offline_videos:
        parts.append(some(status.summary.offline_videos, "1 of them offline", "{n} of them offline"))
    parts.append(tr("{size} on this disk", size=size(status.size_bytes)))
    return DOT.join(parts)


def place(folder: FolderStatus) -> str:
    if folder.is_online:
        has_name = folder.volume and not folder.volume.startswith("/dev/")
        return tr("on {volume}", volume=folder.volume) if has_name else tr("on this computer")
    return tr("{volume} is not plugged in", volume=folder.volume or tr("its disk"))


def progress(folder: FolderStatus) -> str:
    """How far a folder is, in words."""
    counts = folder.counts
    parts = [some(counts.videos, "1 video", "{n} videos")]
    if counts.looked < counts.videos:
        parts.append(tr("{n} looked at", n=count(counts.looked)))
    if counts.described < counts.videos:
        parts.append(tr("{n} described", n=count(counts.described)))
    elif counts.videos:
        parts.append(tr("all described"))
    if counts.failures:
        parts.append(some(counts.failures, "1 problem", "{n} problems"))
    return DOT.join(parts)
