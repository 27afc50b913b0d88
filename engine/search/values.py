"""Values of filters as people write them: dates, lengths of time, stars, yes and no. What makes no sense is None."""

from __future__ import annotations

import datetime
import re

from engine import clock

_DATE = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?\Z", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})\Z", re.ASCII)
_UNITS = re.compile(
    r"(?:(\d+(?:\.\d+)?)(?:h|hours?))?(?:(\d+(?:\.\d+)?)(?:m|min|mins|minutes?))?"
    r"(?:(\d+(?:\.\d+)?)(?:s|sec|secs|seconds?)?)?\Z",
    re.ASCII,
)
_YES = frozenset({"yes", "true", "1", "on", "only"})
_NO = frozenset({"no", "false", "0", "off"})


def date(text: str) -> str | None:
    """`2024`, `2024-5`, `2024-05-31`, `today`, `yesterday` -> as far as given, in ISO form; None if not a date."""
    word = text.casefold()
    if word in ("today", "yesterday"):
        day = clock.now().date() - datetime.timedelta(days=word == "yesterday")
        return day.isoformat()
    match = _DATE.match(text)
    if match is None:
        return None
    numbers = [int(group) for group in match.groups() if group]
    try:
        datetime.date(*[*numbers, 1, 1][:3])
    except ValueError:
        return None
    return "-".join([f"{numbers[0]:04}", *(f"{number:02}" for number in numbers[1:])])


def seconds(text: str) -> str | None:
    """`90`, `90s`, `1m30s`, `1:30`, `2h` -> seconds as a number written shortest; None if not a length of time."""
    clock = _CLOCK.match(text)
    if clock is not None:
        hours, minutes, rest = (int(group or 0) for group in clock.groups())
        return f"{hours * 3600 + minutes * 60 + rest}"
    match = _UNITS.match(text.casefold())
    if not text or match is None:
        return None
    hours, minutes, rest = (float(group or 0) for group in match.groups())
    total = hours * 3600 + minutes * 60 + rest
    return f"{total:g}" if total < 1e6 else None


def stars(text: str) -> str | None:
    """`1` to `5`."""
    return text if text in ("1", "2", "3", "4", "5") else None


def yes_or_no(text: str) -> str | None:
    word = text.casefold()
    return "yes" if word in _YES else "no" if word in _NO else None
