"""Which files outside itself an ONNX graph would read its weights from.

A graph may name any path there, so a pack is not opened before these names are known. Walks the protobuf wire
format and skips every payload; does not need the onnx package, which is not a runtime dependency.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

# For every kind of message: which fields hold messages worth entering, and of what kind they are.
_ENTER: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_MAX_DEPTH = 64


class GraphFileError(ValueError):
    """The file is not a readable ONNX graph."""


def external_files(path: Path) -> frozenset[str]:
    """Names as the graph writes them; empty for a graph that carries its own weights."""
    if path.stat().st_size == 0:
        raise GraphFileError("the file is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return frozenset(_locations(data))


def _locations(data: mmap.mmap) -> Iterator[str]:
    if data.find(b"location") < 0:
        # No tensor can lie elsewhere: only whether the file is whole is left to see, and it is opened at each start.
        for _ in _fields(data, 0, len(data)):
            pass
        return
    waiting = [("model", 0, len(data), 0)]
    while waiting:
        kind, start, end, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise GraphFileError("its parts are nested too deep")
        if kind == "entry":
            yield from _location(data, start, end)
            continue
        inner = _ENTER[kind]
        for field, first, last in _fields(data, start, end):
            if field in inner:
                waiting.append((inner[field], first, last, depth + 1))


def _location(data: mmap.mmap, start: int, end: int) -> Iterator[str]:
    texts = {field: data[first:last] for field, first, last in _fields(data, start, end)}
    if texts.get(1) == b"location":
        yield texts.get(2, b"").decode("utf-8", "replace")


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(field number, first byte, end) of every length-delimited field; others are stepped over."""
    at = start
    while at < end:
        tag, at = _varint(data, at, end)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            _, at = _varint(data, at, end)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        elif wire == 2:
            size, at = _varint(data, at, end)
            if at + size > end:
                raise GraphFileError("it is cut short")
            yield field, at, at + size
            at += size
        else:
            raise GraphFileError("it is not an ONNX file")
    if at != end:
        raise GraphFileError("it is cut short")


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise GraphFileError("it is cut short")
