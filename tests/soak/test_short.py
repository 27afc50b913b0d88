"""The short form of the soak: a few steps of everything, each part a process with a clock and disks of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.disks import can_mount
from tests.engine.search.test_bad_input import ANY_TEXTS, HOSTILE
from tests.monsters import MONSTERS
from tests.soak.expected import DAY_S, Expected
from tests.soak.faults import FAULTS
from tests.soak.held import Held
from tests.soak.invariants import Memory
from tests.soak.memory import Course
from tests.soak.world import Content

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SEED = 5
CONTAINERS, QUERIES = 100, 100

pytestmark = pytest.mark.slow


def soaked(*words: str) -> dict[str, int]:
    """Runs a part; returns what it counted."""
    command = [sys.executable, "-m", "tests.soak", "--seed", str(SEED), *words]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    lines = re.findall(r"^ *([\d,]+)  (.+)$", done.stdout, re.MULTILINE)
    return {name: int(number.replace(",", "")) for number, name in lines}


def test_a_library_survives_its_disks_and_processes_and_then_bad_containers_and_queries() -> None:
    """Two parts in one process, as `make soak` runs them: the second must find the first one's clock and disks gone."""
    counts = soaked("soak", "fuzz", "--minutes", "2", "--containers", str(CONTAINERS), "--queries", str(QUERIES))
    assert counts["checks"] >= counts["steps"] == counts["faults"] >= 2
    assert counts["minutes"] >= 2
    assert (counts["bad containers"], counts["bad queries"]) == (CONTAINERS, QUERIES)


def test_memory_stays_flat() -> None:
    counts = soaked("memory", "--files", "40", "--searches", "200")
    assert sorted(counts.values()) == [40, 200]


def test_a_leak_would_be_seen() -> None:
    assert Course([100.0 + at / 10 for at in range(400)]).growth_mb > 8
    assert Course([*range(40, 100), *[100.0] * 340]).growth_mb == 0


def test_faults_have_names_of_their_own() -> None:
    assert len({fault.__name__ for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    ("what", "number"),
    [
        ("kinds of faults", len(FAULTS)),
        ("broken, lying and oddly named files", len(MONSTERS)),
        ("damaged containers", CONTAINERS),
        ("odd queries", QUERIES + len(HOSTILE) + ANY_TEXTS),
    ],
)
def test_the_readme_counts_what_is_tried(what: str, number: int) -> None:
    if what == "kinds of faults" and not can_mount():
        pytest.skip("without disks to mount there is no full one")
    assert re.search(rf"^\| {what}[^|]*\| {number} \|", README, re.MULTILINE)


def test_a_video_that_was_forgotten_may_come_back_as_another() -> None:
    clip = Content("a", b"", "mark", is_sound=True)
    expected, memory = Expected(), Memory()

    def held(video_id: int) -> Held:
        return Held({"mark": (video_id, 3, 1, 0, 3)}, {}, {}, set())

    expected.indexed({"home": {"a.mp4": clip}})
    assert list(memory.compare(held(1), expected)) == []
    assert list(memory.compare(held(2), expected)) != []
    expected.forgot("home", "a.mp4")
    expected.indexed({"home": {"a.mp4": clip}}, named=True)
    assert list(memory.compare(held(2), expected)) == []
    assert list(memory.compare(held(3), expected)) != []


def test_the_second_set_of_rules_counts_time_as_promised() -> None:
    clip = Content("a", b"", "mark", is_sound=True)
    expected = Expected()
    expected.tick(0.0)
    expected.indexed({"home": {"a.mp4": clip}})
    expected.indexed({"home": {}})
    for at in (20 * DAY_S, -5 * DAY_S, 9000 * DAY_S):
        expected.tick(at)
    assert expected.must_be_kept() == {"mark"}
    expected.tick(9010 * DAY_S)
    assert expected.must_be_gone() == {"mark"}
