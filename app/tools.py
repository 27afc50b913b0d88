"""What the things a person can do are made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from app.bridge import Bridge
from app.desk import Desk
from app.messages import MessageBar
from app.searching import Search
from engine.types import Hit

Selected = Callable[[], list[Hit]]


@dataclass(frozen=True, slots=True)
class Tools:
    desk: Desk
    bridge: Bridge
    messages: MessageBar
    search: Search


def make_action(parent: QObject, text: str, slot: Callable[[], None], *keys: str) -> QAction:
    """An action whose keys work while the widget that it is added to, or a part of it, has the focus."""
    action = QAction(text, parent)
    action.setShortcuts([QKeySequence(key) for key in keys])
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(slot)
    return action
