"""The ablation table: figures with intervals from stored ranks, as Markdown and as a plot. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from engine.training import metrics
from engine.training.metrics import Interval

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table for one seed on one split."""

    ranks: Ints
    """[Q] of each query's own photo."""
    owner: Ints
    """[Q]."""
    caption_ranks: Ints
    """[N] of each photo when its caption is the query; empty where no caption was written."""
    cider: Floats
    """[N] CIDEr-D of each caption; empty likewise."""
    bleu4: float


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: several seeds in one."""

    title: str
    seeds: int
    recall: dict[int, Interval]
    r1_by_seed: tuple[float, ...]
    median_rank: float
    distinct: Interval | None
    cider: float | None
    bleu4: float | None


def line(title: str, outcomes: Sequence[Outcome]) -> Line:
    """Figures of one row. Intervals are over photos, with a photo's queries and all seeds kept together."""
    first = outcomes[0]
    recall = {k: _share(np.mean([o.ranks <= k for o in outcomes], axis=0), first.owner) for k in (1, 5, 10)}
    captioned = len(first.caption_ranks) > 0
    owner = np.arange(len(first.caption_ranks))
    distinct = _share(np.mean([o.caption_ranks <= 1 for o in outcomes], axis=0), owner) if captioned else None
    return Line(
        title=title,
        seeds=len(outcomes),
        recall=recall,
        r1_by_seed=tuple(metrics.recall_at(o.ranks, 1) for o in outcomes),
        median_rank=float(np.mean([np.median(o.ranks) for o in outcomes])),
        distinct=distinct,
        cider=float(np.mean([o.cider.mean() for o in outcomes])) if captioned else None,
        bleu4=float(np.mean([o.bleu4 for o in outcomes])) if captioned else None,
    )


def chain_gain(chain: Outcome, first: Outcome) -> str:
    """Recall of the whole chain over the first stage's, both of the same queries, with intervals of the differences."""
    found = {k: _share(1.0 * (chain.ranks <= k) - (first.ranks <= k), first.owner) for k in (1, 5, 10)}
    gains = ", ".join(f"R@{k} {_signed(one)}" for k, one in found.items())
    return f"The whole chain over the first stage, query by query: {gains}."


def distinctness_gain(ours: Sequence[Outcome], theirs: Outcome) -> str:
    """The same for how often captions find their own photo, of several seeds over one row."""
    mine = np.mean([one.caption_ranks <= 1 for one in ours], axis=0)
    found = _share(mine - (theirs.caption_ranks <= 1), np.arange(len(mine)))
    return f"R@1 {_signed(found)}"


def table(lines: Sequence[Line]) -> str:
    head = (
        "| | seeds | R@1 | R@5 | R@10 | median rank | own photo under its caption, R@1 | CIDEr | BLEU-4 |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(_row(one) for one in lines) + "\n"


def plot(lines: Sequence[Line], path: Path) -> None:
    """Recall at 1 and caption distinctness, each with its 95 % interval."""
    figure = Figure(figsize=(9, 0.5 * len(lines) + 1.4), layout="constrained")
    sides = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(lines))[::-1]
    pictures: list[tuple[str, list[Interval | None]]] = [
        ("text to photo, R@1", [one.recall[1] for one in lines]),
        ("own photo under its caption, R@1", [one.distinct for one in lines]),
    ]
    for axes, (title, values) in zip(sides, pictures, strict=True):
        for place, value in zip(places, values, strict=True):
            if value is not None:
                axes.plot([value.low, value.high], [place, place], color="tab:blue", linewidth=3, alpha=0.4)
                axes.plot([value.value], [place], "o", color="tab:blue")
        axes.set_title(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
    sides[0].set_yticks(places, [one.title for one in lines])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def save(outcome: Outcome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.npz")
    np.savez(
        new,
        ranks=outcome.ranks,
        owner=outcome.owner,
        caption_ranks=outcome.caption_ranks,
        cider=outcome.cider,
        bleu4=outcome.bleu4,
    )
    new.replace(path)


def load(path: Path) -> Outcome:
    with np.load(path) as kept:
        return Outcome(kept["ranks"], kept["owner"], kept["caption_ranks"], kept["cider"], float(kept["bleu4"]))


def _share(hits: Floats, owner: Ints) -> Interval:
    return metrics.interval(100.0 * hits, owner=owner, resamples=1000)


def _signed(found: Interval) -> str:
    return f"{found.value:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"


def _row(one: Line) -> str:
    cells = [one.title, str(one.seeds)]
    spread = ""
    if one.seeds > 1:
        spread = f" (seeds {min(one.r1_by_seed):.1f} to {max(one.r1_by_seed):.1f})"
    cells += [f"{one.recall[1]}{spread}", str(one.recall[5]), str(one.recall[10]), f"{one.median_rank:.1f}"]
    cells += ["-" if one.distinct is None else str(one.distinct)]
    cells += ["-" if value is None else f"{value:.3f}" for value in (one.cider, one.bleu4)]
    return "| " + " | ".join(cells) + " |"
