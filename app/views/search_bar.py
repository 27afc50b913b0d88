"""The line to type a search into, with suggestions, and below it the chips of what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import IconButton
from app.words import TIMES, tr
from engine.types import Chip, SearchAnswer

FILTERS = ("in:", "name:", "after:", "before:", "longer:", "shorter:", "camera:", "tag:", "said:", "type:", "offline:")
MOST_CHIPS = 8
CHIP_ROW = 26
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")


class SearchLine(QLineEdit):
    """A line that also takes pictures, dropped or pasted."""

    picture_file = Signal(object)
    picture_pasted = Signal(QImage)
    escaped = Signal()
    left_downwards = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search")
        self.setPlaceholderText(tr("Describe what happens: dog jumps into water"))
        self.setAccessibleName(tr("Search"))
        self.setAccessibleDescription(tr("Words, a picture dropped or pasted here, or filters such as after:2023"))
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
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

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = SearchLine(self)
        self._save = IconButton("bookmark", tr("Save this search (Ctrl+S)"), self)
        self._save.clicked.connect(self.saving)
        self._suggested = QStringListModel(self)
        completer = QCompleter(self._suggested, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchStartsWith)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self._completer = completer
        self.line.setCompleter(completer)
        self.line.textEdited.connect(self.typed)
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
        row.setFixedHeight(CHIP_ROW)
        below = QHBoxLayout(row)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(self._chips)
        below.addWidget(self._note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(row)

    def suggest(self, past: Sequence[str], saved: Sequence[str]) -> None:
        self._suggested.setStringList(list(dict.fromkeys([*past, *saved, *FILTERS])))

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
        self._note.setText(answer.notes[0] if answer is not None and answer.notes else "")
        self._note.setToolTip("\n".join(answer.notes) if answer is not None else "")

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
    return chip


def _dropped_picture(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in paths if path.suffix.lower() in PICTURES), None)
