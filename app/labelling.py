"""Tags, stars and notes on the videos of the selected moments."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.tools import Selected, Tools, make_action
from app.views.tag_dialog import TagDialog
from app.words import some, tr
from engine.store.labels import MOST_STARS
from engine.types import Labels, VideoId

STAR, NO_STAR = "\N{BLACK STAR}", "\N{WHITE STAR}"


class Labelling(QObject):
    changed = Signal(object)
    """The ids of videos whose tags, stars or note are others now."""

    def __init__(self, tools: Tools, selected: Selected, window: QWidget) -> None:
        super().__init__(window)
        self._tools = tools
        self._selected = selected
        self._window = window
        self.tags: tuple[str, ...] = ()
        """All tags in use, to choose from."""
        self.tag = make_action(self, tr("Tags…"), self.edit_tags, "T")
        self.note = make_action(self, tr("Note…"), self.edit_note, "M")
        self._stars = [make_action(self, said(stars), self._rate_by_key, str(stars)) for stars in range(MOST_STARS + 1)]
        for stars, action in enumerate(self._stars):
            action.setData(stars)

    @property
    def actions(self) -> list[QAction]:
        return [self.tag, self.note, *self._stars]

    def add_to(self, menu: QMenu) -> None:
        menu.addAction(self.tag)
        menu.addAction(self.note)
        stars = menu.addMenu(tr("Stars"))
        stars.addActions(self._stars[::-1])

    def keys(self) -> list[tuple[str, str]]:
        return [("T", tr("Tags")), ("M", tr("Note")), (f"0 \N{HORIZONTAL ELLIPSIS} {MOST_STARS}", tr("Stars"))]

    # --- the actions -------------------------------------------------------------------------------------------

    def edit_tags(self) -> None:
        """Of one video or many: a tag that only some of them have stays as it is until it is touched."""
        videos = self._videos()
        if videos:
            self._tools.bridge.submit(self._labels, videos, done=self._ask_for_tags)

    def edit_note(self) -> None:
        videos = self._videos()[:1]
        if videos:
            self._tools.bridge.submit(self._labels, videos, done=self._ask_for_note)

    def give_stars(self, videos: tuple[VideoId, ...], stars: int) -> None:
        if videos:
            self._change(videos, self._tools.desk.rate, videos, stars)
            self._tools.messages.info(f"{said(stars)}  {_on(len(videos))}")

    def change_tags(self, videos: tuple[VideoId, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> None:
        if added or removed:
            self._change(videos, self._tools.desk.change_tags, videos, added, removed)

    def write_note(self, video: VideoId, note: str) -> None:
        self._change((video,), self._tools.desk.write_note, video, note)

    # --- inside ------------------------------------------------------------------------------------------------

    def _videos(self) -> tuple[VideoId, ...]:
        return tuple(dict.fromkeys(hit.video_id for hit in self._selected()))

    def _labels(self, videos: tuple[VideoId, ...]) -> tuple[tuple[VideoId, ...], tuple[Labels, ...]]:
        return videos, self._tools.desk.labels(videos)

    def _ask_for_tags(self, found: tuple[tuple[VideoId, ...], tuple[Labels, ...]]) -> None:
        videos, labels = found
        dialog = TagDialog([one.tags for one in labels], self.tags, self._window)
        dialog.setWindowTitle(some(len(videos), "Tags of 1 video", "Tags of {n} videos"))
        dialog.decided.connect(lambda added, removed: self.change_tags(videos, added, removed))
        dialog.open()

    def _ask_for_note(self, found: tuple[tuple[VideoId, ...], tuple[Labels, ...]]) -> None:
        videos, labels = found
        text, is_given = QInputDialog.getMultiLineText(
            self._window, tr("Note"), tr("Your own words about this video; searches find them:"), labels[0].note
        )
        if is_given and text.strip() != labels[0].note:
            self.write_note(videos[0], text)

    def _rate_by_key(self) -> None:
        sender = self.sender()
        if isinstance(sender, QAction):
            self.give_stars(self._videos(), int(sender.data()))

    def _change(self, videos: tuple[VideoId, ...], work: object, *args: object) -> None:
        self._tools.bridge.submit(_then, work, args, videos, lane="write", done=self.changed.emit)


def said(stars: int) -> str:
    return STAR * stars + NO_STAR * (MOST_STARS - stars) if stars else tr("No stars")


def _on(videos: int) -> str:
    return some(videos, "On 1 video.", "On {n} videos.")


def _then(work: object, args: tuple[object, ...], videos: tuple[VideoId, ...]) -> tuple[VideoId, ...]:
    assert callable(work)
    work(*args)
    return videos
