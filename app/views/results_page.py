"""The middle of the window: what was found, in one line, and the grid; or a sentence where there is nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app import theme
from app.desk import Wanted
from app.elided import ElidedLabel
from app.icons import IconButton
from app.results.model import HitModel
from app.results.thumbnails import Thumbnails
from app.results.view import GridView
from app.words import count, some, told_error, tr
from engine.errors import ExpectedError
from engine.types import SearchAnswer


class ResultsPage(QWidget):
    group_toggled = Signal(bool)

    def __init__(self, model: HitModel, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._line = ElidedLabel(self)
        self._line.setProperty("role", "heading")
        self.group = IconButton("group", tr("Group by video (G)"), self)
        self.group.setCheckable(True)
        self.group.toggled.connect(self.group_toggled)
        self._nothing = QLabel(self)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setMargin(6 * theme.GAP)
        self.grid = GridView(thumbnails, self)
        self.grid.setModel(model)
        head = QHBoxLayout()
        head.setContentsMargins(theme.MARGIN, 2, theme.MARGIN, 0)
        head.addWidget(self._line, 1)
        head.addWidget(self.group)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(self._stack, 1)

    @property
    def line(self) -> str:
        return self._line.text()

    def larger(self) -> None:
        self.grid.set_columns(self.grid.columns - 1)

    def smaller(self) -> None:
        self.grid.set_columns(self.grid.columns + 1)

    def show_busy(self, is_busy: bool) -> None:
        if is_busy:
            self.setCursor(Qt.CursorShape.BusyCursor)
        else:
            self.unsetCursor()

    def show_trouble(self, error: ExpectedError) -> None:
        """Why there is nothing, where there is nothing."""
        if self.grid.grid.count == 0:
            self._nothing.setText(told_error(error))
            self._stack.setCurrentIndex(1)
            self.group.hide()

    def show_answer(self, answer: SearchAnswer, wanted: Wanted) -> None:
        """The line above the tiles; the tiles themselves come from the model."""
        self.grid.show_scores(not _is_listing(wanted, answer))
        self._line.setText(found(answer, wanted))
        self._line.setToolTip(tr("{n} ms, {videos} videos looked through",
                                 n=round(answer.took_ms), videos=count(answer.searched.videos)))  # fmt: skip
        is_empty = answer.total == 0
        self._nothing.setText(nothing(answer, wanted) if is_empty else "")
        self._stack.setCurrentIndex(1 if is_empty else 0)
        self.group.setVisible(not is_empty)


def _is_listing(wanted: Wanted, answer: SearchAnswer) -> bool:
    """Whether everything is listed that passes the filters, so that nothing has a score."""
    return wanted.is_empty or (not wanted.has_anchor and all(chip.kind in ("filter", "not") for chip in answer.chips))


def found(answer: SearchAnswer, wanted: Wanted) -> str:
    """What was found, and honestly so."""
    if answer.total == 0:
        return ""
    if _is_listing(wanted, answer):
        return some(answer.total, "1 video", "{n} videos")
    if not answer.is_confident:
        return tr("No good match. Nearest:")
    return some(answer.total, "1 moment", "{n} moments")


def nothing(answer: SearchAnswer, wanted: Wanted) -> str:
    """What to do where there is nothing to show."""
    if answer.searched.videos == 0 and wanted.is_empty:
        return tr("Nothing is here yet. Videos appear as they are looked at, or when their folder comes back.")
    if any(chip.kind == "filter" for chip in answer.chips):
        return tr("Nothing was found with these filters. Take one away to see more.")
    return tr("Nothing was found. Try other words, or fewer.")
