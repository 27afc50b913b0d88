"""No licence gets into a package that nobody has read, and no library that nobody has named."""

from __future__ import annotations

import json
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "packaging"
Script = Callable[[str], ModuleType]


@pytest.fixture
def rules(script: Script):  # type: ignore[no-untyped-def]
    return script("licence_rules").load_rules()


def _metadata(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "Apache-2.0 OR MIT",
        "(MIT OR AGPL-3.0-only) AND Unicode-3.0",
        "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only",
        "GPL-2.0-or-later WITH Bootloader-exception",
        "BSD-3-Clause AND (0BSD OR AGPL-3.0-only) AND MIT",
    ],
)
def test_what_can_be_met_by_the_list_goes_in(licence: str, rules) -> None:  # type: ignore[no-untyped-def]
    assert rules.objection(licence) is None


@pytest.mark.parametrize(
    "licence",
    [
        "AGPL-3.0-only",
        "GPL-2.0-only",
        "MIT AND AGPL-3.0-only",
        "(MIT OR Apache-2.0) AND SSPL-1.0",
        "GPL-2.0-or-later WITH Classpath-exception-2.0",
        "BSD",
        "see LICENSE",
        "",
    ],
)
def test_anything_else_is_objected_to(licence: str, rules) -> None:  # type: ignore[no-untyped-def]
    assert rules.objection(licence)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (_metadata(Name="a", License_Expression="MIT", License="something else"), "MIT"),
        (_metadata(Name="a", License="bsd-3-clause"), "BSD-3-Clause"),
        (_metadata(Name="a", License="Fancy", Classifier="License :: OSI Approved :: MIT License"), "MIT"),
        (_metadata(Name="a", License="Fancy"), "Fancy"),
        (_metadata(Name="a", Classifier="License :: Other/Proprietary License"), ""),
        (_metadata(Name="HNSWlib"), "Apache-2.0"),
    ],
)
def test_a_distributions_licence_is_read(metadata: Message, licence: str, rules) -> None:  # type: ignore[no-untyped-def]
    assert rules.of_distribution(metadata) == licence


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("av.libs/libavcodec-5e6b81c2.so.62.28.102", "FFmpeg in PyAV"),
        ("av.libs/avcodec-62-0a1b2c3d4e5f.dll", "FFmpeg in PyAV"),
        ("av/.dylibs/libx264.165.dylib", "x264"),
        ("PySide6/Qt/lib/libavcodec.so.61", "FFmpeg in Qt Multimedia"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "Qt"),
        ("PySide6/Qt6Core.dll", "Qt"),
        ("numpy.libs/libgfortran-040039e1-0352e75f.so.5.0.0", "GCC run-time libraries"),
        ("pillow.libs/libtiff-20b7e810.so.6.3.0", "Libraries of Pillow"),
        ("libpython3.11.so.1.0", "Python"),
        ("libbz2.so.1.0", "bzip2"),
    ],
)
def test_a_library_inside_another_is_known(path: str, name: str, rules) -> None:  # type: ignore[no-untyped-def]
    assert rules.native(path).name == name


@pytest.mark.parametrize(
    "path",
    [
        "PySide6/Qt/lib/libQt6Charts.so.6",
        "PySide6/Qt6VirtualKeyboard.dll",
        "av.libs/libfdk-aac-01234567.so.2",
        "libX11.so.6",
    ],
)
def test_a_library_nobody_has_named_is_not(path: str, rules) -> None:  # type: ignore[no-untyped-def]
    assert rules.native(path) is None


def test_a_strange_library_stops_the_list(script: Script, rules, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "av.libs").mkdir()
    (tmp_path / "av.libs" / "libx264-d6533a8d.so.165").write_bytes(b"x264")
    (tmp_path / "av.libs" / "libevil-d6533a8d.so.1").write_bytes(b"evil")
    (tmp_path / "av.libs" / "_core.abi3.so").write_bytes(b"PyAV's own")
    inventory = script("sbom").of_package(rules, tmp_path, [])
    assert [line.partition(":")[0] for line in inventory.complaints] == ["av.libs/libevil-d6533a8d.so.1"]
    assert [one.name for one in inventory.components] == ["Python", "x264"]


def test_a_new_licence_stops_the_list(script: Script, rules) -> None:  # type: ignore[no-untyped-def]
    sbom = script("sbom")
    inventory = sbom.Inventory()
    inventory.add(rules, sbom.Component("evil", "1", "SSPL-1.0"))
    assert inventory.complaints == ["evil 1: SSPL-1.0 is not on the list in licences.toml"]


def test_the_list_is_cyclonedx_and_the_same_twice(script: Script, rules) -> None:  # type: ignore[no-untyped-def]
    sbom = script("sbom")
    inventory = sbom.Inventory()
    inventory.add(rules, sbom.Component("av", "18.1.0", "BSD-3-Clause", "pkg:pypi/av@18.1.0"))
    inventory.add(rules, sbom.Component("x264", "", "GPL-2.0-or-later", files=(("av.libs/libx264.so", "ab" * 32),)))
    made = sbom.cyclonedx(inventory, "1.2.3")
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    assert made["metadata"]["component"]["version"] == "1.2.3"
    first, second = made["components"]
    assert (first["purl"], first["licenses"]) == ("pkg:pypi/av@18.1.0", [{"expression": "BSD-3-Clause"}])
    assert second["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert json.dumps(made) == json.dumps(sbom.cyclonedx(inventory, "1.2.3"))


def test_the_page_on_sources_names_each_file_under_copyleft(script: Script, rules) -> None:  # type: ignore[no-untyped-def]
    sbom = script("sbom")
    parts = [
        sbom.Component("x264", "", "GPL-2.0-or-later", files=(("av.libs/libx264-d6533a8d.so.165", ""),)),
        sbom.Component("SQLite", "", "blessing", files=(("libsqlite3.so.0", ""),)),
        sbom.Component("PySide6", "6.11.3", "LGPL-3.0-only OR GPL-3.0-only", "pkg:pypi/pyside6@6.11.3"),
    ]
    page = script("notices").sources(rules, parts)
    assert "av.libs/libx264-d6533a8d.so.165" in page
    assert "https://code.videolan.org/videolan/x264" in page
    assert "PySide6 6.11.3" in page
    assert "SQLite" not in page


def test_every_part_under_copyleft_has_its_source_and_text(rules) -> None:  # type: ignore[no-untyped-def]
    copyleft = [native for native in rules.natives if "GPL" in native.licence]
    assert {"x264", "x265", "Qt", "FFmpeg in PyAV"} <= {native.name for native in copyleft}
    assert [native.name for native in copyleft if not (native.copyleft and native.source)] == []
    texts = {path.stem for path in (FOLDER / "licences").glob("*.txt")}
    assert texts >= {"GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0"}


def test_notices_go_along(script: Script, tmp_path: Path) -> None:
    from importlib.metadata import distribution  # noqa: PLC0415

    script("notices").write_notices(tmp_path / "licences", [distribution("av"), distribution("numpy")])
    written = {path.relative_to(tmp_path / "licences").as_posix() for path in (tmp_path / "licences").rglob("*")}
    assert written >= {
        "LICENCES.md", "Reelfind.txt", "GPL-3.0.txt", "LGPL-3.0.txt", "libraries/dav1d.txt",
        "distributions/av/LICENSE.txt", "distributions/numpy/LICENSE.txt",
    }  # fmt: skip
    assert not any(name.endswith((".py", ".pyc")) for name in written)
