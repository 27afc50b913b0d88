"""The few questions the window asks before it does something."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from app.words import tr


def may_close(parent: QWidget) -> bool:
    """What is finished is kept and the rest goes on next time, so there is little to fear."""
    text = tr("Videos are still being indexed. What is finished is kept, and the rest goes on next time. Close?")
    return QMessageBox.question(parent, "Reelfind", text) == QMessageBox.StandardButton.Yes


def may_remove_folder(parent: QWidget, path: str) -> bool:
    text = tr("{folder}\n\nIts videos stay where they are; what was found in them is forgotten.", folder=path)
    title = tr("Take this folder out of the library")
    return QMessageBox.question(parent, title, text) == QMessageBox.StandardButton.Yes
