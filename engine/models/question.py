"""What a scorer is asked. Apart from the scorer, so that whoever may ask one day need not load what it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from engine.models.videotokens import FrameTokens


@dataclass(frozen=True, slots=True)
class Question:
    """Does this video, with this caption, answer the query? An empty caption means there is none."""

    query: str
    caption: str
    frame_tokens: FrameTokens
    first_score: float
    """Cosine of query vector and video vector."""
