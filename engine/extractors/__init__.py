"""What can be taken out of a video, one module a kind. `EXTRACTORS` is the list the describe pass goes through.

A new kind is a module with `extract(clip)` and its entry here: it yields records (see `record.py`), which are stored,
searched as text or as vectors, and shown without another line elsewhere.
"""

from __future__ import annotations

from engine.extractors import captions, clips, corrections, frames, subtitles
from engine.extractors.record import Extractor

EXTRACTORS: tuple[Extractor, ...] = (
    Extractor("subtitles", (), subtitles.extract, uses_model=False, sources=("subtitle",)),
    Extractor("frames", (), frames.extract),
    Extractor("captions", ("captioner", "text"), captions.extract, sources=("caption",)),
    Extractor("corrections", ("text",), corrections.extract),
    Extractor("clips", ("clip",), clips.extract),
    Extractor("tokens", ("scorer",), clips.extract_tokens),
)
"""In order: later ones read what earlier ones stored."""
