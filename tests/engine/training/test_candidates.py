"""Candidate captions: drawn, revised, labelled by the scorer, judged by stand-ins."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training import candidates  # noqa: E402
from engine.training.candidates import LabelTerms  # noqa: E402
from engine.training.decode import Writing  # noqa: E402
from engine.training.material import neighbours  # noqa: E402
from engine.training.parts.scorer import Scorer, ScorerInput  # noqa: E402
from engine.training.ranking import Asked, Seen  # noqa: E402
from tests.engine.training import tiny  # noqa: E402

WORDS = tiny.tokenizer()


class WordOverlap(Scorer):
    """Stands in for a trained scorer: yes for every word that query and caption share."""

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)
        self.answer = torch.nn.Parameter(torch.zeros(1))
        self.trunk = torch.nn.Identity()

    def forward(self, given: ScorerInput) -> torch.Tensor:
        same = (given.query[:, :, None] == given.caption[:, None, :]) & given.caption_mask[:, None, :]
        yes = (same & given.query_mask[:, :, None]).any(2).sum(1).float()
        return torch.stack([yes, torch.zeros_like(yes)], dim=1)


def test_candidates_come_in_rows_of_one_video() -> None:
    photos = tiny.material(4)
    drawn = candidates.draw(tiny.captioner(WORDS.get_vocab_size()), photos.tokens, WORDS, Writing(3, 1.0))
    assert [len(row) for row in drawn.texts] == [3] * 4
    assert drawn.ids.shape[:2] == (4, 3)


def test_a_revision_keeps_the_beginning_of_each_candidate() -> None:
    photos, network = tiny.material(4), tiny.captioner(WORDS.get_vocab_size())
    drawn = candidates.read([tiny.SENTENCES[n // 2] for n in range(8)], 2, WORDS)
    revised = candidates.revise(network, photos.tokens, WORDS, drawn)
    assert [len(row) for row in revised.texts] == [2] * 4
    assert revised.texts != drawn.texts


def test_the_caption_that_says_what_is_asked_gets_the_higher_label() -> None:
    photos = tiny.material(6)
    written = [text for n in range(6) for text in (tiny.SENTENCES[n], tiny.SENTENCES[(n + 1) % 6])]
    drawn = candidates.read(written, 2, WORDS)
    seen = Seen(photos.tokens, drawn.ids, photos.vectors)
    asked = Asked(photos.ids, photos.vectors[photos.owner], photos.owner)
    terms = LabelTerms(own_queries=1, distinct_weight=0.0)
    labels = candidates.relevance_labels(WordOverlap(), seen, asked, neighbours(photos.vectors, 2), terms)
    assert (labels[:, 0] > labels[:, 1]).all()


def test_picking_among_equal_videos_is_a_guess() -> None:
    photos = tiny.material(6)
    seen = Seen(photos.tokens, photos.ids[::2][:, None], photos.vectors)
    found = candidates.picked(WordOverlap(), seen, np.array([[(n + 1) % 6, (n + 2) % 6] for n in range(6)]))
    assert found == pytest.approx(np.log(1 / 3))


def test_the_judge_marks_every_candidate() -> None:
    photos = tiny.material(4)
    drawn = candidates.read([tiny.SENTENCES[n // 2] for n in range(8)], 2, WORDS)
    reader = tiny.reader()
    totals = candidates.judged(tiny.captioner(WORDS.get_vocab_size()), reader, drawn, photos.vectors)
    assert totals.shape == (4, 2)
    assert (totals >= 0).all()
    assert (totals <= 13.5).all()


def test_a_prompt_begins_every_sentence() -> None:
    ids = candidates.prompt_ids(WORDS, "a brown", 3)
    assert WORDS.decode(ids[2].tolist()) == "a brown"
    assert candidates.prompt_ids(WORDS, "", 2).shape == (2, 1)
