"""Writing an index's rows and graphs to its folder and reading them back. Whatever cannot be trusted is not read.

Files are never changed in place except that a matrix grows at its end; the marks name the files that count, so an
interrupted save leaves the state before it.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.index.columns import ROW, Columns
from engine.index.graph import DamagedGraph, Graph, file_checksum
from engine.index.kind import KindIndex
from engine.index.marks import KINDS, KindMarks, Marks, read_marks, write_marks
from engine.index.matrix import HALF, Matrix
from engine.types import PackRef, VectorKind

logger = logging.getLogger(__name__)

Kinds = dict[VectorKind, KindIndex]

CHECKED_AT_ONCE = 8 << 20
"""Vectors of so many bytes are read through when they are opened. More are read through beside the searches."""
GRAPH_GROWTH = 1.05
"""A graph is large and is written again only when it has grown by more; the rest is added again at the next start."""


def load_rows(folder: Path, pack: PackRef, dims: int) -> tuple[Marks, Kinds] | None:
    """The saved rows without their graphs, or None when nothing there fits this pack and is whole."""
    marks = read_marks(folder)
    if marks is None or marks.pack != pack or marks.dims != dims:
        return None
    kinds: Kinds = {}
    try:
        for kind, claimed in marks.kinds.items():
            kinds[kind] = _load_kind(folder, claimed, dims)
    except (OSError, ValueError) as error:
        logger.warning("The saved index in %s is damaged (%s); it is made again", folder, error)
        close_kinds(kinds)
        return None
    return marks, kinds


def load_graph(folder: Path, claimed: KindMarks, dims: int) -> Graph | None:
    """A saved graph, or None when there is none or it is damaged."""
    if claimed.graph is None or not 0 < claimed.graph_rows <= claimed.rows:
        return None
    try:
        return Graph.load(folder / claimed.graph, dims, claimed.graph_rows, claimed.graph_checksum)
    except DamagedGraph:
        logger.warning("The saved graph %s is damaged; it is made again", folder / claimed.graph)
        return None


def empty_kinds(dims: int) -> Kinds:
    return {kind: KindIndex(Columns(), Matrix(dims)) for kind in KINDS}


def close_kinds(kinds: Kinds) -> None:
    for each in kinds.values():
        each.close()


def save(folder: Path, kinds: Kinds, marks: Marks) -> Marks:
    """Write what is new and swap the marks; returns them as written. A graph is written when it has grown a lot."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = marks.generation + 1
    written = {kind: _save_kind(folder, index, kind, marks, generation) for kind, index in kinds.items()}
    marks = replace(marks, generation=generation, kinds=written)
    write_marks(folder, marks)
    sweep(folder, marks)
    return marks


def sweep(folder: Path, marks: Marks | None) -> None:
    """Remove files of earlier states; one that is still open elsewhere on Windows goes next time."""
    keep = {"lock"} | (marks.files() if marks else set())
    for path in folder.iterdir():
        if path.name not in keep and path.suffix in {".rows", ".columns", ".graph", ".unfinished"}:
            with suppress(OSError):
                path.unlink()


def newest_generation(folder: Path) -> int:
    """The largest number in the names of saved files, whatever state they are of; 0 when there are none."""
    names = [path.stem.rpartition("-")[2] for path in folder.glob("*-*.*")]
    return max((int(name) for name in names if name.isdecimal()), default=0)


def _load_kind(folder: Path, claimed: KindMarks, dims: int) -> KindIndex:
    if not claimed.rows:
        return KindIndex(Columns(), Matrix(dims))
    path = folder / claimed.columns
    if file_checksum(path) != claimed.columns_checksum:
        raise ValueError(f"{claimed.columns} has changed")
    rows = np.fromfile(path, ROW)
    size = claimed.rows * dims * HALF.itemsize
    if len(rows) != claimed.rows or (folder / claimed.matrix).stat().st_size < size:
        raise ValueError(f"{claimed.matrix} is too short")
    matrix = Matrix(dims, folder / claimed.matrix, claimed.rows, claimed.matrix_checksum)
    if size <= CHECKED_AT_ONCE and not matrix.is_whole():
        matrix.close()
        raise ValueError(f"{claimed.matrix} has changed")
    return KindIndex(Columns(rows), matrix)


def _save_kind(folder: Path, index: KindIndex, kind: VectorKind, marks: Marks, generation: int) -> KindMarks:
    before = marks.kinds.get(kind)
    matrix = before.matrix if before and before.rows else f"{kind}-{generation}.rows"
    if index.matrix.unsaved:
        index.matrix.flush(folder / matrix)
    columns = f"{kind}-{generation}.columns"
    rows = index.columns.rows
    with (folder / columns).open("wb") as out:
        rows.tofile(out)
        out.flush()
        os.fsync(out.fileno())
    claimed = KindMarks(matrix, index.matrix.checksum, columns, file_checksum(folder / columns), len(rows))
    if before and before.graph and index.graph_rows < before.graph_rows * GRAPH_GROWTH:
        return replace(claimed, graph=before.graph, graph_rows=before.graph_rows, graph_checksum=before.graph_checksum)
    return _with_graph(folder, index, claimed, f"{kind}-{generation}.graph")


def _with_graph(folder: Path, index: KindIndex, claimed: KindMarks, name: str) -> KindMarks:
    saved: list[tuple[int, int]] = []
    index.save_graph(lambda graph: saved.append((graph.rows, graph.save(folder / name))))
    if not saved:
        return claimed
    return replace(claimed, graph=name, graph_rows=saved[0][0], graph_checksum=saved[0][1])
