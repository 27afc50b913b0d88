"""`make bench-peers`: Reelfind beside other programs and recipes, in one run on the same files. Asserts nothing.

Models of the peers have their true shape and random weights: speed, memory, size and integrity are real, and what is
found is not judged here. Each part can be had alone: `python -m tests.bench.peers speed`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.__main__ import machine
from tests.bench.peers import homes, integrity, queries, speed
from tests.bench.peers.picture import Block, draw, figure
from tests.bench.peers.watch import Spread
from tests.disks import can_mount

OUT = homes.ROOT / "build" / "peers" / "results"
MS = 1000.0


def columns(lines: Iterable[tuple[str, ...]]) -> None:
    rows = list(lines)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def spread(value: Spread) -> str:
    return f"{figure(value.middle)} ({figure(value.least)} to {figure(value.most)})"


def show_speed(top: Path, repeats: int) -> tuple[list[Any], list[Block]]:
    print("\nFrom files to an index: seconds of video for each second, the program's start included", flush=True)
    found = list(speed.measure(top, repeats))
    ours = found[0].speed
    columns(
        [
            ("", "x real time", "first look is faster", "memory, MB", "MB for an hour of video"),
            *(
                (
                    one.who,
                    spread(one.speed),
                    spread(ours.over(one.speed)),
                    figure(one.most_mb),
                    "-" if one.mb_an_hour is None else figure(one.mb_an_hour),
                )
                for one in found
            ),
        ]
    )
    bars = [(one.who, one.speed) for one in found]
    return found, [Block("Indexing, longer is faster", "x real time", bars)]


def show_queries(top: Path, _repeats: int) -> tuple[list[Any], list[Block]]:
    print("\nFrom words to hits, milliseconds", flush=True)
    photos = speed.stills(speed.films(top / "films"), top / "stills")
    found = list(queries.measure(top, photos))
    ours = {(one.vectors, one.how): one.took_s for one in found if one.who == "Reelfind"}
    columns(
        [
            ("vectors", "", "", "ms", "times as long as Reelfind", "memory, MB"),
            *(
                (
                    f"{one.vectors:,}",
                    one.how,
                    one.who,
                    spread(_in_ms(one.took_s)),
                    spread(one.took_s.over(ours[one.vectors, one.how])),
                    "-" if one.most_mb is None else figure(one.most_mb),
                )
                for one in sorted(found, key=lambda one: (one.how, one.vectors))
            ),
        ]
    )
    most = max(one.vectors for one in found)
    bars = [(f"{one.who}, {one.how}", _in_ms(one.took_s)) for one in found if one.vectors == most]
    return found, [Block(f"A query over {most:,} vectors, shorter is faster", "ms", bars)]


def show_integrity(top: Path, _repeats: int) -> tuple[list[Any], list[Block]]:
    print(f"\nHow many of {integrity.FILES} files can be found afterwards", flush=True)
    if not can_mount():
        print("  not measured: it needs to mount disks, so to run as root on Linux")
        return [], []
    found: list[integrity.Survived] = []
    for one in integrity.measure(top):
        found.append(one)
        print(f"  {one.who:26}{one.mishap:36}{one.found} of {one.of}  {one.note}".rstrip(), flush=True)
    return found, []


def _in_ms(value: Spread) -> Spread:
    return Spread(value.middle * MS, value.least * MS, value.most * MS)


PARTS: dict[str, Callable[[Path, int], tuple[list[Any], list[Block]]]] = {
    "speed": show_speed,
    "queries": show_queries,
    "integrity": show_integrity,
}


def _kept_blocks() -> list[Block]:
    """Of every part that was measured, now or before."""
    files = [path for part in PARTS if (path := OUT / f"{part}.json").exists()]
    blocks = [block for path in files for block in json.loads(path.read_text("utf-8"))["blocks"]]
    return [Block(one["title"], one["unit"], [(who, Spread(**value)) for who, value in one["bars"]]) for one in blocks]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--repeats", type=int, default=3, help="turns of indexing (default: 3)")
    options = parser.parse_args()
    homes.make_ready()
    OUT.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}; middle (least to most); peers with random weights of their true shape")
    for part in options.parts or PARTS:
        with TemporaryDirectory(prefix="reelfind-peers-") as folder:
            results, drawn = PARTS[part](Path(folder), options.repeats)
        kept = {"results": [asdict(one) for one in results], "blocks": [asdict(one) for one in drawn]}
        (OUT / f"{part}.json").write_text(json.dumps(kept, indent=1), "utf-8")
    (OUT / "peers.svg").write_text(draw(_kept_blocks()), "utf-8")
    print(f"\nFigures and picture are in {OUT.relative_to(homes.ROOT)}")


if __name__ == "__main__":
    main()
