"""The search that is on: what is wanted now, its answer, and the pages of it. Newer searches make older ones void."""

from __future__ import annotations

import threading
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge import Bridge
from app.desk import Answered, Desk, Wanted
from app.results.model import PAGE, HitModel
from engine.errors import ExpectedError
from engine.search.ask import Page
from engine.types import SearchAnswer

TYPING_MS = 30
REMEMBER_MS = 2_500
"""A search that stood this long was meant, and is worth suggesting again."""
_SEARCH = "search"


class Search(QObject):
    answered = Signal(object)
    """A SearchAnswer, the quick one and the final one."""
    busy_changed = Signal(bool)
    wanted_changed = Signal(object)
    remembered = Signal()

    def __init__(self, desk: Desk, bridge: Bridge, model: HitModel) -> None:
        super().__init__(model)
        self._desk = desk
        self._bridge = bridge
        self._model = model
        self._cancel = threading.Event()
        self.wanted = Wanted()
        self.answer: SearchAnswer | None = None
        self._is_busy = False
        self._typing = _timer(self, TYPING_MS, self.run)
        self._meant = _timer(self, REMEMBER_MS, self._remember)
        model.page_wanted.connect(self._ask_for_page)

    def type(self, text: str) -> None:
        """The words changed; search when the fingers rest."""
        if text != self.wanted.text:
            self._want(replace(self.wanted, text=text))
            self._typing.start()

    def start(self, wanted: Wanted) -> None:
        """Search for this now."""
        self._want(wanted)
        self.run()

    def run(self) -> None:
        """Ask, again if need be, for the first page of what is wanted."""
        self.stop()
        self._cancel = threading.Event()
        self._set_busy(True)
        page = Page(limit=PAGE, group=self.wanted.group)
        self._bridge.stream(
            self._desk.search, self.wanted, page, self._cancel, each=self._take, failed=self._refused, key=_SEARCH
        )

    def stop(self) -> None:
        """Nobody waits for the search that is on any more; what is shown stays."""
        self._typing.stop()
        self._cancel.set()
        self._bridge.void(_SEARCH)
        self._set_busy(False)

    @property
    def is_busy(self) -> bool:
        return self._is_busy

    def _want(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._meant.stop()
        self.wanted_changed.emit(wanted)

    def _take(self, answered: Answered) -> None:
        self.answer = answered.answer
        self._model.show(answered.answer.hits, answered.answer.total)
        if answered.answer.is_final:
            self._set_busy(False)
            if answered.wanted.text.strip():
                self._meant.start()
        self.answered.emit(answered.answer)

    def _refused(self, error: ExpectedError) -> None:
        self._set_busy(False)
        self._bridge.refused.emit(error)

    def _ask_for_page(self, first: int) -> None:
        page = Page(limit=PAGE, offset=first, group=self.wanted.group)
        self._bridge.stream(self._desk.search, self.wanted, page, self._cancel, each=self._take_page)

    def _take_page(self, answered: Answered) -> None:
        if answered.wanted is self.wanted:
            self._model.add_page(answered.page.offset, answered.answer.hits)

    def _remember(self) -> None:
        if self.answer is not None and not self.wanted.has_anchor:
            self._bridge.submit(
                self._desk.note_search, self.wanted, self.answer.total, lane="write", done=self._was_remembered
            )

    def _was_remembered(self, _nothing: None) -> None:
        self.remembered.emit()

    def _set_busy(self, is_busy: bool) -> None:
        if is_busy != self._is_busy:
            self._is_busy = is_busy
            self.busy_changed.emit(is_busy)


def _timer(parent: QObject, every_ms: int, slot: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(every_ms)
    timer.timeout.connect(slot)
    return timer
