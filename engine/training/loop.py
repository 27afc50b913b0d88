"""The training loop of every step: seeded, resumable, with averaged weights, curves and the best state kept.

Chance is drawn from the seed and the step's number, never from what ran before, so a run that was killed and started
again goes on as if nothing had happened. It knows nothing of data or losses: a `Task` brings those.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from engine.training.checkpoint import load_weights, save_atomically
from engine.training.curves import Curves
from engine.training.precision import fast

log = logging.getLogger(__name__)


class Task(Protocol):
    """What is trained: a module, its parameter groups (`lr` is a share of the plan's), a loss and a figure on dev."""

    module: nn.Module

    def groups(self) -> list[dict[str, Any]]: ...

    def losses(self, step: int) -> Mapping[str, Tensor]:
        """Weighted parts of the loss of one step; the same step must always give the same batch."""
        ...

    def score(self) -> Mapping[str, float]:
        """Figures on dev; the one named `score` decides which weights are best."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    steps: int
    learning_rate: float
    warmup_steps: int = 100
    weight_decay: float = 0.02
    averaging: float = 0.0
    """Share of the old average kept at each step; 0 judges and keeps the weights as they are."""
    clip_norm: float = 1.0
    check_every: int = 200
    """Steps between two looks at dev, each of which also stores a checkpoint."""
    half_precision: bool = True
    """Run the networks in bfloat16 where that is quicker."""
    seed: int = 0


@dataclass(slots=True)
class _Run:
    """What a checkpoint holds besides the task's own weights."""

    task: Task
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = -math.inf
    seen: dict[str, list[Tensor]] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "best": self.best,
            "weights": self.task.module.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.step, self.best = int(state["step"]), float(state["best"])
        self.task.module.load_state_dict(state["weights"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def train(task: Task, plan: Plan, folder: Path, on_best: Callable[[], None]) -> None:
    """Run or go on with `task` until `plan.steps`; `on_best` is called while the module holds the best weights."""
    groups = [{**group, "share": group.get("lr", 1.0)} for group in task.groups()]
    on_gpu = next(task.module.parameters()).is_cuda
    optimiser = torch.optim.AdamW(groups, lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=on_gpu)
    run = _Run(task, deepcopy(task.module).requires_grad_(False), optimiser)
    if (folder / "last.pt").is_file():
        run.restore(load_weights(folder / "last.pt", folder.name))
    curves = Curves(folder, run.step)
    started = time.monotonic()
    while run.step < plan.steps:
        _one_step(run, plan)
        if run.step % plan.check_every == 0 or run.step == plan.steps:
            _check(run, curves, on_best)
            save_atomically(run.state(), folder / "last.pt")
            log.info("%s: step %d of %d, %.0f s", folder.name, run.step, plan.steps, time.monotonic() - started)


def _one_step(run: _Run, plan: Plan) -> None:
    torch.manual_seed(plan.seed * 1_000_003 + run.step)
    run.task.module.train()
    for group in run.optimiser.param_groups:
        group["lr"] = plan.learning_rate * group["share"] * _pace(run.step, plan)
    device = next(run.task.module.parameters()).device.type
    with fast(device, wanted=plan.half_precision):
        losses = run.task.losses(run.step)
    total = torch.stack(list(losses.values())).sum()
    run.optimiser.zero_grad(set_to_none=True)
    total.backward()
    nn.utils.clip_grad_norm_(run.task.module.parameters(), plan.clip_norm)
    run.optimiser.step()
    run.step += 1
    _move_average(run, plan)
    for name, value in losses.items():
        # Read at the next look at dev: a number asked for at each step would make a GPU wait for each step.
        run.seen.setdefault(name, []).append(value.detach())


def _pace(step: int, plan: Plan) -> float:
    """Share of the learning rate at one step: up in a line, then down along a cosine to a hundredth."""
    if step < plan.warmup_steps:
        return (step + 1) / plan.warmup_steps
    done = (step - plan.warmup_steps) / max(1, plan.steps - plan.warmup_steps)
    return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * done))


@torch.no_grad()
def _move_average(run: _Run, plan: Plan) -> None:
    # Early on the average must follow quickly, or it would remember the untrained weights.
    keep = min(plan.averaging, run.step / (run.step + 10.0))
    for kept, now in zip(run.average.parameters(), run.task.module.parameters(), strict=True):
        kept.lerp_(now, 1.0 - keep)


def _check(run: _Run, curves: Curves, on_best: Callable[[], None]) -> None:
    with _averaged(run):
        figures = dict(run.task.score())
        if figures["score"] > run.best:
            run.best = figures["score"]
            on_best()
    losses = {name: float(torch.stack(values).mean()) for name, values in run.seen.items()}
    run.seen.clear()
    curves.add(run.step, {**losses, **figures})
    log.info("step %d: %s", run.step, ", ".join(f"{k} {v:.3f}" for k, v in {**losses, **figures}.items()))


@contextmanager
def _averaged(run: _Run) -> Iterator[None]:
    """The module holds the averaged weights inside, its own again after."""
    own = {name: value.detach().clone() for name, value in run.task.module.state_dict().items()}
    run.task.module.load_state_dict(run.average.state_dict())
    run.task.module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        run.task.module.load_state_dict(own)
