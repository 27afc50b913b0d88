"""The moment that is looked at: what is chosen in the grid is shown in the player, as long as the player is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.player.panel import PlayerPanel
from app.results.model import HitModel
from app.results.view import GridView
from app.searching import Search
from engine.types import Hit


class Watching(QObject):
    watched = Signal(object)
    """A Hit that is really being watched, not only passed by."""

    def __init__(self, grid: GridView, search: Search, player: PlayerPanel) -> None:
        super().__init__(grid)
        self._grid = grid
        self._search = search
        self._player = player
        self.is_wanted = True
        """Whether the user wants to see the panel; on the first screen it is hidden all the same."""
        grid.chosen.connect(self.choose)
        grid.opened.connect(self.preview)

    def choose(self, hit: Hit | None) -> None:
        if hit is not None:
            self._player.show_hit(hit, self._search.wanted)

    def preview(self, hit: Hit) -> None:
        self.show_player()
        self._player.show_hit(hit, self._search.wanted)
        self._player.toggle()
        self.watched.emit(hit)

    def toggle_player(self) -> None:
        hits = self._grid.hits()[:1]
        if not self._player.isVisible() or (self._player.hit is None and hits):
            self.show_player()
            for hit in hits:
                self._player.show_hit(hit, self._search.wanted)
        self._player.toggle()
        if self._player.hit is not None:
            self.watched.emit(self._player.hit)

    def toggle_panel(self) -> None:
        self.show_player(not self._player.isVisible())
        if not self.is_wanted:
            self._player.close_file()

    def show_player(self, wanted: bool = True) -> None:
        self.is_wanted = wanted
        self._player.setVisible(wanted)

    def keep_choice(self, model: HitModel) -> None:
        """After another answer the same moment stays chosen, if it is there, and is explained anew."""
        hit = self._player.hit
        row = model.row_of(hit) if hit is not None else None
        if row is not None:
            was_blocked = self._grid.blockSignals(True)
            self._grid.setCurrentIndex(model.index(row, 0))
            self._grid.blockSignals(was_blocked)
        found = model.hit(row) if row is not None else None
        self._player.show_answer(found, self._search.wanted)
