"""The libraries that Reelfind is made with and their licences, as those libraries state them. Blocking; knows no Qt.

Nothing is listed by hand: what is needed is read from the metadata of what is installed, so it cannot fall behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution, distributions
from pathlib import Path

from engine.packaged import is_packaged

OURS = "reelfind"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TEXTS = re.compile(r"(?:licen[cs]e|copying|notice)", re.IGNORECASE)
_CLASSIFIER = "License ::"
LONGEST_NAME = 60
GPL_PARTS = ("x264", "x265", "xvid", "rubberband", "vidstab")


@dataclass(frozen=True, slots=True)
class Library:
    name: str
    version: str
    licence: str
    """Its own short name for it; empty where it states none."""
    texts: tuple[str, ...]
    """The licences in full, as far as they came along."""


@dataclass(frozen=True, slots=True)
class Licences:
    libraries: tuple[Library, ...]
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Decoder:
    """FFmpeg, as it says of itself how it was built."""

    version: str
    licence: str
    gpl_parts: tuple[str, ...]
    """Encoders in it that are under the GPL whatever the rest is under."""


def used_libraries() -> Licences:
    """Everything that the installed program needs, by name. A packaged one holds that and nothing else."""
    needed = distributions() if is_packaged() else _needed(OURS)
    found = {one.metadata["Name"]: one for one in needed}
    libraries = tuple(_library(found[name]) for name in sorted(found, key=str.casefold))
    return Licences(libraries, _decoder())


def _needed(name: str, seen: set[str] | None = None) -> Iterator[Distribution]:
    """What a distribution needs to run, and what that needs; not what only an extra would need."""
    seen = set() if seen is None else seen
    try:
        dist = distribution(name)
    except PackageNotFoundError:
        return  # for another system or another Python, or left out of a package
    for requirement in dist.requires or ():
        match = _NAME.match(requirement)
        marker = requirement.partition(";")[2]
        if match is None or "extra ==" in marker or _plain(match[0]) in seen:
            continue
        seen.add(_plain(match[0]))
        try:
            yield distribution(match[0])
        except PackageNotFoundError:
            continue
        yield from _needed(match[0], seen)


def _library(dist: Distribution) -> Library:
    texts = [
        text.strip()
        for path in dist.files or ()
        if _TEXTS.search(path.name) and path.suffix not in (".py", ".pyc")
        if (text := _read(path))
    ]
    return Library(dist.metadata["Name"], dist.version, _licence(dist), tuple(dict.fromkeys(texts)))


def _licence(dist: Distribution) -> str:
    about = dist.metadata
    stated = ", ".join(about.get_all("License-Expression") or ())
    if not stated:
        classifiers = [one for one in about.get_all("Classifier") or () if one.startswith(_CLASSIFIER)]
        stated = ", ".join(one.rpartition("::")[2].strip() for one in classifiers)
    if not stated:
        first = "\n".join(about.get_all("License") or ()).strip().splitlines()
        stated = first[0] if first and len(first[0]) <= LONGEST_NAME else ""
    return stated


def _read(path: PackagePath) -> str:
    try:
        return Path(str(path.locate())).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _decoder() -> Decoder:
    import av  # noqa: PLC0415 - only this page needs it in the window's process
    from av._core import library_meta  # noqa: PLC0415 - the one place where FFmpeg's own words can be read

    about = library_meta["libavcodec"]
    parts = tuple(name for name in GPL_PARTS if f"--enable-lib{name}" in about["configuration"])
    return Decoder(av.ffmpeg_version_info, str(about["license"]), parts)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
