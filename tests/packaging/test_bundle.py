"""What goes into a package: all that is read at run time, nothing that is only on the machine that builds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

from engine.version import VERSION
from tests.style_rules import Source

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging"
Script = Callable[[str], ModuleType]


@pytest.fixture
def bundle(script: Script) -> ModuleType:
    return script("bundle")


def test_every_data_file_goes_along(bundle: ModuleType) -> None:
    packed = {(ROOT / folder / Path(path).name) for path, folder in bundle.data_files()}
    assets = {path for path in (ROOT / "assets").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    recipes = set((ROOT / "engine").rglob("*.toml"))
    assert {path.name for path in assets} >= {"pack.toml", "frame.onnx", "tokenizer.json", "de.json", "reelfind.svg"}
    assert packed == assets | recipes


def test_each_language_of_the_window_brings_qts_words(bundle: ModuleType) -> None:
    assert set(bundle.LANGUAGES) == {path.stem for path in (ROOT / "assets" / "translations").glob("*.json")}


def test_nothing_that_runs_is_left_out(bundle: ModuleType) -> None:
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "engine").rglob("*.py")]
    imported = {
        module
        for path in sources
        if "training" not in path.parts and path.name != "evaluate_report.py"
        for _, module in Source(path.as_posix(), path.read_text("utf-8")).imports()
    }
    left_out = {module for module in imported if any(_is_in(module, out) for out in bundle.EXCLUDED_MODULES)}
    assert left_out == set()


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("PySide6/Qt/lib/libQt6Core.so.6", "/env/libQt6Core.so.6"),
        ("PySide6/Qt/lib/libQt6Quick.so.6", "/env/libQt6Quick.so.6"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "/env/libqxcb.so"),
        ("PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so", "/env/libffmpegmediaplugin.so"),
        ("PySide6/plugins/platforms/qwindows.dll", "C:\\env\\qwindows.dll"),
        ("PySide6/Qt/translations/qtbase_ko.qm", "/env/qtbase_ko.qm"),
        ("av.libs/libavcodec-5e6b81c2.so.62.28.102", "/env/libavcodec"),
        ("libpython3.11.so.1.0", "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0"),
        ("PIL/_webp.cpython-311-x86_64-linux-gnu.so", "/env/PIL/_webp"),
    ],
)
def test_what_is_needed_goes_in(target: str, source: str, bundle: ModuleType) -> None:
    assert bundle.is_wanted(target, source)


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("libQt6VirtualKeyboard.so.6", "/env/libQt6VirtualKeyboard.so.6"),
        ("PySide6/Qt/lib/libQt6WebEngineCore.so.6", "/env/libQt6WebEngineCore.so.6"),
        ("PySide6/Qt6Pdf.dll", "C:\\env\\Qt6Pdf.dll"),
        ("PySide6/Qt/lib/libQt6QuickControls2.so.6", "/env/x"),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", "/env/libqeglfs.so"),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", "/env/libqgtk3.so"),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", "/env/libqopensslbackend.so"),
        ("PySide6/Qt/translations/qtbase_fr.qm", "/env/qtbase_fr.qm"),
        ("PySide6/Qt/translations/qt_help_de.qm", "/env/qt_help_de.qm"),
        ("libX11.so.6", "/usr/lib/x86_64-linux-gnu/libX11.so.6"),
        ("libreadline.so.8", "/lib/x86_64-linux-gnu/libreadline.so.8"),
        ("PIL/_imagingft.cpython-311-x86_64-linux-gnu.so", "/env/PIL/_imagingft"),
        ("pillow.libs/libfreetype-57f805ba.so.6.20.6", "/env/libfreetype"),
    ],
)
def test_what_is_not_needed_stays_out(target: str, source: str, bundle: ModuleType) -> None:
    assert not bundle.is_wanted(target, source)


def test_what_is_packed_says_what_it_is(bundle: ModuleType) -> None:
    packed = bundle.packed_distributions(["av", "numpy", "engine", "json"])
    assert [one.name for one in packed] == ["av", "numpy"]
    names = {PurePosixPath(target).name for target, _ in bundle.metadata_files(packed)}
    assert {"METADATA", "RECORD", "LICENSE.txt"} <= names


def test_the_spec_is_python_and_asks_bundle() -> None:
    tree = ast.parse((FOLDER / "reelfind.spec").read_text("utf-8"))
    asked = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {"bundle.data_files", "bundle.is_wanted", "bundle.EXCLUDED_MODULES", "bundle.metadata_files"} <= asked


@pytest.mark.parametrize(
    ("platform", "runtime"), [("linux", "onnxruntime"), ("win32", "onnxruntime-directml"), ("darwin", "onnxruntime")]
)
def test_each_system_gets_its_build_of_the_runtime(platform: str, runtime: str, script: Script) -> None:
    lines = script("package_requirements").requirements(platform)
    found = [line for line in lines if line.startswith("onnxruntime")]
    assert [line.partition(">=")[0] for line in found] == [runtime]
    assert any(line.startswith("pyinstaller") for line in lines)


def test_the_version_is_written_in_one_place() -> None:
    kinds = (".py", ".iss", ".sh", ".ps1", ".spec")
    texts = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix in kinds]
    assert len(texts) > 10
    lines = [line for path in texts for line in path.read_text("utf-8").splitlines() if not line.startswith((";", "#"))]
    assert [line for line in lines if VERSION in line] == []


def test_nothing_of_ours_is_imported_by_a_name_that_is_put_together() -> None:
    """What packs the program follows imports, and would leave such a module out. Training is not packed."""
    found = []
    for path in [*(ROOT / "app").rglob("*.py"), *(ROOT / "engine").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                is_foreign = isinstance(node.args[0], ast.Constant) and not _is_ours(str(node.args[0].value))
                found += [] if is_foreign or "training" in path.parts else [f"{path}:{node.lineno}"]
    assert found == []


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("app", "engine")
