"""The dialog for tags: those that the selected videos have, those there are, and a line for a new one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.words import tr
from engine.store.labels import LONGEST_TAG, clean_tag

_BEFORE = Qt.ItemDataRole.UserRole


class TagDialog(QDialog):
    decided = Signal(object, object)
    """Tags to put on all of the videos, and tags to take off them."""

    def __init__(self, tags_of_videos: Sequence[Sequence[str]], known: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(360, 420)
        about = QLabel(tr("A tag belongs to a whole video. Find it again with tag:name."), self)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.line = QLineEdit(self)
        self.line.setMaxLength(LONGEST_TAG)
        self.line.setPlaceholderText(tr("New tag"))
        self.line.setAccessibleName(tr("New tag"))
        completer = QCompleter(list(known), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self.line.setCompleter(completer)
        self.line.returnPressed.connect(self.add)
        add = QPushButton(tr("Add"), self)
        add.setAutoDefault(False)
        add.clicked.connect(self.add)
        self.list = QListWidget(self)
        self.list.setAccessibleName(tr("Tags"))
        buttons = QDialogButtonBox(self)
        save = buttons.addButton(tr("Save"), QDialogButtonBox.ButtonRole.AcceptRole)
        save.setAutoDefault(False)
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole).setAutoDefault(False)
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        top.addWidget(self.line, 1)
        top.addWidget(add)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.GAP] * 4)
        column.addWidget(about)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        self._fill(tags_of_videos, known)
        self.line.setFocus()

    def add(self) -> None:
        """Tick what stands in the line; it is put on the videos when the dialog is saved."""
        tag = clean_tag(self.line.text())
        if not tag:
            return
        same = [item for item in self._items() if item.text().casefold() == tag.casefold()]
        item = same[0] if same else self._item(tag, Qt.CheckState.Unchecked, at_top=True)
        item.setCheckState(Qt.CheckState.Checked)
        self.list.scrollToItem(item)
        self.line.clear()

    def _fill(self, tags_of_videos: Sequence[Sequence[str]], known: Sequence[str]) -> None:
        counts: dict[str, int] = {}
        for tags in tags_of_videos:
            for tag in tags:
                counts[tag] = counts.get(tag, 0) + 1
        for tag in sorted(counts, key=str.casefold):
            is_on_all = counts[tag] == len(tags_of_videos)
            self._item(tag, Qt.CheckState.Checked if is_on_all else Qt.CheckState.PartiallyChecked)
        for tag in known:
            if tag not in counts:
                self._item(tag, Qt.CheckState.Unchecked)

    def _item(self, tag: str, state: Qt.CheckState, *, at_top: bool = False) -> QListWidgetItem:
        item = QListWidgetItem(tag)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(state)
        item.setData(_BEFORE, state)
        if at_top:
            self.list.insertItem(0, item)
        else:
            self.list.addItem(item)
        return item

    def _items(self) -> list[QListWidgetItem]:
        return [item for at in range(self.list.count()) if (item := self.list.item(at)) is not None]

    def _save(self) -> None:
        self.add()
        changed = [item for item in self._items() if item.checkState() != item.data(_BEFORE)]
        added = tuple(item.text() for item in changed if item.checkState() == Qt.CheckState.Checked)
        removed = tuple(item.text() for item in changed if item.checkState() == Qt.CheckState.Unchecked)
        self.decided.emit(added, removed)
        self.accept()
