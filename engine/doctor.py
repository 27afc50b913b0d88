"""`reelfind doctor`: what this program stands on, checked one by one, each trouble with what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import av.codec

from engine.errors import ExpectedError, PackError
from engine.jobs.scan import Places
from engine.media.volumes import VolumeTable
from engine.models.catalog import choose, list_packs, pack_dirs
from engine.models.encoder import FrameEncoder
from engine.packaged import QT_VERSION, is_packaged, own_command
from engine.settings import load_settings
from engine.store import failures, library
from engine.store.db import check_health, library_file, open_for_reading
from engine.types import Finding
from engine.version import VERSION

QT_CHECK_S = 30
LOW_DISK_BYTES = 2 * 1024**3
CODECS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores")


def examine(folder: Path) -> list[Finding]:
    """All findings, in the order a person would look for a fault."""
    return [finding for check in CHECKS for finding in check(folder)]


def _program(_folder: Path) -> Iterator[Finding]:
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield Finding("Python", "problem", f"version {version} is not supported", "Use Python 3.11, 3.12 or 3.13")
    else:
        yield Finding("Python", "ok", f"Reelfind {VERSION} on Python {version}, {platform.platform()}")


def _qt(_folder: Path) -> Iterator[Finding]:
    """In a process of its own: a missing system library may end the one that loads Qt."""
    code = "from PySide6 import QtCore, QtGui, QtWidgets, QtMultimedia; print(QtCore.qVersion())"
    command = own_command(QT_VERSION) if is_packaged() else [sys.executable, "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=QT_CHECK_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("Qt", "warning", f"could not be checked ({error})", "The command line works without it")
        return
    if done.returncode == 0:
        yield Finding("Qt", "ok", f"version {done.stdout.strip()}")
        return
    said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    remedy = "Install what is missing: python packaging/system_packages.py run"
    if is_packaged():
        remedy = "Install the library it names with this system's package manager"
    yield Finding("Qt", "problem", f"the window cannot start: {said}", remedy)


def _ffmpeg(_folder: Path) -> Iterator[Finding]:
    version = ".".join(str(part) for part in av.library_versions["libavcodec"])
    missing = [name for name in CODECS if name not in av.codec.codecs_available]
    if missing:
        yield Finding(
            "FFmpeg",
            "warning",
            f"libavcodec {version} cannot decode {', '.join(missing)}",
            "Install the av wheel from PyPI",
        )
    else:
        yield Finding("FFmpeg", "ok", f"libavcodec {version}, PyAV {av.__version__}")


def _pack(folder: Path) -> Iterator[Finding]:
    dirs = pack_dirs(folder)
    for entry in list_packs(dirs):
        if entry.problem is not None:
            yield Finding(f"Pack {entry.folder.name}", "problem", entry.problem.reason, entry.problem.remedy)
    try:
        chosen = choose(dirs, load_settings(folder).pack)
        provider = FrameEncoder(chosen.pack, threads=1).provider
    except PackError as error:
        yield Finding("Model pack", "problem", f"{error.subject}: {error.reason}", error.remedy)
        return
    if chosen.note is not None:
        yield Finding("Model pack", "warning", chosen.note, "Choose another pack in the settings")
    yield Finding(
        "Model pack", "ok", f"{chosen.pack.id} {chosen.pack.revision}: {', '.join(sorted(chosen.pack.parts))}"
    )
    yield Finding("Models run on", "ok", f"{provider.name} ({provider.reason})")


def _libraries(_folder: Path) -> Iterator[Finding]:
    names = ("onnxruntime-gpu", "onnxruntime", "hnswlib", "tokenizers", "numpy", "sqlite-utils")
    found = [f"{name} {version}" for name in names if (version := _version(name)) is not None]
    yield Finding("Libraries", "ok", f"SQLite {sqlite3.sqlite_version}, {', '.join(found)}")


def _disk(folder: Path) -> Iterator[Finding]:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        yield Finding("Disk", "problem", f"{there} cannot be written", "Allow writing, or choose another --library")
    elif free < LOW_DISK_BYTES:
        yield Finding("Disk", "warning", f"only {free / 1e9:.1f} GB free at {there}", "Free some space before indexing")
    else:
        yield Finding("Disk", "ok", f"{free / 1e9:.0f} GB free at {there}")


def _library(folder: Path) -> Iterator[Finding]:
    if not library_file(folder).exists():
        yield Finding("Library", "ok", f"none at {folder} yet", "Make one: reelfind index FOLDER")
        return
    try:
        db = open_for_reading(folder)
    except ExpectedError as error:
        yield Finding("Library", "problem", f"{error.subject}: {error.reason}", error.remedy)
        return
    try:
        wrong = check_health(db)
        if wrong is not None:
            remedy = "Put back the newest .backup file beside it, or move it away and index again"
            yield Finding("Library", "problem", f"{library_file(folder)} is damaged: {wrong}", remedy)
            return
        yield Finding("Library", "ok", f"{library_file(folder)} is sound")
        mounts = Places(db, VolumeTable.read()).mounts()
        for volume_id, label in library.volume_labels(db).items():
            if volume_id not in mounts:
                yield Finding(
                    "Volume",
                    "warning",
                    f"{label} is not plugged in; its videos are listed as offline",
                    "Plug it in to play them",
                )
        count = len(failures.failures(db, mounts))
        if count:
            yield Finding(
                "Videos", "warning", f"{count} could not be indexed", "See them: reelfind status; again: reelfind retry"
            )
    finally:
        db.close()


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (_program, _libraries, _qt, _ffmpeg, _pack, _disk, _library)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
