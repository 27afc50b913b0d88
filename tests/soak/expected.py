"""What a library must hold, worked out from the disks alone and by rules written down a second time.

Kept by content: present while a file of it lies on a disk that is there, or lay there when that disk was last seen;
missing for a month of time that really passed; gone after that, or at once when it was forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.soak.world import Content, Place

DAY_S = 86_400.0
MONTH_S = 30 * DAY_S
SLACK_S = 600.0
"""The library looks at its clock a little later than we do."""


@dataclass
class Expected:
    broken: frozenset[str] = frozenset()
    """Fingerprints of what may or may not be read as a video."""
    seen: dict[str, dict[str, Content]] = field(default_factory=dict)
    """What was on each disk when it was last indexed."""
    left_out: set[Place] = field(default_factory=set)
    missing: dict[str, float] = field(default_factory=dict)
    """Fingerprint -> since when, in time that passed."""
    unsure: set[str] = field(default_factory=set)
    """Forgotten in one place while another place of it was already missing: may be kept or not."""
    let_go: set[str] = field(default_factory=set)
    """Forgotten in its last place: should a folder that is named bring it back, it is a new video."""
    _passed_s: float = 0.0
    _last_s: float | None = None

    def tick(self, now_s: float) -> None:
        """The library was told the time. Steps back are no time, leaps of more than a month count as a day."""
        if self._last_s is not None:
            gap = now_s - self._last_s
            self._passed_s += 0.0 if gap < 0 else gap if gap <= MONTH_S else DAY_S
        self._last_s = now_s

    def indexed(self, on_disks: dict[str, dict[str, Content]], *, named: bool = False) -> None:
        """A run over everything has ended. `named`: the folders were named, so that nothing is left out any more."""
        if named:
            self.left_out.clear()
        before = self._marks()
        for disk, files in on_disks.items():
            self.seen[disk] = {path: one for path, one in files.items() if not self._is_left_out((disk, path))}
        now = self._marks()
        for mark in before - now:
            self.missing.setdefault(mark, self._passed_s)
        for mark in now:
            self.missing.pop(mark, None)
        self.unsure -= now

    def forgot(self, disk: str, path: str) -> None:
        self.left_out.add((disk, path))
        before = self._marks()
        files = self.seen.get(disk, {})
        self.seen[disk] = {one: kept for one, kept in files.items() if not _is_below(one, path)}
        gone = before - self._marks()
        self.unsure |= gone
        self.let_go |= gone

    def present(self) -> dict[str, Content]:
        """What must be found, by fingerprint."""
        return {one.mark: one for files in self.seen.values() for one in files.values()}

    def files(self) -> set[Place]:
        return {(disk, path) for disk, files in self.seen.items() for path in files}

    def must_be_kept(self) -> set[str]:
        return {mark for mark in self.missing if self._missing_s(mark) < MONTH_S - SLACK_S} - self.unsure - self.broken

    def must_be_gone(self) -> set[str]:
        return {mark for mark in self.missing if self._missing_s(mark) > MONTH_S + SLACK_S}

    def _missing_s(self, mark: str) -> float:
        return self._passed_s - self.missing[mark]

    def _marks(self) -> set[str]:
        return set(self.present())

    def _is_left_out(self, place: Place) -> bool:
        return any(place[0] == disk and _is_below(place[1], path) for disk, path in self.left_out)


def _is_below(path: str, top: str) -> bool:
    return path == top or path.startswith(top + "/")
