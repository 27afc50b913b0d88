"""How good search is, measured: queries with known answers in, figures with intervals out. Prints and plots nothing.

A manifest is JSON: `{"videos": [paths], "queries": [{"text", "type", "answers": [{"video", "start_s", "end_s"}]}]}`;
a query with one answer may carry its fields itself; paths are relative to the manifest. A query whose list of answers
is empty asks for something that is not there: right is to say so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import ExpectedError
from engine.types import Hit, SearchAnswer

DEPTH = 50
RESAMPLES = 2000
SEED = 20

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RightAnswer:
    """A span of a video; without times, the whole of it."""

    video: Path
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    text: str
    type: str
    answers: tuple[RightAnswer, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    videos: tuple[Path, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one query. `rank` counts from 1 and is None where no right hit was among the first `DEPTH`."""

    text: str
    type: str
    rank: int | None
    iou: float
    """Overlap of the first hit with its right answer; 0 where it is wrong."""
    is_confident: bool
    has_answer: bool
    took_ms: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """New minus old over the same queries, with an interval and the chance of such a difference by luck alone."""

    difference: Figure
    p_value: float


# --- manifest --------------------------------------------------------------------------------------------------


def read_manifest(path: Path) -> Manifest:
    try:
        table = json.loads(path.read_text("utf-8"))
        return _manifest(table, path.resolve().parent)
    except OSError as error:
        raise _refused(path, f"it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(path, f"it is not a manifest ({type(error).__name__}: {error})") from error


def _manifest(table: Mapping[str, Any], folder: Path) -> Manifest:
    videos = [folder / (one if isinstance(one, str) else one["path"]) for one in table.get("videos", [])]
    tasks = tuple(_task(query, folder) for query in table["queries"])
    named = [answer.video for task in tasks for answer in task.answers]
    return Manifest(tuple(dict.fromkeys(Path(one).resolve() for one in (*videos, *named))), tasks)


def _task(query: Mapping[str, Any], folder: Path) -> Task:
    given = query.get("answers", [query] if "video" in query else [])
    answers = [
        RightAnswer((folder / one["video"]).resolve(), _number(one.get("start_s")), _number(one.get("end_s")))
        for one in given
    ]
    for one in answers:
        if one.start_s is not None and one.end_s is not None and one.end_s < one.start_s:
            raise ValueError(f"an answer to {query['text']!r} ends before it starts")
    return Task(str(query["text"]), str(query.get("type", "all")), tuple(answers))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _refused(path: Path, reason: str) -> ExpectedError:
    return ExpectedError(str(path), reason, "See what one looks like with: reelfind eval --help")


# --- judging ---------------------------------------------------------------------------------------------------


def overlap(hit: tuple[float, float], answer: tuple[float, float]) -> float:
    """Intersection over union of two spans; two equal spans without length overlap fully."""
    inside = min(hit[1], answer[1]) - max(hit[0], answer[0])
    union = max(hit[1], answer[1]) - min(hit[0], answer[0])
    if union <= 0:
        return 1.0
    return max(0.0, inside) / union


def is_right(hit: Hit, answer: RightAnswer) -> bool:
    """The right video, with the time the player would jump to inside the answer."""
    if answer.video not in (hit.path, *hit.copies):
        return False
    return answer.start_s is None or answer.end_s is None or answer.start_s <= hit.best_s <= answer.end_s


def judge(task: Task, answer: SearchAnswer, took_ms: float) -> Outcome:
    rank = next(
        (at for at, hit in enumerate(answer.hits, 1) if any(is_right(hit, right) for right in task.answers)), None
    )
    return Outcome(
        task.text, task.type, rank, _first_overlap(task, answer), answer.is_confident, bool(task.answers), took_ms
    )


def _first_overlap(task: Task, answer: SearchAnswer) -> float:
    if not answer.hits:
        return 0.0
    hit = answer.hits[0]
    found = [0.0]
    for right in task.answers:
        if right.video in (hit.path, *hit.copies):
            start, end = right.start_s, right.end_s
            found.append(1.0 if start is None or end is None else overlap((hit.start_s, hit.end_s), (start, end)))
    return max(found)


def run(manifest: Manifest, search: Callable[[str], SearchAnswer]) -> list[Outcome]:
    """Ask every query once, in order; `search` gives as many hits as it has, uncut."""
    outcomes: list[Outcome] = []
    for task in manifest.tasks:
        began = time.perf_counter()
        answer = search(task.text)
        outcomes.append(judge(task, answer, (time.perf_counter() - began) * 1000))
    return outcomes


# --- figures ---------------------------------------------------------------------------------------------------


def _found_by(limit: int) -> Callable[[Outcome], float]:
    return lambda one: float(one.rank is not None and one.rank <= limit)


MEASURES: Mapping[str, Callable[[Outcome], float]] = {
    "R@1": _found_by(1),
    "R@5": _found_by(5),
    "R@10": _found_by(10),
    "MRR": lambda one: 0.0 if one.rank is None else 1.0 / one.rank,
    "R@1 IoU 0.5": lambda one: float(one.iou >= 0.5),
    "R@1 IoU 0.7": lambda one: float(one.iou >= 0.7),
    "mIoU": lambda one: one.iou,
}
"""Each is the mean of one number a query, over queries that have an answer."""


def figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """All figures of some outcomes; those that cannot be computed are left out."""
    answerable = [one for one in outcomes if one.has_answer]
    found: dict[str, Figure] = {}
    if answerable:
        for name, measure in MEASURES.items():
            found[name] = with_interval(np.array([measure(one) for one in answerable]), np.mean)
        ranks = np.array([DEPTH + 1 if one.rank is None else one.rank for one in answerable], np.float64)
        found["median rank"] = with_interval(ranks, np.median)
        called = [one for one in outcomes if one.is_confident]
        if called:
            found["right when confident"] = with_interval(np.array([float(one.rank == 1) for one in called]), np.mean)
    unanswerable = [one for one in outcomes if not one.has_answer]
    if unanswerable:
        refused = np.array([float(not one.is_confident) for one in unanswerable])
        found["nothing found, rightly"] = with_interval(refused, np.mean)
    return found


def latencies(outcomes: Sequence[Outcome]) -> dict[str, float]:
    took = [one.took_ms for one in outcomes] or [0.0]
    return {f"p{share}": round(float(np.percentile(took, share)), 2) for share in (50, 95, 99)}


def with_interval(values: Floats, statistic: Callable[..., Any]) -> Figure:
    """The statistic with its percentile bootstrap interval over queries; the same in every run."""
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(values), (RESAMPLES, len(values)))
    resampled = statistic(values[draws], axis=1)
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Figure(float(statistic(values)), float(low), float(high))


def compare(new: Sequence[Outcome], old: Sequence[Outcome]) -> dict[str, Comparison]:
    """Paired by query text and type; queries that only one run has do not count."""
    before, after = _numbered(old), _numbered(new)
    pairs = [(one, before[key]) for key, one in after.items() if key in before]
    pairs = [(ours, theirs) for ours, theirs in pairs if ours.has_answer and theirs.has_answer]
    if not pairs:
        return {}
    found: dict[str, Comparison] = {}
    for name, measure in MEASURES.items():
        differences = np.array([measure(ours) - measure(theirs) for ours, theirs in pairs])
        found[name] = Comparison(with_interval(differences, np.mean), sign_flip_p(differences))
    return found


def _numbered(outcomes: Sequence[Outcome]) -> dict[tuple[str, str, int], Outcome]:
    """By text, type and how often that stood there before: the same words may be asked for different answers."""
    counts: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str, int], Outcome] = {}
    for one in outcomes:
        at = counts.get((one.text, one.type), 0)
        counts[one.text, one.type] = at + 1
        found[one.text, one.type, at] = one
    return found


def sign_flip_p(differences: Floats, flips: int = 10_000) -> float:
    """Two-sided paired randomisation test: how often random signs give a mean as far from zero."""
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    seen = abs(moved.sum()) - 1e-12
    if len(moved) <= 13:
        signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * len(moved))).reshape(len(moved), -1)
        return float((abs(moved @ signs) >= seen).mean())
    signs = np.random.default_rng(SEED).choice((-1.0, 1.0), (flips, len(moved)))
    return float(((abs(signs @ moved) >= seen).sum() + 1) / (flips + 1))


# --- keeping runs ----------------------------------------------------------------------------------------------


def run_values(name: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """A run as JSON: its figures, overall and by type, and every outcome, so that later runs can be compared."""
    types = sorted({one.type for one in outcomes})
    return {
        "name": name,
        "figures": {key: asdict(value) for key, value in figures(outcomes).items()},
        "by_type": {
            kind: {key: asdict(value) for key, value in figures([o for o in outcomes if o.type == kind]).items()}
            for kind in types
        },
        "latency_ms": latencies(outcomes),
        "outcomes": [asdict(one) for one in outcomes],
    }


def comparison_values(compared: Mapping[str, Comparison]) -> dict[str, Any]:
    return {name: {**asdict(one.difference), "p": one.p_value} for name, one in compared.items()}


def read_run(path: Path) -> list[Outcome]:
    try:
        table = json.loads(path.read_text("utf-8"))
        run_table = table["runs"][-1] if "runs" in table else table
        return [Outcome(**one) for one in run_table["outcomes"]]
    except OSError as error:
        raise ExpectedError(str(path), f"it cannot be read ({error.strerror})", "Choose another file") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ExpectedError(str(path), "it is not a stored run", "Make one with: reelfind eval --out FILE") from error
