"""`reelfind train`: runs the steps of a recipe, one or all, in a folder for runs.

Does not import torch until a step runs, so that the command is listed, and explains itself, without the [train] extra.
"""

from __future__ import annotations

import argparse
import errno
import importlib.util
from dataclasses import replace
from pathlib import Path

from engine.errors import TrainingError
from engine.packaged import is_packaged
from engine.training.recipe import Recipe, load_recipe, shipped_recipes
from engine.training.run import open_run, started_from

STEP_NAMES: dict[str, str] = {
    "prepare": "check the splits, decode the photos, train the tokenizer",
    "text": "pre-train the text tower on sentences",
    "words": "pre-train the captioner's decoder on sentences",
    "frame": "train the frame encoder, all layers, with the text tower",
    "retriever": "store features, fit the text tower and its roles to them",
    "captioner": "train the captioner by likelihood",
    "scorer": "sample captions, train the joint scorer",
    "prefer": "train the captioner on preferences",
    "ecs": "train the mixture of frames and captions",
    "calibrate": "fit weights and thresholds on dev",
    "report": "write the table of what each step brought",
    "export": "write the pack: ONNX, int8, checked against torch",
}
"""What each step does, in order. A test holds it equal to `steps.STEPS`."""
NEEDED = ("torch", "matplotlib")


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `train STEP`; the caller runs `run_train` on what is parsed."""
    lines = [f"  {name:<10} {what}" for name, what in STEP_NAMES.items()]
    parser = subparsers.add_parser(
        "train",
        help="train a model pack from a recipe",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join(["Trains a model pack. Steps, in order:", "", *lines, "  all        every step"]),
    )
    parser.add_argument("step", choices=[*STEP_NAMES, "all"], metavar="STEP")
    parser.add_argument(
        "--recipe", default="starter", help=f"name or TOML file (names: {', '.join(shipped_recipes())})"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="photos and captions to learn from")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are kept")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="what computes")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="trainings that do not need each other, at a time"
    )
    parser.add_argument(
        "--start-from", type=Path, metavar="PACK", help="go on from a pack's folder in place of the first steps"
    )
    parser.add_argument("--loss", default=None, help="of `prefer`: one loss in place of the recipe's list")
    parser.set_defaults(run=run_train)


def run_train(args: argparse.Namespace) -> int:
    """Run one step, or all; a step that was stopped goes on, a finished one does nothing."""
    _require_training_extra()
    recipe = with_loss(load_recipe(args.recipe), args.loss)
    run_dir = args.runs / recipe.name
    open_run(run_dir, args.data, _device(args.device), args.workers)
    from engine.training.steps import BROUGHT, STEPS, start_from  # noqa: PLC0415  imports torch, which may be absent until here
    from engine.training.workers import use_gpu_well  # noqa: PLC0415

    use_gpu_well()
    try:
        if args.start_from is not None:
            start_from(recipe, run_dir, args.start_from)
        brought = BROUGHT if started_from(run_dir) is not None else ()
        for name in STEPS if args.step == "all" else [args.step]:
            if name not in brought:
                STEPS[name](recipe, run_dir)
    except OSError as error:
        raise _disk_error(run_dir, error) from error
    return 0


def with_loss(recipe: Recipe, loss: str | None) -> Recipe:
    """The recipe with one preference loss instead of its list."""
    if loss is None:
        return recipe
    return replace(recipe, prefer=replace(recipe.prefer, losses=(loss,)))


def _require_training_extra() -> None:
    if is_packaged():
        raise TrainingError(
            "Training", "it is not part of the packaged program", "Install from source; see the README: make test-train"
        )
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise TrainingError(
                "Training", f"the package {package} is not installed", "Install it with: pip install 'reelfind[train]'"
            )


def _device(wanted: str) -> str:
    import torch  # noqa: PLC0415  present by now

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise TrainingError("Training", "no CUDA device can be used here", "Use --device cpu or auto")
    return "cuda" if there and wanted != "cpu" else "cpu"


def _disk_error(run_dir: Path, error: OSError) -> Exception:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return TrainingError(str(run_dir), "the disk is full", "Free some space, then run the step again: it goes on")
