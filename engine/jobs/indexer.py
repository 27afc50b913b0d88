"""One indexing run from start to end, in the process that calls it: scan, identify, look, describe.

The child process runs this; tests run it in their own. Everything that is finished is in the library at once, so a
run that is killed is simply continued by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.errors import MediaError
from engine.jobs.describe import describe
from engine.jobs.events import Done, Finished, Phase, Scanned, Scanning, Started
from engine.jobs.guard import one_file
from engine.jobs.identify import identify
from engine.jobs.look import look
from engine.jobs.meter import Meter, progress
from engine.jobs.plan import Plan
from engine.jobs.run import Run, note_failure
from engine.jobs.scan import Scan, add_folder, reachable, scan
from engine.jobs.walk import Found, Rules, Unreadable, walk
from engine.store import failures, library
from engine.store.stages import waiting
from engine.store.summary import summarise
from engine.types import Failure, FileId, WorkItem


def index(run: Run, plan: Plan) -> Done:
    """Do the whole run. Raises Cancelled when the user stops it; what is done by then is kept."""
    started = time.monotonic()
    roots = [add_folder(run.db, run.places, folder, watch=plan.watch) for folder in plan.folders]
    mounts = run.places.mounts()
    known = [one for one in library.folders(run.db) if one.is_watched or not plan.only_watched]
    found = find(run, roots or reachable(known, mounts), plan)
    identify_all(run, found.to_identify)
    items = waiting(run.db, "look", run.pack, run.places.mounts())
    _run_pass(run, "look", look, items)
    if plan.describe:
        _run_pass(run, "describe", describe, waiting(run.db, "describe", run.pack, run.places.mounts()))
    tidy(run)
    looked_s = sum(item.video.duration_s or 0.0 for item in items)
    return _done(run, found.found - len(found.to_identify), looked_s, time.monotonic() - started)


def _run_pass(
    run: Run, phase: Phase, work: Callable[[Run, Iterable[WorkItem]], Iterator[WorkItem]], items: list[WorkItem]
) -> None:
    meter = Meter(phase, items, run.tell)
    for _ in meter.counted(work(replace(run, tell=meter), items)):
        pass


def find(run: Run, roots: list[Path], plan: Plan) -> Scan:
    """Scan the folders and bring the list of files up to date."""
    rules = Rules(run.settings.ignore, run.settings.include_hidden, plan.skip)
    result = scan(run.db, run.places, roots, _heard(run, roots, rules))
    run.tell(Scanned(result.found, result.new, result.changed, len(result.back), len(result.gone), result.offline))
    return result


def identify_all(run: Run, files: list[tuple[FileId, Found]]) -> None:
    """Find out which video each new or changed file holds."""
    began = time.monotonic()
    for done, (file_id, found) in enumerate(files):
        run.control.checkpoint()
        run.tell(Started(str(found.path), "identify"))
        try:
            with one_file(found.path):
                identify(run.db, file_id, found)
        except MediaError as error:
            version = (found.size_bytes, found.mtime_ns)
            if library.knows_file(run.db, file_id):
                note_failure(run, found.path, version, Failure(found.path, "identify", error.reason, error.remedy))
        except FileNotFoundError:
            pass  # gone again before it was read; the next scan notes it
        run.tell(Finished(str(found.path), "identify"))
        run.tell(progress("identify", (done + 1, len(files)), (0.0, 0.0), time.monotonic() - began))


def tidy(run: Run) -> None:
    """Let go of what has been missing for a month, and of its thumbnails."""
    for fingerprint in library.purge_missing(run.db):
        run.thumbs.forget(fingerprint)


def _heard(run: Run, roots: list[Path], rules: Rules) -> Iterator[Found | Unreadable]:
    found = 0

    def on_folder(folder: Path) -> None:
        run.control.checkpoint()
        run.tell(Scanning(str(folder), found))

    for root in roots:
        if run.places.is_unreachable_share(root):
            yield Unreadable(root, "the share cannot be reached", is_folder=True)
            continue
        for one in walk(root, rules, on_folder):
            found += isinstance(one, Found)
            yield one


def _done(run: Run, skipped: int, video_s: float, took_s: float) -> Done:
    mounts = run.places.mounts()
    summary = summarise(run.db, list(mounts), run.pack, run.pack)
    failed = [
        {"path": str(one.path), "stage": one.stage, "reason": one.reason, "remedy": one.remedy}
        for one in failures.failures(run.db, mounts)
    ]
    return Done(summary.videos, summary.moments, skipped, failed, round(video_s, 3), round(took_s, 3))
