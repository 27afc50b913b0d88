"""Step `export` on a run of which only the first parts exist: a pack of what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")
pytest.importorskip("optimum.exporters.onnx", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.models.encoder import FrameEncoder as FrameRuntime  # noqa: E402
from engine.models.pack import load_pack, verify  # noqa: E402
from engine.training.backbone import MobileNetV2  # noqa: E402
from engine.training.checkpoint import save_atomically  # noqa: E402
from engine.training.parts.frame import FRAME_WEIGHTS, FrameEncoder, FrameShape, frame_state  # noqa: E402
from engine.training.parts.text import TEXT_WEIGHTS, TOKENIZER, TextShape, TextTower, text_state  # noqa: E402
from engine.training.recipe import FrameRecipe, Recipe, TextRecipe  # noqa: E402
from engine.training.run import open_run  # noqa: E402
from engine.training.steps.export import export, revision  # noqa: E402
from engine.training.steps.prepare import prepare  # noqa: E402
from engine.training.tokens import load_tokenizer  # noqa: E402

RECIPE = Recipe("tiny", text=TextRecipe(vocabulary=90), frame=FrameRecipe(picture=32, hidden=16))


@pytest.fixture(scope="module")
def run_dir(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    open_run(folder, small_data, "cpu")
    prepare(RECIPE, folder)
    torch.manual_seed(0)
    words = load_tokenizer(folder / TOKENIZER).get_vocab_size()
    tower = TextTower(TextShape(words, width=16, layers=1, heads=2, feed=16))
    save_atomically(frame_state(FrameEncoder(MobileNetV2(), FrameShape(picture=32, hidden=16))), folder / FRAME_WEIGHTS)
    save_atomically(text_state(tower), folder / TEXT_WEIGHTS)
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


def test_nothing_trained_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing has been trained"):
        revision(RECIPE, tmp_path)
