from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.jobs.throttle import IDLE_AFTER_S, SLICE_S, Senses, Throttle


@dataclass
class World:
    """A machine in which time passes only by work and by sleep."""

    cores: int = 4
    now_s: float = 1000.0
    cpu_s: float = 7.0
    mains: bool | None = True
    idle: float | None = 0.0
    slept: list[float] = field(default_factory=list)

    def senses(self) -> Senses:
        return Senses(
            lambda: self.now_s, lambda: self.cpu_s, self._sleep, lambda: self.mains, lambda: self.idle, self.cores
        )

    def work(self, seconds: float, busy_cores: float = 1.0) -> None:
        self.now_s += seconds
        self.cpu_s += seconds * busy_cores

    def _sleep(self, seconds: float) -> None:
        assert 0 < seconds <= SLICE_S
        self.slept.append(seconds)
        self.now_s += seconds
        assert len(self.slept) < 100_000


def _share(world: World, throttle: Throttle, steps: list[tuple[float, float]]) -> float:
    """The share of the machine that work done in these steps takes."""
    start_s, start_cpu_s = world.now_s, world.cpu_s
    for seconds, busy_cores in steps:
        world.work(seconds, busy_cores)
        throttle.pace()
    return (world.cpu_s - start_cpu_s) / (world.now_s - start_s) / world.cores


@pytest.mark.parametrize("percent", [1, 10, 25, 50, 90])
@pytest.mark.parametrize("busy_cores", [1.0, 2.5, 4.0])
def test_work_takes_its_share_and_no_more(percent: int, busy_cores: float) -> None:
    world = World()
    share = _share(world, Throttle(percent, senses=world.senses()), [(0.02, busy_cores)] * 500)
    assert share == pytest.approx(min(percent / 100, busy_cores / world.cores), rel=0.01)


def test_one_percent_is_the_least_there_is() -> None:
    world = World()
    assert _share(world, Throttle(0, senses=world.senses()), [(0.02, 1)] * 50) == pytest.approx(0.01, rel=0.01)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 2), st.floats(0, 4)), min_size=1, max_size=40), st.integers(1, 99), st.data()
)
def test_no_stretch_of_work_takes_more_than_its_share(
    steps: list[tuple[float, float]], percent: int, data: st.DataObject
) -> None:
    world = World()
    throttle = Throttle(percent, senses=world.senses())
    skipped = data.draw(st.integers(0, len(steps) - 1))
    debts_stay_small = all(s * cores <= 50 * percent / 100 * world.cores for s, cores in steps)
    for seconds, busy_cores in steps[:skipped]:
        world.work(seconds, busy_cores)
        throttle.pace()
    start_s, start_cpu_s = world.now_s, world.cpu_s
    _share(world, throttle, steps[skipped:])
    allowed_s = (world.now_s - start_s + SLICE_S) * world.cores * percent / 100
    assert world.cpu_s - start_cpu_s <= allowed_s + 1e-6 or not debts_stay_small


def test_rest_is_not_saved_up_for_later() -> None:
    world = World()
    throttle = Throttle(50, senses=world.senses())
    world.work(600, 0)
    throttle.pace()
    assert _share(world, throttle, [(0.1, 4)] * 20) <= 0.51


def test_a_hundred_percent_never_waits() -> None:
    world = World()
    assert _share(world, Throttle(100, senses=world.senses()), [(0.1, 4)] * 20) == pytest.approx(1.0)
    assert world.slept == []


def test_an_hour_of_loading_does_not_cost_a_day_of_waiting() -> None:
    world = World()
    throttle = Throttle(5, senses=world.senses())
    world.work(3600, 4)
    throttle.pace()
    assert sum(world.slept) <= 61


@pytest.mark.parametrize("kind", ["share", "battery", "in use"])
def test_whatever_it_waits_for_it_wakes_within_a_slice(kind: str) -> None:
    world = World(mains=kind != "battery")
    throttle = Throttle(1, only_on_mains=kind == "battery", only_when_idle=kind == "in use", senses=world.senses())
    world.work(30, 4)
    throttle.pace(lambda: len(world.slept) >= 3)
    assert len(world.slept) == 3


def test_on_battery_it_waits_for_mains_and_says_so_once() -> None:
    world = World(mains=False)
    told: list[str | None] = []

    def heard(reason: str | None) -> None:
        told.append(reason)
        assert reason is None or world.mains is False

    throttle = Throttle(100, only_on_mains=True, on_wait=heard, senses=world.senses())
    throttle.pace(lambda: len(world.slept) >= 1000)
    world.mains = True
    throttle.pace()
    assert told == ["battery", None]


def test_it_waits_until_nobody_has_touched_the_computer_for_a_while() -> None:
    world = World(idle=IDLE_AFTER_S - 1)
    throttle = Throttle(100, only_when_idle=True, senses=world.senses())
    throttle.pace(lambda: len(world.slept) >= 5)
    world.idle = IDLE_AFTER_S
    throttle.pace()
    assert 5 < len(world.slept) < 100


def test_what_nobody_knows_is_no_reason_to_wait() -> None:
    world = World(mains=None, idle=None)
    Throttle(100, only_on_mains=True, only_when_idle=True, senses=world.senses()).pace()
    assert world.slept == []


def test_the_world_is_not_asked_at_every_frame() -> None:
    asked: list[float] = []
    world = World()
    senses = Senses(lambda: world.now_s, lambda: 0.0, world._sleep, lambda: asked.append(world.now_s) is None, None, 4)
    throttle = Throttle(100, only_on_mains=True, senses=senses)
    for _ in range(1000):
        world.work(0.01)
        throttle.pace()
    assert len(asked) <= 5
