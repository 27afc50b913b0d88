"""`python -m tests.bench [names]`: runs benches and prints each figure beside the one it is judged by. Asserts nothing.

A bench is a module here with `run() -> Iterable[Row]`, listed in `BENCHES`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import time
from collections.abc import Iterable

from engine.errors import ExpectedError
from tests.bench.rows import Row, table

BENCHES: dict[str, str] = {
    "decode": "look-pass decoding against real time and ffmpeg",
    "models": "frames through a pack's graphs",
    "index": "a whole index run: speed, memory, size",
    "scan": "a second run over 10,000 unchanged files",
    "search": "queries over 100,000 moments",
    "window": "start, typing, scrolling and stillness of the window",
    "moments": "moments in clips of several scenes, and what each leg of the search brings",
    "demo": "the sample library: waiting for it, and what is found",
    "throttle": "what a limit on the processor does",
    "package": "size and start of the packaged program",
}


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def rows_of(name: str) -> Iterable[Row]:
    return importlib.import_module(f"tests.bench.{name}").run()


def show(name: str) -> None:
    print(f"\n{name}: {BENCHES[name]}", flush=True)
    start_s = time.perf_counter()
    try:
        rows = list(rows_of(name))
    except ExpectedError as error:
        print(f"  not measured. {error}")
        return
    print("\n".join(f"  {line}" for line in table(rows)))
    print(f"  ({time.perf_counter() - start_s:.0f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHES)}; default: all")
    names = parser.parse_args().names or list(BENCHES)
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench named {', '.join(unknown)}")
    print(machine())
    for name in names:
        show(name)


if __name__ == "__main__":
    main()
