"""The middle of the window: results, the first screen, and the pages about the library and the program.

A page is made when it is first shown: the window opens sooner, and most days nobody looks at the settings.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.results.model import HitModel
from app.results.thumbnails import Thumbnails
from app.views.first_start import FirstStart
from app.views.results_page import ResultsPage
from app.views.upkeep import Upkeep


class Pages(QStackedWidget):
    add_wanted = Signal()
    remove_wanted = Signal(str)
    """The path of a folder to take out of the library."""
    shown = Signal(str)

    def __init__(self, model: HitModel, thumbnails: Thumbnails, upkeep: Upkeep, parent: QWidget) -> None:
        super().__init__(parent)
        self._upkeep = upkeep
        self.results = ResultsPage(model, thumbnails, self)
        self.first = FirstStart(self)
        self.first.add_wanted.connect(self.add_wanted)
        self.addWidget(self.results)
        self.addWidget(self.first)
        self._made: dict[str, QWidget] = {"results": self.results, "first": self.first}
        self._makers: dict[str, Callable[[], QWidget]] = {
            "library": self._library,
            "problems": self._problems,
            "models": self._models,
            "settings": self._settings,
            "about": self._about,
        }

    def show_page(self, name: str) -> None:
        page = self.page(name)
        self.setCurrentWidget(page)
        self.shown.emit(name)

    def page(self, name: str) -> QWidget:
        """The page of this name, made if it was not yet."""
        if name not in self._made:
            page = self._makers[name]()
            self._made[name] = page
            self.addWidget(page)
        return self._made[name]

    # --- making them: each imports what it needs only then -------------------------------------------------------

    def _library(self) -> QWidget:
        from app.library.page import LibraryPage  # noqa: PLC0415 - made when first shown

        page, upkeep = LibraryPage(self), self._upkeep
        page.add_wanted.connect(self.add_wanted)
        page.remove_wanted.connect(self.remove_wanted)
        page.look_wanted.connect(upkeep.look_at)
        page.watch_wanted.connect(upkeep.watch_folder)
        upkeep.status_read.connect(page.show_status)
        if upkeep.status is not None:
            page.show_status(upkeep.status)
        return page

    def _problems(self) -> QWidget:
        from app.library.problems import ProblemsPage  # noqa: PLC0415

        page, upkeep = ProblemsPage(self), self._upkeep
        page.retry_wanted.connect(upkeep.retry)
        upkeep.status_read.connect(page.show_status)
        if upkeep.status is not None:
            page.show_status(upkeep.status)
        return page

    def _models(self) -> QWidget:
        from app.models.page import ModelsPage  # noqa: PLC0415

        page, upkeep = ModelsPage(self), self._upkeep
        page.use_wanted.connect(upkeep.use_pack)
        page.check_wanted.connect(upkeep.read_packs)
        upkeep.packs_read.connect(page.show_packs)
        return page

    def _settings(self) -> QWidget:
        from app.views.settings_page import SettingsPage  # noqa: PLC0415

        page, upkeep = SettingsPage(self), self._upkeep
        page.changed.connect(upkeep.save_settings)
        page.packs_wanted.connect(upkeep.read_packs)
        upkeep.packs_read.connect(page.show_packs)
        upkeep.settings_read.connect(page.show_settings)
        if upkeep.settings is not None:
            page.show_settings(upkeep.settings)
        return page

    def _about(self) -> QWidget:
        from app.views.about import AboutPage  # noqa: PLC0415

        page, upkeep = AboutPage(self), self._upkeep
        page.licences_wanted.connect(upkeep.read_licences)
        upkeep.licences_read.connect(page.show_licences)
        return page
