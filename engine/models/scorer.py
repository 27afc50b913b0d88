"""The pack's `scorer` part: reads query, caption and frames together and gives the chance that the video answers it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.models.pack import Pack
from engine.models.question import Question
from engine.models.session import Array, ProviderChoice, open_session, shares
from engine.models.tokenizer import Tokenizer
from engine.models.videotokens import stack_frames

MAX_BATCH = 32
_MAX_FRAMES = 8
_MAX_TEXT = 40


class Scorer:
    def __init__(self, pack: Pack, threads: int = 0, providers: Sequence[str] | None = None) -> None:
        self._part = pack.part("scorer")
        self.tokenizer = Tokenizer(pack)
        # A user waits for it: memory asked for anew at each run would take a fifth of its time.
        self._session = open_session(self._part.path, threads, providers, keeps_memory=True, in_lanes=True)
        self._max_frames = self._part.limits.get("frames", _MAX_FRAMES)
        self._max_text = self._part.limits.get("text", _MAX_TEXT)
        self._yes_first = self._part.options.get("first_logit", "yes") == "yes"

    @property
    def provider(self) -> ProviderChoice:
        return self._session.provider

    def score(self, questions: Sequence[Question]) -> npt.NDArray[np.float32]:
        """p(yes) for each question, [N]."""
        parts = [self._feeds(part) for part in shares(questions, self._session.lanes, MAX_BATCH)]
        odds = [self._log_odds(logits) for [logits] in self._session.run_all(parts, [self._part.outputs["logits"]])]
        joined = np.concatenate(odds) if odds else np.zeros(0, np.float32)
        # exp of a large positive number overflows; clipped where float32 is 0 or 1 anyway.
        return (1.0 / (1.0 + np.exp(-np.clip(joined, -80, 80)))).astype(np.float32)

    def _log_odds(self, logits: Array) -> Array:
        odds = logits[:, 0] - logits[:, 1]
        return odds if self._yes_first else -odds

    def _feeds(self, questions: Sequence[Question]) -> dict[str, Array]:
        query = self.tokenizer.encode([question.query for question in questions], self._max_text)
        caption = self.tokenizer.encode([question.caption for question in questions], self._max_text)
        spoken = np.asarray([[bool(question.caption.strip())] for question in questions])
        frames = stack_frames([question.frame_tokens for question in questions], self._max_frames)
        values: dict[str, Array] = {
            "query_ids": query.ids,
            "query_mask": query.mask,
            "caption_ids": caption.ids,
            "caption_mask": caption.mask * spoken,
            "frame_tokens": frames.tokens,
            "frame_mask": frames.mask,
            "first_score": np.asarray([question.first_score for question in questions], np.float32),
        }
        return {name: values[word] for word, name in self._part.inputs.items()}
