"""Stars, tags and a note of the video in the player, to look at and to change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.flow import FlowLayout
from app.labelling import NO_STAR, STAR
from app.words import TIMES, some, tr
from engine.store.labels import LONGEST_TAG, MOST_STARS, clean_tag
from engine.types import Labels

WRITTEN_MS = 900
"""A note is kept when the fingers rest so long."""


class OwnWords(QScrollArea):
    rated = Signal(int)
    tags_changed = Signal(object, object)
    """Added and removed."""
    note_written = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        inner = QWidget(self)
        self._labels = Labels()
        self._stars = [_star(number, inner) for number in range(1, MOST_STARS + 1)]
        self._tags = FlowLayout()
        self._line = QLineEdit(inner)
        self._known = QStringListModel(self)
        self._note = _Note(inner)
        self._lay_out(inner)
        for star in self._stars:
            star.clicked.connect(self._rate)
        self._line.returnPressed.connect(self._add)
        self._note.written.connect(self._write)
        self.setWidget(inner)
        self.show_labels(None)

    def show_labels(self, labels: Labels | None) -> None:
        """What is on the video; None while there is none or it is not known yet."""
        self._note.flush()
        self._labels = labels or Labels()
        self.setEnabled(labels is not None)
        for number, star in enumerate(self._stars, 1):
            star.setText(STAR if number <= self._labels.rating else NO_STAR)
        self._redraw_tags()
        self._note.show_text(self._labels.note)

    def finish(self) -> None:
        """Tell at once what was written."""
        self._note.flush()

    def suggest(self, tags: Sequence[str]) -> None:
        self._known.setStringList(list(tags))

    @property
    def labels(self) -> Labels:
        return self._labels

    # --- making it ---------------------------------------------------------------------------------------------

    def _lay_out(self, inner: QWidget) -> None:
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self._line.setCompleter(completer)
        self._line.setMaxLength(LONGEST_TAG)
        self._line.setPlaceholderText(tr("New tag"))
        self._line.setAccessibleName(tr("New tag"))
        self._note.setAccessibleName(tr("Note"))
        self._note.setPlaceholderText(tr("Your own words about this video; searches find them"))
        stars = QHBoxLayout()
        stars.setSpacing(0)
        for star in self._stars:
            stars.addWidget(star)
        stars.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(2, theme.GAP, 2, 2)
        column.setSpacing(theme.GAP)
        column.addLayout(stars)
        column.addLayout(self._tags)
        column.addWidget(self._line)
        title = QLabel(tr("Note"), inner)
        title.setProperty("role", "muted")
        title.setBuddy(self._note)
        column.addWidget(title)
        column.addWidget(self._note, 1)

    def _redraw_tags(self) -> None:
        while (item := self._tags.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for tag in self._labels.tags:
            chip = QPushButton(f"{tag}  {TIMES}", self.widget())
            chip.setProperty("role", "chip")
            chip.setProperty("tag", tag)
            chip.setToolTip(tr("Take off the tag {tag}", tag=tag))
            chip.setAccessibleName(chip.toolTip())
            chip.clicked.connect(self._remove)
            self._tags.addWidget(chip)
            chip.show()

    # --- what is done ------------------------------------------------------------------------------------------

    def _rate(self) -> None:
        """The star that ends the row already takes them all away."""
        number = int(self.sender().property("stars"))
        self.rated.emit(0 if number == self._labels.rating else number)

    def _add(self) -> None:
        tag = clean_tag(self._line.text())
        if tag:
            self._line.clear()
            self.tags_changed.emit((tag,), ())

    def _remove(self) -> None:
        self.tags_changed.emit((), (str(self.sender().property("tag")),))

    def _write(self, text: str) -> None:
        if text.strip() != self._labels.note:
            self.note_written.emit(text)


class _Note(QPlainTextEdit):
    """Tells what was written when the fingers rest, or go elsewhere."""

    written = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(60)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(WRITTEN_MS)
        self._rest.timeout.connect(self._tell)
        self._is_showing = False
        self.textChanged.connect(self._changed)

    def show_text(self, text: str) -> None:
        if self.hasFocus() and text == self.toPlainText().strip():
            return  # what came back is what was written; the cursor stays where it is
        self._is_showing = True
        self.setPlainText(text)
        self._is_showing = False

    def flush(self) -> None:
        """Tell at once what has not been told yet."""
        if self._rest.isActive():
            self._rest.stop()
            self._tell()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.flush()

    def _changed(self) -> None:
        if not self._is_showing:
            self._rest.start()

    def _tell(self) -> None:
        self.written.emit(self.toPlainText())


def _star(number: int, parent: QWidget) -> QToolButton:
    star = QToolButton(parent)
    star.setObjectName("star")
    star.setText(NO_STAR)
    star.setProperty("stars", number)
    star.setToolTip(some(number, "1 star", "{n} stars"))
    star.setAccessibleName(star.toolTip())
    return star
