"""Step `report`: the ablation table on test photos, from stored runs.

Every row is evaluated once and kept in `report/rows`; weights of a row's two legs are chosen on dev. Test photos are
read here and nowhere else.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.training import ablation, metrics
from engine.training.ablation import Outcome
from engine.training.data import Split
from engine.training.evaluation import (
    Library,
    Rerankers,
    frame_pool,
    in_pool,
    pool_of,
    recall_legs,
    rerank_legs,
)
from engine.training.fusion import best_weights, fuse
from engine.training.memory import keep_freed_memory
from engine.training.parts.text import QUERY, TextReader, load_text
from engine.training.ranking import own_ranks
from engine.training.recipe import Recipe
from engine.training.run import device, workers
from engine.training.steps.calibrate import CALIBRATION, recall_scores
from engine.training.steps.captioner import CAPTIONER_WEIGHTS, load_captioner, writer
from engine.training.steps.ecs import greedy_library, library, pack_captioner, with_clip_vectors
from engine.training.steps.prefer import preferred_path
from engine.training.steps.scorer import NO_CAPTIONS, NO_ROLES, ROLES, Variant, load_scorer, scorer_path
from engine.training.workers import run_each

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.floating]
FOLDER = Path("report")
SPLITS: tuple[Split, ...] = ("test", "coco_dev")
_TITLES: dict[Split, str] = {"test": "Flickr8k test", "coco_dev": "COCO, 614 photos, out of domain"}


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    title: str
    scorer: Variant | None
    captioner: Callable[[Recipe, int], Path] | None
    many_seeds: bool = False


def _likelihood(_recipe: Recipe, _seed: int) -> Path:
    return CAPTIONER_WEIGHTS


def _writer(recipe: Recipe, _seed: int) -> Path:
    return writer(recipe)


def _preferred(loss: str, _recipe: Recipe, seed: int) -> Path:
    return preferred_path(loss, seed)


ROWS: tuple[Row, ...] = (
    Row("first", "first stage; captions by likelihood alone", None, _likelihood),
    Row("no_caption", "+ rerank without caption", NO_CAPTIONS, None),
    Row("caption", "+ caption", NO_ROLES, _writer),
    Row("roles", "+ roles", ROLES, _writer, many_seeds=True),
    Row("dpo", "+ DPO inside a video", ROLES, partial(_preferred, "dpo"), many_seeds=True),
    Row("dg_dpo", "+ DG-DPO", ROLES, partial(_preferred, "dg_dpo"), many_seeds=True),
    Row("synpo", "SynPO instead", ROLES, partial(_preferred, "synpo"), many_seeds=True),
)
CHAIN = "whole chain"
_DEV_EVERY = 20
"""Weights of two legs in tenths need no more than one query in twenty."""


def report(recipe: Recipe, run_dir: Path) -> None:
    keep_freed_memory()
    wanted = [
        (row, seed, split)
        for split in SPLITS
        for row in (ROWS if split == "test" else ROWS[:1])
        for seed in _seeds(recipe, row)
        if _trained(recipe, run_dir, row, seed) and not _kept(run_dir, row.key, seed, split).is_file()
    ]
    # Captions that several rows share are written once, before the rows part.
    captions = {(_captioner(recipe, row, seed), part) for row, seed, split in wanted for part in ("dev", split)}
    run_each(write_greedy, [(run_dir, *one) for one in sorted(captions)], workers(run_dir))
    run_each(keep_row, [(recipe, run_dir, one) for one in wanted], workers(run_dir))
    if (run_dir / CALIBRATION).is_file():
        chains = [split for split in SPLITS if not _kept(run_dir, "chain", recipe.prefer.seeds[0], split).is_file()]
        run_each(keep_chain, [(recipe, run_dir, split) for split in chains], workers(run_dir))
    write_report(recipe, run_dir)


def write_greedy(run_dir: Path, weights: Path, split: Split) -> None:
    greedy_library(run_dir, weights, (split,), load_text(run_dir, device=device(run_dir)))


def keep_row(recipe: Recipe, run_dir: Path, which: tuple[Row, int, Split]) -> None:
    row, seed, split = which
    found = evaluate(recipe, run_dir, (row, seed), split, load_text(run_dir, device=device(run_dir)))
    ablation.save(found, _kept(run_dir, row.key, seed, split))


def keep_chain(recipe: Recipe, run_dir: Path, split: Split) -> None:
    found = evaluate_chain(recipe, run_dir, split, load_text(run_dir, device=device(run_dir)))
    ablation.save(found, _kept(run_dir, "chain", recipe.prefer.seeds[0], split))


def evaluate(recipe: Recipe, run_dir: Path, which: tuple[Row, int], split: Split, reader: TextReader) -> Outcome:
    """One row for one seed: the first stage's pool, reordered by scorer and first stage together."""
    row, seed = which
    weights = _captioner(recipe, row, seed)
    dev = greedy_library(run_dir, weights, ("dev",), reader)
    held_out = greedy_library(run_dir, weights, (split,), reader)
    if row.scorer is not None:
        held_out = held_out.every(recipe.calibrate.report_every)
    queries, photos = held_out.asked, held_out.photos
    rank = metrics.ranks(queries.vectors @ photos.vectors.T, queries.owner)
    if row.scorer is not None:
        scorer = load_scorer(run_dir, row.scorer, seed if row.many_seeds else recipe.prefer.seeds[0])
        rerankers = Rerankers(scorer, uses_captions=row.scorer.captions)
        shares = _shares(recipe, dev.every(_DEV_EVERY), rerankers)
        pool = frame_pool(held_out, recipe.calibrate.pool)
        legs = {"frame": pool.cosines, **rerank_legs(held_out, pool, rerankers)}
        rank = own_ranks(rank, fuse(legs, shares), pool.videos == queries.owner[:, None])
        log.info("%s, seed %d, %s: %s", row.key, seed, split, metrics.retrieval(rank))
    return _outcome(rank, held_out, reader, captioned=row.captioner is not None)


def evaluate_chain(recipe: Recipe, run_dir: Path, split: Split, reader: TextReader) -> Outcome:
    """Everything the pack does: three legs of recall, then scorer and query likelihood, weights from calibration."""
    known = with_clip_vectors(run_dir, library(recipe, run_dir, pack_captioner(recipe), (split,), reader))
    calibration = json.loads((run_dir / CALIBRATION).read_text(encoding="utf-8"))
    legs = recall_legs(known)
    total = recall_scores(legs, calibration["recall"])
    pool = pool_of(total, legs["frame"], int(calibration["pool"]))
    rerankers = Rerankers(load_scorer(run_dir, seed=recipe.prefer.seeds[0]), load_captioner(run_dir))
    slow = {**in_pool(legs, pool), **rerank_legs(known, pool, rerankers)}
    before = metrics.ranks(total, known.asked.owner)
    own = pool.videos == known.asked.owner[:, None]
    rank = own_ranks(before, fuse(slow, calibration["fusion"]), own)
    log.info("chain, %s: %s", split, metrics.retrieval(rank))
    return _outcome(rank, known, reader, captioned=True)


def write_report(recipe: Recipe, run_dir: Path) -> None:
    """`report/report.md`, `report/report.png` and `report/figures.json` from the rows that are there."""
    parts, figures = [], {}
    for split in SPLITS:
        lines = []
        for row in ROWS:
            paths = [_kept(run_dir, row.key, seed, split) for seed in _seeds(recipe, row)]
            found = [ablation.load(path) for path in paths if path.is_file()]
            lines += [ablation.line(row.title, found)] if found else []
        chain = _kept(run_dir, "chain", recipe.prefer.seeds[0], split)
        lines += [ablation.line(CHAIN, [ablation.load(chain)])] if chain.is_file() else []
        if lines:
            parts.append(f"### {_TITLES[split]}\n\n{ablation.table(lines)}{_gains(recipe, run_dir, split)}")
            ablation.plot(lines, run_dir / FOLDER / f"{split}.png")
            figures[split] = [asdict(one) for one in lines]
    (run_dir / FOLDER / "report.md").write_text("\n".join([*parts, _notes(recipe, run_dir)]), encoding="utf-8")
    (run_dir / FOLDER / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _gains(recipe: Recipe, run_dir: Path, split: Split) -> str:
    """What is gained where it counts, pair by pair: two intervals that overlap say little of a difference."""
    first = _kept(run_dir, "first", recipe.prefer.seeds[0], split)
    chain = _kept(run_dir, "chain", recipe.prefer.seeds[0], split)
    preferred = [_kept(run_dir, "dg_dpo", seed, split) for seed in recipe.prefer.seeds]
    said = ""
    if first.is_file() and chain.is_file():
        said += f"\n{ablation.chain_gain(ablation.load(chain), ablation.load(first))}\n"
    if first.is_file() and all(path.is_file() for path in preferred):
        found = ablation.distinctness_gain([ablation.load(path) for path in preferred], ablation.load(first))
        said += f"\nOwn photo under its caption, DG-DPO over likelihood alone, photo by photo: {found}.\n"
    return said


def _notes(recipe: Recipe, run_dir: Path) -> str:
    every, first = recipe.calibrate.report_every, _kept(run_dir, "first", recipe.prefer.seeds[0], "test")
    some = ""
    if every > 1 and first.is_file():
        same = metrics.retrieval(ablation.load(first).ranks[::every])
        some = (
            f"Rows from the second to the one before the whole chain are of one query in {every}, for which "
            f"the first stage has R@1 {same.r1:.1f}, R@5 {same.r5:.1f}, R@10 {same.r10:.1f}. "
        )
    return (
        "R@k in per cent, text to photo, five queries a photo (four for COCO), pool of "
        f"{recipe.calibrate.pool} for the reranker. {some}In brackets 95 % bootstrap intervals over photos. "
        "Captions are greedy. CIDEr is CIDEr-D.\n"
    )


def _shares(recipe: Recipe, dev: Library, rerankers: Rerankers) -> dict[str, float]:
    pool = frame_pool(dev, recipe.calibrate.pool)
    legs = {"frame": pool.cosines, **rerank_legs(dev, pool, rerankers)}
    return best_weights(legs, pool.videos == dev.asked.owner[:, None])


def _outcome(rank: npt.NDArray[np.integer], known: Library, reader: TextReader, *, captioned: bool) -> Outcome:
    if not captioned:
        return Outcome(rank, known.asked.owner, np.zeros(0, np.int64), np.zeros(0), 0.0)
    texts = [row[0] for row in known.texts]
    own = metrics.caption_ranks(reader.vectors(texts, QUERY), known.photos.vectors)
    references = known.photos.texts
    cider = metrics.cider_each(texts, references)
    return Outcome(rank, known.asked.owner, own, cider, metrics.bleu4(texts, references))


def _seeds(recipe: Recipe, row: Row) -> tuple[int, ...]:
    return recipe.prefer.seeds if row.many_seeds else recipe.prefer.seeds[:1]


def _captioner(recipe: Recipe, row: Row, seed: int) -> Path:
    return row.captioner(recipe, seed) if row.captioner else CAPTIONER_WEIGHTS


def _trained(recipe: Recipe, run_dir: Path, row: Row, seed: int) -> bool:
    """Rows whose parts were not trained are left out of the table."""
    needed = [run_dir / row.captioner(recipe, seed)] if row.captioner else []
    needed += [run_dir / scorer_path(row.scorer, seed)] if row.scorer else []
    return all(path.is_file() for path in needed)


def _kept(run_dir: Path, key: str, seed: int, split: Split) -> Path:
    return run_dir / FOLDER / "rows" / f"{key}-{seed}-{split}.npz"
