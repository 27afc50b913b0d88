"""Draws the program's icon, assets/icons/reelfind.svg, in the sizes and forms that desktops and installers ask for."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256, 512, 1024)
WINDOWS_SIZES = tuple((size, size) for size in SIZES if size <= 256)


def draw_icons(svg: Path, folder: Path) -> None:
    """Write reelfind-SIZE.png for each size, reelfind.ico and reelfind.icns into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    renderer = QSvgRenderer(QByteArray(svg.read_bytes()))
    for size in SIZES:
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(0)
        painter = QPainter(picture)
        renderer.render(painter)
        painter.end()
        picture.save(str(folder / f"reelfind-{size}.png"))
    with Image.open(folder / "reelfind-1024.png") as largest:
        largest.save(folder / "reelfind.ico", sizes=WINDOWS_SIZES)
        largest.save(folder / "reelfind.icns")
