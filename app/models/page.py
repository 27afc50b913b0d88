"""The page of model packs: which are here, whether each is sound, what it can do, and which one is used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.words import LANGUAGES, told_error, tr
from engine.models.catalog import PackEntry


class ModelsPage(QScrollArea):
    use_wanted = Signal(str)
    check_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self._inner = QWidget(self)
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        self._column.setSpacing(theme.MARGIN)
        title = QLabel(tr("Models"), self._inner)
        title.setProperty("role", "title")
        self._about = QLabel(self._inner)
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        self._check = QPushButton(tr("Check again"), self._inner)
        self._check.clicked.connect(self._check_again)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._check)
        self._column.addLayout(head)
        self._column.addWidget(self._about)
        self._column.addStretch(1)
        self._cards: list[QFrame] = []
        self.setWidget(self._inner)
        self._about.setText(tr("Checking the packs…"))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.check_wanted.emit()

    def _check_again(self) -> None:
        self._about.setText(tr("Checking the packs…"))
        self.check_wanted.emit()

    def show_packs(self, entries: Sequence[PackEntry], in_use: str) -> None:
        for card in self._cards:
            self._column.removeWidget(card)
            card.deleteLater()
        self._cards = [self._card(entry, in_use) for entry in entries]
        for at, card in enumerate(self._cards):
            self._column.insertWidget(2 + at, card)
        some = tr("A pack is the model that looks at your videos. Packs work on this computer alone.")
        none = tr(
            "There is no model pack here, so videos can only be found by name, date and subtitles. "
            "Add one with: reelfind model add"
        )
        self._about.setText(some if entries else none)

    def _card(self, entry: PackEntry, in_use: str) -> QFrame:
        card = QFrame(self._inner)
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 14, 16, 14)
        words = QVBoxLayout()
        name = QLabel(entry.pack.name if entry.pack is not None else entry.folder.name, card)
        name.setProperty("role", "heading")
        words.addWidget(name)
        for text, role in _lines(entry):
            label = QLabel(text, card)
            label.setProperty("role", role)
            label.setWordWrap(True)
            words.addWidget(label)
        row.addLayout(words, 1)
        if entry.pack is not None and entry.pack.id == in_use:
            row.addWidget(QLabel(tr("In use"), card))
        elif entry.pack is not None and entry.is_sound:
            use = QPushButton(tr("Use"), card)
            use.setAccessibleName(tr("Use {name}", name=entry.pack.name))
            use.setProperty("pack", entry.pack.id)
            use.clicked.connect(self._use)
            row.addWidget(use)
        return card

    def _use(self) -> None:
        self.use_wanted.emit(str(self.sender().property("pack")))


def _lines(entry: PackEntry) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if entry.pack is not None:
        pack = entry.pack
        can = {
            "frame": tr("sees"),
            "text": tr("understands words"),
            "clip": tr("follows what happens"),
            "captioner": tr("describes"),
            "scorer": tr("judges the best again"),
        }
        parts = ", ".join(can.get(part, part) for part in pack.parts)
        about = tr("{id} {revision} · {licence}", id=pack.id, revision=pack.revision, licence=pack.licence)
        lines += [(f"{parts} · {_languages(pack.languages)}", "plain"), (about, "muted")]
    lines.append(
        (told_error(entry.problem), "warning") if entry.problem is not None else (tr("Every file is sound."), "muted")
    )
    return lines


def _languages(codes: Sequence[str]) -> str:
    """As their speakers call them; a code that nobody knows stays as it is."""
    return ", ".join(LANGUAGES.get(code) or QLocale(code).nativeLanguageName() or code for code in codes)
