"""The one screen of an empty library: what this is, a folder to add, and sample clips for those who have none yet."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app import icons, theme
from app.library.samples import Samples
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
        self.sample = QPushButton(tr("Try with a sample library"), self)
        self.sample.setToolTip(
            tr("25 short clips that Reelfind draws itself. They can be taken out again at any time.")
        )
        self.drawing = QLabel(self)
        self.drawing.setProperty("role", "muted")
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(NARROWEST)
        self.progress.setAccessibleName(tr("Drawing sample clips"))
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.GAP)
        column.addStretch(2)
        for label in (title, text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(_in_the_middle(title, text))
        column.addLayout(_side_by_side(self.add, self.sample))
        for widget in (self.progress, self.drawing):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()
        column.addStretch(3)

    def offer(self, samples: Samples) -> None:
        self.sample.clicked.connect(samples.start)
        samples.moved.connect(self._show_drawing)

    def _show_drawing(self, done: int, total: int) -> None:
        is_drawing = total > 0
        self.sample.setEnabled(not is_drawing)
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)
        self.drawing.setText(tr("Drawing sample clips: {done} of {total}", done=done, total=total))
        for widget in (self.progress, self.drawing):
            widget.setVisible(is_drawing)


def _side_by_side(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GAP)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return row


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
