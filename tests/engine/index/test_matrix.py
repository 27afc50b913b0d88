from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.index.matrix import BLOCK_ROWS, Matrix, inner_products, widen


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


def test_every_half_is_widened_exactly() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    halves = halves[np.isfinite(halves).all(axis=1)]
    wide = np.empty(halves.shape, np.float32)
    widen(halves, wide)
    assert np.array_equal(wide, halves.astype(np.float32))
    assert np.array_equal(np.signbit(wide), np.signbit(halves))


def test_what_is_no_number_matches_nothing(rows: np.ndarray) -> None:
    harmed = rows[:3].copy()
    harmed[1, 5], harmed[2, 0] = np.inf, np.nan
    matrix = Matrix(16)
    matrix.append(harmed)
    found = matrix.read(np.arange(3))
    assert np.array_equal(found[0], rows[0].astype(np.float32))
    assert not found[1:].any()


@pytest.mark.parametrize(("count", "others"), [(0, 1), (1, 1), (700, 3), (5000, 60)])
def test_products_in_pieces_are_the_same_as_at_once(count: int, others: int) -> None:
    random = np.random.default_rng(2)
    left = random.standard_normal((count, 64)).astype(np.float32)
    right = random.standard_normal((others, 64)).astype(np.float32)
    assert np.allclose(inner_products(left, right), left @ right.T, atol=1e-4)


def test_a_reader_may_finish_although_the_matrix_is_closed(tmp_path: Path, rows: np.ndarray) -> None:
    matrix = Matrix(16)
    matrix.append(rows)
    matrix.flush(tmp_path / "m")
    blocks = matrix._blocks(np.arange(len(rows)))
    first = next(blocks)[1].copy()
    matrix.close()
    rest = [block.copy() for _, block in blocks]
    assert np.array_equal(np.concatenate([first, *rest]), rows.astype(np.float32))
    assert matrix.rows == 0
