"""Captions of shots: several candidates, judged by the pack's own scorer, the best few kept as searchable text.

The judge asks of each candidate what search will ask of it: does this picture answer these words? Without a scorer the
captioner's own likelihood decides. Where the user has said what is to be seen, nothing is added to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from engine.extractors.record import Clip, NewText, Record, Tokens
from engine.extractors.shot_frames import shots_with_frames
from engine.models.captioner import Caption
from engine.models.question import Question
from engine.models.sampling import Writing
from engine.types import Span, StoredFrame, StoredText, Vectors

CANDIDATES = 6
TEMPERATURE = 0.8
KEPT = 3
FRAMES = 8
SHOTS_AT_ONCE = 8
NEARLY_AS_GOOD = 0.15
"""Further captions are kept while their score is within this of the best: a poor second caption misleads search."""

Shot = tuple[Span, list[StoredFrame]]


def extract(clip: Clip) -> Iterable[Record]:
    corrected = [span for _, span, _ in clip.corrections()]
    shots = [
        (span, frames)
        for _, span, frames in shots_with_frames(clip, FRAMES)
        if not any(_is_same(span, other) for other in corrected)
    ]
    for at in range(0, len(shots), SHOTS_AT_ONCE):
        yield from _describe(clip, shots[at : at + SHOTS_AT_ONCE])


def _is_same(shot: Span, other: Span) -> bool:
    """Whether they share more than half of what either covers: shots may be cut a little differently each time."""
    shared = min(shot.end_s, other.end_s) - max(shot.start_s, other.start_s)
    return shared > 0.5 * (max(shot.end_s, other.end_s) - min(shot.start_s, other.start_s))


def _describe(clip: Clip, shots: Sequence[Shot]) -> Iterator[Record]:
    tokens = [clip.tokens(frames) for _, frames in shots]
    captioner = clip.model.captioner
    how = Writing(count=CANDIDATES, temperature=TEMPERATURE, prompts=captioner.prompts)
    for (span, frames), shot_tokens, written in zip(shots, tokens, captioner.write(tokens, how), strict=True):
        candidates = _distinct(written)
        if not candidates:
            continue
        scores = _scores(clip, candidates, shot_tokens, clip.frame_vectors(frames))
        best = keep([caption.text for caption in candidates], scores)
        vectors = clip.model.text.encode([text for text, _ in best], "caption")
        for (text, score), vector in zip(best, vectors, strict=True):
            yield NewText(StoredText(span.start_s, span.end_s, "caption", text, round(score, 4)), vector)


def keep(texts: Sequence[str], scores: Sequence[float]) -> list[tuple[str, float]]:
    """The best caption, and up to `KEPT` in all that are nearly as good."""
    ranked = sorted(zip(texts, scores, strict=True), key=lambda pair: -pair[1])
    return [pair for pair in ranked[:KEPT] if pair[1] >= ranked[0][1] - NEARLY_AS_GOOD]


def _distinct(written: Sequence[Caption]) -> list[Caption]:
    """Each wording once, nothing empty."""
    found = {" ".join(caption.text.lower().split()): caption for caption in reversed(written)}
    return [caption for words, caption in reversed(found.items()) if words]


def _scores(clip: Clip, candidates: Sequence[Caption], tokens: Tokens, frames: Vectors) -> list[float]:
    if "scorer" not in clip.model.parts:
        return [float(np.exp(caption.mean_log_prob)) for caption in candidates]
    texts = [caption.text for caption in candidates]
    nearness = (clip.model.text.encode(texts, "query") @ frames.T).max(axis=1)
    questions = [Question(text, "", tokens, float(near)) for text, near in zip(texts, nearness, strict=True)]
    return [float(score) for score in clip.model.scorer.score(questions)]
