"""The describe pass: one video after another through every extractor, each stored in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlite_utils import Database

from engine.errors import MediaError
from engine.extractors import EXTRACTORS
from engine.extractors.record import Extractor
from engine.jobs.clip import RunClip
from engine.jobs.collect import Found, collect
from engine.jobs.events import Finished, Started
from engine.jobs.guard import one_file
from engine.jobs.run import Forgotten, Run, demand_known, fail, trouble_with
from engine.store.db import writing
from engine.store.frames import add_frames, replace_shots
from engine.store.hits import add_shot_tokens
from engine.store.stages import is_done, mark_done
from engine.store.texts import replace_texts
from engine.store.vectors import add_vectors
from engine.types import NO_PACK, PackRef, TextSource, VideoId, WorkItem

STAGE = "describe"


def describe(run: Run, items: Iterable[WorkItem], extractors: Sequence[Extractor] = EXTRACTORS) -> Iterator[WorkItem]:
    """Put videos through the extractors whose parts the pack has; yields each when it is through or has failed."""
    usable = [extractor for extractor in extractors if run.model.parts.issuperset(extractor.needs)]
    for item in items:
        run.control.checkpoint()
        run.tell(Started(str(item.path), STAGE))
        try:
            with one_file(item.path):
                _describe_one(run, RunClip(run, item), usable)
        except MediaError as error:
            fail(run, item, STAGE, error)
        except (FileNotFoundError, Forgotten):
            pass  # deleted, unplugged or forgotten meanwhile: the next scan says which
        run.tell(Finished(str(item.path), STAGE))
        yield item


def _describe_one(run: Run, clip: RunClip, extractors: Sequence[Extractor]) -> None:
    for extractor in extractors:
        _extract(run, clip, extractor)
    with writing(run.db):
        demand_known(run, clip.item)
        mark_done(run.db, clip.item.video.id, STAGE, run.pack)


def _extract(run: Run, clip: RunClip, extractor: Extractor) -> None:
    item = clip.item
    pack = run.pack if extractor.uses_model else NO_PACK
    if is_done(run.db, item.video.id, extractor.name, pack):
        return
    with run.thumbs.writer(item.video.fingerprint, extend=True) as thumbs:
        found = collect(run, clip, extractor.extract(clip), thumbs)
        changed = trouble_with(item)
        if changed is not None:
            raise changed
        with writing(run.db):
            demand_known(run, item)
            thumbs.close()
            _store(run.db, item.video.id, found, extractor.sources, pack)
            mark_done(run.db, item.video.id, extractor.name, pack)


def _store(db: Database, video: VideoId, found: Found, sources: Sequence[TextSource], pack: PackRef) -> None:
    ids = add_frames(db, video, found.frames)
    add_vectors(db, video, "frame", zip(ids, found.frame_vectors, strict=False), pack)
    if found.shots is not None:
        replace_shots(db, video, found.shots.spans)
    texts = replace_texts(db, video, sources, [one.text for one in found.texts], pack)
    rows = [(text, one.vector) for text, one in zip(texts, found.texts, strict=True) if one.vector is not None]
    add_vectors(db, video, "caption", [*rows, *((one.text, one.vector) for one in found.captions)], pack)
    add_vectors(db, video, "clip", [(one.shot, one.vector) for one in found.clips], pack)
    add_shot_tokens(db, [(one.shot, one.tokens) for one in found.tokens], pack)
