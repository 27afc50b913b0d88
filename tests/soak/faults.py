"""What goes wrong in a soak. Each fault is a function that does it for real and leaves the mending to Reelfind.

`FAULTS` is the registry: a fault is added by being listed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from engine.errors import Cancelled, ExpectedError
from engine.jobs.events import Event
from engine.jobs.indexer import Plan
from engine.store.db import open_library
from engine.store.remembered import save_search
from tests.disks import can_mount
from tests.soak.soak import Soak
from tests.soak.stage import command

Fault = Callable[[Soak], None]
PATIENCE_S = 600
DAY_S = 86_400.0
LEAPS_S = (3600, DAY_S, 9 * DAY_S, 31 * DAY_S, 400 * DAY_S, 50 * 365 * DAY_S, -60, -3600, -60 * DAY_S)
QUERIES = ("red", "blue > green", '"red"', "-red", "name:1", "longer:1s white", "in:home", "")


def clock_jump(soak: Soak) -> None:
    """The calendar leaps, to the future or back."""
    leap = soak.world.chance.choice(LEAPS_S)
    soak.tell(f"the clock leaps by {leap / DAY_S:.3g} days")
    soak.pass_time(leap)


def dead_battery(soak: Soak) -> None:
    """The computer starts in 1970, is used, and then hears what day it is."""
    right = soak.world.stage.shift_s
    soak.tell("the clock stands at 1970 for one run")
    soak.pass_time(-1.7e9 - right)
    soak.settle()
    soak.pass_time(right - soak.world.stage.shift_s)


def a_month_in_days(soak: Soak) -> None:
    """Time really passes, a run a week: what is missing is let go when its month is over."""
    for _ in range(5):
        soak.tell("a week passes")
        soak.pass_time(7 * DAY_S)
        soak.settle()


def unplug(soak: Soak) -> None:
    """A disk is pulled out while nobody looks, and stays away."""
    plugged = [stick for stick in soak.world.sticks if stick.place is not None]
    if plugged:
        stick = soak.world.chance.choice(plugged)
        # What was changed on it since the last run is nobody's to know once it is gone.
        soak.index()
        soak.tell(f"unplug {stick.label}")
        soak.world.unplug(stick)


def plug_in(soak: Soak) -> None:
    """A disk comes back, perhaps elsewhere."""
    for stick in soak.world.sticks:
        if stick.place is None:
            place = soak.world.free_place()
            soak.tell(f"plug {stick.label} in at {place.relative_to(soak.top)}")
            soak.world.plug(stick, place)


def unplug_while_indexing(soak: Soak) -> None:
    """A disk is pulled out under the indexing child."""
    plugged = [stick for stick in soak.world.sticks if stick.place is not None]
    if plugged:
        stick = soak.world.chance.choice(plugged)
        place, on_it = stick.place, {one.mark for one in soak.world.look()[stick.label].values()}
        shown = soak.shown() & on_it
        _disturbed(soak, f"unplug {stick.label}", lambda: soak.world.unplug(stick))
        lost = shown - soak.shown()
        assert not lost, f"{len(lost)} videos of an unplugged disk are no longer shown"
        if stick.place is None:
            assert place is not None
            soak.world.plug(stick, place)


def change_while_indexing(soak: Soak) -> None:
    """Files are renamed, overwritten and deleted under the indexing child."""
    _disturbed(soak, "change files", lambda: soak.tell(soak.world.change()))


def forget_while_indexing(soak: Soak) -> None:
    """The user takes a file out of the library that is just being indexed."""
    _disturbed(soak, "forget a file", lambda: _forget_one(soak))


def forget_a_file(soak: Soak) -> None:
    _forget_one(soak)


def kill_the_child(soak: Soak) -> None:
    """`kill -9` on the indexing child at any event; the run goes on and ends well."""

    def kill() -> None:
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                child.kill()

    _disturbed(soak, "kill the child", kill, must_end=True)


def kill_the_parent(soak: Soak) -> None:
    """`kill -9` on `reelfind index` at any event; its child must end by itself."""
    process = _start(soak, "index")
    at = _after_lines(process, soak.world.chance.randint(1, 60))
    family = [] if process.poll() is not None else psutil.Process(process.pid).children(recursive=True)
    soak.tell(f"kill reelfind index after {at} lines")
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    assert not alive, "a child outlives its parent"


def interrupt(soak: Soak) -> None:
    """Ctrl+C."""
    process = _start(soak, "index")
    at = _after_lines(process, soak.world.chance.randint(1, 60))
    soak.tell(f"interrupt reelfind index after {at} lines")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, 130, -signal.SIGINT), process.returncode


def two_at_once(soak: Soak) -> None:
    """Two runs on one library: they take turns or one says that the other is at work."""
    soak.tell("two runs at once, and a search")
    runs = [_start(soak, "index"), _start(soak, "index")]
    search = _start(soak, "search", "red")
    said = [process.communicate(timeout=PATIENCE_S)[0].decode() for process in (*runs, search)]
    codes = [process.returncode for process in runs]
    assert 0 in codes, said
    for code, text in zip(codes, said, strict=False):
        assert code == 0 or "another indexing run is at work" in text, text
    assert search.returncode == 0, said[-1]


def search_while_indexing(soak: Soak) -> None:
    """Searches in another thread, as the window does it, all through a run."""
    stop = threading.Event()
    trouble: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                for query in QUERIES:
                    soak.desk.searcher.search(query)
                    soak.counts["searches"] += 1
        except BaseException as error:
            trouble.append(error)
            raise

    soak.tell("search while indexing")
    _ = soak.desk
    thread = threading.Thread(target=ask)
    thread.start()
    try:
        soak.index()
    finally:
        stop.set()
        thread.join()
    assert not trouble, trouble


def restart(soak: Soak) -> None:
    """The window is closed and opened again, with a search saved in between."""
    soak.tell("restart")
    soak.close_desk()
    name = f"search {len(soak.saved)}"
    db = open_library(soak.library)
    try:
        save_search(db, name, "red")
    finally:
        db.close()
    soak.saved.add(name)


def damage_caches(soak: Soak) -> None:
    """Bytes of the saved index are flipped, files of it cut or deleted. It is a cache: nothing may be missed."""
    soak.desk.catch_up()
    for side in soak.desk.sides:
        side.index.save()
    soak.close_desk()
    chance = soak.world.chance
    files = sorted(path for path in (soak.library / "index").rglob("*") if path.is_file() and path.name != "lock")
    for path in chance.sample(files, min(2, len(files))):
        soak.tell(f"damage {path.name}")
        _damage(soak, path)


def full_disk(soak: Soak) -> None:
    """The disk that holds the library is full for one run."""
    room = os.statvfs(soak.library)
    spare = room.f_bavail * room.f_frsize
    left = soak.world.chance.choice((0, 20_000, 100_000))
    ballast = soak.library.parent / "ballast"
    soak.tell(f"the library's disk has {left} bytes left")
    with ballast.open("wb") as file, suppress(OSError):
        file.write(bytes(max(0, spare - left)))
    try:
        _run_that_may_fail(soak, "full")
    finally:
        ballast.unlink()


def _damage(soak: Soak, path: Path) -> None:
    chance = soak.world.chance
    data = bytearray(path.read_bytes())
    way = chance.choice(("flip", "cut", "delete"))
    if way == "delete" or not data:
        path.unlink()
    elif way == "cut":
        path.write_bytes(data[: chance.randrange(len(data))])
    else:
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        path.write_bytes(data)


def _forget_one(soak: Soak) -> None:
    """A file of the library, chosen among those that were there at the last run."""
    roots = soak.world.roots()
    places = sorted(place for place in soak.expected.files() if place[0] in roots)
    if not places:
        return
    disk, path = soak.world.chance.choice(places)
    soak.tell(f"forget {disk}/{path}")
    try:
        soak.engine.forget([roots[disk] / path])
    except ExpectedError as error:
        # The run beside us may have found already that the file has moved away.
        if "not in the library" not in str(error):
            raise
    else:
        soak.expected.forgot(disk, path)


def _disturbed(soak: Soak, what: str, disturb: Callable[[], None], *, must_end: bool = False) -> None:
    """A run during which something happens at a random event, once."""
    at = soak.world.chance.randint(1, 80)
    heard = 0

    def hear(_event: Event) -> None:
        nonlocal heard
        heard += 1
        if heard == at:
            soak.tell(f"{what} at event {at}")
            disturb()

    _run_that_may_fail(soak, "" if must_end else "cannot be read", hear)


def _run_that_may_fail(soak: Soak, allowed: str, hear: Callable[[Event], None] = lambda _event: None) -> None:
    try:
        soak.engine.index(soak.engine.supervisor(hear), Plan())
    except Cancelled:
        raise AssertionError("nobody cancelled") from None
    except ExpectedError as error:
        if not allowed or allowed not in str(error):
            raise
        soak.tell(f"said: {error}")


def _start(soak: Soak, *words: str) -> subprocess.Popen[bytes]:
    line = command(Path(soak.world.stage.file), "--library", soak.library, "--json", *words)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)


def _after_lines(process: subprocess.Popen[bytes], number: int) -> int:
    """Wait until a run has told so many lines or is over: a moment that does not depend on the machine."""
    assert process.stdout is not None
    for at in range(number):
        if not process.stdout.readline():
            return at
    return number


FAULTS: tuple[Fault, ...] = (
    clock_jump, dead_battery, a_month_in_days, unplug, plug_in, unplug_while_indexing, change_while_indexing,
    forget_while_indexing, forget_a_file, kill_the_child, kill_the_parent, interrupt, two_at_once,
    search_while_indexing, restart, damage_caches, *((full_disk,) if can_mount() else ()),
)  # fmt: skip
