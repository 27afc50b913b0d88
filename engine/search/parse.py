"""From what was typed to what it means. Total: any string gives a query, and what was left out is said.

dog jumps   "exact words"   -cat   -"red car"   run > swim   dog^2   in:holiday   -type:mov   after:2024-05
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast, get_args

from engine.search.query import Condition, FilterKey, Part, Query, Term
from engine.search.values import date, seconds, stars, yes_or_no

LONGEST = 2000
MOST_TERMS = 48
MOST_PARTS = 6
HEAVIEST = 10.0

# A "key:" that is none of ours is just text, such as a time or an address.
_TOKEN = re.compile(
    rf"""(?P<minus>-?)(?:(?P<key>{"|".join(get_args(FilterKey))}):)?(?P<body>"[^"]*"?|[^\s"]+)"""
    r"""(?:(?<=")\^(?P<weight>\d{1,4}(?:\.\d{1,4})?)(?!\S))?""",
    re.IGNORECASE | re.ASCII,
)
_WORD_WEIGHT = re.compile(r"(?P<word>.*[^^])\^(?P<weight>\d{1,4}(?:\.\d{1,4})?)\Z", re.DOTALL | re.ASCII)
_THEN = frozenset({">", "->", "→"})

_Check = Callable[[str], str | None]


def _plain(text: str) -> str | None:
    return text or None


_CHECKS: dict[FilterKey, tuple[_Check, str]] = {
    "after": (date, "is not a date, such as 2024, 2024-05 or 2024-05-31"),
    "before": (date, "is not a date, such as 2024, 2024-05 or 2024-05-31"),
    "longer": (seconds, "is not a length of time, such as 30, 90s or 1:30"),
    "shorter": (seconds, "is not a length of time, such as 30, 90s or 1:30"),
    "rating": (stars, "is not a number of stars from 1 to 5"),
    "offline": (yes_or_no, "is neither yes nor no"),
}


@dataclass(slots=True)
class _Draft:
    parts: list[list[Term]] = field(default_factory=lambda: [[]])
    absent: list[Term] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(map(len, self.parts)) + len(self.absent) + len(self.conditions)

    def leave_out(self, text: str, why: str) -> None:
        self.ignored.append(text)
        self.notes.append(f'"{text}" {why}, so it was left out.')


def parse(text: str) -> Query:
    """What `text` asks for. Never raises."""
    draft = _Draft()
    clean = tidy(text)
    if len(clean) > LONGEST:
        draft.notes.append(f"Only the first {LONGEST:,} characters of the query were read.")
        clean = clean[:LONGEST]
    for match in _tokens(clean):
        if draft.size >= MOST_TERMS:
            draft.notes.append(f"Only the first {MOST_TERMS} words of the query were used.")
            break
        _read(draft, match)
    # A step whose words all weigh nothing asks for nothing.
    parts = tuple(part for terms in draft.parts if (part := Part(tuple(terms))).text)
    return Query(
        parts,
        tuple(dict.fromkeys(draft.absent)),
        tuple(dict.fromkeys(draft.conditions)),
        tuple(dict.fromkeys(draft.notes)),
        tuple(draft.ignored),
    )


def tidy(text: str) -> str:
    """Composed letters, plain quotes, no control characters, no halves of characters, single spaces."""
    text = text[: 4 * LONGEST].encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    kept = (" " if unicodedata.category(mark) in ("Cc", "Zl", "Zp", "Cs") else mark for mark in text)
    return " ".join("".join(kept).split())


_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def _tokens(text: str) -> Iterator[re.Match[str]]:
    return _TOKEN.finditer(text)


def _read(draft: _Draft, match: re.Match[str]) -> None:
    whole, body = match[0], match["body"]
    if whole in _THEN:
        _next_part(draft)
        return
    key = (match["key"] or "").casefold()
    if key:
        _read_filter(draft, cast("FilterKey", key), match)
        return
    term = _phrase(body, match["weight"]) if body.startswith('"') else _word(body)
    if term is None:
        return
    if match["minus"]:
        draft.absent.append(Term(term.text, term.is_phrase))
    else:
        draft.parts[-1].append(term)


def _next_part(draft: _Draft) -> None:
    if not draft.parts[-1]:
        return
    if len(draft.parts) == MOST_PARTS:
        draft.notes.append(f"Only {MOST_PARTS} steps can follow each other; the others were joined to the last.")
        return
    draft.parts.append([])


def _read_filter(draft: _Draft, key: FilterKey, match: re.Match[str]) -> None:
    value = " ".join(match["body"].replace('"', " ").split())
    check, problem = _CHECKS.get(key, (_plain, "has no value"))
    checked = check(value)
    if checked is None:
        draft.leave_out(f"{key}:{value}", problem)
        return
    draft.conditions.append(Condition(key, checked, bool(match["minus"])))


def _phrase(body: str, weight: str | None) -> Term | None:
    text = " ".join(body.replace('"', " ").split())
    return Term(text, True, _weight(weight)) if _says_something(text) else None


def _word(text: str) -> Term | None:
    weighted = _WORD_WEIGHT.match(text)
    word, weight = (weighted["word"], weighted["weight"]) if weighted else (text, None)
    # What is shown back must be read the same way again, whatever marks stand at its ends.
    word = word.lstrip("-")
    if not _says_something(word):
        return None
    return Term(word, False, _weight(weight))


def _weight(text: str | None) -> float:
    return min(HEAVIEST, round(float(text), 2)) if text else 1.0


def _says_something(text: str) -> bool:
    """Whether there is a letter, digit or picture in it; marks alone say nothing."""
    return any(unicodedata.category(mark)[0] in "LNMS" and mark not in "^`<>=+|~$" for mark in text)
