"""The cover of the book for e-readers, drawn in the typeface that comes with matplotlib."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from ..card import ACCENT, COLORS, INK, PAPER, QUIET, typeface, wrap
from . import Edition

SIZE = (1600, 2560)  # what shops and readers ask for: 1 to 1.6
MARGIN = 140


def write(edition: Edition, file: Path) -> None:
    """Draw the cover of an edition as a PNG: title and summary above, author and version below."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 48, SIZE[1]), fill=ACCENT)
    y = 420
    for size, bold, ink, text in (
        (150, True, INK, edition.title),
        (58, False, QUIET, edition.summary),
    ):
        font = typeface(size, bold=bold)
        for line in wrap(text, font, SIZE[0] - 2 * MARGIN):
            draw.text((MARGIN, y), line, ink, font)
            y += round(size * 1.35)
        y += 80
    font = typeface(46)
    for number, line in enumerate((edition.author, f"Version {edition.version}")):
        draw.text((MARGIN, SIZE[1] - 320 + 70 * number), line, INK, font)
    file.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
