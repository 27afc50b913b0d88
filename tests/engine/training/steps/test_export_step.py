"""Step `export` on a run of which only the first parts exist: a pack of what is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")
pytest.importorskip("optimum.exporters.onnx", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.models.encoder import FrameEncoder as FrameRuntime  # noqa: E402
from engine.models.pack import load_pack, verify  # noqa: E402
from engine.paths import assets_dir  # noqa: E402
from engine.search.calibrate import read_calibration  # noqa: E402
from engine.training.backbone import MobileNetV2  # noqa: E402
from engine.training.cache import FeatureBatch, write_cache  # noqa: E402
from engine.training.checkpoint import save_atomically  # noqa: E402
from engine.training.data import SPLITS, load_photos  # noqa: E402
from engine.training.parts.frame import FRAME_WEIGHTS, FrameEncoder, FrameShape, frame_state  # noqa: E402
from engine.training.parts.text import TEXT_WEIGHTS, TOKENIZER, TextShape, TextTower, text_state  # noqa: E402
from engine.training.recipe import FrameRecipe, Recipe, TextRecipe  # noqa: E402
from engine.training.recipe_language import (  # noqa: E402
    CaptionerRecipe,
    ClipRecipe,
    PreferRecipe,
    ScorerRecipe,
)
from engine.training.run import open_run, started_from  # noqa: E402
from engine.training.steps.calibrate import CALIBRATION  # noqa: E402
from engine.training.steps.captioner import CAPTIONER_WEIGHTS, captioner  # noqa: E402
from engine.training.steps.ecs import ecs  # noqa: E402
from engine.training.steps.export import describe, export, revision, trained_modules  # noqa: E402
from engine.training.steps.frame import DECODER  # noqa: E402
from engine.training.steps.prefer import prefer  # noqa: E402
from engine.training.steps.prepare import prepare  # noqa: E402
from engine.training.steps.retriever import retriever  # noqa: E402
from engine.training.steps.scorer import scorer  # noqa: E402
from engine.training.steps.start import start_from  # noqa: E402
from engine.training.steps.words import WORDS, words  # noqa: E402
from engine.training.tokens import load_tokenizer  # noqa: E402

RECIPE = Recipe(
    "tiny",
    text=TextRecipe(vocabulary=90, width=16, layers=1, heads=2, feed=16),
    frame=FrameRecipe(picture=32, hidden=16),
    captioner=CaptionerRecipe(
        width=16, layers=1, heads=2, inner=16, words_steps=2, words_batch=4, steps=2, photos=4, captions=2
    ),
    scorer=ScorerRecipe(
        candidates=3,
        layers=1,
        inner=16,
        steps=2,
        queries=4,
        negatives=2,
        easy=1,
        pool=4,
        ablations=False,
    ),
    prefer=PreferRecipe(losses=("dg_dpo",), seeds=(1,), steps=2, neighbours=3, gap=0.1, across_gap=0.1, videos=3),
    clip=ClipRecipe(batch=4, steps=2),
)
FOUND = {
    "prompts": ["", "there is"],
    "recall": {"frame": 0.5, "caption": 0.2, "clip": 0.3},
    "fusion": {"frame": 0.5, "scorer": 0.3, "likelihood": 0.2},
    "pool": 3,
    "confidence": {"recall_only": {"bias": -2.0, "weights": {"recall": 9.0}, "threshold": 0.6, "shown_in_error": 0.1}},
}
"""What the step `calibrate` would write."""


@pytest.fixture(scope="module")
def run_dir(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    open_run(folder, small_data, "cpu")
    prepare(RECIPE, folder)
    torch.manual_seed(0)
    vocabulary = load_tokenizer(folder / TOKENIZER).get_vocab_size()
    tower = TextTower(TextShape(vocabulary, width=16, layers=1, heads=2, feed=16))
    encoder = FrameEncoder(MobileNetV2(), FrameShape(picture=32, hidden=16))
    for weight in (*encoder.parameters(), *tower.parameters()):
        # As training leaves them: no two alike, of which a graph would keep one.
        weight.data.add_(0.01 * torch.randn_like(weight))
    save_atomically(frame_state(encoder), folder / FRAME_WEIGHTS)
    save_atomically(text_state(tower), folder / TEXT_WEIGHTS)
    return folder


def store_noise(run_dir: Path, data: Path) -> None:
    """Features without meaning in place of the encoder's: only the way from step to step matters here."""
    names = tuple(photo.name for split in SPLITS for photo in load_photos(data, split))
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((len(names), 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    tokens = chance.standard_normal((len(names), 16, 128)).astype(np.float32)
    write_cache(run_dir / "cache", "noise", names, [FeatureBatch(names, tokens, vectors)])


@pytest.fixture(scope="module")
def whole_run(run_dir: Path, small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with every later step taken."""
    folder = Path(shutil.copytree(run_dir, tmp_path_factory.mktemp("whole") / "tiny"))
    store_noise(folder, small_data)
    words(RECIPE, folder)
    shutil.copy(folder / WORDS, folder / DECODER)
    for step in (captioner, scorer, prefer, ecs):
        step(RECIPE, folder)
    (folder / CALIBRATION).parent.mkdir()
    (folder / CALIBRATION).write_text(json.dumps(FOUND), "utf-8")
    return folder


@pytest.mark.slow
def test_a_run_without_later_parts_gives_a_pack_of_two(run_dir: Path) -> None:
    export(RECIPE, run_dir)
    pack = load_pack(run_dir / "export" / "tiny")
    verify(pack)
    assert set(pack.parts) == {"frame", "text"}
    assert FrameRuntime(pack).size == (32, 32)
    assert pack.revision == revision(RECIPE, run_dir)
    assert (run_dir / "export" / "parity.json").is_file()
    before = (pack.folder / "pack.toml").stat().st_mtime_ns
    export(RECIPE, run_dir)
    assert (pack.folder / "pack.toml").stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_whole_run_gives_all_parts_with_what_search_needs(whole_run: Path) -> None:
    export(RECIPE, whole_run)
    pack = load_pack(whole_run / "export" / "tiny")
    verify(pack)
    assert set(pack.parts) == {"frame", "text", "clip", "captioner", "likelihood", "scorer"}
    assert pack.part("captioner").prompts == ("", "there is")
    read = read_calibration(pack.calibration)
    assert (read.fusion["scorer"], read.cosine["caption"], read.threshold) == (0.3, 0.2, 0.6)
    assert set(read.backgrounds) == {"frame", "clip", "caption"}
    card = (pack.folder / "MODEL_CARD.md").read_text("utf-8")
    assert "whole chain, as shipped" in card
    assert card.count("The whole chain over the first stage, query by query: R@1 ") == 2


@pytest.mark.slow
def test_the_judge_of_queries_is_left_out_where_it_has_no_weight(
    whole_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained_modules(RECIPE, whole_run).likelihood is not None
    monkeypatch.setattr("engine.training.steps.export.uses_likelihood", lambda _run: False)
    assert trained_modules(RECIPE, whole_run).likelihood is None


@pytest.mark.slow
def test_a_run_goes_on_from_a_pack(whole_run: Path, small_data: Path, tmp_path: Path) -> None:
    export(RECIPE, whole_run)
    pack, folder = whole_run / "export" / "tiny", tmp_path / "next"
    open_run(folder, small_data, "cpu")
    start_from(RECIPE, folder, pack)
    assert started_from(folder) == load_pack(pack).revision
    assert (folder / TOKENIZER).read_bytes() == (whole_run / TOKENIZER).read_bytes()
    for step in (prepare, retriever, captioner):
        step(RECIPE, folder)
    assert (folder / CAPTIONER_WEIGHTS).is_file()
    open_run(folder, small_data, "cpu")
    assert load_pack(pack).revision in describe(RECIPE, folder).training_data[-1]
    before = (folder / FRAME_WEIGHTS).stat().st_mtime_ns
    start_from(RECIPE, folder, pack)
    assert (folder / FRAME_WEIGHTS).stat().st_mtime_ns == before


def test_a_run_that_has_begun_takes_no_pack(run_dir: Path) -> None:
    with pytest.raises(TrainingError, match="begun without the pack"):
        start_from(RECIPE, run_dir, assets_dir() / "models" / "starter")


def test_a_pack_without_a_captioner_is_no_start(small_data: Path, run_dir: Path, tmp_path: Path) -> None:
    export(RECIPE, run_dir)
    open_run(tmp_path / "next", small_data, "cpu")
    with pytest.raises(TrainingError, match="no captioner"):
        start_from(RECIPE, tmp_path / "next", run_dir / "export" / "tiny")


def test_nothing_trained_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing has been trained"):
        revision(RECIPE, tmp_path)
