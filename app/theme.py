"""Colours and spacing of the window, dark and light, following the system."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from engine.paths import assets_dir

GAP = 8
MARGIN = 12
RADIUS = 6


@dataclass(frozen=True, slots=True)
class Colours:
    window: str
    surface: str
    """Fields, cards, whatever lies on the window."""
    raised: str
    """Buttons and chips."""
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    warning: str
    is_dark: bool


DARK = Colours(
    "#16181c", "#1e2126", "#2a2e35", "#343941", "#eceae5", "#a3a8b1", "#f2a33a", "#1b1408", "#ff8a70", is_dark=True
)
LIGHT = Colours(
    "#f6f5f2", "#ffffff", "#ebe9e4", "#d9d6cf", "#22262d", "#5d636d", "#a85f00", "#ffffff", "#b3261e", is_dark=False
)


_preferred = Qt.ColorScheme.Unknown


def prefer(scheme: Qt.ColorScheme) -> None:
    """Be dark or light whatever the system is; Unknown follows it again. Takes effect with `apply`."""
    global _preferred  # noqa: PLW0603 - one choice for one application
    _preferred = scheme


def colours() -> Colours:
    scheme = _preferred
    if scheme == Qt.ColorScheme.Unknown:
        scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def apply(application: QApplication) -> None:
    """Dress the whole application; to be called again when the system changes between dark and light."""
    now = colours()
    application.setPalette(_palette(now))
    application.setStyleSheet(_controls_sheet(now) + _choices_sheet(now) + _lists_sheet(now))


def _palette(now: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: now.window,
        QPalette.ColorRole.Base: now.surface,
        QPalette.ColorRole.AlternateBase: now.raised,
        QPalette.ColorRole.Button: now.raised,
        QPalette.ColorRole.WindowText: now.text,
        QPalette.ColorRole.Text: now.text,
        QPalette.ColorRole.ButtonText: now.text,
        QPalette.ColorRole.ToolTipBase: now.raised,
        QPalette.ColorRole.ToolTipText: now.text,
        QPalette.ColorRole.PlaceholderText: now.muted,
        QPalette.ColorRole.Highlight: now.accent,
        QPalette.ColorRole.HighlightedText: now.on_accent,
        QPalette.ColorRole.Link: now.accent,
        QPalette.ColorRole.Mid: now.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        faint = QColor(now.muted)
        faint.setAlpha(140)
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return palette


def _controls_sheet(now: Colours) -> str:
    return f"""
    QToolTip {{ background: {now.raised}; color: {now.text}; border: 1px solid {now.line}; padding: 4px; }}
    QLabel[role="muted"] {{ color: {now.muted}; }}
    QLabel[role="title"] {{ font-size: 20pt; font-weight: 600; }}
    QLabel[role="heading"] {{ font-size: 13pt; font-weight: 600; }}
    QLabel[role="warning"] {{ color: {now.warning}; }}
    QLineEdit, QPlainTextEdit {{ background: {now.surface}; color: {now.text};
        border: 1px solid {now.line}; border-radius: {RADIUS}px; padding: 5px 8px; min-height: 20px; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border: 1px solid {now.accent}; }}
    QLineEdit#search {{ font-size: 12pt; padding: 8px 12px; border-radius: 10px; }}
    QPushButton {{ background: {now.raised}; color: {now.text}; border: 1px solid {now.line};
        border-radius: {RADIUS}px; padding: 6px 14px; }}
    QPushButton:hover {{ border-color: {now.muted}; }}
    QPushButton:focus {{ border-color: {now.accent}; }}
    QPushButton:disabled {{ color: {now.muted}; }}
    QPushButton[role="main"] {{ background: {now.accent}; color: {now.on_accent}; border-color: {now.accent};
        font-weight: 600; }}
    QPushButton[role="chip"] {{ border-radius: 9px; padding: 2px 10px; font-size: 9pt; }}
    QPushButton[role="chip"][kind="ignored"], QPushButton[role="chip"][kind="not"] {{ color: {now.warning}; }}
    QPushButton[role="chip"][kind="filter"], QPushButton[role="chip"][kind="like"] {{ color: {now.accent}; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS}px; padding: 4px; }}
    QToolButton:hover {{ background: {now.raised}; }}
    QToolButton:focus {{ border-color: {now.accent}; }}
    QToolButton:checked {{ background: {now.raised}; border-color: {now.line}; }}
    QFrame#side, QFrame#player, QFrame#bottom {{ background: {now.surface}; }}
    QFrame#side {{ border-right: 1px solid {now.line}; }}
    QFrame#player {{ border-left: 1px solid {now.line}; }}
    QFrame#bottom {{ border-top: 1px solid {now.line}; }}
    QFrame#card {{ background: {now.surface}; border: 1px solid {now.line}; border-radius: 8px; }}
    QFrame#message {{ background: {now.raised}; border: 1px solid {now.line}; border-radius: 8px; }}
    QTreeWidget, QListWidget, QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QTreeWidget::item, QListWidget::item {{ padding: 5px 6px; border-radius: {RADIUS}px; }}
    QTreeWidget::item:hover, QListWidget::item:hover {{ background: {now.raised}; }}
    QTreeWidget::item:selected, QListWidget::item:selected {{ background: {now.raised}; color: {now.accent}; }}
    QTreeWidget::item:disabled {{ color: {now.muted}; }}
    QListView#suggestions {{ background: {now.surface}; color: {now.text}; border: 1px solid {now.line};
        padding: 4px; outline: none; }}
    QListView#suggestions::item {{ padding: 5px 8px; border-radius: {RADIUS}px; }}
    QListView#suggestions::item:selected {{ background: {now.raised}; color: {now.accent}; }}
    QToolButton#star {{ color: {now.accent}; font-size: 15pt; padding: 0 2px; }}
    """


def _choices_sheet(now: Colours) -> str:
    """Boxes to tick, to turn and to choose from. Qt draws their marks from files only."""
    marks = (assets_dir() / "icons" / ("dark" if now.is_dark else "light")).as_posix()
    return f"""
    QComboBox, QSpinBox {{ background: {now.raised}; color: {now.text}; border: 1px solid {now.line};
        border-radius: {RADIUS}px; padding: 3px 8px; min-height: 18px; }}
    QSpinBox {{ background: {now.surface}; padding-right: 22px; }}
    QComboBox:hover, QSpinBox:hover {{ border-color: {now.muted}; }}
    QComboBox:focus, QSpinBox:focus {{ border-color: {now.accent}; }}
    QComboBox:disabled, QSpinBox:disabled {{ color: {now.muted}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url("{marks}/down.svg"); width: 14px; height: 14px; }}
    QComboBox QAbstractItemView {{ background: {now.surface}; color: {now.text}; border: 1px solid {now.line};
        padding: 4px; outline: none; }}
    QComboBox QAbstractItemView::item {{ padding: 5px 8px; border-radius: 4px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {now.raised}; color: {now.accent}; }}
    QSpinBox::up-button, QSpinBox::down-button {{ border: none; background: transparent; width: 20px; }}
    QSpinBox::up-arrow {{ image: url("{marks}/up.svg"); width: 12px; height: 12px; }}
    QSpinBox::down-arrow {{ image: url("{marks}/down.svg"); width: 12px; height: 12px; }}
    QCheckBox {{ spacing: 8px; padding: 2px 0; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {now.muted}; border-radius: 4px;
        background: {now.surface}; }}
    QCheckBox::indicator:hover, QCheckBox:focus::indicator {{ border-color: {now.accent}; }}
    QCheckBox::indicator:checked {{ background: {now.accent}; border-color: {now.accent};
        image: url("{marks}/check.svg"); }}
    """


def _lists_sheet(now: Colours) -> str:
    return f"""
    QAbstractItemView#grid, QTableView {{ background: {now.window}; border: none; outline: none; }}
    QTableView::item {{ padding: 4px 8px; border-bottom: 1px solid {now.line}; }}
    QTableView::item:selected {{ background: {now.raised}; color: {now.text}; }}
    QHeaderView {{ background: {now.window}; }}
    QHeaderView::section {{ background: {now.window}; color: {now.muted}; border: none; padding: 6px 8px;
        border-bottom: 1px solid {now.line}; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {now.line}; }}
    QTabBar::tab {{ background: transparent; color: {now.muted}; border: none; padding: 7px 12px;
        border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {now.text}; border-bottom: 2px solid {now.accent}; }}
    QTabBar::tab:focus {{ color: {now.accent}; }}
    QSplitter::handle {{ background: transparent; }}
    QProgressBar {{ background: {now.raised}; border: none; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {now.accent}; border-radius: 3px; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {now.line}; border-radius: 4px; min-height: 32px; margin: 2px; }}
    QScrollBar::handle:vertical:hover {{ background: {now.muted}; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {now.line}; border-radius: 4px; min-width: 32px; margin: 2px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: none; border: none; width: 0; height: 0; }}
    QMenu {{ background: {now.surface}; border: 1px solid {now.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {now.raised}; }}
    QMenu::item:disabled {{ color: {now.muted}; }}
    """
