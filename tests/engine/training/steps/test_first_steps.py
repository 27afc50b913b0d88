"""The steps from photos to retriever, on a few small photos: they run, go on, and leave what later steps need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.backbone import FEATURE_WIDTH, MobileNetV2  # noqa: E402
from engine.training.cache import open_cache  # noqa: E402
from engine.training.data import load_photos  # noqa: E402
from engine.training.parts.text import CAPTION, QUERY, load_text  # noqa: E402
from engine.training.recipe import FrameRecipe, Recipe, RetrieverRecipe, TextRecipe  # noqa: E402
from engine.training.recipe_language import CaptionerRecipe  # noqa: E402
from engine.training.run import open_run  # noqa: E402
from engine.training.steps import frame, prepare, retriever, text, words  # noqa: E402

FRAME = FrameRecipe(
    picture=32,
    train_picture=32,
    first_picture=32,
    hidden=16,
    batch=6,
    head_batch=6,
    head_steps=4,
    steps=4,
    sentences=4,
    classes=4,
    unlabelled=2,
    written=3,
    members=2,
    rounds=2,
    later_steps=2,
    later_written=3,
    mimic_weight=1.0,
    close=0.75,
    check_every=2,
)
RECIPE = Recipe(
    name="tiny",
    drawn=3,
    text=TextRecipe(vocabulary=90, length=16, width=16, layers=1, heads=2, feed=16, groups=4, steps=4, check_every=2),
    frame=FRAME,
    captioner=CaptionerRecipe(width=16, layers=1, heads=2, inner=16, words_steps=2, words_batch=4, check_every=2),
    retriever=RetrieverRecipe(batch=8, steps=4, check_every=2),
)
STEPS = (prepare.prepare, text.text, words.words, frame.frame, retriever.retriever)


def random_backbone(_: Path) -> tuple[MobileNetV2, torch.nn.Linear]:
    torch.manual_seed(1)
    return MobileNetV2(), torch.nn.Linear(FEATURE_WIDTH, 1001)


@pytest.fixture(scope="module")
def run_dir(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    open_run(folder, small_data, "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "load_backbone", random_backbone)
        for step in STEPS:
            step(RECIPE, folder)
    return folder


def test_the_cache_holds_every_photo_of_every_split(run_dir: Path, small_data: Path) -> None:
    cache = open_cache(run_dir / "cache")
    assert len(cache.names) == 12 + 4 + 4 + 4 + 4 + 4 + 3
    assert cache.rows(photo.name for photo in load_photos(small_data, "test")).shape == (4,)
    np.testing.assert_allclose(np.linalg.norm(cache.vectors, axis=1), 1.0, atol=1e-5)


def test_the_retriever_reads_texts_in_both_roles(run_dir: Path) -> None:
    reader = load_text(run_dir)
    assert reader.vectors(["a red wall"], QUERY).shape == reader.vectors(["a red wall"], CAPTION).shape == (1, 256)
    assert bool(reader.tower.roles.weight.any())


def test_every_stage_leaves_its_curves(run_dir: Path) -> None:
    for stage in ("text", "words", "heads", "frame/round-1/member-1", "frame/round-2/member-2", "retriever"):
        assert (run_dir / stage / "curve.csv").is_file()
        assert (run_dir / stage / "curve.png").is_file()


def test_all_layers_have_learned(run_dir: Path) -> None:
    weights = torch.load(run_dir / "frame" / "round-1" / "member-2" / "last.pt", weights_only=True)["weights"]
    start = random_backbone(run_dir)[0].state_dict()
    same = [name for name, value in start.items() if torch.equal(weights[f"encoder.network.{name}"], value)]
    assert same == []


def test_finished_steps_do_nothing(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "load_backbone", random_backbone)
    before = {path: path.stat().st_mtime_ns for path in run_dir.rglob("*") if path.is_file()}
    for step in STEPS:
        step(replace(RECIPE), run_dir)
    assert {path: path.stat().st_mtime_ns for path in run_dir.rglob("*") if path.is_file()} == before
