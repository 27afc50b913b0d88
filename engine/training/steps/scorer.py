"""Step `scorer`: draws the candidate captions of all training photos, then trains the joint scorer.

One scorer a seed, and for the report one that never sees a caption and one without role-embeddings.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from engine.training.candidates import Candidates, draw, read
from engine.training.captioning import caption_all
from engine.training.checkpoint import load_weights, save_atomically
from engine.training.decode import Writing
from engine.training.fusion import best_weights
from engine.training.loop import Plan, train
from engine.training.material import Material
from engine.training.memory import keep_freed_memory
from engine.training.parts.captioner import Captioner
from engine.training.parts.scorer import Scorer, ScorerShape
from engine.training.parts.text import QUERY, TOKENIZER, TextReader, load_text
from engine.training.ranking import Asked, Ranking, RankTerms, Seen, first_stage, pool_likelihood
from engine.training.recipe import Recipe
from engine.training.run import device, workers
from engine.training.steps.captioner import load_captioner, load_material, training_material, writer
from engine.training.tokens import load_tokenizer
from engine.training.workers import run_each

log = logging.getLogger(__name__)

CANDIDATES = Path("scorer") / "candidates.json"
ANCHOR = Path("scorer") / "anchor.json"
_LEAST_SPREAD = 0.02
"""Where a score hardly differs between candidates, a share of it must not become a huge weight."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One scorer of the ablation."""

    name: str
    roles: bool
    captions: bool


ROLES = Variant("roles", roles=True, captions=True)
NO_ROLES = Variant("no_roles", roles=False, captions=True)
NO_CAPTIONS = Variant("no_captions", roles=False, captions=False)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all scorers share."""

    known: tuple[Seen, Asked]
    held_out: tuple[Seen, Asked]
    captioner: Captioner
    anchor: Sequence[float]


def scorer(recipe: Recipe, run_dir: Path) -> None:
    keep_freed_memory()
    # Candidates and anchor are written here, once, before the scorers part.
    gather_setting(recipe, run_dir)
    run_each(learn, [(recipe, run_dir, which) for which in wanted(recipe)], workers(run_dir))


@lru_cache(maxsize=1)
def gather_setting(recipe: Recipe, run_dir: Path) -> Setting:
    captioner, writes = load_captioner(run_dir), load_captioner(run_dir, writer(recipe))
    reader = load_text(run_dir, device=device(run_dir))
    train_set, dev = training_material(recipe, run_dir), load_material(run_dir, "dev")
    drawn = train_candidates(recipe, run_dir, writes, train_set)
    known = (Seen(train_set.tokens, drawn.ids, train_set.vectors), asked(train_set, reader))
    held_out = (described(writes, dev, reader), asked(dev, reader))
    return Setting(known, held_out, captioner, load_anchor(run_dir, captioner, held_out))


def wanted(recipe: Recipe) -> list[tuple[Variant, int]]:
    """Every scorer that is trained, the pack's first."""
    main = [(ROLES, seed) for seed in recipe.prefer.seeds]
    others = [(NO_ROLES, recipe.prefer.seeds[0]), (NO_CAPTIONS, recipe.prefer.seeds[0])]
    return main + (others if recipe.scorer.ablations else [])


def learn(recipe: Recipe, run_dir: Path, which: tuple[Variant, int]) -> None:
    """Train one scorer."""
    (variant, seed), plan, setting = which, recipe.scorer, gather_setting(recipe, run_dir)
    captioner = setting.captioner
    torch.manual_seed(seed)
    shape = ScorerShape(
        vocabulary=captioner.shape.vocabulary,
        width=captioner.shape.width,
        trunk_layers=captioner.shape.layers,
        trunk_inner=captioner.shape.inner,
        heads=captioner.shape.heads,
        layers=plan.layers,
        inner=plan.inner,
        cells=plan.cells,
        common_words=min(plan.common_words, captioner.shape.vocabulary),
        dropout=plan.dropout,
        roles=variant.roles,
    )
    network = Scorer(shape).to(device(run_dir))
    network.trunk.load_state_dict(captioner.state_dict())
    network.anchor.data.copy_(torch.tensor(setting.anchor))
    terms = RankTerms(
        queries=plan.queries,
        negatives=plan.negatives,
        easy=plan.easy,
        pool=plan.pool,
        no_caption=plan.no_caption if variant.captions else 1.0,
        no_frames=plan.no_frames,
        no_prior=plan.no_prior,
        noise=plan.noise,
        common_noise=plan.common_noise,
        captions=variant.captions,
        seed=seed,
    )
    schedule = Plan(
        steps=plan.steps,
        learning_rate=plan.learning_rate,
        warmup_steps=30,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=seed,
    )
    path = scorer_path(variant, seed)
    task = Ranking(network, setting.known, setting.held_out, terms)
    log.info("%s: prior noise %.3f", path.parent, task.prior_noise)
    train(task, schedule, run_dir / path.parent, lambda: keep_scorer(network, run_dir / path))


def load_anchor(run_dir: Path, captioner: Captioner, dev: tuple[Seen, Asked]) -> list[float]:
    """Weights of first-stage score and query likelihood, by grid on dev, in units of each one's usual spread."""
    path = run_dir / ANCHOR
    if not path.is_file():
        seen, asked_all = dev
        queries = asked_all.every(5)
        pool = first_stage(queries, seen.vectors, 20)
        legs = {"frame": pool.cosines, "likelihood": pool_likelihood(captioner, seen.tokens, queries, pool)}
        shares = best_weights(legs, pool.videos == queries.owner[:, None])
        found = [shares[name] / max(float(scores.std(axis=1).mean()), _LEAST_SPREAD) for name, scores in legs.items()]
        # Among hard candidates neither yes nor no is likelier.
        found.append(-float(sum(weight * scores.mean() for weight, scores in zip(found, legs.values(), strict=True))))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def train_candidates(recipe: Recipe, run_dir: Path, captioner: Captioner, photos: Material) -> Candidates:
    """K sampled captions of each training photo, drawn once and stored."""
    plan, path, tokenizer = recipe.scorer, run_dir / CANDIDATES, load_tokenizer(run_dir / TOKENIZER)
    if not path.is_file():
        how = Writing(plan.candidates, plan.temperature, plan.top_p, seed=recipe.seed)
        store_texts(path, photos.names, draw(captioner, photos.tokens, tokenizer, how).texts)
    texts = stored_texts(path, photos.names)
    return read([text for row in texts for text in row], len(texts[0]), tokenizer)


def described(captioner: Captioner, photos: Material, reader: TextReader) -> Seen:
    """Photos with one greedy caption each, as they would stand in a library."""
    texts = caption_all(captioner, photos.tokens, reader.tokenizer)
    return Seen(photos.tokens, caption_ids(texts, reader), photos.vectors)


def caption_ids(texts: Sequence[str], reader: TextReader) -> Tensor:
    return read(list(texts), 1, reader.tokenizer).ids


def asked(photos: Material, reader: TextReader) -> Asked:
    """Every caption people wrote, as a query for its photo."""
    texts = [text for captions in photos.texts for text in captions]
    return Asked(photos.ids, reader.vectors(texts, QUERY), photos.owner)


def store_texts(path: Path, names: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(dict(zip(names, map(list, texts), strict=True))), encoding="utf-8")
    new.replace(path)


def stored_texts(path: Path, names: Sequence[str]) -> list[list[str]]:
    known: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return [known[name] for name in names]


def scorer_path(variant: Variant, seed: int) -> Path:
    return Path("scorer") / f"{variant.name}-{seed}" / "best.pt"


def keep_scorer(network: Scorer, path: Path) -> None:
    save_atomically({"shape": asdict(network.shape), "weights": network.state_dict()}, path)


def load_scorer(run_dir: Path, variant: Variant = ROLES, seed: int = 1) -> Scorer:
    state = load_weights(run_dir / scorer_path(variant, seed), "scorer")
    network = Scorer(replace(ScorerShape(vocabulary=1), **state["shape"]))
    network.load_state_dict(state["weights"])
    return network.to(device(run_dir)).eval()
