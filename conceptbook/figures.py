"""Figures as part of the page: inline SVG whose ink is the theme's own text color."""

from __future__ import annotations

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

INK = "#123456"  # what kernel/matplotlibrc draws text and axes in
PROLOG = re.compile(r"^.*?(?=<svg)", re.DOTALL)
METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
IDENTIFIER = re.compile(r'(\bid="|xlink:href="#|\bhref="#|url\(#)')
OPENING = re.compile(r"<svg\b[^>]*>")
VIEW_BOX = re.compile(r'viewBox="([^"]*)"')
SIZE = re.compile(r'^<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"')
PLACES = re.compile(r'(\s(?:d|points|x|y)=")([^"]*)')
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
FONT = re.compile(r"font(-family)?: ([^;\"]*)'DejaVu Sans'[^;\"]*")


def shorten(svg: str) -> str:
    """Return the drawing with its places to a hundredth of a point, finer than any screen."""

    def rounded(number: re.Match[str]) -> str:
        return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")

    return PLACES.sub(lambda place: place[1] + LONG_NUMBER.sub(rounded, place[2]), svg)


def inline(svg: str, alt: str, prefix: str) -> str:
    """Return an SVG document as an element to put into HTML.

    Ink becomes ``currentColor``, ids get a prefix (several figures share a page), places are
    shortened, ``alt`` becomes the accessible name, and the size follows the width that the page
    gives it.
    """
    body = shorten(METADATA.sub("", PROLOG.sub("", svg)).strip())
    body = body.replace(INK, "currentColor")
    body = IDENTIFIER.sub(rf"\g<1>{prefix}-", body)
    body = FONT.sub(lambda match: match[0].replace("'DejaVu Sans'", "inherit"), body)
    box = VIEW_BOX.search(body)
    size = box[1].split()[2:] if box else ["0", "0"]
    opening = (
        f'<svg class="figure" role="img" aria-label="{html.escape(alt, quote=True)}" '
        f'viewBox="{box[1] if box else ""}" width="{size[0]}pt" height="{size[1]}pt" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return OPENING.sub(lambda _: opening, body, count=1)


def framed(svg: str) -> str:
    """Return a figure in a frame that has its size before the browser draws what is inside."""
    size = SIZE.search(svg)
    frame = f' style="--width:{size[1]}pt;--ratio:{size[1]}/{size[2]}"' if size else ""
    return f'<div class="figure-frame"{frame}>{svg}</div>'


class InlineFigures(SphinxTransform):
    """Replaces the image nodes that cell outputs gave with inline SVG."""

    default_priority = 10  # before Sphinx collects images into the site

    def apply(self, **_: object) -> None:
        images = [
            node
            for node in self.document.findall(nodes.image)
            if node["uri"].endswith(".svg") and "jupyter_execute" in node["uri"]
        ]
        for number, image in enumerate(images, start=1):
            file = Path(self.env.relfn2path(image["uri"], self.env.docname)[1])
            element = inline(file.read_text(encoding="utf-8"), image.get("alt", ""), f"f{number}")
            image.replace_self(nodes.raw("", framed(element), format="html"))


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(InlineFigures)
