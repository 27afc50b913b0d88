"""The hands of the stories: each step is a key, or a click on something that is seen. No slot is called here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.views.window import Window

PATIENCE_MS = 60_000
LOOK_MS = 20
LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


# --- searching and looking ---------------------------------------------------------------------------------------


def search(window: Window, qtbot: QtBot, text: str) -> list[str]:
    """Type a search over the one before, wait for its last word, and read the names of what was found."""
    come_to_front(window, qtbot)
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Backspace)
    qtbot.keyClicks(window.bar.line, text)
    qtbot.waitUntil(lambda: _is_answered(window, text), timeout=PATIENCE_MS)
    come_to_front(window, qtbot)
    return names(window)


def clear_search(window: Window, qtbot: QtBot) -> None:
    """Back to everything."""
    come_to_front(window, qtbot)
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.bar.line.text() == "" and not window.search.is_busy, timeout=PATIENCE_MS)


def _is_answered(window: Window, text: str) -> bool:
    answer = window.search.answer
    return answer is not None and answer.query == text and answer.is_final


def names(window: Window) -> list[str]:
    hits = [window.model.hit(row) for row in range(window.model.rowCount())]
    return [hit.path.name for hit in hits if hit is not None]


def come_to_front(window: Window, qtbot: QtBot) -> None:
    """Shut a list of suggestions, and then what a window manager does by itself; the displays of tests have none."""

    def is_in_front() -> bool:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            QTest.keyClick(popup, Qt.Key.Key_Escape)
        window.activateWindow()
        return window.isActiveWindow()

    qtbot.waitUntil(is_in_front, timeout=PATIENCE_MS)


# --- keys and clicks ---------------------------------------------------------------------------------------------


def press(qtbot: QtBot, window: Window, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """A key, to whatever has the focus."""
    qtbot.keyClick(window.focusWidget() or window, key, keys)


def choose_first(window: Window, qtbot: QtBot) -> None:
    """Down from the search into the tiles."""
    come_to_front(window, qtbot)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: window.player.hit is not None, timeout=PATIENCE_MS)


def tile(window: Window, row: int) -> QPoint:
    """The middle of a tile, where the mouse finds it."""
    grid = window.results.grid
    return grid.visualRect(window.model.index(row, 0)).center()


def click_tile(window: Window, qtbot: QtBot, row: int, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    qtbot.mouseClick(window.results.grid.viewport(), LEFT, keys, tile(window, row))


def drag_tile(window: Window, qtbot: QtBot, row: int) -> None:
    """Pull a tile away; with what it carries Qt's own drag begins."""
    viewport, start = window.results.grid.viewport(), tile(window, row)
    qtbot.mousePress(viewport, LEFT, pos=start)
    for far in (5, 20, 40):
        QTest.mouseMove(viewport, start + QPoint(far, far))
        QApplication.processEvents()
    qtbot.mouseRelease(viewport, LEFT, pos=start)


def click_place(window: Window, qtbot: QtBot, text: str) -> None:
    """A line of the panel on the left, once it is there."""
    qtbot.waitUntil(lambda: text in window.side.texts(), timeout=PATIENCE_MS)
    tree = window.side._tree
    item = next(one for one in window.side._items() if one.text(0) == text)
    qtbot.mouseClick(tree.viewport(), LEFT, pos=tree.visualItemRect(item).center())


def click_tab(qtbot: QtBot, bar: QTabBar, text: str) -> None:
    at = next(at for at in range(bar.count()) if bar.tabText(at) == text)
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(at).center())


def tick(qtbot: QtBot, box: QWidget) -> None:
    """On the little box itself, which is all that every style reacts to."""
    qtbot.mouseClick(box, LEFT, pos=QPoint(9, box.height() // 2))


def drop(widget: QWidget, *paths: Path) -> None:
    """As another program would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action = Qt.DropAction.CopyAction
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(9, 9), action, data, LEFT, NO_KEYS))
    QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), action, data, LEFT, NO_KEYS))


# --- dialogs -----------------------------------------------------------------------------------------------------


@contextmanager
def answering(window: Window, kind: type[QDialog], act: Callable[[QDialog], None]) -> Iterator[list[QDialog]]:
    """What to do with a dialog that the steps inside bring up, in whose own loop they wait. Gives those that came."""
    came: list[QDialog] = []
    timer = QTimer(window)
    timer.setInterval(LOOK_MS)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind) and dialog.isVisible() and not came:
            came.append(dialog)
            try:
                act(dialog)
            finally:
                if dialog.isVisible():
                    dialog.reject()  # one that is not answered would be waited for

    timer.timeout.connect(look)
    timer.start()
    try:
        yield came
        for _ in range(PATIENCE_MS // LOOK_MS):
            if came:
                break
            QTest.qWait(LOOK_MS)  # some come only when something was read for them
        assert came, f"no {kind.__name__} was shown"
    finally:
        timer.stop()
        timer.deleteLater()


@contextmanager
def typing_into_dialog(window: Window, text: str) -> Iterator[None]:
    """A dialog that asks for a line or for lines."""

    def write(dialog: QDialog) -> None:
        field = dialog.findChild(QPlainTextEdit) or dialog.findChild(QLineEdit)
        assert isinstance(field, QPlainTextEdit | QLineEdit)
        field.selectAll()
        first, *more = text.split("\n")
        QTest.keyClicks(field, first)
        for line in more:
            QTest.keyClick(field, Qt.Key.Key_Return)
            QTest.keyClicks(field, line)
        _accept(dialog)

    with answering(window, QInputDialog, write):
        yield


@contextmanager
def choosing_path(window: Window, path: Path) -> Iterator[None]:
    """Qt's own dialog for files and folders."""

    def choose(dialog: QDialog) -> None:
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        assert line is not None
        line.setText(str(path))  # typed letter by letter, the dialog would complete it on its own
        _accept(dialog)

    with answering(window, QFileDialog, choose):
        yield


@contextmanager
def saying(window: Window, button: QMessageBox.StandardButton) -> Iterator[list[QDialog]]:
    """The answer to a question."""

    def say(dialog: QDialog) -> None:
        assert isinstance(dialog, QMessageBox)
        QTest.mouseClick(dialog.button(button), LEFT)

    with answering(window, QMessageBox, say) as came:
        yield came


def _accept(dialog: QDialog) -> None:
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    roles = QDialogButtonBox.ButtonRole
    accept = next(one for one in buttons.buttons() if buttons.buttonRole(one) == roles.AcceptRole)
    assert isinstance(accept, QPushButton)
    QTest.mouseClick(accept, LEFT)
