"""`reelfind eval MANIFEST`: how well the library answers queries whose answers are known."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.cli_words import count
from engine.errors import ExpectedError
from engine.evaluate import (
    DEPTH,
    Manifest,
    Outcome,
    compare,
    comparison_values,
    is_right,
    read_manifest,
    read_run,
    run,
    run_values,
)
from engine.evaluate_legs import FULL, LEGS, Legs, chains, contributions, present_legs, run_chains, with_legs
from engine.evaluate_report import markdown, plot
from engine.jobs.scan import Places
from engine.media.volumes import VolumeTable
from engine.search.ask import Ask, Page
from engine.search.opening import SearchDesk
from engine.search.searcher import Searcher
from engine.search.tuning import calibrated, calibration_toml
from engine.settings import load_settings
from engine.store.db import open_for_reading
from engine.store.search import paths_known
from engine.types import SearchAnswer, VolumeId

ERROR_RATE = 0.1

MANIFEST = """\
A manifest is JSON; paths are relative to it, and what is there of a query is all it needs:

  {"queries": [{"text": "a dog jumps", "type": "action", "video": "pool.mp4", "start_s": 3, "end_s": 7},
               {"text": "a cat", "answers": [{"video": "home.mp4"}, {"video": "old.mp4", "start_s": 1, "end_s": 4}]},
               {"text": "a unicorn", "answers": []}]}

Without times the whole video is right; a query without answers asks for what is not there."""


def add_parsers(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "eval",
        help="measure search with queries whose answers are known",
        description=run_eval.__doc__,
        epilog=MANIFEST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="JSON with videos and queries")
    parser.add_argument("--ablate", action="store_true", help="also measure what each leg of the search brings")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the run as JSON, for later comparisons")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="test the difference to a kept run")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to a file")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the figures (needs matplotlib)")
    parser.add_argument("--calibrate", action="store_true", help="print the calibration these queries give the pack")
    parser.set_defaults(run=run_eval)


def run_eval(options: argparse.Namespace) -> int:
    """Ask every query of the manifest, and print the figures."""
    manifest = read_manifest(options.manifest)
    mounts = _mounts(options.library)
    _check_indexed(options.library, manifest, mounts)
    settings = load_settings(options.library)
    with SearchDesk(options.library, lambda: mounts, pack=settings.pack) as desk:
        desk.catch_up()
        legs = present_legs(desk.sides)
        wanted = chains(legs) if options.ablate else {FULL: frozenset(legs)}
        runs = run_chains(wanted, lambda legs: _outcomes(desk, manifest, mounts, legs))
        toml = _calibration(desk, manifest, mounts) if options.calibrate else None
    _report(options, runs)
    if toml is not None:
        print(toml)
    return 0


def _calibration(desk: SearchDesk, manifest: Manifest, mounts: dict[VolumeId, Path]) -> str:
    """From the best hit of every query, and whether it was right."""
    if not desk.sides:
        raise ExpectedError("Calibration", "there is no sound model pack", "Add one with: reelfind model add")
    judged: list[tuple[float, bool]] = []
    # Without reranking, whose scores are relative to the few hits it sees.
    searcher = Searcher(with_legs(desk.sides, frozenset(LEGS) - {"scorer", "likelihood"}), desk.reading, lambda: mounts)
    for task in manifest.tasks:
        answer = searcher.answer(Ask(task.text), Page(limit=1, everything=True))
        values = searcher.best_values(task.text)
        if values and answer.hits:
            right = any(is_right(answer.hits[0], one) for one in task.answers)
            judged.append((values[0][0].value, right))
    texts = [task.text for task in manifest.tasks]
    return calibration_toml(calibrated(desk.sides[0], texts, judged, ERROR_RATE))


def _report(options: argparse.Namespace, runs: dict[str, list[Outcome]]) -> None:
    compared = compare(runs[FULL], read_run(options.compare)) if options.compare else {}
    gains = contributions(runs)
    values = {
        "runs": [run_values(name, outcomes) for name, outcomes in runs.items()],
        "legs": {name: comparison_values(one) for name, one in gains.items()},
        "compared": comparison_values(compared),
    }
    if options.out is not None:
        _write(options.out, json.dumps(values, ensure_ascii=False, indent=1))
    text = markdown(runs, compared, gains)
    if options.markdown is not None:
        _write(options.markdown, text)
    if options.plot is not None:
        plot(runs, options.plot)
    print(json.dumps(values, ensure_ascii=False) if options.json else text)


def _outcomes(desk: SearchDesk, manifest: Manifest, mounts: dict[VolumeId, Path], legs: Legs) -> list[Outcome]:
    searcher = Searcher(with_legs(desk.sides, legs), desk.reading, lambda: mounts)

    def ask(text: str) -> SearchAnswer:
        return searcher.answer(Ask(text), Page(limit=DEPTH, everything=True))

    for task in manifest.tasks[:1]:
        # Loading models is no part of a query's time. Other words, because an answer is remembered.
        ask(f"{task.text} {task.text}")
    return run(manifest, ask)


def _check_indexed(library: Path, manifest: Manifest, mounts: dict[VolumeId, Path]) -> None:
    db = open_for_reading(library)
    try:
        known = {path.resolve() for path in paths_known(db, mounts)}
    finally:
        db.close()
    missing = [path for path in manifest.videos if path not in known]
    if missing:
        more = f" and {count(len(missing) - 1, 'more video')}" if len(missing) > 1 else ""
        raise ExpectedError(f"{missing[0]}{more}", "the library does not have it", "Index its folder first")


def _mounts(library: Path) -> dict[VolumeId, Path]:
    db = open_for_reading(library)
    try:
        return Places(db, VolumeTable.read()).mounts()
    finally:
        db.close()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ExpectedError(str(path), f"it cannot be written ({error.strerror})", "Choose another file") from error
