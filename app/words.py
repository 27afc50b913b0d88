"""The words of the window: translation, and how times, counts and sizes are written for people.

A catalogue is a JSON file of English texts and their translations, read once before the window opens. A text that it
lacks is shown in English.
"""

from __future__ import annotations

import json
from pathlib import Path

from app.sentences import Sentences
from engine.errors import ExpectedError
from engine.paths import assets_dir

TIMES = "\N{MULTIPLICATION SIGN}"
LANGUAGES = {"en": "English", "de": "Deutsch", "ko": "한국어"}
_catalogue: dict[str, str] = {}
_of_the_engine = Sentences()


def use_language(name: str, folder: Path | None = None) -> None:
    """Speak the language of a locale such as `de_AT`; English where there is no catalogue of it."""
    code = name.replace("-", "_").split("_")[0].lower()
    folder = folder or assets_dir() / "translations"
    _catalogue.clear()
    _catalogue.update(_read(folder, code))
    _of_the_engine.use(_read(folder / "engine", code))


def _read(folder: Path, code: str) -> dict[str, str]:
    path = folder / f"{code}.json"
    is_known = code in LANGUAGES and path.is_file()
    return json.loads(path.read_text(encoding="utf-8")) if is_known else {}


def tr(text: str, /, **values: object) -> str:
    """The text in the user's language, its {names} filled in."""
    said = _catalogue.get(text, text)
    return said.format(**values) if values else said


def told(text: str) -> str:
    """A sentence of the engine in the user's language."""
    return _of_the_engine.said(text)


def told_error(error: ExpectedError) -> str:
    """Subject, reason and remedy."""
    return f"{told(error.subject)}: {told(error.reason)}. {told(error.remedy)}."


def shown(name: object) -> str:
    """A path or name as it can be written: bytes that are no text become marks."""
    return str(name).encode("utf-8", "replace").decode("utf-8")


def some(number: int, one: str, many: str) -> str:
    """`1 video`, `2 000 videos`: the text for one, or the one for many with {n} filled in. Both are English texts."""
    return tr(one) if number == 1 else tr(many, n=count(number))


def clock(seconds: float) -> str:
    """`0:07`, `12:05`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def exact_clock(seconds: float) -> str:
    """`0:07.25`: for places where frames are told apart."""
    hundredths = max(0, round(seconds * 100))
    return f"{clock(hundredths // 100)}.{hundredths % 100:02}"


def span(start_s: float, end_s: float) -> str:
    return f"{clock(start_s)} \N{EN DASH} {clock(end_s)}" if int(end_s) > int(start_s) else clock(start_s)


def long(seconds: float) -> str:
    """How much video there is."""
    if seconds < 5400:
        return some(max(1, round(seconds / 60)), "1 minute", "{n} minutes")
    return tr("{n} hours", n=f"{seconds / 3600:.1f}" if seconds < 36_000 else count(round(seconds / 3600)))


def left(seconds: float) -> str:
    """How long something still takes, no more exactly than anyone can know."""
    if seconds < 60:
        return tr("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("about {n} min left", n=minutes)
    return tr("about {hours} h {minutes} min left", hours=minutes // 60, minutes=minutes % 60)


def count(number: int) -> str:
    """With thin spaces between thousands, which no language reads as a decimal point."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(number: int) -> str:
    """`12 MB`, `3.4 GB`: as disks are sold."""
    if number < 1_000_000_000:
        return f"{max(1, round(number / 1_000_000))} MB"
    return f"{number / 1_000_000_000:.1f} GB"
