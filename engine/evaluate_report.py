"""Figures of a measurement as Markdown and as a plot. matplotlib is asked for only when a plot is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import ExpectedError
from engine.evaluate import MEASURES, Comparison, Figure, Outcome, figures, latencies

SHOWN = (*MEASURES, "median rank")
PLOTTED = ("R@1", "R@5", "R@10", "MRR", "mIoU")

Runs = Mapping[str, Sequence[Outcome]]
Compared = Mapping[str, Comparison]


def markdown(runs: Runs, compared: Compared | None = None, gains: Mapping[str, Compared] | None = None) -> str:
    """A table of all runs, of the last one by type, of its times, of what each leg brings, and of what changed."""
    lines = ["# Search, measured", "", *_table(runs), ""]
    name, last = list(runs.items())[-1]
    types = sorted({one.type for one in last})
    if len(types) > 1:
        by_type = {kind: [one for one in last if one.type == kind] for kind in types}
        lines += [f"## {name}, by type of query", "", *_table(by_type), ""]
    extra = {key: value for key, value in figures(last).items() if key not in SHOWN}
    lines += [f"- {key}: {_figure(key, value)}" for key, value in extra.items()]
    took = latencies(last)
    lines += [f"- milliseconds a query: {', '.join(f'{key} {value:g}' for key, value in took.items())}", ""]
    if gains:
        lines += [*_gains(gains), ""]
    if compared:
        lines += ["## Against the stored run, same queries", "", "| figure | difference | p |", "|---|---|---|"]
        lines += [
            f"| {key} | {_figure(key, one.difference, signed=True)} | {one.p_value:.3f} |"
            for key, one in compared.items()
        ]
        lines.append("")
    return "\n".join(lines)


def plot(runs: Runs, path: Path) -> None:
    """Bars with intervals, a group for each figure."""
    try:
        import matplotlib as mpl  # noqa: PLC0415
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415
    except ImportError as error:
        remedy = "Install it with: pip install matplotlib; the tables need nothing"
        raise ExpectedError("The plot", "matplotlib is not installed", remedy) from error
    mpl.use("agg")
    canvas = Canvas(figsize=(8, 4.5), layout="constrained")
    axes = canvas.subplots()
    width = 0.8 / len(runs)
    for at, (name, outcomes) in enumerate(runs.items()):
        known = figures(outcomes)
        shown = [known[key] for key in PLOTTED if key in known]
        places = [place + at * width for place in range(len(shown))]
        reach = [[one.value - one.low for one in shown], [one.high - one.value for one in shown]]
        axes.bar(places, [one.value for one in shown], width, yerr=reach, label=name, capsize=2)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(PLOTTED))], PLOTTED)
    axes.set_ylim(0, 1)
    axes.legend()
    try:
        canvas.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise ExpectedError(
            str(path), f"the plot cannot be written ({error})", "Choose a .png, .svg or .pdf"
        ) from error


def _table(runs: Runs) -> list[str]:
    lines = ["| | queries | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 2) + "|"]
    for name, outcomes in runs.items():
        known = figures(outcomes)
        cells = [_figure(key, known[key]) if key in known else "-" for key in SHOWN]
        lines.append(f"| {name} | {len(outcomes)} | " + " | ".join(cells) + " |")
    return lines


def _gains(gains: Mapping[str, Compared]) -> list[str]:
    """A row a leg: how much better the full chain is than the same without it, with interval and p."""
    lines = ["## What each leg brings, same queries", "", "| | " + " | ".join(MEASURES) + " |"]
    lines.append("|---" * (len(MEASURES) + 1) + "|")
    for name, compared in gains.items():
        known = {key: compared[key] for key in MEASURES if key in compared}
        cells = [f"{_figure(key, one.difference, signed=True)}, p {one.p_value:.3f}" for key, one in known.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _figure(key: str, one: Figure, *, signed: bool = False) -> str:
    """Shares as per cent with one digit, ranks as they are; the interval in brackets."""
    if key == "median rank":
        return f"{one.value:g} [{one.low:g}, {one.high:g}]"
    sign = "+" if signed else ""
    return f"{one.value * 100:{sign}.1f} [{one.low * 100:{sign}.1f}, {one.high * 100:{sign}.1f}]"
