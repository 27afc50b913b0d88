"""The pack an indexing run works with. Without a sound one, videos are still found, dated, pictured and named."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PackError
from engine.jobs.run import Looker
from engine.models.catalog import choose, pack_dirs
from engine.models.encoder import FrameEncoder
from engine.settings import Settings
from engine.types import NO_PACK, PackRef

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    pack: PackRef
    parts: frozenset[str]
    looker: Looker | None


def pack_in_use(library: Path, settings: Settings) -> PackRef:
    """The pack a run would use now, without opening it."""
    try:
        pack = choose(pack_dirs(library), settings.pack).pack
    except PackError:
        return NO_PACK
    return PackRef(pack.id, pack.revision)


def open_model(library: Path, settings: Settings, threads: int) -> Model:
    """Open the pack's parts that indexing needs; none, said in the log and by doctor, where no pack is sound."""
    try:
        chosen = choose(pack_dirs(library), settings.pack)
        looker = FrameEncoder(chosen.pack, threads=threads)
    except PackError as error:
        log.warning("indexing without a model: %s", error)
        return Model(NO_PACK, frozenset(), None)
    if chosen.note is not None:
        log.warning("%s", chosen.note)
    return Model(PackRef(chosen.pack.id, chosen.pack.revision), frozenset(chosen.pack.parts), looker)
