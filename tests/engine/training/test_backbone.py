"""The published backbone: its weights are read, it sees what it was trained to see, and it learns layer by layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.training.backbone import MobileNetV2, channels_last, load_backbone  # noqa: E402
from engine.training.data import load_photos, read_photos  # noqa: E402
from engine.training.pictures import plain_views  # noqa: E402
from engine.training.tflite import read_operators  # noqa: E402

FILES = ("mobilenet_v2_1.0_224_quant.tflite", "tf2_mobilenet_v2_1.0_224_ptq.tflite")
DOGS = range(152, 270)
"""Rows of the classifier that are breeds of dogs."""


@pytest.mark.parametrize("file", FILES)
def test_photos_of_dogs_are_classified_as_dogs_and_others_are_not(shared_data: Path, file: str) -> None:
    photos = load_photos(shared_data, "train")
    dogs = [photo for photo in photos if all("dog" in caption.lower() for caption in photo.captions)][:12]
    others = [photo for photo in photos if not any("dog" in caption.lower() for caption in photo.captions)][:12]
    network, classifier = load_backbone(shared_data / "backbone" / file)
    images = {photo.name: image for photo, image in read_photos(shared_data, [*dogs, *others])}
    pixels = torch.from_numpy(np.stack([images[photo.name] for photo in (*dogs, *others)]))
    with torch.no_grad():
        found = classifier(network(plain_views(pixels, 224)).mean((2, 3))).argmax(1)
    is_dog = [int(row) in DOGS for row in found]
    assert sum(is_dog[:12]) >= 9
    assert sum(is_dog[12:]) <= 1


def test_dequantised_weights_are_real_numbers_of_sensible_size(shared_data: Path) -> None:
    operators = read_operators(shared_data / "backbone" / FILES[0])
    weights = [op.inputs[1].values for op in operators if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    assert len(weights) == 53
    assert all(values is not None and np.isfinite(values).all() and 0.01 < values.std() < 12 for values in weights)


def test_a_damaged_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(b"\x10\x00\x00\x00 no network")
    with pytest.raises(TrainingError, match=r"net\.tflite"):
        load_backbone(tmp_path / "net.tflite")


def test_layers_that_keep_still_get_no_gradient_and_the_output_is_the_same() -> None:
    network = MobileNetV2()
    picture = torch.randn(1, 3, 32, 32)
    before = network(picture)
    network.still_layers = 3
    after = network(picture)
    after.sum().backward()
    torch.testing.assert_close(after, before)
    learns = [all(weight.grad is not None for weight in layer.parameters()) for layer in network.layers()]
    assert learns == [False] * 3 + [True] * 16


def test_another_memory_layout_changes_no_result() -> None:
    network = MobileNetV2().eval()
    picture = torch.randn(1, 3, 64, 64)
    before = network(picture)
    channels_last(network)
    torch.testing.assert_close(network(picture), before, rtol=1e-3, atol=1e-5)
