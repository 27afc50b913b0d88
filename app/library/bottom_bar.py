"""The bar at the bottom: what indexing does, how fast, how long still, pause, and how much it may take."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from app.icons import IconButton
from app.library.indexing import State
from app.words import TIMES, count, left, long, shown, some, told, tr
from engine.settings import Settings
from engine.types import LibrarySummary

BAR_WIDTH = 140


class BottomBar(QFrame):
    pause_wanted = Signal()
    resume_wanted = Signal()
    throttle_wanted = Signal(object)
    """cpu_percent, only_when_idle, only_on_mains."""
    export_cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("bottom")
        self._state = State()
        self._summary, self._about = "", ""
        self._text = QLabel(self)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar(self)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(BAR_WIDTH)
        self._progress.setAccessibleName(tr("Indexing progress"))
        self._pause = IconButton("pause", tr("Pause indexing"), self)
        self._pause.clicked.connect(self._pause_or_resume)
        self._throttle = QComboBox(self)
        self._throttle.setAccessibleName(tr("How much of the computer indexing may use"))
        self._throttle.setToolTip(self._throttle.accessibleName())
        for text, values in throttles().items():
            self._throttle.addItem(text, values)
        self._throttle.activated.connect(self._choose)
        self._export = QLabel(self)
        self._stop_export = IconButton("close", tr("Cancel the export"), self)
        self._stop_export.clicked.connect(self.export_cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 10, 4)
        row.addWidget(self._text, 1)
        row.addWidget(self._export)
        row.addWidget(self._stop_export)
        row.addWidget(self._progress)
        row.addWidget(self._pause)
        row.addWidget(self._throttle)
        self.setMinimumHeight(self.sizeHint().height())  # with all that comes and goes, so that nothing above it jumps
        self.show_state(State())
        self.show_export(-1.0)

    @property
    def text(self) -> str:
        return self._text.text()

    def show_summary(self, summary: LibrarySummary) -> None:
        parts, about = [tr("The library is empty")], []
        if summary.videos:
            moments = some(summary.moments, "1 moment", "{n} moments")
            parts = [some(summary.videos, "1 video", "{n} videos"), long(summary.duration_s), moments]
            about.append(tr("Moments are the pictures of your videos that a search looks through."))
        if summary.missing_videos:
            parts.append(some(summary.missing_videos, "1 video is gone", "{n} videos are gone"))
            about.append(tr("What is gone from its folder is remembered for 30 days, in case it comes back."))
        self._summary, self._about = "  \N{MIDDLE DOT}  ".join(parts), "\n".join(about)
        self.show_state(self._state)

    def show_settings(self, settings: Settings) -> None:
        values = (settings.cpu_percent, settings.only_when_idle, settings.only_on_mains)
        at = next((at for at in range(self._throttle.count()) if self._throttle.itemData(at) == values), -1)
        self._throttle.setCurrentIndex(at)

    def show_state(self, state: State) -> None:
        self._state = state
        self._text.setText(said(state) or self._summary)
        self._text.setToolTip(state.file or ("" if said(state) else self._about))
        self._progress.setVisible(state.is_running)
        self._progress.setRange(0, state.files)
        self._progress.setValue(state.files_done)
        self._pause.setVisible(state.is_running)
        if state.is_paused:
            self._pause.show_icon("play", tr("Go on indexing"))
        else:
            self._pause.show_icon("pause", tr("Pause indexing"))

    def show_export(self, share: float) -> None:
        """How far an export is, from 0 to 1; below 0 there is none."""
        self._export.setVisible(share >= 0)
        self._stop_export.setVisible(share >= 0)
        self._export.setText(tr("Exporting {percent} %", percent=round(100 * max(0.0, share))))

    def _pause_or_resume(self) -> None:
        (self.resume_wanted if self._state.is_paused else self.pause_wanted).emit()

    def _choose(self, at: int) -> None:
        self.throttle_wanted.emit(self._throttle.itemData(at))


def throttles() -> dict[str, tuple[int, bool, bool]]:
    """Choices of cpu_percent, only_when_idle, only_on_mains."""
    return {
        tr("Full speed"): (100, False, False),
        tr("Half speed"): (50, False, False),
        tr("Only when idle"): (100, True, False),
        tr("Only on mains power"): (100, False, True),
    }


def said(state: State) -> str:
    """What is being done, in one line; empty when nothing is."""
    if not state.is_running:
        return ""
    if state.is_paused:
        return tr("Paused ({reason})", reason=told(state.why_paused)) if state.why_paused else tr("Paused")
    phases = {
        "scan": tr("Looking through folders"),
        "identify": tr("Recognising files"),
        "look": tr("Looking at videos"),
        "describe": tr("Describing videos"),
    }
    parts = [phases.get(state.phase, tr("Indexing"))]
    if state.phase == "scan" and state.found:
        parts.append(tr("{n} videos found", n=count(state.found)))
    elif state.files:
        parts.append(tr("{done} of {all}", done=count(state.files_done), all=count(state.files)))
    if state.speed:
        parts.append(tr("{n} real time", n=f"{state.speed:.0f}{TIMES}"))
    if state.left_s is not None:
        parts.append(left(state.left_s))
    elif state.file:
        parts.append(shown(PurePath(state.file).name))
    return "  \N{MIDDLE DOT}  ".join(parts)
