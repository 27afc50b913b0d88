"""`python -m tests.soak --seed N --minutes M`: the long form. Ends with counts, or with the story of a broken promise.

Minutes are of simulated time: a step is about one, and real time is what its runs of Reelfind take.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak.faults import FAULTS, Fault
from tests.soak.soak import Soak

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


def run(seed: int, minutes: float, is_told: bool) -> Counter[str]:
    with TemporaryDirectory(prefix="reelfind-soak-") as folder:
        soak = Soak(Path(folder), seed, print if is_told else lambda _line: None)
        try:
            soak_for(soak, minutes)
        finally:
            soak.close()
        return soak.counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--told", action="store_true", help="tell each step as it is taken")
    options = parser.parse_args()
    counts = run(options.seed, options.minutes, options.told)
    for name, number in sorted(counts.items()):
        print(f"{number:8,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
