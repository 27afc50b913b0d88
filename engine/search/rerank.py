"""The second look at the best few: the joint scorer and the captioner's likelihood of the query, where a pack has them.

Each gives a score in its own units, so each is standardised over the few before it moves anything; the first stage
keeps its say. What lies below the few stays below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from engine.models.question import Question
from engine.search.look import Candidate
from engine.search.rank import Judge, Task
from engine.search.stop import checkpoint
from engine.search.timeline import Floats
from engine.store.hits import caption_at, shot_tokens_at

MOST = 16
FRAMES = 4
"""Frames of a shot that are read again. The time goes with candidates times frames, and a user waits for it."""
CLIP = 2.0
LEAST_FIRST = 0.1


def rerank(task: Task, text: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The first few in a better order; unchanged where no side has a part for it or no tokens are kept."""
    few = list(ranked[:MOST])
    for number, side in enumerate(task.sides):
        checkpoint(task.cancel)
        if side.scorer is not None or side.captioner is not None:
            few = _with_side(task, number, text, few)
    return [*Judge(task.sides).order(few), *ranked[MOST:]]


def standardised(values: npt.NDArray[np.floating]) -> Floats:
    """Zero mean, unit spread, no wilder than two spreads; all alike are all zero."""
    spread = float(values.std())
    if len(values) < 2 or spread < 1e-9:
        return np.zeros(len(values))
    return np.clip((values - values.mean()) / spread, -CLIP, CLIP).astype(np.float64)


def _with_side(task: Task, number: int, text: str, few: list[Candidate]) -> list[Candidate]:
    pack = task.sides[number].pack
    tokens = {
        at: found
        for at, candidate in enumerate(few)
        if candidate.side == number
        and (found := shot_tokens_at(task.db, candidate.video, candidate.best_s, pack, FRAMES)) is not None
    }
    if len(tokens) < 2:
        return few
    change = _change(task, number, text, {at: few[at] for at in tokens}, tokens)
    return [candidate.valued(candidate.value + change.get(at, 0.0)) for at, candidate in enumerate(few)]


def _change(
    task: Task,
    number: int,
    text: str,
    chosen: Mapping[int, Candidate],
    tokens: Mapping[int, npt.NDArray[np.float32]],
) -> dict[int, float]:
    side = task.sides[number]
    weights = side.calibration.fusion
    spread = float(np.std([candidate.value for candidate in chosen.values()])) or 1.0
    total = np.zeros(len(chosen))
    if side.scorer is not None and weights["scorer"] > 0:
        first_scores = _first_scores(task, number, text, list(chosen.values()))
        questions = [
            Question(text, _caption(task.db, candidate), tokens[at], first)
            for (at, candidate), first in zip(chosen.items(), first_scores, strict=True)
        ]
        chances = np.clip(side.scorer.score(questions).astype(np.float64), 1e-6, 1 - 1e-6)
        total += weights["scorer"] * standardised(np.log(chances / (1 - chances)))
    if side.captioner is not None and weights["likelihood"] > 0:
        said = side.captioner.likelihood(list(tokens.values()), [text] * len(tokens))
        total += weights["likelihood"] * standardised(np.array([one.mean_log_prob for one in said]))
    # Weights are for legs of one unit each; the first stage keeps its own, so the change is put into that.
    return dict(zip(chosen, (total * spread / max(weights["first"], LEAST_FIRST)).tolist(), strict=True))


def _caption(db: Database, candidate: Candidate) -> str:
    caption = caption_at(db, candidate.video, candidate.best_s)
    return caption.text if caption else ""


def _first_scores(task: Task, number: int, text: str, chosen: Sequence[Candidate]) -> list[float]:
    """Cosines of the query and each candidate's best frame, which is what the scorer was trained to be told."""
    query = task.vectors[number].encode([text])[text]
    rows = np.array([candidate.frame_row for candidate in chosen], np.int64)
    wanted = np.unique(rows[rows >= 0])
    products = task.sides[number].index.kind("frame").dot(query[None, :], wanted)[:, 0]
    known = dict(zip(wanted.tolist(), products.tolist(), strict=True))
    return [known.get(row, 0.0) for row in rows.tolist()]
