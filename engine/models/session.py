"""Opening ONNX graphs: choose the fastest execution provider that really works, and say why it was chosen.

onnxruntime is imported on first use, so that importing this module stays cheap. It writes to stderr when a provider
it was built with lacks its libraries; therefore those are looked for before the provider is named to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from engine.errors import PackError

if TYPE_CHECKING:
    import onnxruntime

logger = logging.getLogger(__name__)

Array = npt.NDArray[Any]
Cut = TypeVar("Cut", npt.NDArray[np.uint8], Sequence[Any])

_DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}
CPU = "CPUExecutionProvider"
_GPU_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Where graphs run, and why there."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Provider:
    label: str
    missing: Callable[[], str | None]
    options: Mapping[str, str | int]


def _cuda_missing() -> str | None:
    if sys.platform == "darwin":
        return "there is no CUDA on macOS"
    windows = sys.platform == "win32"
    if not _loads("nvcuda.dll" if windows else "libcuda.so.1"):
        return "no NVIDIA driver was found"
    import onnxruntime  # noqa: PLC0415

    # Finds the libraries of NVIDIA's Python packages too, where the system loader does not look; prints what it misses.
    with contextlib.redirect_stdout(io.StringIO()):
        onnxruntime.preload_dlls()
    major = str(getattr(onnxruntime, "cuda_version", "") or "12").split(".", 1)[0]
    blas = f"cublasLt64_{major}.dll" if windows else f"libcublasLt.so.{major}"
    cudnn = "cudnn64_9.dll" if windows else "libcudnn.so.9"
    for library in (blas, cudnn):
        if not _loads(library):
            return f"the CUDA library {library} was not found"
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _never_missing() -> None:
    return None


PROVIDERS: dict[str, _Provider] = {
    "CUDAExecutionProvider": _Provider(
        "CUDA",
        _cuda_missing,
        {"arena_extend_strategy": "kSameAsRequested", "gpu_mem_limit": _GPU_MEMORY_BYTES},
    ),
    "DmlExecutionProvider": _Provider("DirectML", _never_missing, {}),
    "CoreMLExecutionProvider": _Provider("CoreML", _never_missing, {}),
    CPU: _Provider("CPU", _never_missing, {}),
}


@cache
def choose_provider() -> ProviderChoice:
    """The first of CUDA, DirectML, CoreML and CPU that this machine can run."""
    return choose_among(_available())


@cache
def _available() -> tuple[str, ...]:
    import onnxruntime  # noqa: PLC0415

    return tuple(onnxruntime.get_available_providers())


def choose_among(available: Sequence[str]) -> ProviderChoice:
    passed_over: list[str] = []
    for name, provider in PROVIDERS.items():
        if name not in available:
            continue
        missing = provider.missing()
        if missing is None:
            reason = "; ".join(passed_over) or f"{provider.label} is the fastest this build can use"
            return ProviderChoice(name, reason)
        passed_over.append(f"{provider.label} is not used because {missing}")
    return ProviderChoice(CPU, "; ".join(passed_over) or "nothing faster is built in")


class Session:
    """One open graph. `run` may be called from several threads."""

    def __init__(
        self, path: Path, inner: onnxruntime.InferenceSession, provider: ProviderChoice, lanes: int = 1
    ) -> None:
        self.path = path
        self.provider = provider
        self.lanes = lanes
        """How many parts of a batch run beside each other."""
        self.inputs: dict[str, np.dtype[Any]] = {
            each.name: np.dtype(_DTYPES.get(each.type, np.float32)) for each in inner.get_inputs()
        }
        self.shapes: dict[str, tuple[int | str | None, ...]] = {
            each.name: tuple(each.shape) for each in inner.get_inputs()
        }
        self.outputs: tuple[str, ...] = tuple(each.name for each in inner.get_outputs())
        self._inner = inner

    def run_all(self, parts: Sequence[Mapping[str, Array]], outputs: Sequence[str]) -> list[list[Array]]:
        """Run the graph on the parts of a batch, as many at a time as there are lanes."""
        if self.lanes == 1 or len(parts) < 2:
            return [self.run(feeds, outputs) for feeds in parts]
        # Threads of each batch's own cost next to nothing beside a run, and none outlives whoever let go of us.
        with ThreadPoolExecutor(self.lanes, self.path.stem) as threads:
            return list(threads.map(lambda feeds: self.run(feeds, outputs), parts))

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Run the graph; inputs are cast to the types it declares."""
        ready = {name: self._cast(name, value) for name, value in feeds.items()}
        try:
            return [np.asarray(value) for value in self._inner.run(list(outputs), ready)]
        except (*_runtime_errors(), ValueError) as error:
            remedy = "Verify the pack, or choose another one"
            reason = f"the graph does not run as its manifest promises ({_one_line(error)})"
            raise PackError(str(self.path), reason, remedy) from error

    def _cast(self, name: str, value: Array) -> Array:
        wanted = self.inputs.get(name, value.dtype)
        return np.ascontiguousarray(value if value.dtype == wanted else value.astype(wanted))


def open_session(
    path: Path,
    threads: int = 0,
    providers: Sequence[str] | None = None,
    *,
    keeps_memory: bool = False,
    in_lanes: bool = False,
) -> Session:
    """Open a graph on the first of `providers` that works (default: the machine's best), else on the CPU.

    `keeps_memory` is for a graph that runs without a pause: asking the system for large pieces each time takes longer
    than some graphs themselves. For all others it would hold what the largest run ever needed. `in_lanes` is for one
    whose batches can be cut: on a processor, parts beside each other on a thread each wait less than threads that share
    every small product.
    """
    count = threads or min(4, os.cpu_count() or 1)
    best = choose_provider()
    wanted = list(providers) if providers is not None else [best.name]
    troubles: list[str] = []
    for name in dict.fromkeys([*wanted, CPU]):
        if name not in _available():
            troubles.append(f"{_label(name)} is not built in")
            continue
        try:
            lanes = count if in_lanes and name == CPU else 1
            inner = _open(path, name, 1 if lanes > 1 else count, keeps_memory)
        except _runtime_errors() as error:
            troubles.append(f"{_label(name)} failed: {_one_line(error)}")
            continue
        if inner.get_providers()[0] == name:
            reason = "; ".join(troubles) or (best.reason if name == best.name else "it was asked for")
            return Session(path, inner, ProviderChoice(name, reason), lanes)
        troubles.append(f"{_label(name)} was not accepted")
    remedy = "Verify the pack, or choose another one"
    raise PackError(str(path), f"the graph cannot be opened ({'; '.join(troubles)})", remedy)


def shares(batch: Cut, lanes: int, most: int) -> list[Cut]:
    """A batch cut so that all lanes have as much to do, and no part is larger than `most`."""
    size = max(1, min(most, -(-len(batch) // lanes)))
    return [batch[at : at + size] for at in range(0, len(batch), size)]


def _open(path: Path, provider: str, threads: int, keeps_memory: bool) -> onnxruntime.InferenceSession:
    import onnxruntime  # noqa: PLC0415

    # A provider that cannot start is our finding to report, with its reason, and not a line on the user's terminal.
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Idle threads that spin would take the cores that decode the next frames.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without VNNI instructions the fast 8-bit product overflows and gives wrong numbers; others are not slowed.
    options.add_session_config_entry("session.x64quantprecision", "1")
    # Batches differ in size; a plan per shape would keep memory for each of them.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = keeps_memory
    if provider == "DmlExecutionProvider":
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    chosen: list[Any] = [(provider, dict(PROVIDERS[provider].options) if provider in PROVIDERS else {})]
    if provider != CPU:
        chosen.append(CPU)
    return onnxruntime.InferenceSession(str(path), options, providers=chosen)


def _label(provider: str) -> str:
    return PROVIDERS[provider].label if provider in PROVIDERS else provider


@cache
def _runtime_errors() -> tuple[type[Exception], ...]:
    """onnxruntime's exceptions share no base class of their own."""
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    named = (getattr(state, name) for name in dir(state))
    own = [each for each in named if isinstance(each, type) and issubclass(each, Exception)]
    return (*own, RuntimeError, OSError)


def _one_line(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:200]
