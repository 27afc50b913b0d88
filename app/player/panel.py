"""The panel on the right: plays the moment, shows where else the search fits, and why this was found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from app import theme
from app.bridge import Bridge
from app.desk import Desk, Story, Wanted
from app.elided import ElidedLabel
from app.icons import IconButton
from app.player.evidence import Evidence
from app.player.film import Film
from app.player.heat import HeatStrip
from app.player.screen import Screen
from app.player.storyboard import Storyboard
from app.results.delegate import shown_name
from app.words import TIMES, clock, shown, tr
from engine.types import Hit, Span, VideoId

SETTLE_MS = 180
"""A walk through the tiles with the arrow keys opens no file."""
SPEEDS = (0.25, 0.5, 1.0, 1.5, 2.0)
_STORY = "story"


class PlayerPanel(QFrame):
    position_changed = Signal(float)
    rated = Signal(object, int)
    tags_changed = Signal(object, object, object)
    """A video, added tags, removed tags."""
    note_written = Signal(object, str)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("player")
        self.setMinimumWidth(280)
        self._desk = desk
        self._bridge = bridge
        self._hit: Hit | None = None
        self._explained: Hit | None = None
        self._wanted = Wanted()
        self._is_film = False
        self._is_to_play = False
        self._at_s = 0.0
        self._duration_s = 0.0
        self.screen_ = Screen(self)
        self.film = Film(self)
        self.board = Storyboard(desk, bridge, self)
        self.heat = HeatStrip(self)
        self.evidence = Evidence(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._open)
        self._name, self._where = ElidedLabel(self), ElidedLabel(self)
        self._make_controls()
        self._lay_out()
        self._connect()
        self.show_hit(None, Wanted())

    # --- for the window ----------------------------------------------------------------------------------------

    @property
    def hit(self) -> Hit | None:
        return self._hit

    @property
    def at_s(self) -> float:
        return self._at_s

    @property
    def is_playing(self) -> bool:
        return self.film.is_playing if self._is_film else self.board.is_playing

    def show_hit(self, hit: Hit | None, wanted: Wanted) -> None:
        """Get ready to play a moment; nothing is opened while the panel is hidden."""
        is_same_video = hit is not None and self._hit is not None and hit.video_id == self._hit.video_id
        if not is_same_video:
            self.evidence.own.show_labels(None)
        self._hit, self._wanted = hit, wanted
        self._explained = hit
        self._is_to_play = False
        self.film.close()
        self.board.show_hit(None)
        self.evidence.show_hit(hit)
        self.screen_.show_image(None)
        self.screen_.show_note("" if hit is not None else tr("Choose a moment to see it here"))
        self._controls.setEnabled(hit is not None)
        self._duration_s = (hit.duration_s or hit.end_s) if hit is not None else 0.0
        self.heat.show_video(self._duration_s, Span(hit.start_s, hit.end_s) if hit is not None else None)
        self._show_name(hit)
        self._apply_loop()
        if hit is None or not self.isVisible():
            self._settle.stop()
            return
        self.board.show_hit(hit)
        self._settle.start()

    def show_answer(self, hit: Hit | None, wanted: Wanted) -> None:
        """What a newer search says of the moment that is shown; None where it is not among what was found.

        The film is left as it is. What another search had to say is no answer to this one, and goes.
        """
        if self._hit is None or (wanted is self._wanted and hit in (None, self._explained)):
            self.refresh()
            return
        self._wanted, self._explained = wanted, hit
        self._hit = hit or self._hit
        self.evidence.show_reasons(hit)
        self.heat.show_moment(Span(hit.start_s, hit.end_s) if hit is not None else None)
        self._apply_loop()
        self.reload((self._hit.video_id,))

    def toggle(self) -> None:
        """Play or pause; opens the file at once if it is not open yet."""
        if self._hit is None:
            return
        if self._settle.isActive():
            self._settle.stop()
            self._is_to_play = True
            self._open()
        elif self.is_playing:
            self._pause()
        else:
            self._play()

    def reload(self, videos: Sequence[VideoId]) -> None:
        """What is known of these videos has changed."""
        if self._hit is not None and self._hit.video_id in videos and not self._settle.isActive():
            self._ask_for_story(self._hit)

    def refresh(self) -> None:
        """More is known of the library. A video that was not in the index yet when it was chosen may be by now."""
        if self._hit is not None and self._lacks_heat():
            self.reload((self._hit.video_id,))

    def suggest_tags(self, tags: Sequence[str]) -> None:
        self.evidence.own.suggest(tags)

    def close_file(self) -> None:
        """Let go of the file; what is being written is kept."""
        self._settle.stop()
        self.evidence.own.finish()
        self.film.close()
        self.board.show_hit(None)

    def toggle_full_screen(self) -> None:
        is_full = self.screen_.isFullScreen()
        self.screen_.setWindowFlags(Qt.WindowType.Widget if is_full else Qt.WindowType.Window)
        if is_full:
            self.screen_.setWindowState(Qt.WindowState.WindowNoState)  # a part of a window would keep it
            self.screen_.show()
        else:
            self.screen_.showFullScreen()

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees does not play on; a window that is only minimised is another matter."""
        super().hideEvent(event)
        if not event.spontaneous() and self.is_playing:
            self._pause()

    # --- making it ---------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self._controls = QWidget(self)
        self._back = IconButton("back", tr("One frame back (,)"), self)
        self._start = IconButton("play", tr("Play (Space)"), self)
        self._next = IconButton("forward", tr("One frame on (.)"), self)
        self._loop = IconButton("loop", tr("Play the moment over and over (L)"), self)
        self._loop.setCheckable(True)
        self._full = IconButton("full", tr("Full screen (F11)"), self)
        self._time = QLabel(self)
        self._time.setProperty("role", "muted")
        self._speed = QComboBox(self)
        self._speed.setAccessibleName(tr("Speed"))
        self._speed.setToolTip(tr("Speed"))
        for speed in SPEEDS:
            self._speed.addItem(f"{speed:g}{TIMES}", speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._volume = QSlider(Qt.Orientation.Horizontal, self)
        self._volume.setRange(0, 100)
        self._volume.setValue(round(self.film.volume * 100))
        self._volume.setMinimumWidth(36)
        self._volume.setMaximumWidth(80)
        self._volume.setAccessibleName(tr("Volume"))
        self._volume.setToolTip(tr("Volume"))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self._back, self._start, self._next, self._loop):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self._speed, self._volume, self._full):
            row.addWidget(widget)
        self._name.setProperty("role", "heading")
        self._where.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        for widget in (self.screen_, self.heat, self._time, self._controls, self._name, self._where):
            column.addWidget(widget)
        column.addWidget(self.evidence, 1)

    def _connect(self) -> None:
        self.film.framed.connect(self.screen_.show_frame)
        self.film.position_changed.connect(self._moved)
        self.film.playing_changed.connect(self._show_playing)
        self.film.failed.connect(self._fall_back)
        self.board.pictured.connect(self._show_picture)
        self.board.position_changed.connect(self._moved)
        self.heat.seek_wanted.connect(self.seek)
        self.evidence.seek_wanted.connect(self.seek)
        own = self.evidence.own
        own.rated.connect(self._rate)
        own.tags_changed.connect(self._change_tags)
        own.note_written.connect(self._write_note)
        self.screen_.clicked.connect(self.toggle)
        self.screen_.full_screen_left.connect(self.toggle_full_screen)
        self._start.clicked.connect(self.toggle)
        self._back.clicked.connect(self.step_back)
        self._next.clicked.connect(self.step_on)
        self._loop.toggled.connect(self._apply_loop)
        self._full.clicked.connect(self.toggle_full_screen)
        self._speed.activated.connect(self._set_speed)
        self._volume.valueChanged.connect(self._set_volume)

    # --- what happens ------------------------------------------------------------------------------------------

    def seek(self, at_s: float) -> None:
        (self.film if self._is_film else self.board).seek(at_s)

    def step_back(self) -> None:
        self._step(-1)

    def step_on(self) -> None:
        self._step(1)

    def toggle_loop(self) -> None:
        self._loop.toggle()

    def _step(self, frames: int) -> None:
        if self._is_film:
            self.film.step(frames)
        else:
            self.board.pause()
            self.board.seek(max(0.0, self._at_s + frames))

    def _open(self) -> None:
        hit = self._hit
        if hit is None:
            return
        self._ask_for_story(hit)
        self._is_film = hit.is_online
        if hit.is_online:
            self.film.open(hit, play=self._is_to_play)
        else:
            self._fall_back("", tr("{volume} is not plugged in: pictures from the index", volume=hit.volume_label))

    def _ask_for_story(self, hit: Hit) -> None:
        self._bridge.submit(self._desk.story, hit, self._wanted, done=self._show_story, key=_STORY)

    def _fall_back(self, why: str, note: str = "") -> None:
        """Pictures of the index instead of the film."""
        self._is_film = False
        self.film.close()
        if self._hit is None:
            return
        self.screen_.show_note(note or tr("This file cannot be played here: pictures from the index"))
        self.screen_.setToolTip(why)
        self.board.show_hit(self._hit)
        if self._is_to_play:
            self._play()

    def _play(self) -> None:
        self._is_to_play = True
        (self.film if self._is_film else self.board).play()
        self._show_playing(True)

    def _pause(self) -> None:
        self._is_to_play = False
        (self.film if self._is_film else self.board).pause()
        self._show_playing(False)

    def _show_story(self, story: Story) -> None:
        if self._hit is not None and story.video_id == self._hit.video_id:
            said = [one.start_s for one in story.texts if one.source in ("caption", "subtitle", "speech", "user")]
            self.heat.show_heat(story.heat, said)
            self.evidence.show_texts(story.texts)
            self.evidence.own.show_labels(story.labels)

    def _lacks_heat(self) -> bool:
        return not self.heat.heat and bool(self._wanted.text.strip()) and self.isVisible()

    def _show_picture(self, image: QImage) -> None:
        if not (self._is_film and self.screen_.shows_film):
            self.screen_.show_image(image)

    def _moved(self, at_s: float) -> None:
        self._at_s = at_s
        self.heat.show_position(at_s)
        self._time.setText(f"{clock(at_s)} / {clock(self._duration_s)}")
        self.position_changed.emit(at_s)

    def _show_playing(self, is_playing: bool) -> None:
        if is_playing:
            self._start.show_icon("pause", tr("Pause (Space)"))
        else:
            self._start.show_icon("play", tr("Play (Space)"))

    def _show_name(self, hit: Hit | None) -> None:
        self._name.setText(shown_name(hit) if hit is not None else "")
        folder = shown(hit.path.parent) if hit is not None else ""
        self._where.setText(folder)
        for label in (self._name, self._where):
            label.setToolTip(folder)
        self._time.setText(f"{clock(hit.best_s)} / {clock(self._duration_s)}" if hit is not None else "")

    def _apply_loop(self) -> None:
        hit = self._hit
        self.film.set_loop(Span(hit.start_s, hit.end_s) if hit is not None and self._loop.isChecked() else None)

    def _rate(self, stars: int) -> None:
        if self._hit is not None:
            self.rated.emit((self._hit.video_id,), stars)

    def _change_tags(self, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
        if self._hit is not None:
            self.tags_changed.emit((self._hit.video_id,), added, removed)

    def _write_note(self, note: str) -> None:
        if self._hit is not None:
            self.note_written.emit(self._hit.video_id, note)

    def _set_speed(self, at: int) -> None:
        speed = float(self._speed.itemData(at))
        self.film.set_speed(speed)
        self.board.speed = speed

    def set_volume(self, percent: int) -> None:
        self._volume.setValue(percent)
        self.film.set_volume(percent / 100)

    def _set_volume(self, volume: int) -> None:
        self.film.set_volume(volume / 100)
