"""The page of settings, made from the fields of `Settings`: a new field appears here by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import Field, fields, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.words import tr
from engine.models.catalog import PackEntry
from engine.settings import Settings

WIDEST = 620
LARGEST = 1_000_000


class SettingsPage(QScrollArea):
    changed = Signal(object)
    """The Settings as they are now, each time one was changed."""
    packs_wanted = Signal()
    """Which packs are there to choose from?"""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._settings = Settings()
        self._is_showing = False
        self._setters: dict[str, Callable[[Any], None]] = {}
        self._packs = QComboBox(self)
        inner = QWidget(self)
        column = QVBoxLayout(inner)
        column.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        column.setSpacing(theme.GAP // 2)
        title = QLabel(tr("Settings"), inner)
        title.setProperty("role", "title")
        column.addWidget(title)
        column.addSpacing(theme.GAP)
        for one in fields(Settings):
            self._add(one, column, inner)
        column.addStretch(1)
        self.setWidget(inner)

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        self._is_showing = True
        for name, set_value in self._setters.items():
            set_value(getattr(settings, name))
        self._is_showing = False

    def show_packs(self, entries: Sequence[PackEntry], _in_use: str) -> None:
        """The sound packs, the best one by itself first; one that is set and not here is listed all the same."""
        chosen = self._settings.pack
        sound = {one.pack.id: one.pack.name for one in entries if one.pack is not None and one.is_sound}
        gone = {} if not chosen or chosen in sound else {chosen: tr("{id}, which is not here", id=chosen)}
        self._packs.clear()
        for pack_id, name in {"": tr("The best one that is installed"), **sound, **gone}.items():
            self._packs.addItem(name, pack_id)
        self._show_pack(chosen)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.packs_wanted.emit()

    def _show_pack(self, pack_id: str) -> None:
        self._packs.setCurrentIndex(self._packs.findData(pack_id))

    def _pack_chosen(self, at: int) -> None:
        self._change("pack", self._packs.itemData(at))

    def _add(self, one: Field[Any], column: QVBoxLayout, parent: QWidget) -> None:
        meaning = tr(str(one.metadata["meaning"]))
        default = getattr(Settings(), one.name)
        if isinstance(default, bool):
            box = QCheckBox(meaning, parent)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setToolTip(meaning)
            box.toggled.connect(self._changer(one.name, bool))
            self._setters[one.name] = box.setChecked
            column.addWidget(box)
            column.addSpacing(theme.GAP)
            return
        label = QLabel(meaning, parent)
        label.setWordWrap(True)
        column.addWidget(label)
        if isinstance(default, int):
            number = QSpinBox(parent)
            number.setRange(int(one.metadata["low"] or 0), int(one.metadata["high"] or LARGEST))
            number.setSuffix(f" {one.metadata['unit']}" if one.metadata["unit"] else "")
            number.setKeyboardTracking(False)
            number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            number.setMaximumWidth(WIDEST // 4)
            number.valueChanged.connect(self._changer(one.name, int))
            self._setters[one.name] = number.setValue
            field: QWidget = number
        elif one.metadata["of"] == "packs":
            self._packs.setMaximumWidth(WIDEST)
            self._packs.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._packs.activated.connect(self._pack_chosen)
            self._setters[one.name] = self._show_pack
            field = self._packs
        else:
            line = QLineEdit(parent)
            line.setMaximumWidth(WIDEST)
            line.editingFinished.connect(self._line_changer(one.name, line, isinstance(default, tuple)))
            self._setters[one.name] = _line_setter(line)
            field = line
        field.setAccessibleName(meaning)
        label.setBuddy(field)
        column.addWidget(field)
        column.addSpacing(theme.GAP)

    def _changer(self, name: str, kind: Callable[[Any], Any]) -> Callable[[Any], None]:
        return lambda value: self._change(name, kind(value))

    def _line_changer(self, name: str, line: QLineEdit, is_list: bool) -> Callable[[], None]:
        def change() -> None:
            text = line.text().strip()
            self._change(name, tuple(one.strip() for one in text.split(";") if one.strip()) if is_list else text)

        return change

    def _change(self, name: str, value: object) -> None:
        if not self._is_showing and value != getattr(self._settings, name):
            self._settings = replace(self._settings, **{name: value})
            self.changed.emit(self._settings)


def _line_setter(line: QLineEdit) -> Callable[[Any], None]:
    return lambda value: line.setText("; ".join(value) if isinstance(value, tuple) else value)
