"""The composition root: makes the application, the engine, the bridge and the window, and takes them down in order."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QLocale, QObject, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from app import theme
from app.bridge import Bridge
from app.desk import Desk
from app.gc_guard import GcGuard
from app.icons import application_icon
from app.single import OnlyWindow, claim, leave_note
from app.views.crash import CrashDialog, full_report
from app.views.state import WindowState, load_state, save_state
from app.views.window import Window
from app.words import tr, use_language
from engine.engine import Engine

log = logging.getLogger(__name__)
CRASH_LOG = "crash.log"


class Program(QObject):
    """The running program: everything that must be closed, in the order in which it must be."""

    def __init__(self, application: QApplication, library: Path) -> None:
        super().__init__(application)
        self._library = library
        self.desk = Desk(Engine(library))
        self.bridge = Bridge(self, self.desk.damage)
        self.bridge.submit(self.desk.begin)
        self.window = Window(self.desk, self.bridge, load_state(library))
        self.only = OnlyWindow(library, self.bridge, self)
        self._guard = GcGuard(self)
        self._is_closed = False
        self.bridge.crashed.connect(self.show_crash)
        self.only.called.connect(self._called)
        self.window.closed.connect(self._keep_state)
        application.styleHints().colorSchemeChanged.connect(self._dress)
        if isinstance(application, Application):
            application.file_asked.connect(self._file_asked)

    def start(self, paths: Sequence[Path]) -> None:
        self.window.show()
        self.window.upkeep.open()
        self.window.add_paths(tuple(paths))

    def close(self) -> None:
        """Tell everything to stop, wait for it, let go. The window is gone from the screen by now."""
        if self._is_closed:
            return
        self._is_closed = True
        self.window.hide()
        self.window.search.stop()
        self.window.upkeep.samples.stop()
        self.window.indexing.close()
        self.window.actions_.cancel_export()
        self.window.player.close_file()
        self.window.dragging.close()
        self.bridge.close()
        self.desk.close()
        self._guard.close()
        self.window.deleteLater()

    def show_crash(self, report: str) -> None:
        log.error("%s", report)
        CrashDialog(report, self.window).open()

    def tell_of_crash(self, report: str) -> None:
        """Offer the last words of a program that did not end by itself; nothing is offered where there are none."""
        if report:
            log.error("the program crashed last time:\n%s", report)
            text = tr("Reelfind ended unexpectedly last time. Your library is safe.")
            self.window.messages.offer(text, tr("Show the report"), lambda: self.show_crash(report))

    def _file_asked(self, path: Path) -> None:
        self._called((path,))

    def _called(self, paths: tuple[Path, ...]) -> None:
        self.window.raise_up()
        self.window.add_paths(paths)

    def _keep_state(self, state: WindowState) -> None:
        self.bridge.submit(save_state, self._library, state, lane="write")

    def _dress(self, _scheme: object) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application)


class Application(QApplication):
    """Qt's application, which on macOS is told by the system of files to open, be it started for that or running."""

    file_asked = Signal(object)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self.file_asked.emit(Path(event.file()))
            return True
        return super().event(event)


def make_application() -> QApplication:
    """The Qt application, dressed and speaking the user's language."""
    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else Application([sys.argv[0] if sys.argv else "reelfind"])
    application.setApplicationName("Reelfind")
    application.setDesktopFileName("reelfind")
    application.setWindowIcon(application_icon())
    application.setStyle("Fusion")
    use_language(QLocale.system().name())
    theme.apply(application)
    return application


def run(library: Path, paths: Sequence[Path] = ()) -> int:
    """Show the window of a library until it is closed."""
    with _crash_log(library) as last_crash:
        try:
            application = make_application()
            lock = claim(library)
            if lock is None:
                leave_note(library, paths)
                return 0
            return _run(application, library, paths, last_crash)
        except Exception:  # noqa: BLE001 - the process's last word: said in full, and no traceback on the screen
            report = full_report(traceback.format_exc())
            log.critical("%s", report)
            return 1


def _run(application: QApplication, library: Path, paths: Sequence[Path], last_crash: str) -> int:
    program = Program(application, library)
    before = sys.excepthook

    def on_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        program.show_crash("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = on_bug
    try:
        program.start(paths)
        program.tell_of_crash(last_crash)
        return application.exec()
    finally:
        program.close()
        sys.excepthook = before


@contextlib.contextmanager
def _crash_log(library: Path) -> Iterator[str]:
    """Where a crash of native code leaves its last words; gives those of last time, empty where there was none."""
    path = library / CRASH_LOG
    try:
        library.mkdir(parents=True, exist_ok=True)
        last = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        file = path.open("w", encoding="utf-8")
    except OSError:
        yield ""
        return
    with file:
        faulthandler.enable(file)
        try:
            yield last.strip()
        finally:
            faulthandler.disable()
