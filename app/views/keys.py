"""The keys of the window and what they do, in one table: it makes the shortcuts and the page that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from app.words import tr

if TYPE_CHECKING:
    from app.views.window import Window


def make_keys(window: Window) -> list[tuple[str, str]]:
    """Make all shortcuts; returns each key with its meaning. Letters work in the grid, where nothing is typed."""
    grid, player = window.results.grid, window.player
    table = (
        ("/", window.focus_search, tr("Search"), grid),
        ("Ctrl+F", window.focus_search, tr("Search from anywhere"), window),
        ("Space", window.watching.toggle_player, tr("Preview: play or pause"), grid),
        ("L", player.toggle_loop, tr("Play the moment over and over"), grid),
        (",", player.step_back, tr("One frame back"), grid),
        (".", player.step_on, tr("One frame on"), grid),
        ("F11", player.toggle_full_screen, tr("Full screen"), window),
        ("G", window.results.group.toggle, tr("Group by video"), grid),
        ("Ctrl++", window.results.larger, tr("Larger tiles"), window),
        ("Ctrl+-", window.results.smaller, tr("Smaller tiles"), window),
        ("Ctrl+O", window.choose_folder, tr("Add a folder"), window),
        ("Ctrl+P", window.watching.toggle_panel, tr("Show or hide the player"), window),
        ("?", window.show_keys, tr("All keys"), grid),
        ("F1", window.show_keys, tr("All keys, from anywhere"), window),
    )
    in_window, in_widget = Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.WidgetWithChildrenShortcut
    for keys, slot, _, widget in table:
        shortcut = QShortcut(QKeySequence(keys), widget)
        # What works from anywhere works too when nothing has the focus, as when its holder has just gone.
        shortcut.setContext(in_window if widget is window else in_widget)
        shortcut.activated.connect(slot)
    window.actions_.attach(grid)
    window.addAction(window.actions_.save)
    escape = ("Esc", tr("Stop the search, then clear it"))
    dragging = (tr("Alt + drag"), tr("Drag the moment out, cut from its video"))
    return [*((keys, text) for keys, _, text, _ in table), escape, *window.actions_.keys(), dragging]
