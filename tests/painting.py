"""A terminal's screen as a PNG, as a terminal draws it: cells in their colours, half blocks to the pixel."""

from __future__ import annotations

from pathlib import Path

import pyte
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 8, 16
"""Pixels of a cell."""
SIXTEEN = "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff".split()
NAMES = [f"{bright}{name}" for bright in ("", "bright") for name in "black red green brown blue magenta cyan white".split()]
PALETTE = dict(zip(NAMES, SIXTEEN, strict=True)) | {"default": ""}
HALVES = {"▀": (0, HEIGHT // 2), "▄": (HEIGHT // 2, HEIGHT), "█": (0, HEIGHT)}


def paint(screen: pyte.Screen, path: Path, *, dark: bool = True) -> Path:
    """The screen as a PNG.

    :param dark: whether the terminal is light on dark where a program says nothing.
    """
    image = Image.new("RGB", (screen.columns * WIDTH, screen.lines * HEIGHT))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            fore = "#" + (PALETTE.get(cell.fg, cell.fg) or ("e5e5e5" if dark else "000000"))
            back = "#" + (PALETTE.get(cell.bg, cell.bg) or ("000000" if dark else "ffffff"))
            fore, back = (back, fore) if cell.reverse else (fore, back)
            left, top = x * WIDTH, y * HEIGHT
            draw.rectangle((left, top, left + WIDTH - 1, top + HEIGHT - 1), fill=back)
            if cell.data in HALVES:
                first, last = HALVES[cell.data]
                draw.rectangle((left, top + first, left + WIDTH - 1, top + last - 1), fill=fore)
            elif cell.data.strip():
                draw.text((left, top), cell.data, fill=fore, font=font)
    image.save(path)
    return path


def decoded(path: Path) -> str | None:
    """What a decoder reads in a PNG; one that puts up with dark for light proves nothing, so it may not."""
    with Image.open(path) as image:
        found = zxingcpp.read_barcode(image, formats=zxingcpp.BarcodeFormat.QRCode, try_invert=False, try_downscale=False)
    return found.text if found is not None else None
