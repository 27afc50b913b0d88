"""Figures of the pack as it is shipped: photos searched with nothing but the pack's files and the product's runtime.

The report measures the torch modules; this measures what 8 bits and the runtime leave of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.models.captioner import Captioner, open_likelihood
from engine.models.clip import ClipContent, ClipEncoder
from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack
from engine.models.question import Question
from engine.models.sampling import Writing
from engine.models.scorer import Scorer
from engine.training import metrics
from engine.training.ablation import Outcome
from engine.training.data import Photo
from engine.training.evaluation import in_pool, pool_of
from engine.training.fusion import Legs, fuse
from engine.training.ranking import Pool, own_ranks
from engine.types import Vectors

Floats = npt.NDArray[np.floating]
CAPTIONS = 4
_QUERIES = 64


@dataclass(frozen=True, slots=True)
class Shelf:
    """Photos as the pack sees and describes them, and the queries asked of them."""

    vectors: Vectors
    videos: list[npt.NDArray[np.float16]]
    """Frame tokens of each photo as a video of one frame; empty where the pack gives none."""
    texts: list[list[str]]
    captions: Floats
    """[N, C, E]; C is 0 without a captioner."""
    clips: Vectors | None
    queries: tuple[str, ...]
    asked: Vectors
    owner: npt.NDArray[np.int64]

    def every(self, step: int) -> Shelf:
        """The same with one query in `step`."""
        return replace(self, queries=self.queries[::step], asked=self.asked[::step], owner=self.owner[::step])


def describe(pack: Pack, photos: Sequence[Photo], pictures: npt.NDArray[np.uint8], seed: int = 1) -> Shelf:
    """What indexing would store of each photo."""
    seen = FrameEncoder(pack).encode(pictures)
    encoder, width = TextEncoder(pack), pack.vector_dim
    videos = [] if seen.tokens is None else [tokens[None] for tokens in seen.tokens]
    texts: list[list[str]] = [[] for _ in photos]
    captions = np.zeros((len(photos), 0, width), np.float32)
    if pack.has("captioner"):
        how = Writing(CAPTIONS, temperature=0.9, seed=seed)
        texts = [[caption.text for caption in row] for row in Captioner(pack).write(videos, how)]
        flat = [text for row in texts for text in row]
        captions = encoder.encode(flat, "caption").reshape(len(photos), CAPTIONS, width)
    clips = None
    if pack.has("clip"):
        contents = [ClipContent(vector[None], said) for vector, said in zip(seen.vectors, captions, strict=True)]
        clips = ClipEncoder(pack).encode(contents)
    queries = tuple(text for photo in photos for text in photo.captions)
    owner = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    return Shelf(seen.vectors, videos, texts, captions, clips, queries, encoder.encode(queries, "query"), owner)


def first_stage(shelf: Shelf) -> Floats:
    """Cosines [Q, N] of queries and frames."""
    return shelf.asked @ shelf.vectors.T


def whole_chain(pack: Pack, shelf: Shelf, calibration: Mapping[str, Any]) -> npt.NDArray[np.integer]:
    """The rank of each query's own photo after recall by all legs and a second look at the best."""
    legs: Legs = {"frame": first_stage(shelf)}
    if shelf.captions.shape[1]:
        legs["caption"] = np.max([shelf.asked @ shelf.captions[:, k].T for k in range(CAPTIONS)], axis=0)
    if shelf.clips is not None:
        legs["clip"] = shelf.asked @ shelf.clips.T
    recall, fusion = calibration["recall"], calibration["fusion"]
    total = np.sum([weight * legs[name] for name, weight in recall.items() if name in legs], axis=0)
    pool = pool_of(total, legs["frame"], int(calibration["pool"]))
    slow = {**in_pool(legs, pool), **_second_look(pack, shelf, pool, fusion)}
    weights = {name: weight for name, weight in fusion.items() if name in slow}
    return own_ranks(metrics.ranks(total, shelf.owner), fuse(slow, weights), pool.videos == shelf.owner[:, None])


def _second_look(pack: Pack, shelf: Shelf, pool: Pool, fusion: Mapping[str, float]) -> Legs:
    """The slow legs that have a weight."""
    found: Legs = {}
    if pack.has("scorer") and fusion.get("scorer"):
        scorer = Scorer(pack)
        chances = np.concatenate([scorer.score(_questions(shelf, pool, rows)) for rows in _groups(shelf)]).astype(
            np.float64
        )
        clipped = np.clip(chances, 1e-9, 1 - 1e-9)
        found["scorer"] = _in_order(np.log(clipped / (1 - clipped)), shelf, pool)
    if pack.has("captioner") and fusion.get("likelihood"):
        judge = open_likelihood(pack)
        said = [
            one.mean_log_prob
            for rows in _groups(shelf)
            for one in judge.likelihood(
                [shelf.videos[video] for row in rows for video in pool.videos[row]],
                [shelf.queries[row] for row in rows for _ in pool.videos[row]],
            )
        ]
        found["likelihood"] = _in_order(np.asarray(said), shelf, pool)
    return found


def _questions(shelf: Shelf, pool: Pool, rows: npt.NDArray[np.int64]) -> list[Question]:
    return [
        Question(shelf.queries[row], shelf.texts[video][0] if shelf.texts[video] else "", shelf.videos[video], cosine)
        for row in rows
        for video, cosine in zip(pool.videos[row], pool.cosines[row].tolist(), strict=True)
    ]


def _groups(shelf: Shelf) -> list[npt.NDArray[np.int64]]:
    """Queries of one length together: padding would cost as much as words."""
    order = np.argsort([len(query.split()) for query in shelf.queries], kind="stable")
    return [order[at : at + _QUERIES] for at in range(0, len(order), _QUERIES)]


def _in_order(flat: Floats, shelf: Shelf, pool: Pool) -> Floats:
    found = np.zeros(pool.videos.shape)
    found[np.concatenate(_groups(shelf))] = flat.reshape(pool.videos.shape)
    return found


def outcome(pack: Pack, shelf: Shelf, photos: Sequence[Photo], ranks: npt.NDArray[np.integer]) -> Outcome:
    """A row of the report's table."""
    if not pack.has("captioner"):
        return Outcome(ranks, shelf.owner, np.zeros(0, np.int64), np.zeros(0), 0.0)
    texts, references = [row[0] for row in shelf.texts], [photo.captions for photo in photos]
    own = metrics.caption_ranks(TextEncoder(pack).encode(texts, "query"), shelf.vectors)
    return Outcome(ranks, shelf.owner, own, metrics.cider_each(texts, references), metrics.bleu4(texts, references))
