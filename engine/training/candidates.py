"""Candidate captions of training videos, and what they are worth: to the scorer (CaRe-DPO) or to a judge (SynPO).

The label of a candidate is a reconstruction: CaRe-DPO states that the retriever's relevance score trains the captioner,
not its exact form. Here a good caption makes the video relevant to its own queries and not to those of similar videos,
and, asked as a query itself, makes the scorer pick its own video out of similar ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor

from engine.training import synpo
from engine.training.blim import prior
from engine.training.captioning import caption_all
from engine.training.decode import Writing, likelihood, write
from engine.training.parts.captioner import Captioner
from engine.training.parts.scorer import Scorer, ScorerInput, relevance
from engine.training.parts.text import CAPTION, TextReader
from engine.training.precision import fast
from engine.training.ranking import Asked, Seen, assemble
from engine.training.tokens import PAD_ID, START_ID, encode

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """K sentences for each of V videos."""

    texts: list[list[str]]
    ids: Tensor
    """[V, K, L], padded."""


@dataclass(frozen=True, slots=True)
class LabelTerms:
    own_queries: int = 1
    other_queries: int = 0
    distinct_weight: float = 1.0
    """Of the part where the caption itself is the query."""
    seed: int = 0


def draw(captioner: Captioner, tokens: Tensor, tokenizer: Tokenizer, how: Writing) -> Candidates:
    return read(caption_all(captioner, tokens, tokenizer, how, batch=64), how.count, tokenizer)


def read(texts: list[str], count: int, tokenizer: Tokenizer, length: int = 24) -> Candidates:
    """Sentences as they were written, `count` a video in a row."""
    ids = torch.from_numpy(encode(tokenizer, texts, length))
    rows = [texts[start : start + count] for start in range(0, len(texts), count)]
    return Candidates(rows, ids.reshape(len(rows), count, -1))


def relevance_labels(scorer: Scorer, seen: Seen, asked: Asked, similar: Ints, terms: LabelTerms) -> Floats:
    """Labels [V, K] of `seen.captions` for the queries `asked`; `similar` [V, n] are neighbouring videos."""
    chance = np.random.default_rng(terms.seed)
    videos, width = seen.captions.shape[:2]
    first = np.searchsorted(asked.owner, np.arange(videos + 1))
    labels = np.zeros((videos, width))
    for _ in range(terms.own_queries):
        labels += _asked_by(scorer, seen, asked, _one_of(first, np.arange(videos), chance)) / terms.own_queries
    for turn in range(terms.other_queries):
        rows = _one_of(first, similar[:, turn % similar.shape[1]], chance)
        labels -= _asked_by(scorer, seen, asked, rows) / terms.other_queries
    if terms.distinct_weight:
        labels += terms.distinct_weight * picked(scorer, seen, similar)
    return labels


def picked(scorer: Scorer, seen: Seen, similar: Ints) -> Floats:
    """[V, K] log-probability that the scorer, asked a caption, picks its own video and not a similar one."""
    videos, width = seen.captions.shape[:2]
    shelf = np.concatenate([np.arange(videos)[:, None], similar], axis=1)
    found = np.zeros((videos, width, shelf.shape[1]))
    empty = torch.full((1, 2), PAD_ID)
    for place in range(shelf.shape[1]):
        other = np.repeat(shelf[:, place], width)
        found[:, :, place] = _in_parts(
            scorer,
            seen.captions.flatten(0, 1),
            empty.expand(videos * width, -1),
            (seen.tokens, torch.from_numpy(other)),
            _first_stage(seen, shelf[:, place]).ravel().astype(np.float32),
        ).reshape(videos, width)
    top = found.max(axis=2, keepdims=True)
    return found[:, :, 0] - top[:, :, 0] - np.log(np.exp(found - top).sum(axis=2))


def _first_stage(seen: Seen, videos: Ints) -> Floats:
    """[V, K] cosine of each caption, as a query, with the video given for its row."""
    if seen.asked_captions is None:
        return np.zeros(seen.captions.shape[:2])
    return np.einsum("vke,ve->vk", seen.asked_captions, seen.vectors[videos])


def _asked_by(scorer: Scorer, seen: Seen, asked: Asked, rows: Ints) -> Floats:
    """Relevance [V, K] of each video with each of its candidates to the one query given for it in `rows`."""
    videos, width = seen.captions.shape[:2]
    cosine = np.einsum("ve,ve->v", asked.vectors[rows], seen.vectors)
    return _in_parts(
        scorer,
        asked.ids[torch.from_numpy(rows)].repeat_interleave(width, dim=0),
        seen.captions.flatten(0, 1),
        (seen.tokens, torch.arange(videos).repeat_interleave(width)),
        np.repeat(cosine, width).astype(np.float32),
    ).reshape(videos, width)


@torch.no_grad()
def _in_parts(scorer: Scorer, query: Tensor, caption: Tensor, frames: tuple[Tensor, Tensor], cosine: Floats) -> Floats:
    scorer.eval()
    device = scorer.answer.device
    tokens, rows = frames
    cosines = torch.from_numpy(cosine)
    found = []
    for start in range(0, len(query), 1024):
        part = slice(start, start + 1024)
        given = assemble(query[part], caption[part], tokens[rows[part]], cosines[part])
        with fast(device):
            logits = scorer(ScorerInput(*(tensor.to(device) for tensor in given)))
        found.append(relevance(logits.float()).cpu().numpy())
    return np.concatenate(found)


def _one_of(first: Ints, videos: Ints, chance: np.random.Generator) -> Ints:
    """One query row of each of `videos`."""
    start, stop = first[videos], first[videos + 1]
    return start + (chance.random(len(videos)) * (stop - start)).astype(np.int64)


@torch.no_grad()
def revise(captioner: Captioner, tokens: Tensor, tokenizer: Tokenizer, drawn: Candidates) -> Candidates:
    """SynPO's second look: each candidate is kept up to the word the picture speaks against most, then written anew."""
    captioner.eval()
    device = captioner.nothing.device
    texts: list[str] = []
    width = drawn.ids.shape[1]
    for video, ids in zip(tokens.split(256), drawn.ids.split(256), strict=True):
        flat = ids.flatten(0, 1).to(device)
        with fast(device):
            memory = captioner.see(video.float().to(device))
            seen = likelihood(captioner, memory, flat)
            unseen = likelihood(captioner, captioner.see_nothing(len(flat)), flat)
        lengths = seen.mask.sum(dim=1).long().tolist()
        gains = zip(seen.tokens.float().cpu().numpy(), unseen.tokens.float().cpu().numpy(), lengths, strict=True)
        keep = [1 + synpo.revision_point(a[:n], b[:n]) for a, b, n in gains]
        found: list[str] = [""] * len(flat)
        # Sentences that are kept to the same length go on together, all with the memory of their own video.
        for length in sorted(set(keep)):
            rows = [row for row, kept in enumerate(keep) if kept == length]
            owner = torch.tensor([row // width for row in rows], device=device)
            with fast(device):
                anew = write(captioner, memory.rows(owner), Writing(), prefix=flat[rows, :length])
            for row, text in zip(rows, tokenizer.decode_batch(anew.tolist()), strict=True):
                found[row] = text
        texts += found
    return read(texts, width, tokenizer, drawn.ids.shape[2])


def judged(captioner: Captioner, reader: TextReader, drawn: Candidates, vectors: Floats) -> Floats:
    """The stand-in judge's totals [V, K] for candidates of videos with the given vectors [V, E]."""
    videos, width = drawn.ids.shape[:2]
    text = reader.vectors([text for row in drawn.texts for text in row], CAPTION).reshape(videos, width, -1)
    fluency = np.concatenate([prior(captioner, part) for part in drawn.ids.flatten(0, 1).split(1024)])
    evidence = synpo.Evidence(
        grounding=np.einsum("vke,ve->vk", text, vectors),
        fluency=fluency.reshape(videos, width),
        agreement=synpo.agreement(text),
    )
    return synpo.total(evidence, drawn.texts)


def prompt_ids(tokenizer: Tokenizer, prompt: str, rows: int) -> Tensor:
    """A prompt prefix as the beginning of `rows` sentences."""
    pieces = tokenizer.encode(prompt, add_special_tokens=False).ids if prompt else []
    return torch.tensor([[START_ID, *pieces]]).repeat(rows, 1)
