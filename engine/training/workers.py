"""Independent trainings side by side: each in a process of its own, where a GPU has room for several.

One small network leaves most of a large GPU idle. With one worker, the usual case on a processor, they run one after
another in this process.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch


def run_each(function: Callable[..., None], jobs: Sequence[tuple[Any, ...]], workers: int) -> None:
    """Call `function` with each row of arguments, `workers` at a time; the first failure is raised here."""
    count = min(workers, len(jobs))
    if count <= 1:
        for job in jobs:
            function(*job)
        return
    # A process that is forked cannot use a GPU its parent has used.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, _begin, (count, logging.getLogger().level)) as pool:
        for running in [pool.submit(function, *job) for job in jobs]:
            running.result()


def use_gpu_well() -> None:
    """Let CUDA try its convolutions, and take the fast ones for products of 32-bit floats too."""
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")


def _begin(workers: int, level: int) -> None:
    use_gpu_well()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))
    logging.basicConfig(level=level, format="%(process)d %(message)s")
