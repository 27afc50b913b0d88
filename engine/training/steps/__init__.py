"""The steps of a training run, in order: each is `function(recipe, run_dir)` and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.training.recipe import Recipe
from engine.training.steps.captioner import captioner
from engine.training.steps.frame import frame
from engine.training.steps.prepare import prepare
from engine.training.steps.retriever import retriever
from engine.training.steps.scorer import scorer
from engine.training.steps.text import text

Step = Callable[[Recipe, Path], None]

STEPS: dict[str, Step] = {
    "prepare": prepare,
    "text": text,
    "frame": frame,
    "retriever": retriever,
    "captioner": captioner,
    "scorer": scorer,
}
