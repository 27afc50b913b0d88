from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.index.matrix import BLOCK_ROWS, Matrix


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(3).standard_normal((BLOCK_ROWS * 2 + 77, 16)).astype(np.float16)


@pytest.mark.parametrize("saved", [0, 1, BLOCK_ROWS, BLOCK_ROWS * 2 + 77])
def test_reads_the_same_from_file_and_memory(tmp_path: Path, rows: np.ndarray, saved: int) -> None:
    matrix = Matrix(16)
    matrix.append(rows[:saved])
    matrix.flush(tmp_path / "m")
    matrix.append(rows[saved:])
    wanted = np.array([0, 1, 2, 40, 41, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 76])
    assert np.array_equal(matrix.read(wanted), rows[wanted].astype(np.float32))
    query = rows[5:7].astype(np.float32)
    everything = np.arange(len(rows))
    assert np.allclose(matrix.dot(query, everything), rows.astype(np.float32) @ query.T, atol=1e-4)
    matrix.close()


def test_rows_written_by_a_program_that_died_are_overwritten(tmp_path: Path, rows: np.ndarray) -> None:
    file = tmp_path / "m"
    file.write_bytes(rows[:10].tobytes() + b"half a row that nobody claimed")
    matrix = Matrix(16, file, 10)
    matrix.append(rows[10:20])
    matrix.flush(file)
    assert file.read_bytes() == rows[:20].tobytes()
    matrix.close()


def test_a_file_cut_while_open_gives_rows_that_match_nothing(tmp_path: Path, rows: np.ndarray) -> None:
    file = tmp_path / "m"
    file.write_bytes(rows[:100].tobytes())
    matrix = Matrix(16, file, 100)
    with file.open("r+b") as cut:
        cut.truncate(50 * 32)
    assert not matrix.read(np.arange(60, 70)).any()
    matrix.close()
