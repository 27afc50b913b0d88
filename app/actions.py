"""What a user can do with the moments that are selected. Each action starts one task and says what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from app import outside
from app.cutting import cut_moment, cut_name
from app.desk import Wanted
from app.labelling import Labelling
from app.tools import Selected, Tools, make_action
from app.words import exact_clock, shown, tr
from engine.errors import ExpectedError
from engine.types import Hit, Moment, Verdict

LONGEST_NAME = 60
VIDEO_FILES = "MP4 (*.mp4);;Matroska (*.mkv);;QuickTime (*.mov)"


class Actions(QObject):
    saved_changed = Signal()
    refining = Signal()
    """Similar moments are shown, and words are to say how they should differ."""
    exported = Signal(str)
    """What to say of a moment that is cut out now."""
    export_moved = Signal(float)
    """0 to 1 while a moment is being exported, -1 when none is."""

    def __init__(self, tools: Tools, selected: Selected, window: QWidget) -> None:
        super().__init__(window)
        self._tools = tools
        self._selected = selected
        self._window = window
        self._export: Event | None = None
        self.labelling = Labelling(tools, selected, window)
        self._made: list[QAction] = [
            make_action(self, tr("Open at the moment in the player"), self.open_at, "Return", "Enter"),
            make_action(self, tr("Show in folder"), self.show_in_folder, "Ctrl+Return"),
            make_action(self, tr("Export the moment…"), self.export_moment, "Ctrl+E"),
            make_action(self, tr("Copy path and time"), self.copy, "Ctrl+C"),
            make_action(self, tr("Find similar moments"), self.find_similar, "F"),
            make_action(self, tr("Like this, but …"), self.refine, "Shift+F"),
            make_action(self, tr("Not this one"), self.not_this, "N"),
            make_action(self, tr("Correct the caption…"), self.correct_caption, "F2"),
        ]
        self.save = make_action(self, tr("Save this search…"), self.save_search, "Ctrl+S")

    def attach(self, widget: QWidget) -> None:
        """Let the keys of all actions work while this widget has the focus."""
        widget.addActions([*self._made, *self.labelling.actions])

    def menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        hits = self._selected()
        for action in self._made:
            menu.addAction(action)
            action.setEnabled(bool(hits))
        menu.addSeparator()
        self.labelling.add_to(menu)
        return menu

    def keys(self) -> list[tuple[str, str]]:
        """Key and meaning of each action, for the page of all keys."""
        native = QKeySequence.SequenceFormat.NativeText
        made = [(one.shortcut().toString(native), one.text().rstrip("… ")) for one in (*self._made, self.save)]
        return [*made, *self.labelling.keys()]

    # --- the actions -------------------------------------------------------------------------------------------

    def open_at(self) -> None:
        for hit in self._one():
            self._tools.bridge.submit(outside.play_at, hit.path, hit.start_s, done=self._was_opened)
            self._verdict(hit, "opened")

    def show_in_folder(self) -> None:
        for hit in self._one():
            self._tools.bridge.submit(outside.show_in_folder, hit.path)

    def copy(self) -> None:
        """One line each: the path, and the time where a player would take it."""
        hits = self._selected()
        if hits:
            lines = [f"{hit.path}\t{exact_clock(hit.start_s)}" for hit in hits]
            QGuiApplication.clipboard().setText(shown("\n".join(lines)))
            self._tools.messages.info(tr("Copied."))

    def find_similar(self) -> None:
        """More like this; words typed afterwards say how it should differ."""
        for hit in self._selected()[:1]:
            label = shown(f"{hit.path.name[:LONGEST_NAME]} {exact_clock(hit.best_s)}")
            moment = Moment(hit.video_id, hit.best_s)
            self._tools.search.start(Wanted(like=moment, label=tr("like {what}", what=label)))

    def refine(self) -> None:
        """More like this, and the next words typed say how it should differ."""
        if self._selected():
            self.find_similar()
            self.refining.emit()

    def not_this(self) -> None:
        """These are no answers to this query; they go, and the rest is ordered anew."""
        wanted = self._tools.search.wanted
        moments = [Moment(hit.video_id, hit.best_s) for hit in self._selected()]
        if not moments or wanted.has_anchor or not wanted.text.strip():
            self._tools.messages.info(tr("This needs a search by words: it says what the moment is not."))
            return
        for moment in moments:
            self._tools.bridge.submit(
                self._tools.desk.give_verdict, wanted.text, moment, "not this", lane="write", done=self._search_again
            )
        self._tools.messages.info(
            tr("Left out of this search."), tr("Undo"), lambda: self._take_back(wanted.text, moments)
        )

    def correct_caption(self) -> None:
        for hit in self._selected()[:1]:
            text, is_given = QInputDialog.getText(
                self._window, tr("Correct the caption"), tr("What is really shown here:"), text=hit.caption or ""
            )
            if is_given and text.strip():
                self._tools.bridge.submit(
                    self._tools.desk.correct_caption, hit, text.strip(), lane="write", done=self._search_again
                )

    def save_search(self) -> None:
        query = self._tools.search.wanted.text.strip()
        if not query:
            self._tools.messages.info(tr("There is nothing to save: type a search first."))
            return
        name, is_given = QInputDialog.getText(self._window, tr("Save this search"), tr("Name:"), text=query)
        if is_given and name.strip():
            self._tools.bridge.submit(self._tools.desk.save_search, name.strip(), query, lane="write", done=self._saved)

    def export_moment(self) -> None:
        for hit in self._one():
            if self._export is not None:
                self._tools.messages.info(tr("One moment is being exported; wait for it or cancel it."))
                return
            chosen, _ = QFileDialog.getSaveFileName(
                self._window, tr("Export the moment"), str(hit.path.with_name(cut_name(hit))), VIDEO_FILES
            )
            if chosen:
                self.export_to(hit, Path(chosen))

    def export_to(self, hit: Hit, target: Path) -> None:
        cancel = self._export = Event()
        moved = self._tools.bridge.teller(self.export_moved.emit)
        self._tools.bridge.submit(
            cut_moment, hit, target, moved, cancel, lane="export", done=self._exported, failed=self._export_failed
        )
        self.export_moved.emit(0.0)

    def cancel_export(self) -> None:
        if self._export is not None:
            self._export.set()
            self._export = None
            self.export_moved.emit(-1.0)

    # --- what came of it ---------------------------------------------------------------------------------------

    def _exported(self, outcome: tuple[str, Path]) -> None:
        way, target = outcome
        self._export = None
        said = tr("Exported without loss: {name}") if way == "copied" else tr("Exported: {name}")
        bridge = self._tools.bridge
        text = said.format(name=shown(target.name))
        self._tools.messages.info(text, tr("Show"), lambda: bridge.submit(outside.show_in_folder, target))
        self.exported.emit(text)
        self.export_moved.emit(-1.0)

    def _export_failed(self, error: ExpectedError) -> None:
        self._export = None
        self.export_moved.emit(-1.0)
        self._tools.messages.error(error)

    def _was_opened(self, player: str) -> None:
        if not player:
            self._tools.messages.info(tr("Opened from its beginning; mpv or VLC would start at the moment."))

    def _saved(self, _nothing: None) -> None:
        self._tools.messages.info(tr("The search is saved."))
        self.saved_changed.emit()

    def _search_again(self, _nothing: object) -> None:
        self._tools.search.run()

    def _take_back(self, query: str, moments: list[Moment]) -> None:
        for moment in moments:
            self._tools.bridge.submit(self._tools.desk.take_back, query, moment, lane="write", done=self._search_again)

    def _verdict(self, hit: Hit, verdict: Verdict) -> None:
        wanted = self._tools.search.wanted
        if wanted.text.strip() and not wanted.has_anchor:
            moment = Moment(hit.video_id, hit.best_s)
            self._tools.bridge.submit(self._tools.desk.give_verdict, wanted.text, moment, verdict, lane="write")

    def _one(self) -> list[Hit]:
        """The first of the selected moments, if its file can be reached; says so where it cannot."""
        hits = self._selected()[:1]
        if hits and not hits[0].is_online:
            error = ExpectedError(
                shown(hits[0].path.name),
                tr("it lies on {volume}, which is not plugged in", volume=hits[0].volume_label),
                tr("Plug it in and try again"),
            )
            self._tools.messages.error(error)
            return []
        return hits


def without_anchor(wanted: Wanted) -> Wanted:
    """The same words without the moment or picture."""
    return replace(wanted, like=None, picture=None, label="")
