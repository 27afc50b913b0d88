"""The indexing child with a decoder that misbehaves on files named for it: crash, spin, eat memory, or wait;
and with a bug of ours before any file is read."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.jobs import look, worker
from engine.types import Frame

real_keyframes = look.keyframes


def keyframes(path: Path, **options: Any) -> Iterator[Frame]:
    if path.stem.startswith("crash"):
        ctypes.string_at(0)
    if path.stem.startswith("spin"):
        while True:
            pass
    if path.stem.startswith("hungry"):
        eaten = [bytearray(b"x" * 64_000_000) for _ in range(63)]
        raise AssertionError(f"was allowed to eat {len(eaten)} pieces")
    if path.stem.startswith("wait"):
        threading.Event().wait(60)
    yield from real_keyframes(path, **options)


def no_model(*_arguments: Any) -> None:
    raise RuntimeError("a bug of ours")


if __name__ == "__main__":
    if "REELFIND_TEST_BUG" in os.environ:
        worker.open_model = no_model  # type: ignore[assignment]
    look.keyframes = keyframes
    sys.exit(worker.main())
