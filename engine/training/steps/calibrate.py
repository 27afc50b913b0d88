"""Step `calibrate`: prompt prefixes (CSI), weights of the search's legs, and when to say that nothing was found.

All on dev photos. What comes out is `calibrate/calibration.json`, which the export copies into the pack.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.training import csi, metrics
from engine.training.blim import prior
from engine.training.candidates import prompt_ids
from engine.training.decode import Writing, write
from engine.training.evaluation import (
    Library,
    Rerankers,
    in_pool,
    pool_of,
    recall_legs,
    rerank_legs,
)
from engine.training.fusion import Confidence, Legs, best_weights, confidence, fuse
from engine.training.parts.captioner import Captioner
from engine.training.parts.text import CAPTION, QUERY, TextReader, load_text
from engine.training.precision import fast
from engine.training.ranking import own_ranks
from engine.training.recipe import Recipe
from engine.training.run import device
from engine.training.steps.captioner import load_captioner
from engine.training.steps.ecs import library, pack_captioner, with_clip_vectors
from engine.training.steps.scorer import load_scorer

log = logging.getLogger(__name__)

CALIBRATION = Path("calibrate") / "calibration.json"
_SEARCH_WORDS = ("person", "woman", "boy", "girl", "group", "dogs", "man", "dog", "some", "this")
"""Words that a sentence may begin with: people read what a prompt leads to."""
_PROMPT_PHOTOS = 128
_PROMPTS_KEPT = 4


def calibrate(recipe: Recipe, run_dir: Path) -> None:
    reader = load_text(run_dir, device=device(run_dir))
    known = with_clip_vectors(run_dir, library(recipe, run_dir, pack_captioner(recipe), ("dev",), reader))
    found: dict[str, Any] = {"prompts": search_prompts(recipe, run_dir, known, reader)}
    # One query a photo: four fifths of the work less, and the weights come in tenths anyway.
    asked = known.every(5)
    legs = recall_legs(asked)
    weights = recall_weights(legs, asked.asked.owner)
    found["recall"] = weights
    cosines = legs["frame"]
    pool = pool_of(recall_scores(legs, weights), cosines, recipe.calibrate.pool)
    rerankers = Rerankers(load_scorer(run_dir, seed=recipe.prefer.seeds[0]), load_captioner(run_dir))
    slow = {**in_pool(legs, pool), **rerank_legs(asked, pool, rerankers)}
    own = pool.videos == asked.asked.owner[:, None]
    found["fusion"] = fusion_weights(slow, own, judge=recipe.calibrate.judge)
    found["pool"] = recipe.calibrate.pool
    total = fuse(slow, found["fusion"])
    before = metrics.ranks(recall_scores(legs, weights), asked.asked.owner)
    found["dev"] = asdict(metrics.retrieval(own_ranks(before, total, own)))
    found["confidence"] = {
        "reranked": asdict(_confidence(recipe, (slow, total, own), reader_prior(rerankers, asked))),
        "recall_only": asdict(_confidence_of_recall(recipe, legs, weights, asked.asked.owner)),
    }
    path = run_dir / CALIBRATION
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(found, indent=1), encoding="utf-8")
    new.replace(path)
    log.info("dev: %s with %s", found["dev"], found["fusion"])


def fusion_weights(legs: Legs, own: npt.NDArray[np.bool_], *, judge: bool) -> dict[str, float]:
    """Weights of all legs of the second look, by grid on dev; without a judge the likelihood of the query has none."""
    counted = {name: scores for name, scores in legs.items() if judge or name != "likelihood"}
    return dict.fromkeys(legs, 0.0) | best_weights(counted, own)


def recall_weights(legs: Legs, owner: npt.NDArray[np.int64]) -> dict[str, float]:
    """Weights of the index's legs, by grid on dev. Cosines share a unit, so they are added as they are."""
    own = np.arange(legs["frame"].shape[1])[None, :] == owner[:, None]
    pool = pool_of(np.max(list(legs.values()), axis=0), legs["frame"], min(200, legs["frame"].shape[1]))
    return best_weights(in_pool(legs, pool), np.take_along_axis(own, pool.videos, axis=1), standard=False)


def recall_scores(legs: Legs, weights: dict[str, float]) -> npt.NDArray[np.floating]:
    return np.sum([weight * legs[name] for name, weight in weights.items()], axis=0)


def reader_prior(rerankers: Rerankers, asked: Library) -> npt.NDArray[np.floating]:
    """How likely each query is without any picture: a long or odd query is unlikely with any."""
    if rerankers.captioner is None:
        return np.zeros(len(asked.asked.ids))
    return np.concatenate([prior(rerankers.captioner, part) for part in asked.asked.ids.split(256)])


def _confidence(
    recipe: Recipe, result: tuple[Legs, npt.NDArray[np.floating], npt.NDArray[np.bool_]], before: Any
) -> Confidence:
    """From the best hit's own scores; the same queries with their photo taken away are those without an answer."""
    legs, total, own = result
    features = {name: legs[name] for name in ("frame", "scorer")}
    features["likelihood"] = legs["likelihood"] - before[:, None]
    best, other = total.argmax(axis=1), np.where(own, -np.inf, total).argmax(axis=1)
    rows = np.arange(len(total))
    return confidence(
        own[rows, best].astype(float),
        {name: values[rows, best] for name, values in features.items()},
        {name: values[rows, other] for name, values in features.items()},
        recipe.calibrate.error_rate,
    )


def _confidence_of_recall(
    recipe: Recipe, legs: Legs, weights: dict[str, float], owner: npt.NDArray[np.int64]
) -> Confidence:
    """The same for a search without reranking."""
    total = recall_scores(legs, weights)
    own = np.arange(total.shape[1])[None, :] == owner[:, None]
    best, other = total.argmax(axis=1), np.where(own, -np.inf, total).argmax(axis=1)
    rows = np.arange(len(total))
    scores = {"recall": total}
    return confidence(
        own[rows, best].astype(float),
        {name: values[rows, best] for name, values in scores.items()},
        {name: values[rows, other] for name, values in scores.items()},
        recipe.calibrate.error_rate,
    )


def search_prompts(recipe: Recipe, run_dir: Path, known: Library, reader: TextReader) -> list[str]:
    """CSI's best prompt prefixes for the pack's captioner; the empty one is always among them."""
    captioner = load_captioner(run_dir, pack_captioner(recipe)).eval()
    count, photos = 4, min(_PROMPT_PHOTOS, len(known.photos.names))
    tokens = known.photos.tokens[:photos].float().to(device(run_dir))
    own = reader.vectors([texts[0] for texts in known.photos.texts[:photos]], QUERY)

    def captions(prompt: str) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
        how = Writing(count, recipe.scorer.temperature, recipe.scorer.top_p, seed=recipe.seed)
        prefix = prompt_ids(reader.tokenizer, prompt, photos * count).to(tokens.device)
        texts = reader.tokenizer.decode_batch(_written(captioner, tokens, how, prefix))
        return reader.vectors(texts, CAPTION).reshape(photos, count, -1), own

    search = csi.Search(rounds=recipe.calibrate.prompt_rounds, seed=recipe.seed)
    found = csi.improve(captions, _SEARCH_WORDS, search)
    for one in found[:_PROMPTS_KEPT]:
        log.info("prompt %r: %.3f (relevance %.3f, diversity %.3f)", *asdict(one).values())
    best = [one.prompt for one in found[:_PROMPTS_KEPT]]
    return best if "" in best else ["", *best[:-1]]


def _written(captioner: Captioner, tokens: Any, how: Writing, prefix: Any) -> list[list[int]]:
    with fast(tokens.device):
        return write(captioner, captioner.see(tokens), how, prefix).tolist()
