"""The pack's `captioner` part: writes captions from frame tokens, and says how likely a given text is.

numpy and onnxruntime only. Works with a graph that keeps a cache of earlier tokens and with one that does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from engine.models.manifest import pack_error
from engine.models.pack import Pack, Part
from engine.models.sampling import Floats, Ids, Writing, choose, log_softmax
from engine.models.session import Array, ProviderChoice, Session, open_session
from engine.models.tokenizer import Tokenizer
from engine.models.videotokens import FrameTokens, TokenStack, stack_frames

MAX_ROWS = 64
_MAX_FRAMES = 8
_MAX_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence with the log-probability of each of its tokens, the end included."""

    text: str
    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]

    @property
    def mean_log_prob(self) -> float:
        return sum(self.log_probs) / max(1, len(self.log_probs))


class Captioner:
    """Safe to call from several threads."""

    def __init__(
        self,
        pack: Pack,
        threads: int = 0,
        providers: Sequence[str] | None = None,
        part_name: Literal["captioner", "likelihood"] = "captioner",
    ) -> None:
        part = pack.part(part_name)
        self.tokenizer = Tokenizer(pack)
        self.prompts = part.prompts or ("",)
        """Beginnings of sentences that were found to give good captions."""
        self._decoder = _Decoder(part, open_session(part.path, threads, providers))
        self._max_frames = part.limits.get("frames", _MAX_FRAMES)
        self._max_length = min(part.limits.get("length", _MAX_LENGTH), pack.tokenizer.max_tokens)
        start, end = self.tokenizer.start_id, self.tokenizer.end_id
        if start is None or end is None:
            raise pack_error(pack.folder, "it has a captioner but its tokenizer names no start and end token")
        self._start, self._end = start, end
        self._never = np.asarray(sorted(self.tokenizer.special_ids - {end}), np.int64)
        self._token_shape = (pack.token_count, pack.token_dim)

    @property
    def provider(self) -> ProviderChoice:
        return self._decoder.session.provider

    def write(self, videos: Sequence[FrameTokens], how: Writing | None = None) -> list[list[Caption]]:
        """`how.count` captions for each video, given as frame tokens [F, P, D]."""
        how = how or Writing()
        generator = np.random.default_rng(how.seed)
        step = max(1, MAX_ROWS // how.count)
        found: list[list[Caption]] = []
        for at in range(0, len(videos), step):
            stack = stack_frames(videos[at : at + step], self._max_frames).repeated(how.count)
            captions = [self._caption(draft) for draft in self._write(stack, how, generator)]
            found += [captions[row : row + how.count] for row in range(0, len(captions), how.count)]
        return found

    def likelihood(self, videos: Sequence[FrameTokens], texts: Sequence[str]) -> list[Caption]:
        """How likely `texts[i]` is as a caption of `videos[i]`, token by token."""
        found: list[Caption] = []
        for at in range(0, len(texts), MAX_ROWS):
            stack = stack_frames(videos[at : at + MAX_ROWS], self._max_frames)
            found += self._judge(stack, texts[at : at + MAX_ROWS])
        return found

    def prior(self, texts: Sequence[str]) -> list[Caption]:
        """How likely texts are when no video is shown: what BLiM divides out."""
        blank = np.zeros((0, *self._token_shape), np.float32)
        return self.likelihood([blank] * len(texts), texts)

    def _judge(self, stack: TokenStack, texts: Sequence[str]) -> list[Caption]:
        batch = self.tokenizer.encode(texts, self._max_length)
        ids, mask = batch.ids, batch.mask
        if ids.shape[1] < 2:
            return [Caption(text, (), ()) for text in texts]
        log_probs = log_softmax(self._decoder.first(ids[:, :-1], stack).logits)
        picked = np.take_along_axis(log_probs, ids[:, 1:, None], axis=2)[:, :, 0]
        return [
            self._said(text, row[1:][kept[1:] == 1], values[kept[1:] == 1])
            for text, row, kept, values in zip(texts, ids, mask, picked, strict=True)
        ]

    def _write(self, stack: TokenStack, how: Writing, generator: np.random.Generator) -> list[_Draft]:
        beginnings = [self._beginning(prompt) for prompt in how.prompts]
        temperatures = how.temperatures()
        drafts = [
            _Draft(beginnings[row % how.count % len(beginnings)], float(temperatures[row % how.count]))
            for row in range(len(stack.mask))
        ]
        length = min(how.max_length, self._max_length)
        alive = drafts
        state = self._decoder.first(np.full((len(drafts), 1), self._start, np.int64), stack)
        for room in range(length - 1, 0, -1):
            self._extend(alive, log_softmax(state.logits[:, -1]), how, generator)
            if room == 1:
                self._cut(alive, state)
            keep = np.asarray([draft.ids[-1] != self._end for draft in alive])
            if not keep.any():
                break
            alive = [draft for draft, kept in zip(alive, keep, strict=True) if kept]
            fresh = np.asarray([[draft.ids[-1]] for draft in alive], np.int64)
            state = self._decoder.next(fresh, state if keep.all() else state.rows(np.flatnonzero(keep)))
        return drafts

    def _extend(self, drafts: list[_Draft], log_probs: Floats, how: Writing, generator: np.random.Generator) -> None:
        allowed = log_probs.copy()
        allowed[:, self._never] = -np.inf
        temperatures = np.asarray([draft.temperature for draft in drafts], np.float32)
        tokens = choose(allowed, temperatures, how, generator)
        for row, draft in enumerate(drafts):
            at = len(draft.ids)
            token = draft.beginning[at] if at < len(draft.beginning) else int(tokens[row])
            draft.ids.append(token)
            draft.log_probs.append(float(log_probs[row, token]))

    def _cut(self, drafts: list[_Draft], state: _State) -> None:
        """A sentence that reached its length ends there."""
        ends = log_softmax(state.logits[:, -1])[:, self._end]
        for draft, log_prob in zip(drafts, ends, strict=True):
            draft.ids[-1], draft.log_probs[-1] = self._end, float(log_prob)

    def _beginning(self, prompt: str) -> tuple[int, ...]:
        ids = self.tokenizer.encode([prompt]).ids[0].tolist() if prompt else []
        return tuple(each for each in ids if each not in self.tokenizer.special_ids)

    def _caption(self, draft: _Draft) -> Caption:
        text = self.tokenizer.decode(draft.ids)
        return self._said(text, np.asarray(draft.ids), np.asarray(draft.log_probs))

    def _said(self, text: str, ids: Ids, log_probs: Array) -> Caption:
        tokens = tuple(self.tokenizer.token(int(each)) for each in ids)
        return Caption(text, tokens, tuple(float(each) for each in log_probs))


def open_likelihood(pack: Pack, threads: int = 0, providers: Sequence[str] | None = None) -> Captioner:
    """What judges how likely a query is for a video: the pack's part for it, or else its captioner."""
    return Captioner(pack, threads, providers, "likelihood" if pack.has("likelihood") else "captioner")


@dataclass(slots=True)
class _Draft:
    """A caption being written."""

    beginning: tuple[int, ...]
    temperature: float
    ids: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _State:
    """Where the decoder stands: its last logits, all ids so far, what it saw and what it remembers of it."""

    logits: Floats
    ids: Ids
    stack: TokenStack
    past: dict[str, Array]

    def rows(self, index: Array) -> _State:
        past = {name: value[index] for name, value in self.past.items()}
        stack = TokenStack(self.stack.tokens[index], self.stack.mask[index])
        return _State(self.logits[index], self.ids[index], stack, past)


class _Decoder:
    """The graph and its cache. A merged decoder computes what it sees of the video in the first step only."""

    def __init__(self, part: Part, session: Session) -> None:
        self.session = session
        self._part = part
        past, present = part.options.get("past", "past_key_values."), part.options.get("present", "present.")
        self._past = {name: present + name[len(past) :] for name in session.inputs if name.startswith(past)}
        # What was seen of the video does not grow; a merged decoder gives it whole in the first step only.
        self._grows = {name: given for name, given in self._past.items() if ".encoder." not in name}

    def first(self, ids: Ids, stack: TokenStack) -> _State:
        empty = {name: self._empty(name, len(ids)) for name in self._past}
        return self._run(ids, _State(np.zeros((0,), np.float32), ids, stack, empty), self._past)

    def next(self, fresh: Ids, state: _State) -> _State:
        """One more token a row; without a cache the whole sentence is read again."""
        ids = np.concatenate([state.ids, fresh], axis=1)
        begun = _State(state.logits, ids, state.stack, state.past)
        return self._run(fresh if self._past else ids, begun, self._grows)

    def _run(self, ids: Ids, state: _State, wanted: dict[str, str]) -> _State:
        is_first = ids.shape[1] == state.ids.shape[1]
        values: dict[str, Array] = {
            "ids": ids,
            "frame_tokens": state.stack.tokens,
            "frame_mask": state.stack.mask,
            "use_cache": np.asarray([not is_first]),
        }
        feeds = {name: values[word] for word, name in self._part.inputs.items()} | state.past
        logits, *presents = self.session.run(feeds, [self._part.outputs["logits"], *wanted.values()])
        past = state.past | dict(zip(wanted, presents, strict=True))
        return _State(logits.astype(np.float32), state.ids, state.stack, past)

    def _empty(self, name: str, rows: int) -> Array:
        """Nothing remembered yet: batch, heads, no tokens, width."""
        sizes = [size if isinstance(size, int) else 0 for size in self.session.shapes[name]]
        return np.zeros((rows, *sizes[1:]), self.session.inputs[name])
