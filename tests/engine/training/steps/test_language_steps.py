"""All steps after the frame encoder, on a few coloured photos: each leaves what the next one needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.training.cache import FeatureBatch, write_cache  # noqa: E402
from engine.training.captioning import Captioning  # noqa: E402
from engine.training.checkpoint import save_atomically  # noqa: E402
from engine.training.data import SPLITS, load_photos, load_sentences  # noqa: E402
from engine.training.parts.text import TEXT_WEIGHTS, TOKENIZER, TextShape, TextTower, text_state  # noqa: E402
from engine.training.recipe import Recipe  # noqa: E402
from engine.training.recipe_language import (  # noqa: E402
    CalibrateRecipe,
    CaptionerRecipe,
    ClipRecipe,
    PreferRecipe,
    ScorerRecipe,
)
from engine.training.run import open_run  # noqa: E402
from engine.training.steps.calibrate import CALIBRATION, calibrate, fusion_weights  # noqa: E402
from engine.training.steps.captioner import CAPTIONER_WEIGHTS, REWARDED, captioner, load_captioner  # noqa: E402
from engine.training.steps.ecs import CLIP_WEIGHTS, ecs  # noqa: E402
from engine.training.steps.frame import DECODER  # noqa: E402
from engine.training.steps.prefer import prefer, preferred_path  # noqa: E402
from engine.training.steps.report import report  # noqa: E402
from engine.training.steps.scorer import CANDIDATES, NO_CAPTIONS, ROLES, scorer, scorer_path  # noqa: E402
from engine.training.steps.words import WORDS  # noqa: E402
from engine.training.steps.words import words as learn_words  # noqa: E402
from engine.training.tokens import train_tokenizer  # noqa: E402
from tests.engine.training.small_data import COLOURS, colour_of  # noqa: E402

RECIPE = Recipe(
    "tiny",
    captioner=CaptionerRecipe(
        width=16,
        layers=1,
        heads=2,
        inner=16,
        words_steps=2,
        words_batch=4,
        steps=2,
        photos=4,
        captions=2,
        consensus=0.5,
        reward_steps=2,
        reward_photos=3,
        reward_samples=2,
    ),
    scorer=ScorerRecipe(candidates=3, layers=1, inner=16, steps=2, queries=4, negatives=2, easy=1, pool=4),
    prefer=PreferRecipe(seeds=(1, 2), steps=2, neighbours=3, gap=0.1, across_gap=0.1, judge_gap=0.1, videos=3),
    clip=ClipRecipe(batch=4, steps=2),
    calibrate=CalibrateRecipe(pool=3, report_every=2, prompt_rounds=2),
)


def features(names: tuple[str, ...]) -> FeatureBatch:
    """A photo's features are its colour, a little different for each photo."""
    chance = np.random.default_rng(5)
    rows = np.array([list(COLOURS).index(colour_of(name)) for name in names])
    tokens = chance.standard_normal((len(COLOURS), 128))[rows][:, None] + 0.1 * chance.standard_normal(
        (len(names), 16, 128)
    )
    vectors = chance.standard_normal((len(COLOURS), 256))[rows] + 0.1 * chance.standard_normal((len(names), 256))
    return FeatureBatch(
        names, tokens.astype(np.float32), (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    )


@pytest.fixture(scope="module")
def begun(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as the first half of the recipe leaves it."""
    run = tmp_path_factory.mktemp("run")
    open_run(run, small_data, "cpu")
    photos = [photo for split in SPLITS for photo in load_photos(small_data, split)]
    words = train_tokenizer([*load_sentences(small_data), *(text for p in photos for text in p.captions)], 120)
    (run / TOKENIZER).parent.mkdir()
    words.save(str(run / TOKENIZER))
    names = tuple(photo.name for photo in photos)
    write_cache(run / "cache", "test", names, [features(names)])
    torch.manual_seed(1)
    tower = TextTower(TextShape(words.get_vocab_size(), width=16, layers=1, heads=2, feed=16))
    save_atomically(text_state(tower), run / TEXT_WEIGHTS)
    learn_words(RECIPE, run)
    (run / DECODER).parent.mkdir()
    shutil.copy(run / WORDS, run / DECODER)
    return run


@pytest.fixture(scope="module")
def finished(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("finished") / "run"
    shutil.copytree(begun, run)
    for step in (captioner, scorer, prefer, ecs, calibrate, report):
        step(RECIPE, run)
    return run


@pytest.mark.slow
def test_each_step_leaves_its_weights(finished: Path) -> None:
    wanted = [CAPTIONER_WEIGHTS, REWARDED, CANDIDATES, CLIP_WEIGHTS, CALIBRATION]
    wanted += [scorer_path(ROLES, 2), scorer_path(NO_CAPTIONS, 1)]
    wanted += [preferred_path(loss, seed) for loss in RECIPE.prefer.losses for seed in (1, 2)]
    assert [path for path in wanted if not (finished / path).is_file()] == []


@pytest.mark.slow
def test_the_report_has_every_row_of_the_ablation(finished: Path) -> None:
    table = (finished / "report" / "report.md").read_text()
    rows = ["first stage", "without caption", "+ caption", "+ roles", "+ DPO", "+ DG-DPO", "SynPO", "whole chain"]
    assert [row for row in rows if row not in table] == []
    assert "are of one query in 2, for which the first stage has R@1" in table
    assert "The whole chain over the first stage, query by query: R@1 " in table
    assert "DG-DPO over likelihood alone, photo by photo: R@1 " in table
    assert (finished / "report" / "test.png").is_file()


@pytest.mark.slow
def test_the_calibration_says_what_the_search_needs(finished: Path) -> None:
    found = json.loads((finished / CALIBRATION).read_text())
    assert set(found["recall"]) == {"frame", "caption", "clip"}
    assert sum(found["fusion"].values()) == pytest.approx(1.0)
    assert 0 < found["confidence"]["reranked"]["threshold"] < 1
    assert "" in found["prompts"]


def test_without_a_judge_the_likelihood_of_a_query_has_no_weight() -> None:
    own = np.eye(40, 8, dtype=bool)[np.arange(40) % 8]
    legs = {"frame": np.random.default_rng(3).standard_normal(own.shape), "likelihood": 5.0 * own}
    assert fusion_weights(legs, own, judge=True)["likelihood"] > 0
    assert fusion_weights(legs, own, judge=False) == {"frame": 1.0, "likelihood": 0.0}


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again(finished: Path) -> None:
    files = [finished / CAPTIONER_WEIGHTS, finished / scorer_path(ROLES, 1), finished / preferred_path("dpo", 1)]
    before = [file.stat().st_mtime_ns for file in files]
    for step in (captioner, scorer, prefer):
        step(RECIPE, finished)
    assert [file.stat().st_mtime_ns for file in files] == before


@pytest.mark.slow
def test_a_run_that_was_cut_off_ends_with_the_same_weights(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    longer = replace(RECIPE, captioner=replace(RECIPE.captioner, steps=4, check_every=2))
    for run in (whole, cut):
        shutil.copytree(begun, run)
    captioner(longer, whole)
    learn = Captioning.losses

    def killed(task: Captioning, step: int) -> object:
        if step == 3:
            raise KeyboardInterrupt
        return learn(task, step)

    with monkeypatch.context() as patch:
        patch.setattr(Captioning, "losses", killed)
        with pytest.raises(KeyboardInterrupt):
            captioner(longer, cut)
    captioner(longer, cut)
    weights = [load_captioner(run).words.weight for run in (whole, cut)]
    assert torch.equal(*weights)


@pytest.mark.parametrize("step", [scorer, prefer, ecs, calibrate])
def test_a_step_before_its_turn_says_which_comes_first(begun: Path, step: Callable[[Recipe, Path], None]) -> None:
    with pytest.raises(TrainingError, match="reelfind train"):
        step(RECIPE, begun)
