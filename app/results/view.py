"""The grid: an item view that lays out by arithmetic and asks only for the tiles that it paints."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QEnterEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.results.delegate import Look, TilePainter
from app.results.layout import GAP, Grid, make_grid
from app.results.model import HitModel
from app.results.thumbnails import Thumbnails
from app.words import tr
from engine.types import Hit

COLUMNS = 4
FEWEST, MOST = 2, 8
AnyIndex = QModelIndex | QPersistentModelIndex


class GridView(QAbstractItemView):
    """Rows of a HitModel as tiles. `chosen` follows the current tile, `opened` a double click."""

    chosen = Signal(object)
    opened = Signal(object)
    dragged = Signal(object, bool)
    """The hits of the tiles that are pulled away, and whether Alt is held."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._columns = COLUMNS
        self._grid = make_grid(0, COLUMNS, 600)
        self._hovered: int | None = None
        self._scrub = 0.0
        self._is_found = True
        self._painter_of_tiles: TilePainter | None = None
        thumbnails.arrived.connect(self.repaint_tiles)
        self.setObjectName("grid")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(tr("Moments found"))
        self.doubleClicked.connect(self._open)

    # --- for the window ----------------------------------------------------------------------------------------

    def hits(self) -> list[Hit]:
        """The selected moments, or the current one."""
        rows = sorted(index.row() for index in self.selectedIndexes()) or [self.currentIndex().row()]
        return [hit for row in rows if row >= 0 and (hit := self._hit(row)) is not None]

    def show_scores(self, wanted: bool) -> None:
        self._is_found = wanted

    @property
    def columns(self) -> int:
        return self._columns

    def set_columns(self, columns: int) -> None:
        """More columns, smaller tiles."""
        columns = max(FEWEST, min(MOST, columns))
        if columns != self._columns:
            self._columns = columns
            self._lay_out()

    def repaint_tiles(self) -> None:
        self.viewport().update()

    # --- what Qt asks of an item view --------------------------------------------------------------------------

    def visualRect(self, index: AnyIndex) -> QRect:
        if not index.isValid():
            return QRect()
        box = self._grid.box(index.row())
        return QRect(box.x, box.y - self.verticalOffset(), box.width, box.height)

    def scrollTo(
        self,
        index: AnyIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        del hint
        box = self._grid.box(index.row())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if box.y - GAP < bar.value():
            bar.setValue(box.y - GAP)
        elif box.y + box.height + GAP > bar.value() + height:
            bar.setValue(box.y + box.height + GAP - height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        at = self._grid.at(point.x(), point.y() + self.verticalOffset())
        return self.model().index(at, 0) if at is not None and self.model() is not None else QModelIndex()

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        del modifiers
        if not self._grid.count:
            return QModelIndex()
        now = max(0, self.currentIndex().row())
        if not self.currentIndex().isValid():
            return self.model().index(0, 0)
        wanted = now + self._step(action)
        return self.model().index(max(0, min(self._grid.count - 1, wanted)), 0)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: AnyIndex) -> bool:
        del index
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        area = rect.normalized()
        top = area.top() + self.verticalOffset()
        touched = self._grid.between(top, area.bottom() + self.verticalOffset())
        selection = QItemSelection()
        for row in touched:
            index = self.model().index(row, 0)
            if self.visualRect(index).intersects(area):
                selection.select(index, index)
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        del selection
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self._lay_out()

    # --- events ------------------------------------------------------------------------------------------------

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        del supportedActions
        hits = self.hits()
        if hits:
            self.dragged.emit(hits, bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._painter_of_tiles = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.model() is None:
            return
        if self._painter_of_tiles is None:
            self._painter_of_tiles = TilePainter(self.font())
        painter = QPainter(self.viewport())
        top = self.verticalOffset()
        for row in self._grid.between(top + event.rect().top(), top + event.rect().bottom()):
            index = self.model().index(row, 0)
            self._painter_of_tiles.draw(painter, self.visualRect(index), self._look(index))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(event.position().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self.repaint_tiles()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._hover(event.position().toPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_columns(self._columns - (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's search by typing would walk over every row, known or not; letters are ours."""
        if event.text() and event.text().isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        self.chosen.emit(self._hit(current.row()) if current.isValid() else None)

    # --- inside ------------------------------------------------------------------------------------------------

    def _hit(self, row: int) -> Hit | None:
        model = self.model()
        return model.hit(row) if isinstance(model, HitModel) else None

    def _open(self, index: QModelIndex) -> None:
        hit = self._hit(index.row())
        if hit is not None:
            self.opened.emit(hit)

    def _step(self, action: QAbstractItemView.CursorAction) -> int:
        moves = QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // self._grid.step_y) * self._grid.columns
        return {
            moves.MoveLeft: -1,
            moves.MovePrevious: -1,
            moves.MoveRight: 1,
            moves.MoveNext: 1,
            moves.MoveUp: -self._grid.columns,
            moves.MoveDown: self._grid.columns,
            moves.MovePageUp: -page,
            moves.MovePageDown: page,
            moves.MoveHome: -self._grid.count,
            moves.MoveEnd: self._grid.count,
        }.get(action, 0)

    def _look(self, index: QModelIndex) -> Look:
        row = index.row()
        hit = self._hit(row)
        picture, scrub = (None, None) if hit is None else (self._thumbnails.picture(hit), None)
        if hit is not None and row == self._hovered:
            strip = self._thumbnails.strip(hit)
            if len(strip) > 1:
                scrub = self._scrub
                picture = strip[min(len(strip) - 1, int(scrub * len(strip)))]
        return Look(
            hit,
            picture,
            is_selected=self.selectionModel().isSelected(index),
            is_current=self.hasFocus() and index == self.currentIndex(),
            is_hovered=row == self._hovered,
            scrub=scrub,
            is_found=self._is_found,
        )

    def _hover(self, point: QPoint) -> None:
        at = self._grid.at(point.x(), point.y() + self.verticalOffset())
        if at is not None:
            box = self._grid.box(at)
            self._scrub = max(0.0, min(1.0, (point.x() - box.x) / box.width))
        if at is not None or self._hovered is not None:
            self._hovered = at
            self.repaint_tiles()

    def _lay_out(self) -> None:
        count = self.model().rowCount() if self.model() is not None else 0
        viewport = self.viewport()
        self._grid = make_grid(count, self._columns, viewport.width())
        ratio = viewport.devicePixelRatioF()
        self._thumbnails.draw_at(QSize(round(self._grid.tile * ratio), round(self._grid.picture_height * ratio)))
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._grid.height - viewport.height()))
        bar.setPageStep(viewport.height())
        bar.setSingleStep(max(20, self._grid.step_y // 4))
        self.repaint_tiles()

    @property
    def grid(self) -> Grid:
        return self._grid
