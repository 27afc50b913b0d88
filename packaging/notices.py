"""Puts the licences into a package: each text that came with what was packed, those of the libraries that brought none,
and a page that says where the source of everything under a copyleft licence lies. Says nothing of its own about law:
that is LICENCES.md, which goes along.
"""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

from licence_rules import Rules
from sbom import Component

HERE = Path(__file__).parent
TEXTS = HERE / "licences"
NOTICE = re.compile(r"(?:licen[cs]e|copying|notice|authors|third.?party)", re.IGNORECASE)
CODE = (".py", ".pyc", ".so", ".pyd")


def write_notices(target: Path, packed: Iterable[Distribution]) -> None:
    """Fill `target` with the licence texts."""
    shutil.copytree(TEXTS, target)
    shutil.copy(HERE / "LICENCES.md", target)
    shutil.copy(HERE.parent / "LICENSE", target / "Reelfind.txt")
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if python.is_file():
        shutil.copy(python, target / "Python.txt")
    for found in packed:
        _copy_notices(found, target / "distributions" / found.name)


def _copy_notices(found: Distribution, folder: Path) -> None:
    for file in found.files or ():
        place = Path(str(file.locate()))
        if NOTICE.search(file.name) and file.suffix not in CODE and place.is_file():
            inside = [part for part in file.parts[:-1] if not part.endswith(".dist-info") and part != "licenses"]
            copy = folder.joinpath(*inside, file.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(place, copy)


def sources(rules: Rules, components: Iterable[Component]) -> str:
    """The page on the source of what is under the GPL or the LGPL, for exactly what was packed."""
    natives = {native.name: native for native in rules.natives}
    lines = [
        "Where the source of the parts under the GNU GPL and LGPL lies",
        "",
        "Whoever hands this package on has to offer these sources at the same place, or say how they are got.",
        "The files named can be replaced by other builds of the same library: they are ordinary shared libraries.",
        "",
    ]
    for component in components:
        native = natives.get(component.name)
        if native is not None and native.copyleft:
            lines += [f"{native.name} ({native.licence})", f"  source: {native.source}"]
            lines += [f"  file:   {path}" for path, _ in component.files]
        elif "GPL" in component.licence and component.purl.startswith("pkg:pypi/"):
            lines += [f"{component.name} {component.version} ({component.licence})", f"  source: {component.purl}"]
    return "\n".join([*lines, "", f"Built with Python {sys.version.split()[0]}.", ""])
