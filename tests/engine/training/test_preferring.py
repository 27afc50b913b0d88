"""Preference training moves the captioner the right way with every loss of the registry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.candidates import read  # noqa: E402
from engine.training.decode import likelihood  # noqa: E402
from engine.training.loop import Plan, train  # noqa: E402
from engine.training.losses import LOSSES, LossOptions  # noqa: E402
from engine.training.material import neighbours  # noqa: E402
from engine.training.parts.captioner import Captioner  # noqa: E402
from engine.training.preferring import Judge, Preferences, Preferring, PreferTerms  # noqa: E402
from tests.engine.training import tiny  # noqa: E402

WORDS = tiny.tokenizer()


def task(loss: str, options: LossOptions | None = None) -> Preferring:
    """Each photo's own sentence is preferred to the next photo's, and to that one about the next photo."""
    photos = tiny.material(6)
    written = [text for n in range(6) for text in (tiny.SENTENCES[n], tiny.SENTENCES[(n + 1) % 6])]
    inside = np.array([[2 * n, 2 * n + 1] for n in range(6)])
    across = np.array([[2 * n, 2 * ((n + 1) % 6) + 1] for n in range(6)])
    data = Preferences(read(written, 2, WORDS), inside, across, neighbours(photos.vectors, 5))
    judge = Judge(tiny.material(6, seed=1), tiny.reader())
    terms = PreferTerms(loss=loss, options=options or LossOptions(), videos=3, kept_cider=0.0)
    return Preferring(tiny.captioner(WORDS.get_vocab_size()), photos.tokens, data, judge, terms)


def margins(captioner: Captioner, wanted: Preferring) -> torch.Tensor:
    """How much likelier the better sentence is than the worse one, by video."""
    captioner.eval()
    memory = captioner.see(wanted.tokens.float())
    total = likelihood(captioner, memory, wanted.data.candidates.ids.flatten(0, 1)).total.reshape(6, 2)
    return (total[:, 0] - total[:, 1]).detach()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_better_caption_becomes_likelier(loss: str, tmp_path: Path) -> None:
    one = task(loss)
    before = margins(one.captioner, one)
    train(one, Plan(30, 5e-3, warmup_steps=2, check_every=30), tmp_path, lambda: None)
    assert (margins(one.captioner, one) > before).all()


@pytest.mark.parametrize("reading", ["sets", "axes"])
def test_the_other_readings_of_dual_group_run_too(reading: str) -> None:
    one = task("dg_dpo", LossOptions(reading=reading))
    assert float(one.losses(0)["dg_dpo"].detach()) == pytest.approx(np.log(2), rel=1.2)


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.needs_reference])
def test_training_starts_where_policy_and_reference_agree(loss: str) -> None:
    one = task(loss)
    terms = 2 if LOSSES[loss].uses_across else 1
    assert float(one.losses(0)[loss].detach()) == pytest.approx(terms * np.log(2), abs=0.02)


def test_every_video_with_a_pair_is_in_a_batch() -> None:
    assert {int(video) for batch in task("dpo").batches for video in batch} == set(range(6))


def test_weights_whose_captions_got_worse_are_not_kept() -> None:
    one = task("dpo")
    one.least_cider = 1e6
    assert one.score()["score"] < -1000
