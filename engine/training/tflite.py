"""Reads the weights out of a .tflite file: enough of its flatbuffer layout for that, and no more.

It runs no network. Quantised tensors come back as the real numbers they stand for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import TrainingError

_DTYPES = {0: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 9: np.int8}
_OPERATORS = {0: "ADD", 1: "AVERAGE_POOL_2D", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 9: "FULLY_CONNECTED"}


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    values: npt.NDArray[np.float32] | None
    """None where the file holds no data: an input, an output or something in between."""


@dataclass(frozen=True, slots=True)
class Operator:
    kind: str
    """The operator's name for the few kinds that hold weights, else its number."""
    inputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """One flatbuffer table: fields are found through an offset table and may be absent."""

    data: bytes
    at: int

    def _field(self, index: int) -> int | None:
        vtable = self.at - _unpack("<i", self.data, self.at)
        if 4 + 2 * index >= _unpack("<H", self.data, vtable):
            return None
        offset = _unpack("<H", self.data, vtable + 4 + 2 * index)
        return self.at + offset if offset else None

    def number(self, index: int, code: str) -> int:
        at = self._field(index)
        return 0 if at is None else _unpack(code, self.data, at)

    def table(self, index: int) -> _Table | None:
        at = self._field(index)
        return None if at is None else _Table(self.data, at + _unpack("<I", self.data, at))

    def array(self, index: int, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
        at = self._field(index)
        if at is None:
            return np.zeros(0, dtype)
        start = at + _unpack("<I", self.data, at)
        return np.frombuffer(self.data, dtype, _unpack("<I", self.data, start), start + 4)

    def text(self, index: int) -> str:
        return self.array(index, np.uint8).tobytes().decode("utf-8")

    def tables(self, index: int) -> list[_Table]:
        at = self._field(index)
        if at is None:
            return []
        start = at + _unpack("<I", self.data, at)
        spots = [start + 4 + 4 * item for item in range(_unpack("<I", self.data, start))]
        return [_Table(self.data, spot + _unpack("<I", self.data, spot)) for spot in spots]


def read_operators(path: Path) -> list[Operator]:
    """The network's operators in order of execution, with their weights."""
    try:
        data = path.read_bytes()
        model = _Table(data, _unpack("<I", data, 0))
        return _operators(model)
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise TrainingError(
            str(path), f"the backbone cannot be read ({error})", "Name the folder that holds it with --data"
        ) from error


def _operators(model: _Table) -> list[Operator]:
    graph = model.tables(2)[0]
    buffers = model.tables(4)
    tensors = [_tensor(table, buffers) for table in graph.tables(0)]
    # Newer files hold the operator's number in field 3, older ones in one byte in field 0.
    codes = [max(code.number(0, "<b"), code.number(3, "<i")) for code in model.tables(1)]
    found = []
    for operator in graph.tables(3):
        code = codes[operator.number(0, "<I")]
        inputs = tuple(tensors[index] for index in operator.array(1, np.int32) if index >= 0)
        found.append(Operator(_OPERATORS.get(code, str(code)), inputs))
    return found


def _tensor(table: _Table, buffers: list[_Table]) -> Tensor:
    raw = buffers[table.number(2, "<I")].array(0, np.uint8)
    if not len(raw):
        return Tensor(table.text(3), None)
    shape = table.array(0, np.int32)
    values = np.frombuffer(raw.tobytes(), _DTYPES[table.number(1, "<b")]).reshape(tuple(shape))
    return Tensor(table.text(3), _real(values, table.table(4)))


def _real(values: npt.NDArray[np.generic], quantisation: _Table | None) -> npt.NDArray[np.float32]:
    real = values.astype(np.float32)
    scale = quantisation.array(2, np.float32) if quantisation else np.zeros(0, np.float32)
    if quantisation is None or not len(scale):
        return real
    zero = quantisation.array(3, np.int64).astype(np.float32)
    along = [1] * values.ndim
    along[quantisation.number(6, "<i")] = len(scale)
    return (real - zero.reshape(along)) * scale.astype(np.float32).reshape(along)


def _unpack(code: str, data: bytes, at: int) -> int:
    return struct.unpack_from(code, data, at)[0]
