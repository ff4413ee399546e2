"""The picture of a page that other sites show beside a link to it: title, definition, domain."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont  # comes with matplotlib

SIZE = (1200, 630)  # what every network shows without cropping
MARGIN, FOOT = 80, 542
PAPER, INK, QUIET, ACCENT = "#ffffff", "#14181f", "#4a5361", "#176de8"
COLORS = 32  # text needs a few grays; a small palette keeps the file small
FOLDER = "_images"


class Card(NamedTuple):
    """What a card says."""

    title: str
    definition: str
    domain: str
    book: str

    @property
    def path(self) -> str:
        """The card's place in the site, which changes when its text does."""
        digest = hashlib.sha256(json.dumps(self).encode()).hexdigest()
        return f"{FOLDER}/card-{digest[:16]}.png"

    @property
    def alt(self) -> str:
        """What the card says, for a reader who cannot see it."""
        return ": ".join(part for part in (self.title, self.definition) if part)


def write(card: Card, folder: Path) -> None:
    """Draw a card below ``folder``, the site's, unless it is there."""
    file = folder / card.path
    if file.exists():
        return
    file.parent.mkdir(exist_ok=True)
    # Another process may draw the same card; readers see all of it or nothing.
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    _draw(card).save(temporary, "PNG", optimize=True)
    os.replace(temporary, file)


def _draw(card: Card) -> Image.Image:
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 20, SIZE[1]), fill=ACCENT)
    domain, plain, book = typeface(30), typeface(34), typeface(28, bold=True)
    # The largest title that takes two lines; a longer one may take three of the smallest.
    fonts = [typeface(size, bold=True) for size in (68, 58, 48)]
    title = next((font for font in fonts if len(wrap(card.title, font)) <= 2), fonts[-1])
    y = _write_lines(draw, 70, wrap(card.domain, domain)[:1], domain, ACCENT)
    y = _write_lines(draw, y + 22, _cut(wrap(card.title, title), 3), title, INK)
    room = (FOOT - y - 28) // _height(plain)
    _write_lines(draw, y + 28, _cut(wrap(card.definition, plain), room), plain, QUIET)
    _write_lines(draw, FOOT + 8, wrap(card.book, book)[:1], book, INK)
    return image.quantize(COLORS, dither=Image.Dither.NONE)


def _write_lines(
    draw: ImageDraw.ImageDraw, y: int, lines: list[str], font: ImageFont.FreeTypeFont, ink: str
) -> int:
    """Write lines from ``y`` down and return where they end."""
    for line in lines:
        draw.text((MARGIN, y), line, ink, font)
        y += _height(font)
    return y


def _height(font: ImageFont.FreeTypeFont) -> int:
    return round(font.size * 1.35)


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int = SIZE[0] - 2 * MARGIN) -> list[str]:
    """Break a text into lines that fit ``width`` pixels, without what the font lacks."""
    unknown = bytes(font.getmask("\uffff"))
    text = "".join(char for char in text if char == " " or bytes(font.getmask(char)) != unknown)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(lines: list[str], most: int) -> list[str]:
    """Return at most so many lines, the last with an ellipsis if there were more."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"{lines[most - 1].rstrip('.,;: ')}…"]


@cache
def typeface(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the typeface that comes with matplotlib, so that every machine draws the same."""
    package = Path(find_spec("matplotlib").origin).parent  # importing it takes 0.3 s
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    file = package / "mpl-data" / "fonts" / "ttf" / name
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
