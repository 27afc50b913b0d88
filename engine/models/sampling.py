"""Choosing the next token of a sentence from the captioner's logits. Pure numpy; the same seed gives the same words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Writing:
    """How captions are written. Temperature 0 takes the likeliest word each time."""

    count: int = 1
    """Captions a video."""
    temperature: float = 0.0
    first_is_greedy: bool = True
    """With a temperature: let the first of the captions be the likeliest one all the same."""
    top_p: float = 0.95
    top_k: int = 64
    max_length: int = 24
    """Tokens a caption, start and end included."""
    prompts: tuple[str, ...] = ("",)
    """Beginnings to go on from; the captions of a video take them in turn."""
    seed: int = 0

    def temperatures(self) -> Floats:
        """One for each caption of a video."""
        values = np.full(self.count, self.temperature, np.float32)
        if self.first_is_greedy:
            values[:1] = 0.0
        return values


def log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def choose(log_probs: Floats, temperatures: Floats, how: Writing, generator: np.random.Generator) -> Ids:
    """One token a row; rows with temperature 0 take the best."""
    chosen = log_probs.argmax(axis=-1)
    drawn_rows = np.flatnonzero(temperatures > 0)
    if len(drawn_rows):
        chosen[drawn_rows] = _draw(log_probs[drawn_rows] / temperatures[drawn_rows, None], how, generator)
    return chosen.astype(np.int64)


def _draw(scores: Floats, how: Writing, generator: np.random.Generator) -> Ids:
    kept = min(how.top_k, scores.shape[1])
    tokens = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]
    order = np.argsort(-np.take_along_axis(scores, tokens, axis=1), axis=1)
    tokens = np.take_along_axis(tokens, order, axis=1)
    chances = np.exp(log_softmax(np.take_along_axis(scores, tokens, axis=1)))
    before = np.cumsum(chances, axis=1) - chances
    # The token that reaches top-p stays in, those after it stay out.
    chances = np.where(before >= how.top_p, 0.0, chances)
    ends = np.cumsum(chances, axis=1)
    marks = generator.random((len(scores), 1)) * ends[:, -1:]
    at = np.minimum((ends <= marks).sum(axis=1), kept - 1)
    return tokens[np.arange(len(tokens)), at]
