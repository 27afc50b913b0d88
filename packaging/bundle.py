"""What goes into the packaged program and what stays out, as plain data and functions. `reelfind.spec` asks here.

PyInstaller finds what the code imports and what those libraries link to; that is more than the program needs (all of
Qt's plug-ins, and every library of the machine that builds) and less (the assets, which nothing imports).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]

EXCLUDED_MODULES = (
    # Training needs them, and training is for an installation from source.
    "torch", "transformers", "optimum", "onnx", "matplotlib",
    # Named by libraries of ours for what Reelfind never asks of them: downloads from a model hub, YAML, windows of Tk.
    "huggingface_hub", "hf_xet", "httpx", "yaml", "requests", "tkinter", "IPython",
    # Development.
    "pytest", "setuptools", "pip", "_pytest",
    # Parts of onnxruntime that make models.
    "onnxruntime.quantization", "onnxruntime.transformers", "onnxruntime.tools",
    # The command line has no prompt of its own, and GNU readline would bring its licence.
    "readline", "curses",
)  # fmt: skip

CARRIED = re.compile(r"lib(?:python3\.\d+|sqlite3|bz2)\.(?:so|dylib)")
"""Libraries of the building system that go with the program on Linux: Python itself, SQLite, whose version matters, and
bzip2, whose name differs between systems. All others are the system's own: it keeps them safe, and fit for each other.
"""

SYSTEM_PLACES = ("/lib", "/usr/lib", "/lib64", "/usr/lib64")

QT_LEFT_OUT = re.compile(
    r"(?:lib)?Qt6?(?:3D|Charts|EglF|Labs|MultimediaWidgets|Pdf|Quick\w|ShaderTools|VirtualKeyboard|WebEngine)\w*\."
)
"""Qt's QML and Quick stay: the plug-in that plays videos links to them."""
QT_PLUGINS: dict[str, tuple[str, ...]] = {
    "iconengines": ("svgicon",),
    "imageformats": ("jpeg", "svg", "webp"),
    "multimedia": ("ffmpegmediaplugin",),
    "platforms": ("xcb", "wayland", "offscreen", "windows", "cocoa"),
    "platforminputcontexts": ("composeplatforminputcontext", "ibusplatforminputcontext"),
    "platformthemes": ("xdgdesktopportal",),
    "styles": ("modernwindowsstyle", "macstyle"),
    "wayland-decoration-client": ("",),
    "wayland-graphics-integration-client": ("",),
    "wayland-shell-integration": ("",),
    "xcbglintegrations": ("",),
}
"""Kind of plug-in -> how the names start of those that go with the program. A kind that is not here stays out."""

LANGUAGES = ("de", "ko")
"""Those of assets/translations; Qt's own words for them come along. English is what the code says."""

PILLOW_LEFT_OUT = re.compile(r"_(?:imagingft|imagingcms|imagingmath|imagingmorph|imagingtk)\b")
PILLOW_LIBRARIES_LEFT_OUT = re.compile(r"lib(?:freetype|harfbuzz|lcms2|brotli\w*)-")
"""Pictures are read, made smaller and written; nothing is drawn or printed with Pillow."""


def data_files(root: Path = ROOT) -> list[tuple[str, str]]:
    """(file, folder in the package) of all that is read at run time and is no code."""
    found = [path for path in (root / "assets").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    found += (root / "engine").rglob("*.toml")
    return [(str(path), path.parent.relative_to(root).as_posix()) for path in sorted(found)]


def packed_distributions(modules: Iterable[str]) -> list[Distribution]:
    """The distributions that modules, by their top names, came from."""
    owners = packages_distributions()
    names = {name for module in modules for name in owners.get(module, [])} - {"reelfind"}
    return [distribution(name) for name in sorted(names)]


def metadata_files(packed: Iterable[Distribution]) -> list[tuple[str, str]]:
    """(place in the package, file) of what distributions say of themselves: the window and doctor read it there."""
    return [
        (str(file), str(file.locate()))
        for one in packed
        for file in one.files or ()
        if file.parts[0].endswith(".dist-info") and file.suffix != ".pyc" and Path(str(file.locate())).is_file()
    ]


def is_wanted(target: str, source: str) -> bool:
    """Whether a library or data file that PyInstaller found belongs into the package, by its place there and here."""
    path = PurePosixPath(target.replace("\\", "/"))
    name = path.name
    if source.startswith(SYSTEM_PLACES):
        return bool(CARRIED.match(name))
    if "plugins" in path.parts and path.parts[0] == "PySide6":
        return _is_wanted_plugin(path)
    if "translations" in path.parts and path.parts[0] == "PySide6":
        return name.startswith("qtbase_") and path.stem.removeprefix("qtbase_") in LANGUAGES
    if path.parts[0] == "PIL":
        return not PILLOW_LEFT_OUT.match(name)
    return not (QT_LEFT_OUT.match(name) or PILLOW_LIBRARIES_LEFT_OUT.match(name))


def _is_wanted_plugin(path: PurePosixPath) -> bool:
    kind = path.parent.name
    name = path.name.removeprefix("lib").removeprefix("q")
    return name.startswith(QT_PLUGINS.get(kind, ()))
