"""Training the joint scorer, and what its figures mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training import ranking  # noqa: E402
from engine.training.loop import Plan, train  # noqa: E402
from engine.training.parts.scorer import Scorer, ScorerShape  # noqa: E402
from engine.training.ranking import Asked, Pool, Ranking, RankTerms, Seen  # noqa: E402
from tests.engine.training import tiny  # noqa: E402


def sides(count: int, seed: int) -> tuple[Seen, Asked]:
    photos = tiny.material(count, seed)
    captions = photos.ids[photos.first[:-1]][:, None]
    return Seen(photos.tokens, captions, photos.vectors), Asked(photos.ids, photos.vectors[photos.owner], photos.owner)


def test_the_scorer_learns_to_find_the_photo(tmp_path: Path) -> None:
    torch.manual_seed(1)
    scorer = Scorer(
        ScorerShape(tiny.tokenizer().get_vocab_size(), width=32, heads=2, inner=48, layers=1, trunk_layers=1)
    )
    for weight in scorer.trunk.parameters():
        # A captioner that knows something; one fresh from its start hardly looks at the frames.
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.3)
    terms = RankTerms(queries=12, negatives=4, pool=5, no_prior=1.0, judged=6, noise=0.1, common_noise=0.0)
    task = Ranking(scorer, sides(6, 0), sides(6, 1), terms)
    before = float(task.losses(0)["order"].detach())
    train(task, Plan(150, 5e-3, warmup_steps=5, check_every=150), tmp_path, lambda: None)
    assert float(task.losses(0)["order"].detach()) < before - 0.3


def test_a_batch_is_the_same_for_the_same_step() -> None:
    torch.manual_seed(1)
    scorer = Scorer(ScorerShape(tiny.tokenizer().get_vocab_size(), width=32, heads=2, inner=48, dropout=0.0))
    task = Ranking(
        scorer, sides(6, 0), sides(6, 1), RankTerms(queries=4, negatives=2, easy=1, pool=5, noise=0.0, common_noise=0.0)
    )
    losses = []
    for _ in range(2):
        torch.manual_seed(7)
        losses.append(float(task.losses(3)["order"].detach()))
    assert losses[0] == losses[1]


def test_a_video_outside_the_pool_keeps_a_rank_behind_it() -> None:
    vectors = np.eye(4, dtype=np.float32)
    asked = Asked(
        torch.zeros(2, 3, dtype=torch.long),
        np.array([[0.1, 0.4, 0.3, 0.2], [0, 1, 0, 0]], np.float32),
        np.array([0, 1]),
    )
    pool = Pool(np.array([[1, 2], [1, 0]]), np.zeros((2, 2)))
    scores = np.array([[5.0, 4.0], [1.0, 2.0]])
    assert ranking.pool_ranks(scores, pool, asked, vectors).tolist() == [4, 2]


def test_the_first_stage_is_sorted_and_complete() -> None:
    asked = Asked(torch.zeros(1, 1), np.array([[0.1, 0.4, 0.3]], np.float32), np.array([0]))
    found = ranking.first_stage(asked, np.eye(3, dtype=np.float32), 2)
    assert found.videos.tolist() == [[1, 2]]
    assert found.cosines[0] == pytest.approx([0.4, 0.3])


def test_noise_makes_the_first_stage_as_fallible_as_on_unseen_photos() -> None:
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((200, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids, owner = torch.zeros(200, 1), np.arange(200)
    seen = Asked(ids, vectors, owner)
    unseen = Asked(ids, (vectors + 0.5 * chance.standard_normal(vectors.shape)).astype(np.float32), owner)
    assert ranking.fallibility(seen, vectors, seen, vectors) == 0.0
    assert ranking.fallibility(seen, vectors, unseen, vectors) > 0.1
