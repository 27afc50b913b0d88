"""What stands below the player: why the moment was found, and everything that is said in the video, with its times."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QTabWidget, QVBoxLayout, QWidget

from app.player.own_words import OwnWords
from app.words import clock, tr
from engine.types import Hit, StoredText, Why

_TIME_ROLE = Qt.ItemDataRole.UserRole
MOST_LINES = 2000


class Evidence(QWidget):
    seek_wanted = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._why = self._list(tr("Why it matched"))
        self._said = self._list(tr("Captions and subtitles"))
        self._tabs = QTabWidget(self)
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self._tabs.addTab(self._why, tr("Why it matched"))
        self._tabs.addTab(self._said, tr("In words"))
        self.own = OwnWords(self)
        self._tabs.addTab(self.own, tr("Tags and note"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._tabs)

    def show_why(self) -> None:
        self._tabs.setCurrentWidget(self._why)

    def show_own_words(self) -> None:
        self._tabs.setCurrentWidget(self.own)

    def show_hit(self, hit: Hit | None) -> None:
        self._said.clear()
        self.show_reasons(hit)

    def show_reasons(self, hit: Hit | None) -> None:
        self._why.clear()
        for why in hit.why if hit is not None else ():
            _add(self._why, reason(why), why.at_s)

    def show_texts(self, texts: Sequence[StoredText]) -> None:
        self._said.clear()
        spoken = [one for one in texts if one.source not in ("name", "metadata")][:MOST_LINES]
        for one in spoken:
            _add(self._said, f"{clock(one.start_s)}   {one.text}", one.start_s)
        if not spoken:
            nothing = QListWidgetItem(tr("Nothing is known yet of what is said or shown here."), self._said)
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)

    def reasons(self) -> list[str]:
        return [item.text() for at in range(self._why.count()) if (item := self._why.item(at)) is not None]

    def _list(self, name: str) -> QListWidget:
        made = QListWidget(self)
        made.setAccessibleName(name)
        made.setWordWrap(True)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.itemClicked.connect(self._seek)
        made.itemActivated.connect(self._seek)
        return made

    def _seek(self, item: QListWidgetItem) -> None:
        self.seek_wanted.emit(float(item.data(_TIME_ROLE)))


def reason(why: Why) -> str:
    """One piece of evidence in words, with its share."""
    sources = {
        "frame": tr("What is seen at {time}", time=clock(why.at_s)),
        "clip": tr("What happens around {time}", time=clock(why.at_s)),
        "caption": tr("Its description"),
        "speech": tr("What is said"),
        "subtitle": tr("A subtitle"),
        "text": tr("Text in the picture"),
        "name": tr("The file's name"),
        "metadata": tr("The file's own notes"),
        "user": tr("Your own words"),
    }
    said = f"{round(100 * why.share)} %   {sources[why.source]}"
    return f"{said}: {why.text}" if why.text else said


def _add(target: QListWidget, text: str, at_s: float) -> None:
    item = QListWidgetItem(text, target)
    item.setData(_TIME_ROLE, at_s)
