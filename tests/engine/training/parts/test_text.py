"""The text tower: two roles that begin alike, and texts that do not disturb each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.checkpoint import save_atomically  # noqa: E402
from engine.training.parts.text import (  # noqa: E402
    CAPTION,
    QUERY,
    TEXT_WEIGHTS,
    TOKENIZER,
    TextReader,
    TextShape,
    TextTower,
    by_length,
    load_text,
    text_state,
)
from engine.training.tokens import train_tokenizer  # noqa: E402

TEXTS = ["a red wall", "the green dog runs over the blue grass", "a dog"]


@pytest.fixture
def reader() -> TextReader:
    torch.manual_seed(0)
    tokenizer = train_tokenizer(TEXTS * 5, 80)
    shape = TextShape(tokenizer.get_vocab_size(), length=24, width=32, heads=2, feed=64)
    return TextReader(TextTower(shape), tokenizer)


def test_vectors_are_unit_rows(reader: TextReader) -> None:
    vectors = reader.vectors(TEXTS, QUERY)
    assert vectors.shape == (3, 256)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert reader.vectors([], QUERY).shape == (0, 256)


def test_roles_begin_alike_and_differ_once_learned(reader: TextReader) -> None:
    assert (reader.vectors(TEXTS, QUERY) == reader.vectors(TEXTS, CAPTION)).all()
    torch.nn.init.normal_(reader.tower.roles.weight)
    assert np.abs(reader.vectors(TEXTS, QUERY) - reader.vectors(TEXTS, CAPTION)).max() > 1e-3


def test_switched_off_roles_change_nothing_whatever_was_learned(reader: TextReader) -> None:
    plain = TextShape(**{**text_state(reader.tower)["shape"], "use_roles": False})  # pyright: ignore[reportGeneralTypeIssues]
    tower = TextTower(plain)
    torch.nn.init.normal_(tower.roles.weight)
    off = TextReader(tower, reader.tokenizer)
    assert (off.vectors(TEXTS, QUERY) == off.vectors(TEXTS, CAPTION)).all()


def test_a_text_has_the_same_vector_alone_and_among_others(reader: TextReader) -> None:
    together = reader.vectors(TEXTS, QUERY)
    alone = np.concatenate([reader.vectors([text], QUERY) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_shares_by_length_hold_every_row_once() -> None:
    ids = torch.tensor([[5, 6, 7, 8], [5, 0, 0, 0], [5, 6, 0, 0], [5, 6, 7, 0]])
    shares = by_length(ids, 2)
    assert sorted(int(row) for rows, _ in shares for row in rows) == [0, 1, 2, 3]
    assert shares[0][1].shape == (2, 2)


def test_a_trained_tower_is_found_in_its_run(reader: TextReader, tmp_path: Path) -> None:
    save_atomically(text_state(reader.tower), tmp_path / TEXT_WEIGHTS)
    (tmp_path / TOKENIZER).parent.mkdir()
    reader.tokenizer.save(str(tmp_path / TOKENIZER))
    assert (load_text(tmp_path).vectors(TEXTS, CAPTION) == reader.vectors(TEXTS, CAPTION)).all()
