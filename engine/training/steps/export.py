"""Step `export`: writes the pack to `export/<name>` of the run, with what calibration and report found.

Parts that the run has not trained yet are left out, and so is what depends on them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from engine.errors import PackError, TrainingError
from engine.models.pack import Pack, Preprocess, load_pack, verify
from engine.models.preprocess import prepare
from engine.training import ablation, metrics, shipped
from engine.training.card import LICENCE, made_from, write_card
from engine.training.data import Photo, Split, load_photos
from engine.training.packfile import CARD, Description
from engine.training.packtable import backgrounds, flat
from engine.training.parity import Modules, Sample, truth_of
from engine.training.parts.frame import FRAME_WEIGHTS, load_frame
from engine.training.parts.text import TEXT_WEIGHTS, TOKENIZER, load_text
from engine.training.pictures import open_pictures
from engine.training.recipe import Recipe
from engine.training.run import data_dir, started_from
from engine.training.steps.calibrate import CALIBRATION
from engine.training.steps.captioner import CAPTIONER_WEIGHTS, load_captioner, writer
from engine.training.steps.ecs import CLIP_WEIGHTS, library, load_clip, pack_captioner, with_clip_vectors
from engine.training.steps.scorer import ROLES, load_scorer, scorer_path
from engine.training.tokens import load_tokenizer

if TYPE_CHECKING:
    from engine.training.export import Exported

log = logging.getLogger(__name__)

Part = TypeVar("Part")
FOLDER = Path("export")
PARITY = FOLDER / "parity.json"
REPORT = Path("report") / "report.md"
SPLITS: tuple[Split, ...] = ("test", "coco_dev")
TITLES: dict[Split, str] = {"test": "Flickr8k test", "coco_dev": "COCO, 614 photos, out of domain"}
_CALIBRATION_PICTURES, _SAMPLE = 256, 64


def export(recipe: Recipe, run_dir: Path) -> None:
    if not _can_write_graphs():
        remedy = "Install it with: pip install 'reelfind[train]'"
        raise TrainingError("Exporting", "the package optimum-onnx is not installed", remedy)
    # Takes seconds to import, and is needed by no other step.
    from engine.training.export import Source, export_pack  # noqa: PLC0415

    folder = run_dir / FOLDER / recipe.name
    report = (run_dir / REPORT).read_text("utf-8") if (run_dir / REPORT).is_file() else ""
    if _is_made(folder, revision(recipe, run_dir), report):
        log.info("%s is up to date", folder)
        return
    modules = trained_modules(recipe, run_dir)
    source = Source(truth_of(modules, dev_sample(recipe, run_dir)), describe(recipe, run_dir), ranges(recipe, run_dir))

    def card(made: Exported) -> str:
        return write_card(source.about, made, report, shipped_figures(recipe, run_dir, load_pack(made.folder)))

    exported = export_pack(source, folder, card)
    compared = {"floats": asdict(exported.floats), "int8": asdict(exported.int8)}
    (run_dir / PARITY).write_text(json.dumps(compared, indent=1), encoding="utf-8")
    log.info("%s: %.1f MB, worst cosine %.4f", folder, exported.size_bytes / 1024**2, exported.int8.worst)


def shipped_figures(recipe: Recipe, run_dir: Path, pack: Pack) -> str:
    """The table of what the files themselves reach; each row is worked out once for each revision."""
    found, parts, step = _calibration(run_dir), [], recipe.calibrate.shipped_every
    for split in SPLITS:
        photos = load_photos(data_dir(run_dir), split)
        paths = [run_dir / FOLDER / "rows" / f"{pack.revision}-{row}-{split}.npz" for row in ("first", "chain")]
        if not all(path.is_file() for path in paths[: 2 if found else 1]):
            shelf = shipped.describe(pack, photos, _pictures(recipe, run_dir, photos), recipe.seed)
            first = metrics.ranks(shipped.first_stage(shelf), shelf.owner)
            ablation.save(shipped.outcome(pack, shelf, photos, first), paths[0])
            if found:
                asked = shelf.every(step)
                ablation.save(shipped.outcome(pack, asked, photos, shipped.whole_chain(pack, asked, found)), paths[1])
        titles = ("first stage, as shipped", f"whole chain, as shipped{f', one query in {step}' if step > 1 else ''}")
        rows = [(title, path) for title, path in zip(titles, paths, strict=True) if path.is_file()]
        lines = [ablation.line(title, [ablation.load(path)]) for title, path in rows]
        parts.append(f"### {TITLES[split]}, this pack's own files\n\n{ablation.table(lines)}")
        if len(rows) > 1 and step == 1:
            first, chain = (ablation.load(path) for _, path in rows)
            parts.append(f"{ablation.chain_gain(chain, first)}\n")
    return "\n".join(parts)


def _can_write_graphs() -> bool:
    try:
        return importlib.util.find_spec("optimum.exporters.onnx") is not None
    except ModuleNotFoundError:
        return False


def _is_made(folder: Path, wanted: str, report: str) -> bool:
    """Whether the pack of these very weights lies there whole, with this report on its card."""
    try:
        pack = load_pack(folder)
        verify(pack)
        return pack.revision == wanted and report.strip() in (folder / CARD).read_text("utf-8")
    except (PackError, OSError):
        return False


def trained_modules(recipe: Recipe, run_dir: Path) -> Modules:
    """Everything on the CPU; a second decoder only where the pack's own one is not the one that judges queries."""
    seed, written_by = recipe.prefer.seeds[0], chosen_captioner(recipe, run_dir)
    judge = CAPTIONER_WEIGHTS if written_by != CAPTIONER_WEIGHTS and uses_likelihood(run_dir) else Path("absent")
    return Modules(
        frame=load_frame(run_dir).cpu().eval(),
        text=load_text(run_dir).tower.cpu().eval(),
        clip=_if_trained(run_dir / CLIP_WEIGHTS, lambda: load_clip(run_dir).cpu().eval()),
        captioner=_if_trained(run_dir / written_by, lambda: load_captioner(run_dir, written_by).cpu().eval()),
        likelihood=_if_trained(run_dir / judge, lambda: load_captioner(run_dir, judge).cpu().eval()),
        scorer=_if_trained(run_dir / scorer_path(ROLES, seed), lambda: load_scorer(run_dir, seed=seed).cpu().eval()),
    )


def _if_trained(path: Path, load: Callable[[], Part]) -> Part | None:
    return load() if path.is_file() else None


def chosen_captioner(recipe: Recipe, run_dir: Path) -> Path:
    """The preferred one, or before there is one what it will start from."""
    steps = (pack_captioner(recipe), writer(recipe))
    return next((path for path in steps if (run_dir / path).is_file()), CAPTIONER_WEIGHTS)


def uses_likelihood(run_dir: Path) -> bool:
    return _calibration(run_dir).get("fusion", {}).get("likelihood", 0.0) > 0


def dev_sample(recipe: Recipe, run_dir: Path) -> Sample:
    """Dev photos with one caption each, for comparing; nothing is learned from them."""
    photos = load_photos(data_dir(run_dir), "dev")[:_SAMPLE]
    return Sample(
        _pictures(recipe, run_dir, photos), tuple(p.captions[0] for p in photos), load_tokenizer(run_dir / TOKENIZER)
    )


def ranges(recipe: Recipe, run_dir: Path) -> np.ndarray:
    """Training pictures, spread over the whole list."""
    photos = load_photos(data_dir(run_dir), "train")
    return _pictures(recipe, run_dir, photos[:: max(1, len(photos) // _CALIBRATION_PICTURES)])


def _pictures(recipe: Recipe, run_dir: Path, photos: Sequence[Photo]) -> np.ndarray:
    """Made smaller as the product does it."""
    pictures, side = open_pictures(run_dir / "prepare"), recipe.frame.picture
    view = Preprocess(side, side, "squash", "nhwc_uint8", "bilinear", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    return np.stack([prepare(picture, view) for picture in pictures.pixels[pictures.rows(photos)]])


def describe(recipe: Recipe, run_dir: Path) -> Description:
    calibration = _calibration(run_dir)
    table = calibration_table(recipe, run_dir, calibration) if calibration else {}
    return Description(
        id=recipe.name,
        revision=revision(recipe, run_dir),
        name=f"Reelfind {recipe.name}",
        licence=LICENCE,
        training_data=made_from(started_from(run_dir)),
        prompts=tuple(calibration.get("prompts", [""])),
        calibration=table,
    )


def revision(recipe: Recipe, run_dir: Path) -> str:
    """The day the last weights were written and a few digits of their sha256: the same run gives the same."""
    paths = [FRAME_WEIGHTS, TEXT_WEIGHTS, chosen_captioner(recipe, run_dir), CLIP_WEIGHTS]
    paths += [scorer_path(ROLES, recipe.prefer.seeds[0]), CALIBRATION]
    present = [run_dir / path for path in paths if (run_dir / path).is_file()]
    if not present:
        raise TrainingError(str(run_dir), "nothing has been trained yet", "Run `reelfind train frame` first")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in present)).hexdigest()
    day = datetime.fromtimestamp(max(path.stat().st_mtime for path in present), UTC)
    return f"{day:%Y%m%d}-{digest[:6]}"


def calibration_table(recipe: Recipe, run_dir: Path, found: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """What was calibrated, and backgrounds from the same dev photos as the run describes them."""
    reader = load_text(run_dir)
    known = with_clip_vectors(run_dir, library(recipe, run_dir, pack_captioner(recipe), ("dev",), reader))
    return {**dict(flat(found)), **backgrounds(known.every(5))}


def _calibration(run_dir: Path) -> dict[str, Any]:
    path = run_dir / CALIBRATION
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
