"""Keeping a library up to date while its folders change: index, listen, index again.

Disks come and go without a word from the file system, so everything is also looked through every few minutes.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.jobs.walk import SIDECAR_SUFFIXES, is_video_name

if TYPE_CHECKING:
    import watchfiles

SETTLE_MS = 2_000
"""A file is left alone until its folder has been quiet for so long: a copy in progress is not half indexed."""
WAKE_MS = 200


def changes(folders: Iterable[Path], stop: threading.Event, every_s: float) -> Iterator[None]:
    """Yield once it listens, whenever something happened to a video below `folders`, and every `every_s` in any case.

    What happens while the caller is busy with a yield is heard: it comes with the next one.
    """
    import watchfiles  # noqa: PLC0415 - a window should not have to wait for it before it can be used

    present = [folder for folder in folders if folder.is_dir()]
    if not present:
        yield
        while not stop.wait(every_s):
            yield
        return
    waited_ms = math.inf
    watcher = watchfiles.watch(
        *present,
        watch_filter=_is_of_interest,
        debounce=SETTLE_MS,
        step=WAKE_MS,
        stop_event=stop,
        rust_timeout=WAKE_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
        raise_interrupt=False,
    )
    for found in watcher:
        waited_ms = 0.0 if found else waited_ms + WAKE_MS
        if found or waited_ms >= every_s * 1000:
            waited_ms = 0.0
            yield


def keep_indexing(
    index: Callable[[], object], folders: Callable[[], list[Path]], stop: threading.Event, every_s: float
) -> None:
    """Index now and after every change until `stop` is set. `folders` is asked anew each time: disks come and go.

    It listens first and indexes then, or a file that came behind the back of a long run would wait for the next look.
    Folders that the run itself took in are indexed once more, with somebody listening.
    """
    while not stop.is_set():
        listened = folders()
        heard = changes(listened, stop, every_s)
        next(heard, None)
        index()
        if folders() == listened:
            next(heard, None)


def _is_of_interest(change: watchfiles.Change, path: str) -> bool:
    """Videos and subtitles; of anything else what may be a folder, whose coming and going takes videos along."""
    del change
    name = Path(path).name
    return is_video_name(name) or Path(path).suffix.lower() in SIDECAR_SUFFIXES or "." not in name
