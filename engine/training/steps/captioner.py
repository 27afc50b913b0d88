"""Step `captioner`: the decoder on photos, by likelihood, going on from what the frame encoder was trained with.

That one judges how likely words are. The one that writes goes on from it by reward, where the recipe says so.
"""

from __future__ import annotations

from pathlib import Path

from engine.training.cache import open_cache
from engine.training.captioning import Captioning, CaptionTerms
from engine.training.data import Split, load_photos
from engine.training.loop import Plan, train
from engine.training.material import Material, gather
from engine.training.memory import keep_freed_memory
from engine.training.parts.captioner import Captioner
from engine.training.parts.text import TOKENIZER, load_text
from engine.training.recipe import Recipe
from engine.training.run import data_dir, device
from engine.training.selfcritical import RewardTerms, SelfCritical
from engine.training.steps.frame import DECODER
from engine.training.steps.known import CAPTIONED, captioned
from engine.training.steps.words import LENGTH, keep_captioner, load_decoder, sentence_ids, split_sentences
from engine.training.tokens import load_tokenizer

CACHE = Path("cache")
CAPTIONER_WEIGHTS = Path("captioner") / "best.pt"
REWARDED = Path("captioner") / "reward" / "best.pt"


def captioner(recipe: Recipe, run_dir: Path) -> None:
    keep_freed_memory()
    plan = recipe.captioner
    task = likelihood_task(recipe, run_dir, DECODER, plan.photos)
    schedule = Plan(
        steps=plan.steps,
        learning_rate=plan.learning_rate,
        warmup_steps=plan.steps // 10 + 1,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    train(task, schedule, run_dir / "captioner", lambda: keep_captioner(task.captioner, run_dir / CAPTIONER_WEIGHTS))
    if plan.reward_steps:
        reward(recipe, run_dir)


def reward(recipe: Recipe, run_dir: Path) -> None:
    """Self-critical training of the one that writes."""
    plan = recipe.captioner
    terms = RewardTerms(
        photos=plan.reward_photos,
        samples=plan.reward_samples,
        likelihood_weight=plan.reward_likelihood_weight,
        found_weight=plan.reward_found_weight,
        seed=recipe.seed,
    )
    likely = likelihood_task(recipe, run_dir, CAPTIONER_WEIGHTS, plan.reward_likelihood_photos)
    task = SelfCritical(likely, load_text(run_dir, device=device(run_dir)), terms)
    schedule = Plan(
        steps=plan.reward_steps,
        learning_rate=plan.reward_learning_rate,
        warmup_steps=min(30, plan.reward_steps // 10 + 1),
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    path = run_dir / REWARDED
    train(task, schedule, path.parent, lambda: keep_captioner(task.captioner, path))


def likelihood_task(recipe: Recipe, run_dir: Path, start: Path, photos: int) -> Captioning:
    plan = recipe.captioner
    terms = CaptionTerms(
        photos=photos,
        captions=plan.captions,
        sentences=photos,
        hidden=plan.hidden,
        noise=plan.noise,
        smoothing=plan.smoothing,
        consensus=plan.consensus,
        seed=recipe.seed,
    )
    # Photos alone: taught by drawn scenes too, it wrote of them where real videos show nothing of the kind.
    sets = (load_material(run_dir, *CAPTIONED), load_material(run_dir, "dev"))
    sentences = split_sentences(sentence_ids(run_dir))[0]
    return Captioning(load_decoder(run_dir, start), sets, sentences, load_tokenizer(run_dir / TOKENIZER), terms)


def writer(recipe: Recipe) -> Path:
    """The captioner that writes, before preferences."""
    return REWARDED if recipe.captioner.reward_steps else CAPTIONER_WEIGHTS


def load_captioner(run_dir: Path, weights: Path = CAPTIONER_WEIGHTS) -> Captioner:
    """The captioner of a run; `weights` names another than the likelihood-trained one."""
    return load_decoder(run_dir, weights)


def training_material(recipe: Recipe, run_dir: Path) -> Material:
    """Cached features and captions of everything that may be trained on."""
    return gather(open_cache(run_dir / CACHE), captioned(recipe, run_dir), load_tokenizer(run_dir / TOKENIZER), LENGTH)


def load_material(run_dir: Path, *splits: Split) -> Material:
    """Cached features and captions of some splits of the run's data."""
    photos = [photo for split in splits for photo in load_photos(data_dir(run_dir), split)]
    return gather(open_cache(run_dir / CACHE), photos, load_tokenizer(run_dir / TOKENIZER), LENGTH)
