"""Qt's media player behind a small front: made when first needed, starts at a moment, loops it, steps by frames.

Everything it opens it opens on threads of its own. What it cannot play it says once, through `failed`. Loading it takes
longer than the window may stand still, so `load_player` does that beside the window, once this can be used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QObject, QPluginLoader, QUrl, Signal

from engine.types import Hit, Span

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoFrame, QVideoSink

USUAL_FPS = 25.0


def load_player() -> None:
    """Bring the player's code into memory: Qt's, and with its plug-in FFmpeg. Makes no object; runs on any thread."""
    from PySide6 import QtMultimedia  # noqa: F401, PLC0415

    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "multimedia"
    for file in plugins.glob("*ffmpeg*"):
        QPluginLoader(str(file)).load()


class Film(QObject):
    framed = Signal(object)
    """A QVideoFrame."""
    position_changed = Signal(float)
    playing_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._player: QMediaPlayer | None = None
        self._sink: QVideoSink | None = None
        self._sound: QAudioOutput | None = None
        self._loop: Span | None = None
        self._start_ms = 0
        self._is_to_play = False
        self._is_placed = False
        self.volume = 0.8

    @property
    def is_playing(self) -> bool:
        return self._player is not None and self._player.isPlaying()

    def open(self, hit: Hit, *, play: bool) -> None:
        """Load a file and go to the moment."""
        player = self._made()
        self._start_ms = round(hit.start_s * 1000) if play else round(hit.best_s * 1000)
        self._is_to_play = play
        self._is_placed = False
        player.setSource(QUrl.fromLocalFile(str(hit.path)))

    def close(self) -> None:
        """Let go of the file."""
        if self._player is not None:
            self._player.stop()
            self._player.setSource(QUrl())

    def play(self) -> None:
        self._is_to_play = True
        if self._player is not None and self._is_placed:
            self._player.play()

    def pause(self) -> None:
        self._is_to_play = False
        if self._player is not None:
            self._player.pause()

    def seek(self, at_s: float) -> None:
        self._start_ms = round(at_s * 1000)
        if self._player is not None and self._is_placed:
            self._player.setPosition(self._start_ms)

    def step(self, frames: int) -> None:
        """To a neighbouring frame, as far as the file states its rate."""
        if self._player is None:
            return
        from PySide6.QtMultimedia import QMediaMetaData  # noqa: PLC0415

        self.pause()
        rate = self._player.metaData().value(QMediaMetaData.Key.VideoFrameRate)
        fps = float(rate) if isinstance(rate, float | int) and rate > 0 else USUAL_FPS
        self._player.setPosition(max(0, self._player.position() + round(frames * 1000 / fps)))

    def set_speed(self, speed: float) -> None:
        self._made().setPlaybackRate(speed)

    def set_volume(self, volume: float) -> None:
        self.volume = volume
        if self._sound is not None:
            self._sound.setVolume(volume)

    def set_loop(self, span: Span | None) -> None:
        """Play this over and over, or None to go on."""
        self._loop = span

    def _made(self) -> QMediaPlayer:
        if self._player is None:
            from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoSink  # noqa: PLC0415

            self._sink = QVideoSink(self)
            self._sink.videoFrameChanged.connect(self._framed)
            self._sound = QAudioOutput(self)
            self._sound.setVolume(self.volume)
            self._player = QMediaPlayer(self)
            self._player.setVideoSink(self._sink)
            self._player.setAudioOutput(self._sound)
            self._player.positionChanged.connect(self._moved)
            self._player.playingChanged.connect(self.playing_changed)
            self._player.mediaStatusChanged.connect(self._status_changed)
            self._player.errorOccurred.connect(self._refuse)
        return self._player

    def _framed(self, frame: QVideoFrame) -> None:
        self.framed.emit(frame)

    def _status_changed(self, status: QMediaPlayer.MediaStatus) -> None:
        if self._player is None or self._is_placed:
            return
        if status not in (status.LoadedMedia, status.BufferedMedia):
            return
        if not self._player.hasVideo():
            self.failed.emit("")
            return
        self._is_placed = True
        self._player.setPosition(self._start_ms)
        if self._is_to_play:
            self._player.play()
        else:
            self._player.pause()

    def _moved(self, position_ms: int) -> None:
        at_s = position_ms / 1000
        if self._loop is not None and self.is_playing and at_s >= self._loop.end_s:
            self.seek(self._loop.start_s)
        elif self._is_placed:
            self.position_changed.emit(at_s)

    def _refuse(self, error: QMediaPlayer.Error, text: str) -> None:
        if error != error.NoError:
            self._is_placed = False
            self.failed.emit(text)
