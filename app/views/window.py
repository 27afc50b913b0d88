"""The main window: puts the panels together and connects what one says to what another does. Holds no logic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.actions import Actions, Tools, without_anchor
from app.bridge import Bridge
from app.desk import Desk, Opened, Wanted
from app.library.bottom_bar import BottomBar
from app.library.indexing import Indexing
from app.library.problems import ProblemsPage
from app.library.side_panel import SidePanel
from app.messages import MessageBar
from app.models.page import ModelsPage
from app.player.panel import PlayerPanel
from app.results.model import HitModel
from app.results.thumbnails import Thumbnails
from app.searching import Search
from app.views.first_start import FirstStart
from app.views.keys import make_keys
from app.views.keys_overlay import KeysOverlay
from app.views.pictures import Pictures
from app.views.questions import may_close, may_remove_folder
from app.views.results_page import ResultsPage
from app.views.search_bar import SearchBar
from app.views.settings_page import SettingsPage
from app.views.state import WindowState
from app.views.upkeep import Upkeep
from app.words import tr
from engine.engine import Status
from engine.jobs.events import Done
from engine.settings import Settings
from engine.types import Hit, SavedSearch, SearchAnswer

SIZE, SIDES = (1280, 800), (210, 700, 370)


class Window(QMainWindow):
    closed = Signal(object)
    """The WindowState to keep."""
    usable = Signal()
    """The library is open and its first answer is shown."""

    def __init__(self, desk: Desk, bridge: Bridge, state: WindowState) -> None:
        super().__init__()  # the one window, owned by the composition root
        self.desk, self.bridge = desk, bridge
        self.keeps_watch = True  # whether the library is brought up to date without being asked
        self._is_asked, self._is_first = False, True
        self._has_added, self._shows_player = False, state.shows_player
        self.setWindowTitle("Reelfind")
        self.setAcceptDrops(True)
        self.model = HitModel(self)
        self.search = Search(desk, bridge, self.model)
        self.indexing = Indexing(desk.engine, bridge, self)
        self.thumbnails = Thumbnails(desk, bridge, self)
        self._make_parts()
        self.actions_ = Actions(Tools(desk, bridge, self.messages, self.search), self.results.grid.hits, self)
        self.pictures = Pictures(desk, bridge, self.search)
        self.upkeep = Upkeep(desk, bridge, self.indexing, self)
        self._lay_out(state)
        self._connect()
        self._connect_library()
        self.overlay = KeysOverlay(make_keys(self), self)

    # --- making it ---------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        centre = QWidget(self)
        self.bar = SearchBar(centre)
        self.results = ResultsPage(self.model, self.thumbnails, centre)
        self.first = FirstStart(centre)
        self.problems = ProblemsPage(centre)
        self.models_page = ModelsPage(centre)
        self.settings_page = SettingsPage(centre)
        self.messages = MessageBar(centre)
        self.pages = QStackedWidget(centre)
        for page in (self.results, self.first, self.problems, self.models_page, self.settings_page):
            self.pages.addWidget(page)
        self.side = SidePanel(self)
        self.player = PlayerPanel(self.desk, self.bridge, self)
        self.bottom = BottomBar(self)
        self._centre = centre

    def _lay_out(self, state: WindowState) -> None:
        column = QVBoxLayout(self._centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.bar)
        column.addWidget(self.pages, 1)
        notes = QHBoxLayout()
        notes.setContentsMargins(theme.MARGIN, 0, theme.MARGIN, theme.GAP)
        notes.addWidget(self.messages)
        column.addLayout(notes)
        self._panes = QSplitter(Qt.Orientation.Horizontal, self)
        self._panes.setHandleWidth(1)
        for widget in (self.side, self._centre, self.player):
            self._panes.addWidget(widget)
        self._panes.setStretchFactor(1, 1)
        self._panes.setCollapsible(1, False)
        whole = QWidget(self)
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._panes, 1)
        rows.addWidget(self.bottom)
        self.setCentralWidget(whole)
        self.setMinimumSize(640, 420)
        self._restore(state)

    def _restore(self, state: WindowState) -> None:
        if not self.restoreGeometry(QByteArray.fromBase64(state.geometry.encode())):
            self.resize(*SIZE)
        if not self._panes.restoreState(QByteArray.fromBase64(state.splitter.encode())):
            self._panes.setSizes(list(SIDES))
        self.results.grid.set_columns(state.columns)
        self.player.hide()
        self.player.film.set_volume(state.volume / 100)

    def _connect(self) -> None:
        self.bar.typed.connect(self._typed)
        self.bar.cancelled.connect(self._escape)
        self.bar.anchor_removed.connect(self._drop_anchor)
        self.bar.saving.connect(self.actions_.save_search)
        self.bar.line.left_downwards.connect(self._into_results)
        self.bar.line.picture_file.connect(self.pictures.search_file)
        self.bar.line.picture_pasted.connect(self.pictures.search_image)
        self.search.answered.connect(self._show_answer)
        self.search.busy_changed.connect(self.results.show_busy)
        self.search.wanted_changed.connect(self._show_wanted)
        self.search.remembered.connect(self.upkeep.refresh_suggestions)
        self.results.group_toggled.connect(self._group)
        self.results.grid.chosen.connect(self._choose)
        self.results.grid.opened.connect(self._preview)
        self.results.grid.customContextMenuRequested.connect(self._menu)
        self.results.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        for show in (self.messages.error, self.results.show_trouble):
            self.bridge.refused.connect(show)
        self.actions_.saved_changed.connect(self.upkeep.refresh_suggestions)
        self.actions_.export_moved.connect(self.bottom.show_export)
        self.bottom.export_cancelled.connect(self.actions_.cancel_export)

    def _connect_library(self) -> None:
        upkeep = self.upkeep
        for source in (self.side, self.first):
            source.add_wanted.connect(self.choose_folder)
            source.dropped.connect(self.add_paths)
        self.first.offer(upkeep.samples)
        self.side.page_chosen.connect(self.show_page)
        self.side.search_chosen.connect(self._start_text)
        self.side.folder_chosen.connect(self._start_folder)
        self.side.folder_removed.connect(self._remove_folder)
        self.side.search_removed.connect(upkeep.forget_search)
        self.problems.retry_wanted.connect(upkeep.retry)
        self.models_page.use_wanted.connect(upkeep.use_pack)
        self.settings_page.changed.connect(upkeep.save_settings)
        self.bottom.throttle_wanted.connect(upkeep.throttle)
        self.bottom.pause_wanted.connect(self.indexing.pause)
        self.bottom.resume_wanted.connect(self.indexing.resume)
        self.indexing.changed.connect(self.bottom.show_state)
        self.indexing.grown.connect(self.thumbnails.forget_missing)
        self.indexing.grown.connect(self._grown)
        self.indexing.ended.connect(self._indexed)
        upkeep.opened.connect(self._show_opened)
        upkeep.status_read.connect(self._show_status)
        upkeep.suggested.connect(self._show_suggestions)
        upkeep.packs_read.connect(self.models_page.show_packs)
        upkeep.settings_read.connect(self._show_settings)
        upkeep.said.connect(self.messages.info)
        upkeep.added.connect(self._added)
        upkeep.files_named.connect(self._start_text)
        upkeep.search_changed.connect(self.search.run)

    # --- searching ---------------------------------------------------------------------------------------------

    def focus_search(self) -> None:
        if not self._is_first:
            self._show_results()
        self.bar.line.setFocus()
        self.bar.line.selectAll()

    def _typed(self, text: str) -> None:
        self._show_results()
        self.search.type(text)

    def _start_text(self, text: str) -> None:
        self._show_results()
        self.search.start(Wanted(text, group=self.search.wanted.group))

    def _start_folder(self, folder: str) -> None:
        self._start_text(f'in:"{folder}"')

    def _drop_anchor(self) -> None:
        self.search.start(without_anchor(self.search.wanted))

    def _group(self, wanted: bool) -> None:
        self.search.start(replace(self.search.wanted, group=wanted))

    def _escape(self) -> None:
        if self.search.is_busy:
            self.search.stop()
        elif not self.search.wanted.is_empty:
            self._start_text("")
        else:
            self.results.grid.setFocus()

    def _into_results(self) -> None:
        grid = self.results.grid
        grid.setFocus()
        if not grid.currentIndex().isValid() and self.model.rowCount():
            grid.setCurrentIndex(self.model.index(0, 0))

    def _show_wanted(self, wanted: Wanted) -> None:
        self.bar.set_text(wanted.text)
        if wanted.has_anchor:
            self._show_results()
            self.bar.show_understood(None, wanted.label)

    def _show_answer(self, answer: SearchAnswer) -> None:
        wanted = self.search.wanted
        shown = None if wanted.is_empty else answer
        self.bar.show_understood(shown, wanted.label)
        self.results.show_answer(answer, wanted)
        self._keep_choice()
        if answer.is_final:
            self.usable.emit()

    def _keep_choice(self) -> None:
        """After a better ordered answer the same moment stays chosen, if it is still there."""
        hit = self.player.hit
        row = self.model.row_of(hit) if hit is not None else None
        if row is not None:
            grid = self.results.grid
            was_blocked = grid.blockSignals(True)
            grid.setCurrentIndex(self.model.index(row, 0))
            grid.blockSignals(was_blocked)

    def _show_results(self) -> None:
        self.pages.setCurrentWidget(self.results)

    # --- one moment --------------------------------------------------------------------------------------------

    def _choose(self, hit: Hit | None) -> None:
        if hit is not None:
            self.player.show_hit(hit, self.search.wanted)

    def _preview(self, hit: Hit) -> None:
        self._show_player()
        self.player.show_hit(hit, self.search.wanted)
        self.player.toggle()

    def toggle_player(self) -> None:
        hits = self.results.grid.hits()[:1]
        if not self.player.isVisible() or (self.player.hit is None and hits):
            self._show_player()
            for hit in hits:
                self.player.show_hit(hit, self.search.wanted)
        self.player.toggle()

    def toggle_panel(self) -> None:
        self._show_player(not self.player.isVisible())
        if not self._shows_player:
            self.player.close_file()

    def _show_player(self, wanted: bool = True) -> None:
        self._shows_player = wanted
        self.player.setVisible(wanted)

    def _menu(self, point: object) -> None:
        del point
        if self.results.grid.hits():
            self.actions_.menu(self).popup(self.cursor().pos())

    def larger(self) -> None:
        self.results.grid.set_columns(self.results.grid.columns - 1)

    def smaller(self) -> None:
        self.results.grid.set_columns(self.results.grid.columns + 1)

    def show_keys(self) -> None:
        self.overlay.toggle()

    # --- the library -------------------------------------------------------------------------------------------

    def show_page(self, name: str) -> None:
        if name == "all":
            self._start_text("")
            return
        pages = {"problems": self.problems, "models": self.models_page, "settings": self.settings_page}
        self.pages.setCurrentWidget(pages[name])
        if name == "models":
            self.upkeep.read_packs()

    def choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Add a folder of videos"))
        if folder:
            self.add_paths((Path(folder),))

    def add_paths(self, paths: tuple[Path, ...]) -> None:
        """Folders become part of the library; a video that is in it is shown."""
        if paths:
            self.upkeep.add(paths)

    def _added(self) -> None:
        self._has_added = True
        self._is_first = False
        self._show_player(self._shows_player)
        self._start_text("")

    def _remove_folder(self, path: str) -> None:
        if may_remove_folder(self, path):
            self.upkeep.remove_folder(path)

    def _show_opened(self, opened: Opened) -> None:
        self._show_status(opened.status)
        self._show_suggestions(opened.saved, opened.past)
        for note in opened.notes[:1]:
            self.messages.info(note)
        self.search.run()
        if opened.status.folders and self.keeps_watch:
            self.indexing.start()

    def _show_status(self, shown: Status) -> None:
        self.side.show_library(shown.folders, shown.summary.failures)
        self.bottom.show_summary(shown.summary)
        self.problems.show_failures(shown.failures)
        is_first = not shown.folders and not shown.summary.videos and not self._has_added
        if is_first != self._is_first or is_first:
            self.pages.setCurrentWidget(self.first if is_first else self.results)
        self._is_first = is_first
        self.player.setVisible(self._shows_player and not is_first)

    def _show_suggestions(self, saved: tuple[SavedSearch, ...], past: tuple[str, ...]) -> None:
        self.side.show_saved(saved)
        self.bar.suggest(past, [one.query for one in saved])

    def _show_settings(self, settings: Settings) -> None:
        self.settings_page.show_settings(settings)
        self.bottom.show_settings(settings)

    def _grown(self) -> None:
        """More can be found. What is looked at keeps still; a list that nobody has touched grows."""
        self.upkeep.refresh()
        grid = self.results.grid
        is_at_rest = not self.search.is_busy and grid.verticalOffset() == 0 and len(grid.selectedIndexes()) < 2
        if is_at_rest:
            self.search.run()

    def _indexed(self, _done: Done) -> None:
        self.messages.info(tr("The library is up to date."))
        QApplication.alert(self)

    # --- coming and going --------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.source() is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.add_paths(tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()))

    def raise_up(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def state(self) -> WindowState:
        return WindowState(
            bytes(self.saveGeometry().toBase64().data()).decode(),
            bytes(self._panes.saveState().toBase64().data()).decode(),
            self.results.grid.columns,
            self._shows_player,
            round(self.player.film.volume * 100),
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.indexing.state.is_running and not self._is_asked:
            self._is_asked = True
            if not may_close(self):
                event.ignore()
                return
        self.closed.emit(self.state())
        event.accept()
