"""Self-critical training: better captions than their siblings become likelier."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.captioning import Captioning, CaptionTerms  # noqa: E402
from engine.training.loop import Plan, train  # noqa: E402
from engine.training.selfcritical import RewardTerms, SelfCritical  # noqa: E402
from engine.training.tokens import END_ID, PAD_ID, encode  # noqa: E402
from tests.engine.training import tiny  # noqa: E402


def task(samples: int = 4, found_weight: float = 0.0) -> SelfCritical:
    words = tiny.tokenizer()
    network = tiny.captioner(words.get_vocab_size())
    sentences = torch.from_numpy(encode(words, tiny.SENTENCES, 24))
    terms = CaptionTerms(photos=12, captions=2, sentences=6, smoothing=0.0)
    likely = Captioning(network, (tiny.material(), tiny.material(12, seed=1)), sentences, words, terms)
    terms = RewardTerms(photos=24, samples=samples, likelihood_weight=0.1, found_weight=found_weight)
    return SelfCritical(likely, tiny.reader(), terms)


def test_the_advantage_is_over_the_siblings_of_the_same_photo() -> None:
    learner = task(samples=3)
    texts = ["a brown dog runs on the beach", "a cat sleeps", "a cat sleeps"]
    ids = torch.from_numpy(encode(tiny.tokenizer(), texts * 2, 24))
    found = learner.advantage(ids, [0, 3]).reshape(2, 3)
    assert found.sum(axis=1).tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert found[0, 0] > 0 > found[0, 1]
    assert found[1, 0] < 0 < found[1, 1]


def test_a_sentence_that_does_not_end_gets_less() -> None:
    learner = task(samples=2)
    [whole] = encode(tiny.tokenizer(), [tiny.SENTENCES[0]], 24)
    cut = [PAD_ID if token == END_ID else token for token in whole.tolist()]
    found = learner.advantage(torch.tensor([whole.tolist(), cut]), [0])
    assert found[0] > 0 > found[1]


def test_of_sentences_that_agree_alike_the_one_that_finds_its_photo_gets_more() -> None:
    learner = task(samples=2, found_weight=0.1)
    photos = learner.likely.train.vectors
    learner.reader.vectors = lambda _texts, _role: photos[[0, 1]]
    ids = torch.from_numpy(encode(tiny.tokenizer(), ["a cat sleeps"] * 2, 24))
    found = learner.advantage(ids, [0])
    assert found[0] > 0 > found[1]


def test_dev_is_judged_by_agreement_and_by_how_surely_photos_are_found() -> None:
    found = task(found_weight=0.1).score()
    assert found["score"] < found["cider"]
    assert 0.0 <= found["own_r1"] <= 100.0


def test_reward_makes_captions_better_where_likelihood_has_begun(tmp_path: Path) -> None:
    learner = task(samples=8)
    train(learner.likely, Plan(18, 1e-2, warmup_steps=5, check_every=18), tmp_path / "likely", lambda: None)
    before = learner.score()["score"]
    train(learner, Plan(30, 1e-3, warmup_steps=2, check_every=30), tmp_path / "reward", lambda: None)
    assert learner.score()["score"] > before + 1.0
