"""What Reelfind is, what it is made with, and what the licences of those libraries mean for whoever uses it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from app import theme
from app.licences import Decoder, Library, Licences
from app.words import tr
from engine.version import VERSION


class AboutPage(QWidget):
    licences_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._libraries: tuple[Library, ...] = ()
        title = QLabel(tr("Reelfind {version}", version=VERSION), self)
        title.setProperty("role", "title")
        self._about = QLabel(own_terms(), self)
        self._about.setWordWrap(True)
        self._terms = QLabel(self)
        self._terms.setWordWrap(True)
        heading = QLabel(tr("Made with"), self)
        heading.setProperty("role", "heading")
        self._list = QListWidget(self)
        self._list.setAccessibleName(heading.text())
        self._text = QPlainTextEdit(self)
        self._text.setReadOnly(True)
        self._text.setAccessibleName(tr("Licence"))
        self._text.setTabChangesFocus(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentRowChanged.connect(self._show_text)
        both = QSplitter(self)
        both.setHandleWidth(theme.GAP)
        both.setChildrenCollapsible(False)
        both.addWidget(self._list)
        both.addWidget(self._text)
        both.setStretchFactor(0, 2)
        both.setStretchFactor(1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        column.setSpacing(theme.MARGIN)
        for widget in (title, self._about, self._terms, heading):
            column.addWidget(widget)
        column.addWidget(both, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._libraries:
            self.licences_wanted.emit()

    def show_licences(self, licences: Licences) -> None:
        self._libraries = licences.libraries
        self._terms.setText(f"{qt_terms()}\n\n{decoder_terms(licences.decoder)}")
        self._list.clear()
        for one in licences.libraries:
            said = one.licence or tr("see its text")
            QListWidgetItem(f"{one.name} {one.version}  \N{MIDDLE DOT}  {said}", self._list)
        if not licences.libraries:
            self._text.setPlainText(
                tr("What this copy was made with cannot be read: its list of libraries is missing.")
            )
        self._list.setCurrentRow(0)

    @property
    def terms(self) -> str:
        return self._terms.text()

    def _show_text(self, row: int) -> None:
        if 0 <= row < len(self._libraries):
            texts = self._libraries[row].texts
            none = tr("This library states its licence by name only; its text did not come along.")
            self._text.setPlainText("\n\n".join(texts) if texts else none)


def own_terms() -> str:
    return tr(
        "Reelfind itself is under the Apache License 2.0: use it, change it and pass it on. There is no account and no "
        "telemetry; your videos and searches stay on this computer."
    )


def qt_terms() -> str:
    return tr(
        "The window is drawn by Qt, which is used under the LGPL 3. Qt lies beside Reelfind in files of its own, and "
        "you may put your own build of it in their place."
    )


def decoder_terms(decoder: Decoder) -> str:
    """In words, from what the decoder says of itself."""
    said = tr(
        "Videos are read and cut by FFmpeg {version}, whose licence is {licence}.",
        version=decoder.version,
        licence=decoder.licence,
    )
    if not decoder.gpl_parts and "LGPL" in decoder.licence:
        return said
    parts = ", ".join(decoder.gpl_parts) or "FFmpeg"
    return f"{said} " + tr(
        "It carries {parts}, which are under the GPL. Using Reelfind and what you cut with it are not touched by that; "
        "whoever passes on a copy that holds them must pass on their source code too.",
        parts=parts,
    )
