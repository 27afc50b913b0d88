"""The full-text leg: which texts hold the words of a query, and how much of the query each of them covers.

A rare word counts for more than a common one. A word that is everywhere is not looked for: it would cost much and
say nothing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.search.query import Part, Term
from engine.store.search import MARK_OFF, MARK_ON, TextMatch, count_texts, count_texts_with, text_matches
from engine.types import VideoId

TOO_COMMON = 5000
MOST_TEXTS = 300
_SILENT = """
a an and are as at be been by do does for from has have he her his i in into is it its of on or our she that the their
there they this to was we were who with you your
"""
SILENT = frozenset(_SILENT.split())
"""Words that say nothing of what is to be seen; they count only where a query has no others."""
_ENDINGS = ("ing", "ed", "es", "s")
_TOKEN = re.compile(r"[^\W_]+")
_MARKED = re.compile(f"{MARK_ON}(.*?){MARK_OFF}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WordHit:
    """One text and the share of the query it covers, from 0 to 1."""

    match: TextMatch
    coverage: float

    @property
    def text(self) -> str:
        return self.match.marked.replace(MARK_ON, "").replace(MARK_OFF, "")


@dataclass(frozen=True, slots=True)
class _Form:
    """What counts as a term: any of some words, words in a row, or a word that begins so."""

    words: frozenset[str] = frozenset()
    row: tuple[str, ...] = ()
    beginning: str = ""

    def is_in(self, tokens: Sequence[str]) -> bool:
        if self.beginning:
            return any(token.startswith(self.beginning) for token in tokens)
        return not self.words.isdisjoint(tokens) or (bool(self.row) and _follows(tokens, self.row))


@dataclass(frozen=True, slots=True)
class _Wanted:
    form: _Form
    expression: str
    weight: float


def tokens_of(text: str) -> tuple[str, ...]:
    """Words as the full-text index has them: no case, no accents."""
    if text.isascii():
        return tuple(_TOKEN.findall(text.lower()))
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(mark for mark in apart if not unicodedata.combining(mark))
    return tuple(_TOKEN.findall(unicodedata.normalize("NFC", bare)))


def find_words(db: Database, part: Part, videos: Sequence[VideoId] | None = None) -> list[WordHit]:
    """Texts, of some videos or of all, that hold words of the part; those that cover most of it first."""
    size = max(1, count_texts(db))
    wanted = [_wanted(db, term, size) for term in _telling(part)]
    rare = [one.expression for one in wanted if one.weight > 0]
    if not rare:
        return []
    total = sum(one.weight for one in wanted)
    matches = text_matches(db, " OR ".join(rare), MOST_TEXTS, videos)
    hits = [WordHit(match, _covered(match, wanted) / total) for match in matches]
    return sorted((hit for hit in hits if hit.coverage > 0), key=lambda hit: (-hit.coverage, hit.match.rank))


def is_said(db: Database, term: Term, videos: Sequence[VideoId] | None = None) -> bool:
    """Whether any text holds the term."""
    match = expression(term)
    return bool(match) and bool(text_matches(db, match, 1, videos))


def expression(term: Term) -> str:
    """A term in FTS5's language: in quotes, so that nothing a user types is an operator."""
    tokens = list(tokens_of(term.text))
    if not tokens:
        return ""
    if term.is_phrase or len(tokens) > 1:
        return _quoted(" ".join(tokens))
    if _has_no_spaces_between_words(tokens[0]):
        return _quoted(tokens[0]) + "*"
    return "(" + " OR ".join(_quoted(form) for form in variants(tokens[0])) + ")"


def variants(word: str) -> tuple[str, ...]:
    """A word and its plain English forms: jumps, jump, jumped, jumping."""
    stems = [word, *(word.removesuffix(end) for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3)]
    forms = [stem + end for stem in stems for end in ("", *_ENDINGS)]
    return tuple(dict.fromkeys(forms))


def covers(term: Term, text: str) -> bool:
    """Whether a text holds a term, by the rules of the full-text leg."""
    return _form(term, is_prefix=_is_prefix(term)).is_in(tokens_of(text))


def _telling(part: Part) -> list[Term]:
    terms = [term for term in part.words if tokens_of(term.text)]
    return [term for term in terms if term.is_phrase or term.text.casefold() not in SILENT] or terms


def _wanted(db: Database, term: Term, size: int) -> _Wanted:
    match = expression(term)
    is_prefix = _is_prefix(term)
    found = count_texts_with(db, match, TOO_COMMON + 1)
    if not found and not term.is_phrase and len(term.text) >= 2:
        # Perhaps a word that is still being typed.
        match, is_prefix = _quoted(tokens_of(term.text)[-1]) + "*", True
        found = count_texts_with(db, match, TOO_COMMON + 1)
    weight = 0.0 if found > TOO_COMMON else term.weight * math.log(1.0 + size / max(1, found))
    return _Wanted(_form(term, is_prefix=is_prefix), match, weight)


def _form(term: Term, *, is_prefix: bool) -> _Form:
    tokens = tokens_of(term.text)
    if is_prefix:
        return _Form(beginning=tokens[-1])
    if len(tokens) != 1:
        return _Form(row=tokens)
    return _Form(words=frozenset(tokens if term.is_phrase else variants(tokens[0])))


def _is_prefix(term: Term) -> bool:
    tokens = tokens_of(term.text)
    return not term.is_phrase and len(tokens) == 1 and _has_no_spaces_between_words(tokens[0])


def _covered(match: TextMatch, wanted: Sequence[_Wanted]) -> float:
    marked = tokens_of(" ".join(_MARKED.findall(match.marked)))
    return sum(one.weight for one in wanted if one.form.is_in(marked))


def _follows(tokens: Sequence[str], row: tuple[str, ...]) -> bool:
    return any(tuple(tokens[at : at + len(row)]) == row for at in range(len(tokens) - len(row) + 1))


def _has_no_spaces_between_words(word: str) -> bool:
    """Chinese, Japanese, Korean: a word of the query is often the beginning of a longer run of letters."""
    return any(ord(mark) >= 0x2E80 for mark in word)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
