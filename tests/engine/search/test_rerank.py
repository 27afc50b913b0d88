from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import pytest
from sqlite_utils import Database

from engine.models.captioner import Caption
from engine.models.question import Question
from engine.search.ask import Ask, Page
from engine.search.rerank import CLIP, standardised
from engine.search.searcher import Searcher
from engine.search.side import Side
from engine.store.frames import shots_of
from engine.store.hits import add_shot_tokens, spread
from engine.types import SearchAnswer
from tests.fakes import PACK, Scene, SceneLibrary


@dataclass
class OddScorer:
    """Likes videos whose tokens are large."""

    asked: list[Question]

    def score(self, questions: Sequence[Question]) -> np.ndarray:
        self.asked += questions
        return np.array([1 / (1 + np.exp(-float(q.frame_tokens.mean()))) for q in questions], np.float32)


class OddCaptioner:
    def likelihood(self, videos: Sequence[np.ndarray], texts: Sequence[str]) -> list[Caption]:
        return [Caption(text, (1,), (float(video.mean()),)) for video, text in zip(videos, texts, strict=True)]


@pytest.fixture
def dogs(db: Database, library: SceneLibrary) -> SceneLibrary:
    """Three alike; the tokens of the third are the largest."""
    for number in range(3):
        video = library.add(f"dog{number}.mp4", [Scene(0, 10, f"brown dog x{number}", caption="brown dog")])
        tokens = np.full((2, 2, 4), float(number) + 0.1)
        add_shot_tokens(db, [(shots_of(db, video)[0][0], tokens)], PACK)
    return library


def first(answer: SearchAnswer) -> str:
    return answer.hits[0].path.name


@pytest.mark.parametrize("part", ["scorer", "captioner"])
def test_either_part_may_reorder_what_is_alike(db: Database, side: Side, dogs: SceneLibrary, part: str) -> None:
    made = {"scorer": OddScorer([]), "captioner": OddCaptioner()}[part]
    able = replace(side, **{part: made})
    assert first(Searcher([able], lambda: nullcontext(db), lambda: dogs.mounts).search("brown dog")) == "dog2.mp4"


def test_the_quick_answer_comes_first_and_says_so(db: Database, side: Side, dogs: SceneLibrary) -> None:
    able = replace(side, scorer=OddScorer([]))
    answers = list(Searcher([able], lambda: nullcontext(db), lambda: dogs.mounts).answers(Ask("brown dog"), Page()))
    assert [one.is_final for one in answers] == [False, True]
    assert {hit.path for hit in answers[0].hits} == {hit.path for hit in answers[1].hits}


def test_the_scorer_is_told_query_caption_and_first_score(db: Database, side: Side, dogs: SceneLibrary) -> None:
    scorer = OddScorer([])
    Searcher([replace(side, scorer=scorer)], lambda: nullcontext(db), lambda: dogs.mounts).search("brown dog")
    assert len(scorer.asked) == 3
    assert {(one.query, one.caption) for one in scorer.asked} == {("brown dog", "brown dog")}
    assert all(0.5 < one.first_score <= 1.01 for one in scorer.asked)


def test_videos_deleted_while_they_are_ranked_are_left_out(db: Database, side: Side, dogs: SceneLibrary) -> None:
    """One goes between the quick answer and the second look, the other while the scorer reads."""

    class Deleting(OddScorer):
        def score(self, questions: Sequence[Question]) -> np.ndarray:
            db.conn.execute("DELETE FROM videos WHERE id = (SELECT video_id FROM files WHERE shown = 'dog1.mp4')")
            return super().score(questions)

    searcher = Searcher([replace(side, scorer=Deleting([]))], lambda: nullcontext(db), lambda: dogs.mounts)
    answers = searcher.answers(Ask("brown dog"), Page())
    assert {"dog0.mp4", "dog1.mp4", "dog2.mp4"} <= {hit.path.name for hit in next(answers).hits}
    db.conn.execute("DELETE FROM videos WHERE id = (SELECT video_id FROM files WHERE shown = 'dog2.mp4')")
    names = [hit.path.name for hit in next(answers).hits]
    assert names[0] == "dog0.mp4"
    assert not {"dog1.mp4", "dog2.mp4"} & set(names)


def test_a_better_match_is_not_thrown_over_by_the_rerank(db: Database, side: Side, dogs: SceneLibrary) -> None:
    dogs.add("exact.mp4", [Scene(0, 10, "brown dog jumps water")])
    able = replace(side, scorer=OddScorer([]), captioner=OddCaptioner())
    searcher = Searcher([able], lambda: nullcontext(db), lambda: dogs.mounts)
    assert first(searcher.search("brown dog jumps water")) == "exact.mp4"


def test_scores_are_standardised_and_kept_in_bounds() -> None:
    assert standardised(np.array([1.0, 1.0])).tolist() == [0.0, 0.0]
    assert standardised(np.array([5.0])).tolist() == [0.0]
    wild = standardised(np.array([0.0] * 30 + [1e6]))
    assert wild.max() == CLIP


def test_few_frames_of_a_long_shot_are_read() -> None:
    tokens = np.arange(8, dtype=np.int8)[:, None, None]
    assert spread(tokens, 4).ravel().tolist() == [1, 3, 5, 7]
    assert spread(tokens[:3], 4).ravel().tolist() == [0, 1, 2]
