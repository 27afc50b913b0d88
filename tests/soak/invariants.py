"""The promises of a library, each a function from what is held and what is expected to complaints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.jobs.events import Done
from engine.search.searcher import Searcher
from engine.types import LibrarySummary
from tests.soak.expected import Expected
from tests.soak.held import Facts, Held


@dataclass
class Memory:
    """What was found in each content when it was first complete; it stays, under the same id, until it is let go."""

    facts: dict[str, Facts] = field(default_factory=dict)

    def compare(self, held: Held, expected: Expected) -> Iterator[str]:
        for mark in expected.let_go:
            self.facts.pop(mark, None)
        expected.let_go.clear()
        sound = {mark for mark, one in expected.present().items() if one.is_sound}
        for mark in sound:
            now = held.visible.get(mark)
            before = self.facts.setdefault(mark, now) if now else None
            if now and before != now:
                yield f"video {mark[:8]} was {before} and is {now}"
        for mark in set(self.facts) - set(held.visible) - set(held.missing):
            del self.facts[mark]


def nothing_lost_nothing_doubled(held: Held, expected: Expected) -> Iterator[str]:
    """After a whole run: what lies on the disks is there, what is missing is kept for its month, the rest is gone."""
    present = expected.present()
    for mark, one in present.items():
        if one.is_sound and mark not in held.visible:
            yield f"{one.name} is lost" + (" (it counts as missing)" if mark in held.missing else "")
    yield from (f"a video is shown that lies nowhere: {mark[:8]}" for mark in set(held.visible) - set(present))
    for mark in expected.must_be_kept() - set(held.missing):
        yield f"missing video {mark[:8]} was let go before its month was over"
    for mark in expected.must_be_gone() & set(held.missing):
        yield f"missing video {mark[:8]} is kept after its month"


def files_agree(held: Held, expected: Expected) -> Iterator[str]:
    """Each file is known once, in its place, with its content; what is no video has a failure that says why."""
    on_disk = expected.files()
    yield from (f"file {place} is not known" for place in on_disk - set(held.files))
    yield from (f"file {place} is known and is not there" for place in set(held.files) - on_disk)
    for disk, files in expected.seen.items():
        for path, content in files.items():
            told = held.files.get((disk, path))
            if told is not None and told != content.mark:
                yield f"file {(disk, path)} counts as another video"
            if told is None and (disk, path) not in held.failed:
                yield f"file {(disk, path)} is neither a video nor a failure"
            if content.is_sound and (disk, path) in held.failed:
                yield f"file {(disk, path)} counts as failed and is sound"
    yield from (f"a failure is kept of {place}, which is not there" for place in held.failed - on_disk)


def counts_add_up(held: Held, expected: Expected, told: LibrarySummary, plugged: set[str]) -> Iterator[str]:
    """What `status` says is what the tables hold."""
    here = {one.mark for disk, files in expected.seen.items() if disk in plugged for one in files.values()}
    counted = {
        "videos": len(held.visible),
        "files": sum(mark is not None for mark in held.files.values()),
        "missing_videos": len(held.missing),
        "offline_videos": len(set(held.visible) - here),
        "frames": sum(one[1] for one in [*held.visible.values(), *held.missing.values()]),
        "moments": sum(one[1] for one in held.visible.values()),
        "vectors": sum(one[4] for one in [*held.visible.values(), *held.missing.values()]),
    }
    for name, number in counted.items():
        if getattr(told, name) != number:
            yield f"status says {getattr(told, name)} {name}, there are {number}"


def run_told_the_truth(done: Done, held: Held) -> Iterator[str]:
    if done.videos != len(held.visible):
        yield f"the run said {done.videos} videos, there are {len(held.visible)}"
    if len(done.failed) != len({(one["path"], one["stage"]) for one in done.failed}):
        yield "the run told a failure twice"


def all_is_found(searcher: Searcher, held: Held) -> Iterator[str]:
    """Search looks at every video that is shown, and at no other."""
    answer = searcher.search("red", limit=100)
    if answer.searched.videos != len(held.visible):
        yield f"search looked at {answer.searched.videos} videos of {len(held.visible)}"
    ids = {facts[0] for facts in held.visible.values()}
    found = [hit.video_id for hit in answer.hits]
    if not set(found) <= ids:
        yield "search found a video that is not shown"
    spots = [(hit.video_id, hit.start_s) for hit in answer.hits]
    if len(spots) != len(set(spots)):
        yield "search found a moment twice"
