"""Step `prefer`: preference training of the captioner with each loss of the recipe, then new captions for evaluation.

CaRe-DPO's pairs come from the scorer's relevance labels, SynPO's from its own candidates, revision and judge. Each loss
and seed has a folder, so that a run stopped half way goes on where it was.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from engine.errors import TrainingError
from engine.training.candidates import (
    Candidates,
    LabelTerms,
    judged,
    read,
    relevance_labels,
    revise,
)
from engine.training.loop import Plan, train
from engine.training.losses import LOSSES, LossOptions
from engine.training.material import Material, chosen, neighbours
from engine.training.memory import keep_freed_memory
from engine.training.pairs import BUILDERS, PairRules, extremes, without_repeats
from engine.training.parts.captioner import Captioner
from engine.training.parts.text import QUERY, TextReader, load_text
from engine.training.preferring import Judge, Preferences, Preferring, PreferTerms
from engine.training.ranking import Seen
from engine.training.recipe import Recipe
from engine.training.run import device, workers
from engine.training.steps.captioner import load_captioner, load_material, training_material, writer
from engine.training.steps.scorer import (
    asked,
    load_scorer,
    store_texts,
    stored_texts,
    train_candidates,
)
from engine.training.steps.words import keep_captioner
from engine.training.workers import run_each

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.floating]
FOLDER = Path("prefer")
REVISED = FOLDER / "revised.json"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all losses share."""

    photos: Material
    dev: Material
    reader: TextReader
    captioner: Captioner
    drawn: Candidates
    similar: npt.NDArray[np.int64]


def prefer(recipe: Recipe, run_dir: Path) -> None:
    """All losses and seeds of the recipe."""
    keep_freed_memory()
    unknown = [name for name in recipe.prefer.losses if name not in LOSSES]
    if unknown:
        raise TrainingError(unknown[0], "there is no such preference loss", f"Use one of {', '.join(LOSSES)}")
    wanted = [(name, seed) for seed in recipe.prefer.seeds for name in recipe.prefer.losses]
    missing = [which for which in wanted if not (run_dir / preferred_path(*which)).is_file()]
    if not missing:
        return
    # What all share is written once, before they part.
    setting = gather_setting(recipe, run_dir)
    if any(name == "synpo" for name, _ in missing):
        revised_candidates(run_dir, setting)
    run_each(
        learn_labels, [(recipe, run_dir, seed) for seed in sorted({seed for _, seed in missing})], workers(run_dir)
    )
    run_each(learn, [(recipe, run_dir, which) for which in missing], workers(run_dir))


@lru_cache(maxsize=1)
def gather_setting(recipe: Recipe, run_dir: Path) -> Setting:
    captioner = load_captioner(run_dir, writer(recipe)).eval()
    everything = training_material(recipe, run_dir)
    drawn = train_candidates(recipe, run_dir, captioner, everything)
    plan = recipe.prefer
    count = min(plan.photos, len(everything.names))
    rows = np.sort(np.random.default_rng(recipe.seed).choice(len(everything.names), count, replace=False))
    photos = chosen(everything, rows)
    return Setting(
        photos=photos,
        dev=load_material(run_dir, "dev"),
        reader=load_text(run_dir, device=device(run_dir)),
        captioner=captioner,
        drawn=Candidates([drawn.texts[row] for row in rows], drawn.ids[torch.from_numpy(rows)]),
        similar=neighbours(photos.vectors, min(max(plan.neighbours, *plan.rivals) + 1, len(photos.names) - 1)),
    )


def learn_labels(recipe: Recipe, run_dir: Path, seed: int) -> None:
    scorer_labels(recipe, run_dir, seed, gather_setting(recipe, run_dir))


def learn(recipe: Recipe, run_dir: Path, which: tuple[str, int]) -> None:
    (name, seed), plan, setting = which, recipe.prefer, gather_setting(recipe, run_dir)
    # SynPO's sigmoid is flat where the others' logarithm is steep: it wants larger steps.
    rate = plan.learning_rate if LOSSES[name].needs_reference else plan.synpo_learning_rate
    data = preferences(recipe, run_dir, which, setting)
    options = LossOptions(
        beta=plan.beta,
        across_weight=plan.across_weight,
        center=plan.center,
        reading=plan.reading,
        alpha=plan.alpha,
        language=plan.language,
    )
    terms = PreferTerms(
        loss=name,
        options=options,
        videos=plan.videos,
        likelihood_weight=plan.likelihood_weight,
        kept_cider=plan.kept_cider,
        seed=seed,
    )
    network = load_captioner(run_dir, writer(recipe))
    task = Preferring(network, setting.photos.tokens, data, Judge(setting.dev, setting.reader), terms)
    log.info("%s, seed %d: %d pairs inside, %d across", name, seed, len(data.inside), len(data.across))
    schedule = Plan(
        steps=plan.steps,
        learning_rate=rate,
        warmup_steps=min(30, plan.steps // 10 + 1),
        weight_decay=0.0,
        check_every=plan.check_every,
        seed=seed,
    )
    path = run_dir / preferred_path(name, seed)
    kept = path.with_name("kept.pt")
    train(task, schedule, path.parent, lambda: keep_captioner(network, kept))
    kept.replace(path)


def preferences(recipe: Recipe, run_dir: Path, which: tuple[str, int], setting: Setting) -> Preferences:
    """Candidates and pairs: SynPO's own pipeline for its loss, the scorer's labels for the others."""
    (name, seed), plan = which, recipe.prefer
    if name == "synpo":
        revised = revised_candidates(run_dir, setting)
        totals = judged(setting.captioner, setting.reader, revised, setting.photos.vectors)
        best = extremes(without_repeats(totals, revised.texts), plan.judge_gap)
        return Preferences(revised, best, best[:0], setting.similar[:, : plan.neighbours])
    labels = without_repeats(scorer_labels(recipe, run_dir, seed, setting), setting.drawn.texts)
    rules = PairRules(plan.gap, plan.across_gap, plan.per_video, seed)
    near = setting.similar[:, : plan.neighbours]
    pairs = {name: build(labels, near, rules) for name, build in BUILDERS.items()}
    return Preferences(setting.drawn, pairs["inside"], pairs["across"], near)


def scorer_labels(recipe: Recipe, run_dir: Path, seed: int, setting: Setting) -> Floats:
    """The scorer's labels of all candidates, computed once a seed."""
    path = run_dir / FOLDER / f"labels-{seed}.npy"
    if not path.is_file():
        plan = recipe.prefer
        terms = LabelTerms(plan.own_queries, plan.other_queries, plan.distinct_weight, seed)
        last = setting.similar.shape[1] - 1
        rivals = setting.similar[:, [min(rank, last) for rank in plan.rivals]]
        texts = [text for row in setting.drawn.texts for text in row]
        spoken = setting.reader.vectors(texts, QUERY).reshape(*setting.drawn.ids.shape[:2], -1)
        seen = Seen(setting.photos.tokens, setting.drawn.ids, setting.photos.vectors, spoken)
        queries = asked(setting.photos, setting.reader)
        labels = relevance_labels(load_scorer(run_dir, seed=seed), seen, queries, rivals, terms)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"labels-{seed}.new.npy")
        np.save(new, labels)
        new.replace(path)
    return np.load(path)


def revised_candidates(run_dir: Path, setting: Setting) -> Candidates:
    path, names = run_dir / REVISED, setting.photos.names
    if not path.is_file():
        found = revise(setting.captioner, setting.photos.tokens, setting.reader.tokenizer, setting.drawn)
        store_texts(path, names, found.texts)
    texts = stored_texts(path, names)
    return read([text for row in texts for text in row], len(texts[0]), setting.reader.tokenizer)


def preferred_path(loss: str, seed: int) -> Path:
    return FOLDER / f"{loss}-{seed}" / "best.pt"
