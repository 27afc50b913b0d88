"""The main window: puts the panels together and connects what one says to what another does. Holds no logic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QSplitter, QVBoxLayout, QWidget

from app import theme
from app.actions import Actions, without_anchor
from app.bridge import Bridge
from app.desk import Desk, Known, Opened, Wanted
from app.dragging import Dragging
from app.dropping import Drops
from app.library.bottom_bar import BottomBar
from app.library.indexing import Indexing, State
from app.library.side_panel import SidePanel
from app.messages import MessageBar
from app.notice import Notice
from app.player.panel import PlayerPanel
from app.results.model import HitModel
from app.results.thumbnails import Thumbnails
from app.searching import Search
from app.tools import Tools
from app.views.keys import make_keys
from app.views.keys_overlay import KeysOverlay
from app.views.pages import Pages
from app.views.pictures import Pictures
from app.views.questions import may_close, may_remove_folder
from app.views.search_bar import SearchBar
from app.views.state import WindowState
from app.views.suggestions import folder_names
from app.views.upkeep import Upkeep
from app.views.watching import Watching
from app.words import shown, told, tr
from engine.engine import Status
from engine.jobs.events import Done
from engine.types import Hit, SearchAnswer, VideoId

SIZE, SIDES = (1280, 800), (210, 700, 370)
SMALLEST, SMALLEST_CENTRE = (760, 460), 260
"""All three columns side by side, on a small screen at 150 % too."""


class Window(QMainWindow):
    closed = Signal(object)
    """The WindowState to keep."""
    usable = Signal()
    """The library is open and its first answer is shown."""

    def __init__(self, desk: Desk, bridge: Bridge, state: WindowState) -> None:
        super().__init__()  # the one window, owned by the composition root
        self.desk, self.bridge = desk, bridge
        self.keeps_watch = True  # whether the library is brought up to date without being asked
        self._is_asked, self._is_usable = False, False
        self._is_first, self._has_added = True, False
        self.setWindowTitle("Reelfind")
        self.model = HitModel(self)
        self.search = Search(desk, bridge, self.model)
        self.indexing = Indexing(desk.engine, bridge, self)
        self.thumbnails = Thumbnails(desk, bridge, self)
        self.upkeep = Upkeep(desk, bridge, self.indexing, self)
        self.notice = Notice(self)
        self._make_parts()
        tools = Tools(desk, bridge, self.messages, self.search)
        self.actions_ = Actions(tools, self.results.grid.hits, self)
        self.dragging = Dragging(self.results.grid, self.thumbnails, tools)
        self.pictures = Pictures(desk, bridge, self.search)
        self._lay_out()
        self._restore(state)
        self._connect_search()
        self._connect_moment()
        self._connect_library()
        self.overlay = KeysOverlay(make_keys(self), self)

    # --- making it ---------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._centre = QWidget(self)
        self.bar = SearchBar(self._centre)
        self.pages = Pages(self.model, self.thumbnails, self.upkeep, self._centre)
        self.results, self.first = self.pages.results, self.pages.first
        self.messages = MessageBar(self._centre)
        self.side = SidePanel(self)
        self.player = PlayerPanel(self.desk, self.bridge, self)
        self.watching = Watching(self.results.grid, self.search, self.player)
        self.bottom = BottomBar(self)

    def _lay_out(self) -> None:
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
        self._centre.setMinimumWidth(SMALLEST_CENTRE)
        self.setMinimumSize(*SMALLEST)

    def _restore(self, state: WindowState) -> None:
        if not self.restoreGeometry(QByteArray.fromBase64(state.geometry.encode())):
            self.resize(*SIZE)
        if not self._panes.restoreState(QByteArray.fromBase64(state.splitter.encode())):
            self._panes.setSizes(list(SIDES))
        self.results.grid.set_columns(state.columns)
        self.watching.is_wanted = state.shows_player
        self.player.hide()
        self.player.set_volume(state.volume)

    def _connect_search(self) -> None:
        self.bar.typed.connect(self._typed)
        self.bar.cancelled.connect(self._escape)
        self.bar.anchor_removed.connect(self._drop_anchor)
        self.bar.saving.connect(self.actions_.save_search)
        self.bar.names_wanted.connect(self.upkeep.find_names)
        self.bar.line.left_downwards.connect(self._into_results)
        self.bar.line.picture_file.connect(self.pictures.search_file)
        self.bar.line.picture_pasted.connect(self.pictures.search_image)
        self.search.answered.connect(self._show_answer)
        self.search.busy_changed.connect(self.results.show_busy)
        self.search.wanted_changed.connect(self._show_wanted)
        self.search.remembered.connect(self.upkeep.refresh_known)
        self.results.group_toggled.connect(self._group)
        for show in (self.messages.error, self.results.show_trouble):
            self.bridge.refused.connect(show)

    def _connect_moment(self) -> None:
        grid, labelling = self.results.grid, self.actions_.labelling
        grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        grid.customContextMenuRequested.connect(self._menu)
        self.watching.watched.connect(self._note_watched)
        self.actions_.saved_changed.connect(self.upkeep.refresh_known)
        self.actions_.refining.connect(self.focus_search)
        self.actions_.export_moved.connect(self.bottom.show_export)
        self.actions_.export_moved.connect(self._export_moved)
        self.actions_.exported.connect(self._exported)
        self.bottom.export_cancelled.connect(self.actions_.cancel_export)
        self.player.rated.connect(labelling.give_stars)
        self.player.tags_changed.connect(labelling.change_tags)
        self.player.note_written.connect(labelling.write_note)
        labelling.changed.connect(self._relabelled)

    def _connect_library(self) -> None:
        upkeep, side = self.upkeep, self.side
        self.drops = [Drops(widget, self.add_paths) for widget in (self, side, self.first)]
        for source in (side, self.pages):
            source.add_wanted.connect(self.choose_folder)
        self.first.offer(upkeep.samples)
        self.pages.remove_wanted.connect(self._remove_folder)
        self.pages.shown.connect(self._mark_page)
        side.page_chosen.connect(self.show_page)
        side.search_chosen.connect(self._start_place)
        side.folder_removed.connect(self._remove_folder)
        side.search_removed.connect(upkeep.forget_search)
        self.bottom.throttle_wanted.connect(upkeep.throttle)
        self.bottom.pause_wanted.connect(self.indexing.pause)
        self.bottom.resume_wanted.connect(self.indexing.resume)
        self.indexing.changed.connect(self._show_work)
        self.indexing.grown.connect(self.thumbnails.forget_missing)
        self.indexing.grown.connect(self._grown)
        self.indexing.ended.connect(self._indexed)
        self.notice.clicked.connect(self.raise_up)
        upkeep.opened.connect(self._show_opened)
        upkeep.status_read.connect(self._show_status)
        upkeep.known_read.connect(self._show_known)
        upkeep.names_found.connect(self.bar.show_names)
        upkeep.settings_read.connect(self.bottom.show_settings)
        upkeep.said.connect(self.messages.info)
        upkeep.added.connect(self._added)
        upkeep.files_named.connect(self._start_file)
        upkeep.stranger_named.connect(self._offer_folder)
        upkeep.search_changed.connect(self.search.run)
        upkeep.index_changed.connect(self.player.refresh)

    # --- searching ---------------------------------------------------------------------------------------------

    def focus_search(self) -> None:
        if not self._is_first:
            self.pages.show_page("results")
        self.bar.line.setFocus()
        self.bar.line.selectAll()

    def _typed(self, text: str) -> None:
        self.pages.show_page("results")
        self.search.type(text)

    def _start_text(self, text: str) -> None:
        self.pages.show_page("results")
        self.search.start(Wanted(text, group=self.search.wanted.group))

    def _start_place(self, kind: str, value: str, text: str) -> None:
        self._start_text(text)
        self.side.show_place(kind, value)

    def _start_file(self, path: Path) -> None:
        self._start_text(f'name:"{shown(path.name)}"')

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
            self.pages.show_page("results")
            self.bar.show_understood(None, wanted.label)

    def _show_answer(self, answer: SearchAnswer) -> None:
        wanted = self.search.wanted
        self.bar.show_understood(None if wanted.is_empty else answer, wanted.label)
        self.results.show_answer(answer, wanted)
        self.watching.keep_choice(self.model)
        if answer.is_final and not self._is_usable:
            self._is_usable = True
            self.usable.emit()
            self._get_going()

    # --- one moment --------------------------------------------------------------------------------------------

    def _note_watched(self, hit: Hit) -> None:
        self.bridge.submit(self.desk.note_opened, hit.video_id, lane="write")

    def _menu(self, point: object) -> None:
        del point
        if self.results.grid.hits():
            self.actions_.menu(self).popup(self.cursor().pos())

    def show_keys(self) -> None:
        self.overlay.toggle()

    def _relabelled(self, videos: tuple[VideoId, ...]) -> None:
        """Whoever filters by tags or stars sees the list as it is now."""
        self.player.reload(videos)
        self.upkeep.refresh_known()
        if "tag:" in self.search.wanted.text or "rating:" in self.search.wanted.text:
            self.search.run()

    def _export_moved(self, share: float) -> None:
        (self.notice.began if share >= 0 else self.notice.dropped)("export")

    def _exported(self, text: str) -> None:
        self.notice.ended("export", text)

    # --- the library -------------------------------------------------------------------------------------------

    def show_page(self, name: str) -> None:
        if name == "all":
            self._start_text("")
        else:
            self.pages.show_page(name)

    def _mark_page(self, name: str) -> None:
        """The player belongs to what was found; the other pages have its room."""
        self.player.setVisible(self.watching.is_wanted and name == "results")
        self.side.show_place("page", "all" if name == "results" else name)

    def choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Add a folder of videos"))
        if folder:
            self.add_paths((Path(folder),))

    def add_paths(self, paths: tuple[Path, ...]) -> None:
        """Folders become part of the library; a video that is in it is shown."""
        if paths:
            self.upkeep.add(paths)

    def _added(self) -> None:
        self._has_added, self._is_first = True, False
        self.watching.show_player(self.watching.is_wanted)
        self._start_text(self.bar.line.text())  # what is being typed by now is left alone

    def _offer_folder(self, path: Path) -> None:
        folder = path.parent
        text = tr("{name} is not in the library yet.", name=shown(path.name))
        self.messages.offer(text, tr("Add its folder"), lambda: self.add_paths((folder,)))

    def _remove_folder(self, path: str) -> None:
        if may_remove_folder(self, path):
            self.upkeep.remove_folder(path)

    def _show_opened(self, opened: Opened) -> None:
        for note in opened.notes[:1]:
            self.messages.info(told(note))
        self._show_first(opened.is_empty)
        self.search.run()

    def _get_going(self) -> None:
        """Once the first answer is there: what makes the next ones quick, and what is new on the disks."""
        self.upkeep.warm_up()
        self._keep_watch()

    def _keep_watch(self) -> None:
        status = self.upkeep.status
        if self._is_usable and self.keeps_watch and status is not None and status.folders:
            self.keeps_watch = False  # it is kept from now on
            self.indexing.start()

    def _show_status(self, status: Status) -> None:
        self.side.show_library(status.folders, status.summary.failures)
        self.bottom.show_summary(status.summary)
        self._offer_searches(self.upkeep.known)
        self._show_first(not status.folders and not status.summary.videos)
        self._keep_watch()

    def _show_first(self, is_empty: bool) -> None:
        """The first screen for a library without anything; whoever has added something sees it come instead."""
        is_first = is_empty and not self._has_added
        if is_first != self._is_first or is_first:
            self.pages.show_page("first" if is_first else "results")
        self._is_first = is_first

    def _show_known(self, known: Known) -> None:
        self.side.show_own(known.saved, known.tags)
        self.player.suggest_tags([one.tag for one in known.tags])
        self.actions_.labelling.tags = tuple(one.tag for one in known.tags)
        self._offer_searches(known)

    def _offer_searches(self, known: Known) -> None:
        status = self.upkeep.status
        folders = folder_names([one.path for one in status.folders]) if status is not None else ()
        searches = dict.fromkeys([*(one.query for one in known.saved), *known.past])
        self.bar.suggest_from(tuple(searches), [one.tag for one in known.tags], folders)

    def _show_work(self, state: State) -> None:
        self.bottom.show_state(state)
        (self.notice.began if state.is_running else self.notice.dropped)("index")

    def _grown(self) -> None:
        """More can be found. What is looked at keeps still; a list that nobody has touched grows."""
        self.upkeep.refresh()
        grid = self.results.grid
        is_at_rest = not self.search.is_busy and grid.verticalOffset() == 0 and len(grid.selectedIndexes()) < 2
        if is_at_rest:
            self.search.run()

    def _indexed(self, _done: Done) -> None:
        text = tr("The library is up to date.")
        self.messages.info(text)
        self.notice.ended("index", text)

    # --- events ------------------------------------------------------------------------------------------------

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
            self.watching.is_wanted,
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
