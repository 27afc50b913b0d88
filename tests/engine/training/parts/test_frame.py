"""The frame encoder: what goes in and out, and that its grid is the one it says."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.backbone import MobileNetV2  # noqa: E402
from engine.training.checkpoint import save_atomically  # noqa: E402
from engine.training.parts.frame import (  # noqa: E402
    FRAME_WEIGHTS,
    FrameEncoder,
    FrameShape,
    frame_state,
    grid_pooling,
    load_frame,
    pooled,
)


@pytest.fixture(scope="module")
def encoder() -> FrameEncoder:
    torch.manual_seed(0)
    return FrameEncoder(MobileNetV2(), FrameShape(picture=64)).eval()


def test_pictures_become_unit_vectors_and_sixteen_tokens(encoder: FrameEncoder) -> None:
    with torch.no_grad():
        vectors, tokens = encoder(torch.randint(0, 256, (2, 64, 96, 3), dtype=torch.uint8))
    assert vectors.shape == (2, 256)
    assert tokens.shape == (2, 16, 128)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


def test_a_closer_look_at_the_middle_joins_the_vector_and_leaves_the_tokens_alone(encoder: FrameEncoder) -> None:
    twice = FrameEncoder(encoder.network, FrameShape(picture=64, look=32, close=0.5)).eval()
    twice.head = encoder.head
    picture = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    smaller = picture.reshape(2, 32, 2, 32, 2, 3).float().mean((2, 4)).permute(0, 3, 1, 2) / 127.5 - 1
    middle = picture[:, 16:48, 16:48].permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        vectors, tokens = twice(picture)
        whole, whole_tokens = encoder.head(*encoder.features(smaller))
        close, _ = encoder.head(*encoder.features(middle))
    torch.testing.assert_close(vectors, torch.nn.functional.normalize(whole + close, dim=1))
    torch.testing.assert_close(tokens, whole_tokens)


@pytest.mark.parametrize("size", [4, 5, 6, 7])
def test_the_grid_is_an_adaptive_average(size: int) -> None:
    features = torch.randn(2, 3, size, size)
    grid = features.flatten(2) @ grid_pooling(size, size)
    torch.testing.assert_close(grid.view(2, 3, 4, 4), torch.nn.functional.adaptive_avg_pool2d(features, 4))


def test_the_first_token_is_the_upper_left_corner() -> None:
    features = torch.zeros(1, 1280, 4, 4)
    features[..., 0, 0], features[..., 0, 3] = 1.0, 2.0
    mean, grid = pooled(features)
    assert grid[0, [0, 3, 12], 0].tolist() == [1.0, 2.0, 0.0]
    assert float(mean[0, 0]) == pytest.approx(3 / 16)


def test_a_trained_encoder_is_found_in_its_run(encoder: FrameEncoder, tmp_path: Path) -> None:
    save_atomically(frame_state(encoder), tmp_path / FRAME_WEIGHTS)
    again = load_frame(tmp_path)
    picture = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        torch.testing.assert_close(again(picture)[0], encoder(picture)[0])
    assert again.shape == encoder.shape
