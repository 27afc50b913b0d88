"""A pack written from small random modules says the same as they do, in floats and in 8 bits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")
onnx = pytest.importorskip("onnx", reason="the [train] extra is not installed")
pytest.importorskip("optimum.exporters.onnx", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.models.captioner import Captioner as CaptionerRuntime  # noqa: E402
from engine.models.pack import PartName, load_pack, verify  # noqa: E402
from engine.models.sampling import Writing  # noqa: E402
from engine.training import export  # noqa: E402
from engine.training.backbone import MobileNetV2  # noqa: E402
from engine.training.card import write_card  # noqa: E402
from engine.training.export import Exported, Source, export_pack  # noqa: E402
from engine.training.packfile import Description  # noqa: E402
from engine.training.parity import Modules, Sample, truth_of  # noqa: E402
from engine.training.parts.captioner import Captioner, CaptionerShape  # noqa: E402
from engine.training.parts.clip import ClipMixture, ClipShape  # noqa: E402
from engine.training.parts.frame import FrameEncoder, FrameShape  # noqa: E402
from engine.training.parts.scorer import Scorer, ScorerShape  # noqa: E402
from engine.training.parts.text import TextShape, TextTower  # noqa: E402
from engine.training.readback import read_back  # noqa: E402
from tests.engine.training.tiny import SENTENCES, tokenizer  # noqa: E402

pytestmark = pytest.mark.slow

ABOUT = Description(
    id="trial",
    revision="1",
    name="Trial",
    licence="Apache-2.0",
    training_data=("noise",),
    prompts=("", "there is"),
    calibration={"threshold": (0.4,), "background.frame": (0.1, 0.05)},
)


def random_modules() -> Modules:
    """Nothing is left at zero or one: that would hide a mistake, and a graph keeps one of several equal weights."""
    torch.manual_seed(0)
    words = tokenizer().get_vocab_size()
    small = {"width": 32, "layers": 2, "heads": 2, "inner": 48}
    modules = Modules(
        frame=FrameEncoder(MobileNetV2(), FrameShape(picture=64, look=32, close=0.75, hidden=32)),
        text=TextTower(TextShape(words, width=32, layers=1, heads=2, feed=48)),
        clip=ClipMixture(ClipShape(inner=32, gate=16, heads=2, experts=("frames", "captions", "both"))),
        captioner=Captioner(CaptionerShape(words, **small)),
        likelihood=Captioner(CaptionerShape(words, **small)),
        scorer=Scorer(ScorerShape(words, **small)),
    )
    for field in dataclasses.fields(modules):
        module = getattr(modules, field.name).eval()
        for weight in module.parameters():
            weight.data.add_(0.05 * torch.randn_like(weight))
    return modules


@pytest.fixture(scope="module")
def source() -> Source:
    pictures = np.random.default_rng(0).integers(0, 255, (2 * len(SENTENCES), 4, 4, 3), np.uint8)
    pictures = pictures.repeat(16, axis=1).repeat(16, axis=2)
    sample = Sample(pictures[: len(SENTENCES)], SENTENCES, tokenizer())
    return Source(truth_of(random_modules(), sample), ABOUT, pictures)


def card(made: Exported) -> str:
    return write_card(ABOUT, made, "| R@1 | 12.3 |")


@pytest.fixture(scope="module")
def exported(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    with pytest.MonkeyPatch.context() as patch:
        # Random layers have no range that fits 8 bits; the trained ones are measured when the real pack is made.
        patch.setattr(export, "_FLOAT_LAYERS", (8,))
        return export_pack(source, tmp_path_factory.mktemp("packs") / "trial", card)


def test_floats_agree_with_torch_in_every_part(exported: Exported) -> None:
    assert {part.part for part in exported.floats.parts} == {
        "frame", "text", "clip", "captioner", "likelihood", "scorer"
    }  # fmt: skip
    assert exported.floats.worst >= 0.999
    assert exported.floats.same_captions == 1.0


def test_what_is_shipped_agrees_well_enough(exported: Exported) -> None:
    assert exported.int8.worst >= 0.98
    assert set(exported.left_float) <= {"frame"}


def test_the_pack_is_whole_and_says_what_it_was_told(exported: Exported) -> None:
    pack = load_pack(exported.folder)
    verify(pack)
    assert (pack.id, pack.vector_dim, pack.token_count, pack.token_dim) == ("trial", 256, 16, 128)
    assert pack.part("captioner").prompts == ("", "there is")
    assert pack.calibration["background.frame"] == (0.1, 0.05)
    assert pack.part("captioner").limits == {"frames": 8, "length": 24}


def test_the_cache_of_the_merged_decoder_is_right_to_the_last_word(exported: Exported, source: Source) -> None:
    runtime = CaptionerRuntime(load_pack(exported.folder))
    video = np.concatenate([source.truth.tokens[:1], source.truth.tokens[1:2]])
    [captions] = runtime.write([video], Writing(count=16, temperature=0.8, max_length=20, seed=5))
    judged = runtime.likelihood([video] * 16, [caption.text for caption in captions])
    again = [(one.tokens, one.log_probs) for one in judged]
    same = [pair for caption, pair in zip(captions, again, strict=True) if caption.tokens == pair[0]]
    assert same
    for caption, (tokens, log_probs) in zip(captions, again, strict=True):
        if caption.tokens == tokens:
            np.testing.assert_allclose(caption.log_probs, log_probs, atol=0.05)


def test_the_card_tells_data_limits_figures_and_faithfulness(exported: Exported) -> None:
    text = (exported.folder / "MODEL_CARD.md").read_text("utf-8")
    for piece in ("noise", "What it cannot do", "| R@1 | 12.3 |", "word for word", "| scorer | log-odds |"):
        assert piece in text


def test_a_pack_that_is_too_large_leaves_the_old_one(
    exported: Exported, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (exported.folder / "pack.toml").read_bytes()
    small = Modules(source.modules.frame, source.modules.text)
    trial = Source(truth_of(small, source.truth.sample), ABOUT, source.calibration)
    monkeypatch.setattr(export, "SIZE_LIMIT_BYTES", 1000)
    monkeypatch.setattr(export, "_FLOAT_LAYERS", ())
    with pytest.raises(TrainingError, match="more than"):
        export_pack(trial, exported.folder, card)
    assert (exported.folder / "pack.toml").read_bytes() == before
    assert [each.name for each in exported.folder.parent.iterdir()] == ["trial"]


@pytest.mark.parametrize("name", ["frame", "text", "captioner"])
def test_weights_can_be_read_back(exported: Exported, source: Source, name: PartName) -> None:
    known = getattr(source.modules, name)
    again = type(known)(*((MobileNetV2(), known.shape) if name == "frame" else (known.shape,)))
    read_back(exported.folder / f"{name}.onnx", again)
    kept = again.state_dict()
    for key, value in known.state_dict().items():
        assert torch.nn.functional.cosine_similarity(kept[key].flatten(), value.flatten(), dim=0) > 0.999, key


def test_graphs_hold_standard_operators_alone_with_nothing_left_to_work_out(exported: Exported) -> None:
    for path in exported.folder.glob("*.onnx"):
        model = onnx.load(path)
        assert {each.domain for each in model.opset_import} == {""}
        fixed = {each.name for each in model.graph.initializer}
        # Weights are turned into floats as they are needed, or they would not be small.
        rest = [node for node in model.graph.node if node.input and node.op_type != "DequantizeLinear"]
        assert not [node.name for node in rest if set(node.input) <= fixed]


def test_a_graph_of_another_size_is_refused(exported: Exported, source: Source) -> None:
    other = TextTower(dataclasses.replace(source.modules.text.shape, width=64))
    with pytest.raises(TrainingError, match="does not fit the recipe"):
        read_back(exported.folder / "text.onnx", other)
