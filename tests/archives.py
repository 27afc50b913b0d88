"""Archives made on the spot, well-meant and otherwise, for the tests of what is installed from them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path


def zipped(folder: Path, top: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for path in sorted(folder.iterdir()):
            file.write(path, top + path.name)
    return out.getvalue()


def tarred(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        for info, content in entries:
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_of(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for info, content in entries:
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
