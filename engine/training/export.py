"""From trained modules to a pack: graphs through optimum, 8 bits, both checked against torch, then put in place whole.

A part whose 8-bit form strays too far stays in floats, and the pack's card says so.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import TrainingError
from engine.models.pack import PartName, load_pack, verify
from engine.training.graphs import clip_graph, first_step_graph, frame_graph, next_step_graph, scorer_graph, text_graph
from engine.training.onnxwriter import merge_steps, write_graph
from engine.training.packfile import CARD, TOKENIZER, Description, part_names, write_manifest
from engine.training.parity import Comparison, Modules, Truth, compare, least_cosine
from engine.training.quantise import quantise_frame, quantise_weights, tidy

log = logging.getLogger(__name__)

FLOAT_COSINE, INT8_COSINE = 0.999, 0.98
SIZE_LIMIT_BYTES = 40 * 1024**2
_FLOAT_LAYERS = (2, 4, 8, 16)
"""How many of the first convolutions to leave in floats, tried in turn: the first ones suffer most from 8 bits."""


@dataclass(frozen=True, slots=True)
class Source:
    """The trained modules with what they say, and what else an export needs."""

    truth: Truth
    about: Description
    calibration: npt.NDArray[np.uint8]
    """Training pictures that set the ranges of the frame encoder's activations."""

    @property
    def modules(self) -> Modules:
        return self.truth.modules


@dataclass(frozen=True, slots=True)
class Exported:
    folder: Path
    floats: Comparison
    int8: Comparison
    left_float: tuple[PartName, ...]
    size_bytes: int


def export_pack(source: Source, folder: Path, card: Callable[[Exported], str]) -> Exported:
    """Write the pack to `folder`, replacing what is there once the new one is checked and whole.

    `card` gets the pack where it lies before that, complete but for its card.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
        floats, small = Path(scratch) / "float", Path(scratch) / "small"
        compared = _write_floats(source, floats)
        left = _write_small(source, floats, small)
        size_bytes = sum(path.stat().st_size for path in small.iterdir())
        exported = Exported(small, compared, compare(source.truth, load_pack(small)), left, size_bytes)
        _check_size(source.about.id, size_bytes)
        (small / CARD).write_text(card(exported), encoding="utf-8")
        write_manifest(small, source.modules, source.about)
        verify(load_pack(small))
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        small.rename(folder)
    return replace(exported, folder=folder)


def _write_floats(source: Source, folder: Path) -> Comparison:
    folder.mkdir()
    modules = source.modules
    write_graph(frame_graph(modules.frame), folder / "frame.onnx")
    write_graph(text_graph(modules.text), folder / "text.onnx")
    if modules.clip is not None:
        write_graph(clip_graph(modules.clip), folder / "clip.onnx")
    if modules.scorer is not None:
        write_graph(scorer_graph(modules.scorer), folder / "scorer.onnx")
    for name, decoder in (("captioner", modules.captioner), ("likelihood", modules.likelihood)):
        if decoder is not None:
            first, following = _steps(folder, name)
            write_graph(first_step_graph(decoder), first)
            write_graph(next_step_graph(decoder), following)
            merge_steps(first, following, folder / f"{name}.onnx")
    _dress(source, folder)
    found = compare(source.truth, load_pack(folder))
    if found.worst < FLOAT_COSINE or found.same_captions not in (None, 1.0):
        lines = "; ".join(str(part) for part in found.parts)
        raise TrainingError(source.about.id, f"the graphs do not agree with torch ({lines})", "Report this as a fault")
    return found


def _write_small(source: Source, floats: Path, small: Path) -> tuple[PartName, ...]:
    """8 bits part by part; returns the parts that had to stay in floats."""
    small.mkdir()
    names = part_names(source.modules)
    for name in names:
        shutil.copyfile(floats / f"{name}.onnx", small / f"{name}.onnx")
    left: list[PartName] = []
    for name in names:
        if not any(_faithful(source, name, small) for _ in _small_forms(source, name, floats, small)):
            shutil.copyfile(floats / f"{name}.onnx", small / f"{name}.onnx")
            left.append(name)
            log.warning("%s stays in floats: 8 bits stray too far", name)
    _dress(source, small)
    return tuple(left)


def _small_forms(source: Source, name: PartName, floats: Path, small: Path) -> Iterator[None]:
    """Writes the part in 8 bits, the most thorough way first; each step is another try."""
    target = small / f"{name}.onnx"
    if name == "frame":
        for layers in _FLOAT_LAYERS:
            quantise_frame(floats / "frame.onnx", target, source.calibration, layers)
            yield tidy(target)
    elif name in ("captioner", "likelihood"):
        for step in _steps(floats, name):
            quantise_weights(step, step.with_suffix(".small"))
        first, following = (step.with_suffix(".small") for step in _steps(floats, name))
        merge_steps(first, following, target)
        yield tidy(target)
    else:
        quantise_weights(floats / f"{name}.onnx", target)
        yield tidy(target)


def _faithful(source: Source, name: PartName, small: Path) -> bool:
    _dress(source, small)
    cosine = least_cosine(source.truth, load_pack(small), name)
    log.info("%s in 8 bits: cosine %.4f", name, cosine)
    return cosine >= INT8_COSINE


def _steps(folder: Path, name: str) -> tuple[Path, Path]:
    """Where the halves of a decoder lie before they are merged."""
    halves = folder.parent / "halves"
    halves.mkdir(exist_ok=True)
    return halves / f"{name}-first.onnx", halves / f"{name}-next.onnx"


def _dress(source: Source, folder: Path) -> None:
    """What makes a folder of graphs a pack that can be opened."""
    source.truth.sample.tokenizer.save(str(folder / TOKENIZER))
    (folder / CARD).write_text("This pack is being made.\n", encoding="utf-8")
    write_manifest(folder, source.modules, source.about)


def _check_size(name: str, size_bytes: int) -> None:
    if size_bytes > SIZE_LIMIT_BYTES:
        size, limit = size_bytes / 1024**2, SIZE_LIMIT_BYTES // 1024**2
        raise TrainingError(name, f"the pack has {size:.1f} MB, more than {limit} MB", "Make its parts smaller")
