"""The captioner learns which sentence belongs to a photo, and stays a language model without one."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training import blim  # noqa: E402
from engine.training.captioning import Captioning, CaptionTerms, SentenceModelling, caption_all  # noqa: E402
from engine.training.decode import Writing  # noqa: E402
from engine.training.loop import Plan, train  # noqa: E402
from engine.training.parts.captioner import Captioner  # noqa: E402
from engine.training.tokens import encode  # noqa: E402
from tests.engine.training import tiny  # noqa: E402


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Captioner:
    words = tiny.tokenizer()
    network = tiny.captioner(words.get_vocab_size())
    sentences = torch.from_numpy(encode(words, tiny.SENTENCES, 24))
    terms = CaptionTerms(photos=12, captions=2, sentences=6, smoothing=0.0)
    task = Captioning(network, (tiny.material(), tiny.material(12, seed=1)), sentences, words, terms)
    folder: Path = tmp_path_factory.mktemp("captioner")
    train(task, Plan(80, 1e-2, warmup_steps=5, check_every=80), folder, lambda: None)
    return network.eval()


def test_a_photo_gets_its_own_sentence(trained: Captioner) -> None:
    photos = tiny.material(6, seed=2)
    written = caption_all(trained, photos.tokens, tiny.tokenizer())
    assert sum(text.startswith(own[0]) for text, own in zip(written, photos.texts, strict=True)) >= 5


def test_samples_come_in_rows_of_one_video(trained: Captioner) -> None:
    photos = tiny.material(2, seed=2)
    written = caption_all(trained, photos.tokens, tiny.tokenizer(), Writing(3, 0.5))
    assert len(written) == 6
    assert sum(text.startswith("a brown dog") for text in written[:3]) >= 2


def test_a_query_is_likelier_given_its_own_photo(trained: Captioner) -> None:
    photos = tiny.material(6, seed=2)
    tokens = photos.tokens.float()[None].expand(6, -1, -1, -1, -1)
    found = blim.query_likelihood(trained, photos.ids[photos.first[:-1]], tokens)
    assert (found.argmax(axis=1) == range(6)).sum() >= 5


def test_tagging_takes_the_prior_off(trained: Captioner) -> None:
    photos = tiny.material(6, seed=2)
    ids = photos.ids[photos.first[:-1]]
    plain, less = (blim.tag(trained, ids, photos.tokens.float(), alpha) for alpha in (0.0, 1.0))
    assert torch.allclose(torch.tensor(plain - less), torch.tensor(blim.prior(trained, ids)).expand(6, 6), atol=1e-3)


def test_language_modelling_learns_without_a_picture(tmp_path: Path) -> None:
    words = tiny.tokenizer()
    ids = torch.from_numpy(encode(words, tiny.SENTENCES, 24))
    task = SentenceModelling(tiny.captioner(words.get_vocab_size()), ids, ids, batch=6)
    before = task.score()["score"]
    train(task, Plan(15, 1e-2, warmup_steps=2, check_every=15), tmp_path, lambda: None)
    assert task.score()["score"] > before + 0.5
