"""What the program is made of: a CycloneDX list of every distribution and library, each held against licences.toml.

    python packaging/sbom.py            checks what is installed here; part of `make check`

`make package` calls `of_package` for what was really packed, and writes the list into the package.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import Distribution
from pathlib import Path

from distributions import runtime_distributions
from licence_rules import Rules, load_rules, owner

LIBRARY = re.compile(r"\.(?:so(?:\.[\d.]+)?|dylib|dll|pyd)$")
EXTENSION = re.compile(r"\.(?:cpython-[^/]*|abi3)\.so$|\.pyd$")
"""A module of the distribution itself. All other libraries came from elsewhere and must be named in licences.toml."""

ALL_OF_QT = "PySide6/"
"""Its wheel holds every part of Qt. Which of them go with the program is only known, and checked, when it is packed."""


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    version: str
    licence: str
    purl: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Path and sha256 of each library, for what has no other identity."""


@dataclass(slots=True)
class Inventory:
    components: list[Component] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def add(self, rules: Rules, component: Component) -> None:
        objection = rules.objection(component.licence)
        if objection is not None:
            self.complaints.append(f"{component.name} {component.version}: {objection}")
        self.components.append(component)


def of_environment(rules: Rules) -> Inventory:
    """What is installed here and would be part of a run."""
    inventory = Inventory()
    for found in sorted(runtime_distributions(), key=lambda one: one.name.lower()):
        _add_distribution(inventory, rules, found)
        paths = [
            str(file) for file in found.files or () if is_foreign(str(file)) and not str(file).startswith(ALL_OF_QT)
        ]
        _add_natives(inventory, rules, paths, Path(str(found.locate_file(""))))
    return inventory


def of_package(rules: Rules, folder: Path, packed: Iterable[Distribution]) -> Inventory:
    """What lies in a package's folder."""
    inventory = Inventory()
    for found in sorted(packed, key=lambda one: one.name.lower()):
        _add_distribution(inventory, rules, found)
    version = ".".join(map(str, sys.version_info[:3]))
    inventory.add(rules, Component("Python", version, "Python-2.0", "pkg:generic/python@" + version))
    paths = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    _add_natives(
        inventory, rules, [path for path in paths if is_foreign(path) and not (folder / path).is_symlink()], folder
    )
    return inventory


def is_foreign(path: str) -> bool:
    return bool(LIBRARY.search(path)) and not EXTENSION.search(path)


def cyclonedx(inventory: Inventory, version: str) -> dict[str, object]:
    """The list in the CycloneDX form, version 1.5."""
    program = {"type": "application", "name": "reelfind", "version": version, "bom-ref": "reelfind"}
    parts = [_as_cyclonedx(one) for one in inventory.components]
    # The same parts give the same number, so that two builds of one state can be compared.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(parts, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {"component": {**program, "licenses": [{"expression": "Apache-2.0"}]}},
        "components": parts,
    }


def _as_cyclonedx(component: Component) -> dict[str, object]:
    about: dict[str, object] = {
        "type": "library",
        "name": component.name,
        "bom-ref": component.purl or component.name,
        "licenses": [{"expression": component.licence}],
    }
    if component.version:
        about["version"] = component.version
    if component.purl:
        about["purl"] = component.purl
    if component.files:
        hashed = [("file", path, sha256) for path, sha256 in component.files]
        about["components"] = [
            {"type": kind, "name": path, "hashes": [{"alg": "SHA-256", "content": sha256}]}
            for kind, path, sha256 in hashed
        ]
    return about


def _add_distribution(inventory: Inventory, rules: Rules, found: Distribution) -> None:
    licence = rules.of_distribution(found.metadata)
    purl = f"pkg:pypi/{found.name.lower().replace('_', '-')}@{found.version}"
    inventory.add(rules, Component(found.name, found.version, licence, purl))
    for crate in crates(found):
        inventory.add(rules, crate)


def crates(found: Distribution) -> Iterator[Component]:
    """The Rust libraries compiled into a distribution, as the list that lies in its wheel names them."""
    for file in found.files or ():
        if not (file.parent.name == "sboms" and file.name.endswith(".json")):
            continue
        for one in json.loads(Path(str(file.locate())).read_text(encoding="utf-8")).get("components", []):
            if one.get("purl", "").startswith("pkg:cargo/"):
                yield Component(one["name"], one["version"], _licence_of(one), one["purl"])


def _licence_of(component: dict[str, list[dict[str, object]]]) -> str:
    words = []
    for one in component.get("licenses", []):
        named = one.get("license")
        words.append(str(one.get("expression") or (named.get("id") if isinstance(named, dict) else "")))
    return " AND ".join(words).replace("/", " OR ")


def _add_natives(inventory: Inventory, rules: Rules, paths: Sequence[str], folder: Path) -> None:
    found: dict[str, list[str]] = {}
    for path in paths:
        native = rules.native(path)
        if native is None:
            inventory.complaints.append(
                f"{path}: nobody has said what this library of {owner(path)} is; name it in licences.toml"
            )
        else:
            found.setdefault(native.name, []).append(path)
    for native in rules.natives:
        if native.name in found:
            files = tuple((path, _sha256(folder / path)) for path in found[native.name])
            inventory.add(rules, Component(native.name, "", native.licence, files=files))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    inventory = of_environment(load_rules())
    for complaint in inventory.complaints:
        print(f"licences: {complaint}", file=sys.stderr)
    if inventory.complaints:
        return 1
    print(f"licences: {len(inventory.components)} components, each under a licence of packaging/licences.toml")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
