"""Subtitles as searchable text: the files beside a video and the text tracks inside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from engine.extractors.record import Clip, NewText, Record
from engine.media.subtitles import embedded_cues, sidecar_cues
from engine.types import StoredText

MAX_CUES = 50_000


def extract(clip: Clip) -> Iterable[Record]:
    path = clip.item.path
    cues = itertools.chain(sidecar_cues(path), embedded_cues(path))
    for cue in itertools.islice(cues, MAX_CUES):
        if cue.text.strip():
            yield NewText(StoredText(cue.start_s, cue.end_s, "subtitle", cue.text.strip(), language=cue.language))
