"""Captions that the user corrected, put where a pack that came later finds them by meaning too."""

from __future__ import annotations

from collections.abc import Iterable

from engine.extractors.record import Clip, NewCaptionVector, Record


def extract(clip: Clip) -> Iterable[Record]:
    said = clip.corrections()
    if said:
        vectors = clip.model.text.encode([text for _, _, text in said], "caption")
        for (text_id, _, _), vector in zip(said, vectors, strict=True):
            yield NewCaptionVector(text_id, vector)
