"""What calibration found, by the names under which search reads it."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.evaluation import Library  # noqa: E402
from engine.training.packtable import backgrounds, flat  # noqa: E402
from engine.training.ranking import Asked  # noqa: E402
from tests.engine.training.tiny import material  # noqa: E402


def test_nested_numbers_get_dotted_names_and_words_stay_out() -> None:
    found = {
        "prompts": ["", "there is"],
        "recall": {"frame": 0.7},
        "confidence": {"recall_only": {"bias": -1.5, "weights": {"recall": 9}, "threshold": float("nan")}},
    }
    assert dict(flat(found)) == {
        "recall.frame": (0.7,),
        "confidence.recall_only.bias": (-1.5,),
        "confidence.recall_only.weights.recall": (9.0,),
    }


def test_the_background_leaves_out_the_photo_that_was_asked_for() -> None:
    photos = material(6)
    vectors = np.eye(6, 256, dtype=np.float32)
    captions = np.repeat(vectors[:, None], 2, axis=1)
    asked = Asked(torch.zeros(6, 3, dtype=torch.long), vectors, np.arange(6))
    photos = type(photos)(photos.names, photos.texts, photos.tokens, vectors, photos.ids, photos.owner, photos.first)
    known = Library(photos, [[""]] * 6, torch.zeros(6, 2, 3), captions, asked, vectors)
    assert backgrounds(known) == {f"background.{kind}": (0.0, 0.0) for kind in ("frame", "caption", "clip")}
