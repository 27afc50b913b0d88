"""The line to type a search into, with suggestions, and below it the chips of what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import IconButton
from app.views.suggestions import Sources, suggestions, wanted_name
from app.words import TIMES, told, tr
from engine.types import Chip, SearchAnswer

MOST_CHIPS = 24
CHIP_ROW = 26
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")


class SearchLine(QLineEdit):
    """A line that also takes pictures, dropped or pasted."""

    picture_file = Signal(object)
    picture_pasted = Signal(QImage)
    escaped = Signal()
    left_downwards = Signal()
    suggestion_taken = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search")
        self.setPlaceholderText(tr("Describe what happens: dog jumps into water"))
        self.setAccessibleName(tr("Search"))
        self.setAccessibleDescription(tr("Words, a picture dropped or pasted here, or filters such as after:2023"))
        self.setClearButtonEnabled(True)
        self._offered = QStringListModel(self)
        self._completer = QCompleter(self._offered, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self)
        self._popup = QListView(self)
        self._completer.setPopup(self._popup)
        self._popup.setObjectName("suggestions")
        self._completer.activated.connect(self.suggestion_taken)
        self._popup.setAccessibleName(tr("Suggestions"))

    def offer(self, searches: Sequence[str]) -> None:
        """Whole searches below the line; chosen with the arrows or the pointer, gone with Esc."""
        self._offered.setStringList(list(searches))
        if searches and self.hasFocus():
            self._completer.complete()
        else:
            self._popup.hide()

    @property
    def offered(self) -> list[str]:
        return self._offered.stringList() if self._popup.isVisible() else []

    def _leaves_to_suggestions(self, event: QKeyEvent) -> bool:
        """Keys that mean the list while it is open."""
        popup = self._popup
        if not popup.isVisible():
            return False
        chosen = popup.currentIndex().isValid()
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
        return event.key() == Qt.Key.Key_Escape or (chosen and event.key() in enters)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._leaves_to_suggestions(event):
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._popup.hide()
            self.left_downwards.emit()
        elif event.matches(QKeySequence.StandardKey.Paste) and QApplication.clipboard().mimeData().hasImage():
            self.picture_pasted.emit(QApplication.clipboard().image())
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_picture(event) is not None:
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_picture(event)
        if path is not None:
            event.acceptProposedAction()
            self.picture_file.emit(path)
        else:
            super().dropEvent(event)


class SearchBar(QWidget):
    typed = Signal(str)
    cancelled = Signal()
    anchor_removed = Signal()
    saving = Signal()
    names_wanted = Signal(str)
    """A part of a file name, to be answered by `show_names`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = SearchLine(self)
        self._save = IconButton("bookmark", tr("Save this search (Ctrl+S)"), self)
        self._save.clicked.connect(self.saving)
        self._sources = Sources()
        self.line.textEdited.connect(self.typed)
        self.line.textEdited.connect(self._suggest)
        self.line.suggestion_taken.connect(self._take)
        self.line.textChanged.connect(self._cleared)
        self.line.escaped.connect(self.cancelled)
        self._note = QLabel(self)
        self._note.setProperty("role", "muted")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        self._shown: tuple[object, ...] = ()
        top = QHBoxLayout()
        top.addWidget(self.line, 1)
        top.addWidget(self._save)
        row = QWidget(self)
        below = QHBoxLayout(row)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(self._chips)
        below.addWidget(self._note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(_window_onto(row, self))

    def suggest_from(self, searches: Sequence[str], tags: Sequence[str], folders: Sequence[str]) -> None:
        self._sources = Sources(tuple(searches), tuple(tags), tuple(folders))

    def show_names(self, names: Sequence[str]) -> None:
        """File names for the word that is being typed."""
        if wanted_name(self.line.text()):
            self.line.offer(suggestions(self.line.text(), replace(self._sources, names=tuple(names))))

    def set_text(self, text: str) -> None:
        """Show a search that was not typed here."""
        if text != self.line.text():
            self.line.setText(text)

    def show_understood(self, answer: SearchAnswer | None, label: str) -> None:
        """Chips for what the query was taken as, and one line of what to know about the answer."""
        chips = answer.chips if answer is not None else ()
        if (chips, label) != self._shown:
            self._shown = (chips, label)
            self._redraw(chips, label)
        notes = [told(note) for note in answer.notes] if answer is not None else []
        self._note.setText(notes[0] if notes else "")
        self._note.setToolTip("\n".join(notes))

    def _redraw(self, chips: Sequence[Chip], label: str) -> None:
        while (item := self._chips.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if label:
            anchor = _chip("like", f"{label}  {TIMES}", tr("Search without this picture or moment"), self)
            anchor.clicked.connect(self.anchor_removed)
            self._chips.addWidget(anchor)
        for chip in chips[:MOST_CHIPS]:
            one = _chip(chip.kind, chip.text, meaning(chip), self)
            one.clicked.connect(self.line.setFocus)
            self._chips.addWidget(one)

    def _suggest(self, text: str) -> None:
        self.line.offer(suggestions(text, self._sources))
        name = wanted_name(text)
        if name:
            self.names_wanted.emit(name)

    def _take(self, text: str) -> None:
        """A filter without its value is only begun."""
        self.line.setText(text)
        self.typed.emit(text)
        if text.endswith(":"):
            self._suggest(text)

    def _cleared(self, text: str) -> None:
        """The clear button and a text set by us are no key strokes."""
        if not text:
            self.typed.emit("")
        self._save.setEnabled(bool(text.strip()))


def meaning(chip: Chip) -> str:
    """What a piece of the query does, in words."""
    return {
        "word": tr("What it shows or what is said: {text}", text=chip.text),
        "phrase": tr("Exactly these words, said or written: {text}", text=chip.text),
        "not": tr("Must not be there: {text}", text=chip.text),
        "then": tr("What stands left comes first, what stands right comes later"),
        "filter": tr("Only videos for which this holds: {text}", text=chip.text),
        "ignored": tr("Left out: {text}", text=chip.text),
    }[chip.kind]


def _chip(kind: str, text: str, hint: str, parent: QWidget) -> QPushButton:
    chip = QPushButton(text, parent)
    chip.setProperty("role", "chip")
    chip.setProperty("kind", kind)
    chip.setToolTip(hint)
    chip.setAccessibleName(hint)
    chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return chip


def _window_onto(row: QWidget, parent: QWidget) -> QScrollArea:
    """Chips keep their width: what has no room is scrolled to, and makes no window wider."""
    area = QScrollArea(parent)
    area.setFixedHeight(CHIP_ROW)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for set_policy in (area.setHorizontalScrollBarPolicy, area.setVerticalScrollBarPolicy):
        set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(row)
    return area


def _dropped_picture(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in paths if path.suffix.lower() in PICTURES), None)
