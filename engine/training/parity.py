"""How faithful a written pack is to the torch modules it was made from, measured through the product's own runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from engine.models.captioner import Captioner as CaptionerRuntime
from engine.models.captioner import open_likelihood
from engine.models.clip import ClipContent, ClipEncoder
from engine.models.encoder import FrameEncoder as FrameRuntime
from engine.models.encoder import TextEncoder
from engine.models.pack import Pack, PartName
from engine.models.question import Question
from engine.models.sampling import Writing as RuntimeWriting
from engine.models.scorer import Scorer as ScorerRuntime
from engine.training.decode import Writing, write
from engine.training.parts.captioner import Captioner
from engine.training.parts.clip import ClipMixture
from engine.training.parts.frame import FrameEncoder
from engine.training.parts.scorer import Scorer, ScorerInput, relevance
from engine.training.parts.text import CAPTION, QUERY, TextTower
from engine.training.tokens import PAD_ID, encode
from engine.types import Vectors

Floats = npt.NDArray[np.floating]
LENGTH = 24


@dataclass(frozen=True, slots=True)
class Modules:
    """What a pack is made from. Without captioner, scorer or mixture the pack has no such part."""

    frame: FrameEncoder
    text: TextTower
    clip: ClipMixture | None = None
    captioner: Captioner | None = None
    likelihood: Captioner | None = None
    scorer: Scorer | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What is compared on: pictures and sentences that belong together, one each."""

    pictures: npt.NDArray[np.uint8]
    sentences: tuple[str, ...]
    tokenizer: Tokenizer


@dataclass(frozen=True, slots=True)
class Parity:
    part: PartName
    what: str
    cosine: float
    """Mean over the sample."""
    least: float

    def __str__(self) -> str:
        return f"{self.part} {self.what}: cosine {self.cosine:.4f}, least {self.least:.4f}"


@dataclass(frozen=True, slots=True)
class Comparison:
    parts: tuple[Parity, ...]
    same_captions: float | None
    """Share of greedy captions that are word for word the same; None without a captioner."""

    @property
    def worst(self) -> float:
        return min(part.cosine for part in self.parts)


@dataclass(frozen=True, slots=True)
class Truth:
    """The modules with what they make of the sample: later parts are compared on the module's own tokens."""

    modules: Modules
    sample: Sample
    vectors: Vectors
    tokens: Floats

    @property
    def videos(self) -> list[Floats]:
        """Each picture a video of one frame."""
        return [tokens[None] for tokens in self.tokens]

    @property
    def memory_input(self) -> torch.Tensor:
        return torch.from_numpy(self.tokens)[:, None]


@torch.no_grad()
def truth_of(modules: Modules, sample: Sample) -> Truth:
    vectors, tokens = (each.float().numpy() for each in modules.frame(torch.from_numpy(sample.pictures)))
    return Truth(modules, sample, vectors, tokens)


@torch.no_grad()
def compare(truth: Truth, pack: Pack) -> Comparison:
    """Every part of the pack on the same inputs as its module."""
    parts = [parity for name in pack.parts for parity in CHECKS[name](truth, pack)]
    return Comparison(tuple(parts), same_captions(truth, pack) if pack.has("captioner") else None)


@torch.no_grad()
def least_cosine(truth: Truth, pack: Pack, part: PartName) -> float:
    """How faithful one part is."""
    return min(parity.cosine for parity in CHECKS[part](truth, pack))


def _frame(truth: Truth, pack: Pack) -> list[Parity]:
    found = FrameRuntime(pack).encode(truth.sample.pictures)
    assert found.tokens is not None
    return [
        _parity("frame", "vectors", truth.vectors, found.vectors),
        _parity("frame", "tokens", truth.tokens, found.tokens),
    ]


def _text(truth: Truth, pack: Pack) -> list[Parity]:
    encoder, tower, texts = TextEncoder(pack), truth.modules.text, truth.sample.sentences
    ids = torch.from_numpy(encode(truth.sample.tokenizer, texts, tower.shape.length))
    wanted = {
        role: tower(ids, (ids != PAD_ID).long(), torch.full((len(ids),), role)).numpy() for role in (QUERY, CAPTION)
    }
    return [
        _parity("text", "queries", wanted[QUERY], encoder.encode(texts, "query")),
        _parity("text", "captions", wanted[CAPTION], encoder.encode(texts, "caption")),
    ]


def _clip(truth: Truth, pack: Pack) -> list[Parity]:
    """Clips of three pictures; those before stand in for captions, of which the first clip has none."""
    mixture, vectors = truth.modules.clip, truth.vectors
    assert mixture is not None
    clips = [ClipContent(vectors[at : at + 3], vectors[max(0, at - 2) : at]) for at in range(0, len(vectors) - 2, 3)]
    wanted = []
    for clip in clips:
        captions = clip.captions if len(clip.captions) else np.zeros((1, vectors.shape[1]), np.float32)
        masks = (torch.ones(1, 3, dtype=torch.bool), torch.full((1, len(captions)), bool(len(clip.captions))))
        wanted.append(mixture(torch.from_numpy(clip.frames[None]), torch.from_numpy(captions[None]), *masks).numpy())
    return [_parity("clip", "vectors", np.concatenate(wanted), ClipEncoder(pack).encode(clips))]


def _scorer(truth: Truth, pack: Pack) -> list[Parity]:
    """Each sentence asked of its own picture and of the next, half of the time with the picture's caption too."""
    scorer, texts = truth.modules.scorer, truth.sample.sentences
    assert scorer is not None
    count = len(texts)
    pairs = [(at, (at + step) % count) for at in range(count) for step in (0, 1)]
    captions = [texts[picture] if at % 2 else "" for at, picture in pairs]
    query, caption = _ids(truth.sample, [texts[at] for at, _ in pairs]), _ids(truth.sample, captions)
    spoken = torch.tensor([[bool(text)] for text in captions])
    frames = truth.memory_input[[picture for _, picture in pairs]]
    shown, first = torch.ones(len(pairs), 1, dtype=torch.bool), torch.full((len(pairs),), 0.3)
    masks = (query != PAD_ID, (caption != PAD_ID) & spoken)
    wanted = relevance(scorer(ScorerInput(query, masks[0], caption, masks[1], frames, shown, first))).numpy()
    questions = [
        Question(texts[at], text, truth.videos[picture], 0.3)
        for (at, picture), text in zip(pairs, captions, strict=True)
    ]
    chances = np.clip(ScorerRuntime(pack).score(questions).astype(np.float64), 1e-7, 1 - 1e-7)
    return [_parity("scorer", "log-odds", wanted[None], np.log(chances / (1 - chances))[None])]


def _captioner(truth: Truth, pack: Pack) -> list[Parity]:
    assert truth.modules.captioner is not None
    return [_decoder("captioner", truth.modules.captioner, truth, CaptionerRuntime(pack))]


def _likelihood(truth: Truth, pack: Pack) -> list[Parity]:
    assert truth.modules.likelihood is not None
    return [_decoder("likelihood", truth.modules.likelihood, truth, open_likelihood(pack))]


def _decoder(part: PartName, captioner: Captioner, truth: Truth, runtime: CaptionerRuntime) -> Parity:
    """Log-probabilities of the sentences' words."""
    ids = _ids(truth.sample, truth.sample.sentences)
    logits, _ = captioner(ids[:, :-1], captioner.see(truth.memory_input))
    wanted = logits.log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0].numpy()
    judged = runtime.likelihood(truth.videos, truth.sample.sentences)
    found = np.zeros_like(wanted)
    for row, one in enumerate(judged):
        found[row, : len(one.log_probs)] = one.log_probs
    return _parity(part, "log-probabilities", (wanted * (ids[:, 1:] != PAD_ID).numpy())[None], found[None])


@torch.no_grad()
def same_captions(truth: Truth, pack: Pack) -> float:
    """Share of greedy captions that come out word for word the same."""
    captioner = truth.modules.captioner
    assert captioner is not None
    ids = write(captioner, captioner.see(truth.memory_input), Writing(max_length=LENGTH))
    wanted = truth.sample.tokenizer.decode_batch(ids.tolist())
    found = CaptionerRuntime(pack).write(truth.videos, RuntimeWriting(max_length=LENGTH))
    return float(np.mean([caption.text == text.strip() for [caption], text in zip(found, wanted, strict=True)]))


CHECKS: dict[PartName, Callable[[Truth, Pack], list[Parity]]] = {
    "frame": _frame,
    "text": _text,
    "clip": _clip,
    "captioner": _captioner,
    "likelihood": _likelihood,
    "scorer": _scorer,
}


def _ids(sample: Sample, texts: Sequence[str]) -> torch.Tensor:
    return torch.from_numpy(encode(sample.tokenizer, texts, LENGTH))


def _parity(part: PartName, what: str, wanted: Floats, found: Floats) -> Parity:
    rows, others = (each.reshape(-1, each.shape[-1]).astype(np.float64) for each in (wanted, found))
    rows, others = (np.where(each.any(axis=1, keepdims=True), each, 1.0) for each in (rows, others))
    cosines = (rows * others).sum(axis=1) / (np.linalg.norm(rows, axis=1) * np.linalg.norm(others, axis=1))
    return Parity(part, what, float(cosines.mean()), float(cosines.min()))
