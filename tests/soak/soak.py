"""The soak itself: disks change, something goes wrong, the library is brought up to date, every promise is checked."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from engine import clock
from engine.engine import Engine
from engine.jobs.events import Done, Event
from engine.jobs.indexer import Plan
from engine.search.opening import SearchDesk
from engine.store.db import open_library
from engine.store.remembered import saved_searches
from tests.disks import MemoryDisk, can_mount
from tests.libraries import tiny_library
from tests.soak import held as tables
from tests.soak import invariants
from tests.soak.expected import Expected
from tests.soak.invariants import Memory
from tests.soak.stage import Stage, enter
from tests.soak.world import World

FIRST_FILES = 8
STALL_S = 240
"""Long enough that a busy machine is never taken for a file that hangs."""


class BrokenPromise(AssertionError):
    """What does not hold, with the seed and all that happened."""


@dataclass
class Soak:
    top: Path
    seed: int
    hear: Callable[[str], None] = lambda _line: None
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        stage = Stage(str(self.top / "stage.json"))
        stage.write()
        self._stage = enter(Path(stage.file))
        self.world = World(self.top, self.seed, stage)
        self.expected = Expected(frozenset(one.mark for one in self.world.contents if not one.is_sound))
        self.disk = MemoryDisk("LIBRARY", self.top) if can_mount() else None
        if self.disk is not None:
            self.disk.plug(self.top / "disk")
        self.library = tiny_library(self.top / "disk" / "library", stall_s=STALL_S)
        self.engine = Engine(self.library)
        self.memory = Memory()
        for _ in range(FIRST_FILES):
            self.tell(self.world.add())
        self.index(named=True)
        self._desk: SearchDesk | None = self.engine.desk(follow=lambda: None)

    # --- what happens ------------------------------------------------------------------------------------------

    def tell(self, line: str) -> None:
        self.story.append(line)
        self.hear(line)

    def count(self, fault: str) -> None:
        self.counts[fault] += 1

    @property
    def desk(self) -> SearchDesk:
        """Search as an open window has it, kept over many steps."""
        if self._desk is None:
            self._desk = self.engine.desk(follow=lambda: None)
        return self._desk

    def close_desk(self) -> None:
        if self._desk is not None:
            self._desk.close()
            self._desk = None

    def pass_time(self, seconds: float) -> None:
        self.world.stage.shift_s += seconds
        self.world.stage.write()

    def index(self, *, named: bool = False, hear: Callable[[Event], None] = lambda _event: None) -> Done:
        """A whole run of the real child over all folders whose disk is there. Nobody changes anything meanwhile."""
        folders = tuple(self.world.roots().values()) if named else ()
        self.expected.tick(clock.now_s())
        done = self.engine.index(self.engine.supervisor(hear), Plan(folders))
        self.expected.indexed(self.world.look(), named=named)
        self.counts["index runs"] += 1
        return done

    def settle(self) -> None:
        """Bring the library up to date and check every promise."""
        named = bool(self.world.sticks_moved) or self.world.chance.random() < 0.1
        self.world.sticks_moved = False
        self.check(self.index(named=named))

    # --- what must hold ----------------------------------------------------------------------------------------

    def shown(self) -> set[str]:
        """Fingerprints of the videos that can be found now."""
        with closing(open_library(self.library)) as db:
            return set(tables.read(db, self.world.home).visible)

    def check_soundness(self) -> None:
        """What holds at any moment, also right after a kill."""
        with closing(open_library(self.library)) as db:
            self._demand(tables.unsound(db, self.engine.thumbs()))

    def check(self, done: Done) -> None:
        """All that holds after a whole run."""
        with closing(open_library(self.library)) as db:
            held = tables.read(db, self.world.home)
            told = self.engine.status().summary
            self.desk.catch_up()
            self._demand(
                itertools.chain(
                    tables.unsound(db, self.engine.thumbs()),
                    invariants.nothing_lost_nothing_doubled(held, self.expected),
                    invariants.files_agree(held, self.expected),
                    invariants.counts_add_up(held, self.expected, told, set(self.world.roots())),
                    invariants.run_told_the_truth(done, held),
                    self.memory.compare(held, self.expected),
                    invariants.all_is_found(self.desk.searcher, held),
                    *(tables.index_differs(db, side.index) for side in self.desk.sides),
                    self._leftovers(held),
                    self._forgotten_by_search({one.name for one in saved_searches(db)}),
                )
            )
        self.counts["checks"] += 1

    def _leftovers(self, held: tables.Held) -> Iterator[str]:
        thumbs = {path.stem for path in (self.library / "thumbs").glob("*/*.tiles")}
        for mark in thumbs - set(held.visible) - set(held.missing):
            yield f"small pictures of {mark[:8]} are left, though its video is gone"
        yield from (f"{path.name} is left" for path in self.library.rglob("*.part"))

    def _forgotten_by_search(self, saved: set[str]) -> Iterator[str]:
        if saved != self.saved:
            yield f"saved searches are {sorted(saved)} and were {sorted(self.saved)}"

    def _demand(self, complaints: Iterator[str]) -> None:
        found = sorted(complaints)
        if found:
            told = "\n".join([f"seed {self.seed}:", *self.story, "Then:", *found])
            raise BrokenPromise(told)

    def close(self) -> None:
        self.close_desk()
        self.world.close()
        if self.disk is not None:
            self.disk.unplug()
        self._stage.close()
