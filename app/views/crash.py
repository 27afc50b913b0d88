"""The dialog for bugs: says that it is one, and gives the report to copy. Nothing is sent anywhere."""

from __future__ import annotations

import platform

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.words import tr
from engine.version import VERSION


class CrashDialog(QDialog):
    def __init__(self, report: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Something went wrong"))
        self.resize(640, 420)
        self.report = full_report(report)
        text = QLabel(
            tr(
                "This is a mistake in Reelfind, not in your videos. Your library is safe. You can go on; if it happens "
                "again, copy the report and add what you did."
            ),
            self,
        )
        text.setWordWrap(True)
        shown = QPlainTextEdit(self.report, self)
        shown.setReadOnly(True)
        shown.setAccessibleName(tr("Report"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = QPushButton(tr("Copy the report"), self)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.GAP] * 4)
        for widget in (text, shown, buttons):
            column.addWidget(widget)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report)


def full_report(report: str) -> str:
    about = f"Reelfind {VERSION}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
    return f"{about}\n\n{report.strip()}\n"
