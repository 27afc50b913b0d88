"""What the saved index claims to be, in one small file that is replaced atomically after everything else is on disk."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.types import PackRef, VectorKind

FORMAT = 2
MARKS_FILE = "marks.json"
KINDS: tuple[VectorKind, ...] = ("frame", "clip", "caption")


@dataclass(frozen=True, slots=True)
class KindMarks:
    matrix: str
    matrix_checksum: int
    columns: str
    columns_checksum: int
    rows: int
    graph: str | None = None
    graph_rows: int = 0
    graph_checksum: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    pack: PackRef
    dims: int
    seq: int
    """The newest vector that was read from the store."""
    removed: int
    """The newest removal that was read from the store."""
    generation: int
    kinds: dict[VectorKind, KindMarks]

    def files(self) -> set[str]:
        """Every file that belongs to this state, the marks included."""
        named = {MARKS_FILE}
        for kind in self.kinds.values():
            named |= {kind.matrix, kind.columns}
            named |= {kind.graph} if kind.graph else set()
        return named


def read_marks(folder: Path) -> Marks | None:
    """The marks of a folder, or None when there are none that can be used."""
    try:
        table = json.loads((folder / MARKS_FILE).read_text("utf-8"))
        if table["format"] != FORMAT:
            return None
        return Marks(
            pack=PackRef(**table["pack"]),
            dims=int(table["dims"]),
            seq=int(table["seq"]),
            removed=int(table["removed"]),
            generation=int(table["generation"]),
            kinds={kind: KindMarks(**table["kinds"][kind]) for kind in KINDS},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_marks(folder: Path, marks: Marks) -> None:
    text = json.dumps({"format": FORMAT, **asdict(marks)})
    unfinished = folder / (MARKS_FILE + ".unfinished")
    with unfinished.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(folder / MARKS_FILE)
