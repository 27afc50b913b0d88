"""Which licences may go into the packaged program: reads licences.toml, and what distributions say about themselves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

FILE = Path(__file__).with_name("licences.toml")

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_VERSIONED = re.compile(r"[-.](?:[0-9a-f]{8,}|\d|so\b|dylib\b|dll\b|pyd\b|abi3\b|cpython|cp3)|-$|\.framework\b")


@dataclass(frozen=True, slots=True)
class Native:
    """A library, or several of one origin, that lies inside another distribution."""

    name: str
    files: tuple[str, ...]
    licence: str
    source: str = ""
    copyleft: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    allowed: frozenset[str]
    distributions: Mapping[str, str]
    natives: tuple[Native, ...]

    def objection(self, licence: str) -> str | None:
        """Why a licence may not go in; None when it may."""
        try:
            expression = canonicalize_license_expression(licence)
        except InvalidLicenseExpression:
            return f"{licence!r} is no SPDX licence expression" if licence else "it names no licence"
        if not _holds(_words(expression), self.allowed):
            return f"{expression} is not on the list in {FILE.name}"
        return None

    def native(self, path: str) -> Native | None:
        """Whose library lies at this place of an environment or a package."""
        known_as = (f"{owner(path)}/{stem(path)}", path)
        for native in self.natives:
            if any(fnmatchcase(name, pattern) for pattern in native.files for name in known_as):
                return native
        return None

    def of_distribution(self, metadata: Message) -> str:
        """The licence of a distribution: what the list says, its expression, its field, or its classifiers."""
        listed = self.distributions.get(canonicalize_name(metadata["Name"]))
        return listed or metadata["License-Expression"] or _from_fields(metadata)


def load_rules(path: Path = FILE) -> Rules:
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    natives = tuple(Native(**{**one, "files": tuple(one["files"])}) for one in values["native"])
    return Rules(frozenset(values["allowed"]), values["distributions"], natives)


def owner(path: str) -> str:
    """What a file lies with, by its top folder: `pillow.libs` and `PIL` are Pillow's, a bare file is nobody's."""
    top, slash, _ = path.partition("/")
    if not slash:
        return "."
    top = top.removesuffix(".libs")
    return "python3" if re.fullmatch(r"python3\.\d+", top) else {"PIL": "pillow"}.get(top, top)


def stem(path: str) -> str:
    """The name of a library without `lib`, hashes, versions and endings."""
    name = path.rpartition("/")[2].removeprefix("lib")
    found = _VERSIONED.search(name)
    return name[: found.start()] if found else name.partition(".")[0]


def _from_fields(metadata: Message) -> str:
    field = (metadata["License"] or "").strip()
    try:
        if field:
            return canonicalize_license_expression(field)
    except InvalidLicenseExpression:
        pass
    classifiers = [one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier") or () if "License ::" in one]
    known = [CLASSIFIERS[one] for one in classifiers if one in CLASSIFIERS]
    return " AND ".join(known) if known and len(known) == len(classifiers) else field[:80]


def _words(expression: str) -> list[str]:
    """Brackets, AND, OR, and licences, each with its exception."""
    joined = re.sub(r"\s+WITH\s+", "~", expression)
    return [word.replace("~", " WITH ") for word in re.findall(r"[()]|[^\s()]+", joined)]


def _holds(words: Iterable[str], allowed: frozenset[str]) -> bool:
    """Whether an expression can be met by allowed licences alone: AND needs both sides, OR one of them."""
    waiting = list(words)

    def either() -> bool:
        result = both()
        while waiting and waiting[0] == "OR":
            waiting.pop(0)
            result = both() or result
        return result

    def both() -> bool:
        result = one()
        while waiting and waiting[0] == "AND":
            waiting.pop(0)
            result = one() and result
        return result

    def one() -> bool:
        word = waiting.pop(0)
        if word != "(":
            return word in allowed
        result = either()
        waiting.pop(0)
        return result

    return either()
