"""The one screen of an empty library: what this is, and a folder to add."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import icons, theme
from app.words import tr

NARROWEST, WIDEST = 240, 460


class FirstStart(QWidget):
    add_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        picture = QLabel(self)
        picture.setPixmap(icons.application_icon().pixmap(QSize(96, 96)))
        title = QLabel(tr("Search your own videos by describing what happens"), self)
        title.setProperty("role", "title")
        text = QLabel(
            tr(
                "Add a folder, or drop one here. Videos are only read, never changed, and nothing leaves this computer."
                " You can search while the rest is still being looked at."
            ),
            self,
        )
        text.setProperty("role", "muted")
        self.add = QPushButton(tr("Add a folder…"), self)
        self.add.setProperty("role", "main")
        self.add.setDefault(True)
        self.add.clicked.connect(self.add_wanted)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.GAP)
        column.addStretch(2)
        for label in (title, text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(_in_the_middle(title, text))
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)


def _in_the_middle(*labels: QLabel) -> QHBoxLayout:
    """A column of text of a width that is read well; it grows in height with what it says."""
    column = QVBoxLayout()
    column.setSpacing(2 * theme.GAP)
    for label in labels:
        label.setMinimumWidth(NARROWEST)
        label.setMaximumWidth(WIDEST)
        column.addWidget(label)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addLayout(column, 100)
    row.addStretch(1)
    return row
