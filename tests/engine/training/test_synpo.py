"""The stand-in judge of SynPO's preference data."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training import synpo


def test_the_highest_total_is_what_the_paper_says() -> None:
    best = np.array([[0.1, 0.9]])
    found = synpo.total(synpo.Evidence(best, best, best), [["a dog runs fast", "a brown dog runs"]])
    assert found[0, 1] == pytest.approx(synpo.HIGHEST_TOTAL)


@pytest.mark.parametrize("weak", ["grounding", "fluency", "agreement"])
def test_each_mark_counts(weak: str) -> None:
    marks = {name: np.array([[0.5, 0.5]]) for name in ("grounding", "fluency", "agreement")}
    marks[weak] = np.array([[0.2, 0.5]])
    found = synpo.total(synpo.Evidence(**marks), [["a dog runs fast", "a brown dog runs"]])
    assert found[0, 0] < found[0, 1]


@pytest.mark.parametrize("text", ["a dog dog runs", "a dog runs in the", "dog", "a dog and a dog and a dog"])
def test_a_faulty_sentence_loses_points(text: str) -> None:
    assert synpo.fault(text) > synpo.fault("a brown dog runs on the beach.") == 0


def test_agreement_leaves_the_candidate_itself_out() -> None:
    vectors = np.array([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])
    assert synpo.agreement(vectors).tolist() == [[0.5, 0.5, 0.0]]


def test_a_sentence_is_rewritten_from_the_word_the_picture_speaks_against() -> None:
    seen, unseen = np.array([-1.0, -6.0, -2.0]), np.array([-1.0, -2.0, -3.0])
    assert synpo.revision_point(seen, unseen) == 1
