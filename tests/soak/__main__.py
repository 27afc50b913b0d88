"""`python -m tests.soak --seed N --minutes M`: abuse, counted. Ends with counts, or with the story of a broken promise.

Minutes are of simulated time: a step is about one, and real time is what its runs of Reelfind take. Each part can be
had alone. The short form, a few steps and a part of everything else, is what `make test` runs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.engine import Engine
from tests.soak import fuzz, memory
from tests.soak.faults import FAULTS, Fault
from tests.soak.soak import BrokenPromise, Soak

STEP_S = (20, 100)
MOST_CHANGES = 4


def soak_for(soak: Soak, minutes: float) -> None:
    """Steps until so much simulated time has passed, each fault as often as any other."""
    passed_s = 0.0
    bag: list[Fault] = []
    while passed_s < minutes * 60:
        bag = bag or soak.world.chance.sample(FAULTS, len(FAULTS))
        step_s = soak.world.chance.uniform(*STEP_S)
        passed_s += step_s
        soak.pass_time(step_s)
        take_step(soak, bag.pop())
    soak.counts["minutes"] = int(passed_s // 60)


def take_step(soak: Soak, fault: Fault) -> None:
    soak.counts["steps"] += 1
    soak.tell(f"step {soak.counts['steps']}: {fault.__name__}")
    for _ in range(soak.world.chance.randint(1, MOST_CHANGES)):
        soak.tell(f"  {soak.world.change()}")
        soak.counts["changes to files"] += 1
    fault(soak)
    soak.counts[f"fault: {fault.__name__}"] += 1
    soak.counts["faults"] += 1
    soak.check_soundness()
    soak.settle()


def soaked(folder: Path, options: argparse.Namespace) -> Counter[str]:
    soak = Soak(folder, options.seed, print if options.told else lambda _line: None)
    try:
        soak_for(soak, options.minutes)
    finally:
        soak.close()
    return soak.counts


def fuzzed(folder: Path, options: argparse.Namespace) -> Counter[str]:
    """Bad containers in the reader's process, bad queries in ours."""
    bad = folder / "bad"
    bad.mkdir()
    came = fuzz.bad_containers(bad, options.seed, options.containers)
    if came.trouble:
        raise BrokenPromise("\n".join(came.trouble))
    memory.fill(folder, memory.FEW)
    with Engine(folder / "library").desk() as desk:
        desk.catch_up()
        fuzz.answer_all(desk.searcher, options.seed, options.queries)
    return Counter({"bad containers": came.tried, "bad queries": options.queries})


def weighed(folder: Path, options: argparse.Namespace) -> Counter[str]:
    """Memory of this process over searches and of the child over files."""
    files = memory.over_files(folder / "many", options.files)
    memory.fill(folder / "few", memory.FEW)
    with Engine(folder / "few" / "library").desk() as desk:
        desk.catch_up()
        searches = memory.over_searches(desk.searcher, options.searches)
    for what, course in (("files", files), ("searches", searches)):
        if course.growth_mb > memory.NOISE_MB:
            raise BrokenPromise(f"memory grew by {course.growth_mb:.1f} MB over the {what}: {course.mb}")
    return Counter(
        {
            f"files indexed, memory grew by {files.growth_mb:.1f} MB to {files.most_mb:.0f} MB": options.files,
            f"searches, memory grew by {searches.growth_mb:.1f} MB to {searches.most_mb:.0f} MB": options.searches,
        }
    )


PARTS = {"soak": soaked, "fuzz": fuzzed, "memory": weighed}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    made.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default: all")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--minutes", type=float, default=60, help="of simulated time")
    for name, number in (("containers", 2000), ("queries", 2000), ("files", 2000), ("searches", 10_000)):
        made.add_argument(f"--{name}", type=int, default=number)
    made.add_argument("--told", action="store_true", help="tell each step as it is taken")
    return made


def main() -> int:
    options = parser().parse_args()
    for part in options.parts or PARTS:
        with TemporaryDirectory(prefix="reelfind-soak-") as folder:
            try:
                counts = PARTS[part](Path(folder), options)
            except BrokenPromise as broken:
                print(broken)
                return 1
        for name, number in sorted(counts.items()):
            print(f"{number:8,}  {name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
