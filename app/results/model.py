"""The rows of the grid: how many there are, and those of them that were looked at, fetched a page at a time.

Nothing here waits: a row that is not known yet is a placeholder, and its page is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtCore import Signal as QtSignal

from app.words import clock, tr
from engine.types import Hit

PAGE = 60
KEPT_PAGES = 60
PAGES_AT_ONCE = 3
FRAME_MS = 16

AnyIndex = QModelIndex | QPersistentModelIndex
HIT_ROLE = Qt.ItemDataRole.UserRole


class HitModel(QAbstractListModel):
    page_wanted = QtSignal(int)
    """The first row of a page that is to be shown and not known."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._total = 0
        self._pages: OrderedDict[int, tuple[Hit, ...]] = OrderedDict()
        self._missed: list[int] = []
        self._asked: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._ask_for_missed)

    def show(self, hits: Sequence[Hit], total: int) -> None:
        """A new answer, with its first page."""
        self.beginResetModel()
        self._total = total
        self._pages.clear()
        self._missed.clear()
        self._asked.clear()
        self._keep(0, hits)
        self.endResetModel()

    def add_page(self, first: int, hits: Sequence[Hit]) -> None:
        """A page that was asked for."""
        self._asked.discard(first)
        self._keep(first, hits)
        if hits:
            self.dataChanged.emit(self.index(first, 0), self.index(min(first + len(hits), self._total) - 1, 0))

    def hit(self, row: int) -> Hit | None:
        """The hit of a row; None, and on its way, where it is not known."""
        first = row - row % PAGE
        page = self._pages.get(first)
        if page is None:
            self._miss(first)
            return None
        self._pages.move_to_end(first)
        return page[row - first] if row - first < len(page) else None

    def row_of(self, hit: Hit) -> int | None:
        """Where the same moment stands now, if it is known."""
        for first, page in self._pages.items():
            for at, one in enumerate(page):
                if one.video_id == hit.video_id and abs(one.best_s - hit.best_s) < 0.5:
                    return first + at
        return None

    # --- Qt's questions ----------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._total

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == HIT_ROLE:
            return self.hit(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            hit = self.hit(index.row())
            return tr("Loading") if hit is None else sentence(hit)
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    # --- inside ------------------------------------------------------------------------------------------------

    def _keep(self, first: int, hits: Sequence[Hit]) -> None:
        self._pages[first] = tuple(hits)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def _miss(self, first: int) -> None:
        if first not in self._asked and first not in self._missed:
            self._missed.append(first)
            if not self._timer.isActive():
                self._timer.start()

    def _ask_for_missed(self) -> None:
        """Newest first; what was scrolled past is forgotten and missed again when it is seen again."""
        wanted = self._missed[-PAGES_AT_ONCE:][::-1]
        self._missed.clear()
        for first in wanted:
            self._asked.add(first)
            self.page_wanted.emit(first)


def sentence(hit: Hit) -> str:
    """A hit in words, for those who do not see it."""
    said = tr("{name} at {time}, {percent} % match", name=hit.path.name, time=clock(hit.start_s), percent=percent(hit))
    if not hit.is_online:
        said = f"{said}, {tr('offline: {volume}', volume=hit.volume_label)}"
    return f"{said}. {hit.caption}" if hit.caption else said


def percent(hit: Hit) -> int:
    return round(100 * hit.score)
