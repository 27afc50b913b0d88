"""The page of what could not be indexed: which file, why, and what to do. Thousands of rows cost no more than ten."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.words import shown, some, told, tr
from engine.engine import Status
from engine.types import Failure

SHARES = (0.24, 0.4)
"""Of the table's width for name and reason; names are shorter than what is said of them."""
AnyIndex = QModelIndex | QPersistentModelIndex


class _Failures(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: tuple[Failure, ...] = ()
        self._headings = (tr("Video"), tr("What is wrong"), tr("What to do"))

    def show(self, rows: Sequence[Failure]) -> None:
        if tuple(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def row(self, at: int) -> Failure:
        return self._rows[at]

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        is_title = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self._headings[section] if is_title else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        one = self._rows[index.row()]
        texts = (shown(one.path.name), told(one.reason), told(one.remedy))
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            path = shown(one.path)
            return path if index.column() == 0 else texts[index.column()]
        return None


class ProblemsPage(QWidget):
    retry_wanted = Signal(object)
    """Paths; none means all."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        title = QLabel(tr("Problems"), self)
        title.setProperty("role", "title")
        self._about = QLabel(self)
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        self._model = _Failures(self)
        self._table = self._make_table()
        self._whole = QLabel(self)
        self._whole.setWordWrap(True)
        self._whole.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._table.selectionModel().currentRowChanged.connect(self._show_whole)
        self._some = QPushButton(tr("Try the selected again"), self)
        self._all = QPushButton(tr("Try all again"), self)
        self._some.clicked.connect(self._retry_selected)
        self._all.clicked.connect(self._retry_all)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._some)
        buttons.addWidget(self._all)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        for widget in (title, self._about):
            column.addWidget(widget)
        column.addWidget(self._table, 100)
        column.addWidget(self._whole)
        column.addLayout(buttons)
        column.addStretch(1)
        self.show_failures(())

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self._model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(30)
        table.setFrameShape(QTableView.Shape.NoFrame)
        table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        table.setAccessibleName(tr("Videos that could not be indexed"))
        return table

    def show_status(self, status: Status) -> None:
        self.show_failures(status.failures)

    def show_failures(self, failures: Sequence[Failure]) -> None:
        self._model.show(failures)
        if failures and not self._table.currentIndex().isValid():
            self._table.setCurrentIndex(self._model.index(0, 0))
        text = some(
            len(failures), "1 file could not be read, or only in part.", "{n} files could not be read, or only in part."
        )
        again = tr("A file is tried again by itself when it changes.")
        self._about.setText(f"{text} {again}" if failures else tr("Every video could be read."))
        for part in (self._some, self._all, self._table, self._whole):
            part.setVisible(bool(failures))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, share in enumerate(SHARES):
            self._table.setColumnWidth(column, round(share * self._table.width()))

    def _show_whole(self, current: QModelIndex, _before: QModelIndex) -> None:
        """What does not fit into the table's row."""
        if current.isValid():
            one = self._model.row(current.row())
            self._whole.setText(f"{shown(one.path)}\n{told(one.reason)}. {told(one.remedy)}.")

    def _retry_selected(self) -> None:
        rows = {index.row() for index in self._table.selectionModel().selectedRows()}
        if rows:
            self.retry_wanted.emit(tuple(self._model.row(row).path for row in sorted(rows)))

    def _retry_all(self) -> None:
        self.retry_wanted.emit(())
