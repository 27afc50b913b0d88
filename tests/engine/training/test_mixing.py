"""Training the mixture of frames and captions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.loop import Plan, train  # noqa: E402
from engine.training.mixing import Mixing, MixTerms, Shelf, mix, vector_noise  # noqa: E402
from engine.training.parts.clip import ClipMixture, ClipShape  # noqa: E402
from engine.training.ranking import Asked  # noqa: E402


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values, axis=-1, keepdims=True)).astype(np.float32)


def side(seed: int, count: int = 60) -> tuple[Shelf, Asked]:
    """Queries lie where the captions are in the first half of the numbers, where the frames are in the second."""
    chance = np.random.default_rng(seed)
    truth = unit(chance.standard_normal((count, 32)))
    frames, captions = truth.copy(), np.repeat(truth[:, None], 2, axis=1)
    frames[:, :16] = chance.standard_normal((count, 16)) * 0.2
    captions[:, :, 16:] = chance.standard_normal((count, 2, 16)) * 0.2
    asked = Asked(torch.zeros(count, 2), unit(truth + 0.15 * chance.standard_normal(truth.shape)), np.arange(count))
    return Shelf(unit(frames), unit(captions)), asked


def test_the_mixture_beats_frames_alone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    task = Mixing(ClipMixture(ClipShape(width=32, gate=16, inner=32)), side(1), side(2), MixTerms(batch=60))
    frames_alone = np.mean((task.dev_asked.vectors @ task.dev_shelf.frames.T).argmax(1) == np.arange(60)) * 100
    train(task, Plan(30, 3e-3, warmup_steps=3, check_every=30), tmp_path, lambda: None)
    assert task.score()["r1"] > frames_alone


def test_mixed_vectors_are_unit_vectors() -> None:
    shelf, _ = side(1)
    found = mix(ClipMixture(ClipShape(width=32, gate=16, inner=32)), shelf)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_noise_is_none_where_training_photos_are_no_easier() -> None:
    shelf, asked = side(1)
    assert vector_noise(shelf.captions[:, 0], asked, shelf.captions[:, 0], asked) == 0.0
    perfect = Asked(asked.ids, shelf.frames, asked.owner)
    assert vector_noise(shelf.frames, perfect, shelf.frames, asked) > 0.05
