"""The steps of a training run, in order: each is `function(recipe, run_dir)` and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.training.recipe import Recipe
from engine.training.steps import (
    calibrate,
    captioner,
    ecs,
    export,
    frame,
    prefer,
    prepare,
    report,
    retriever,
    scorer,
    text,
    words,
)
from engine.training.steps.start import BROUGHT, start_from

__all__ = ["BROUGHT", "STEPS", "start_from"]

Step = Callable[[Recipe, Path], None]

STEPS: dict[str, Step] = {
    "prepare": prepare.prepare,
    "text": text.text,
    "words": words.words,
    "frame": frame.frame,
    "retriever": retriever.retriever,
    "captioner": captioner.captioner,
    "scorer": scorer.scorer,
    "prefer": prefer.prefer,
    "ecs": ecs.ecs,
    "calibrate": calibrate.calibrate,
    "report": report.report,
    "export": export.export,
}
