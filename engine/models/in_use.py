"""The pack an indexing run works with, its parts opened when first needed.

Without a sound pack, videos are still found, dated, pictured and named.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from engine.errors import PackError
from engine.models.captioner import Captioner
from engine.models.catalog import choose, pack_dirs
from engine.models.clip import ClipEncoder
from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack
from engine.models.scorer import Scorer
from engine.settings import Settings
from engine.types import NO_PACK, PackRef

log = logging.getLogger(__name__)


class Model:
    """The parts of one pack, or of none."""

    def __init__(self, pack: Pack | None, threads: int = 0, providers: Collection[str] | None = None) -> None:
        self._pack = pack
        self._threads = threads
        self._providers = None if providers is None else list(providers)
        self.ref = NO_PACK if pack is None else PackRef(pack.id, pack.revision)
        self.parts: frozenset[str] = frozenset() if pack is None else frozenset(pack.parts)
        self.looker = None if pack is None else FrameEncoder(pack, threads, self._providers)

    @cached_property
    def text(self) -> TextEncoder:
        return TextEncoder(self._sound(), self._threads, self._providers)

    @cached_property
    def captioner(self) -> Captioner:
        return Captioner(self._sound(), self._threads, self._providers)

    @cached_property
    def scorer(self) -> Scorer:
        return Scorer(self._sound(), self._threads, self._providers)

    @cached_property
    def clip(self) -> ClipEncoder:
        return ClipEncoder(self._sound(), self._threads, self._providers)

    def _sound(self) -> Pack:
        if self._pack is None:
            raise ValueError("a part of no pack was asked for; ask `parts` first")
        return self._pack


def open_model(library: Path, settings: Settings, threads: int) -> Model:
    """Open the pack in use; none, said in the log and by doctor, where no pack is sound."""
    try:
        chosen = choose(pack_dirs(library), settings.pack)
        if chosen.note is not None:
            log.warning("%s", chosen.note)
        return Model(chosen.pack, threads)
    except PackError as error:
        log.warning("indexing without a model: %s", error)
        return Model(None)
