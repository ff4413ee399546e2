"""Icons of the weight of those shown: Font Awesome, cut to what the finished pages use.

The theme loads a script of all icons (540 kB compressed) that replaces its own font icons by SVG,
the fonts (270 kB) and a rule for each of 2,000 icons. Here the script goes, and fonts and rules
keep the icons that a page names by class or a stylesheet by code.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path

import pydata_sphinx_theme
from fontTools.subset import Options, Subsetter, load_font, save_font
from sphinx.application import Sphinx

from . import website

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLES = Path("styles", "pydata-sphinx-theme.css")
FONTS = Path("vendor", "fontawesome", "webfonts")
NAMED = re.compile(rb"\bfa-[a-z0-9-]+")
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"([^"]*)"\}')
FACE_SOURCE = re.compile(r"src:url\([^)]*/(fa-[a-z0-9-]+)\.woff2\)[^;}]*")
CODE = re.compile(r"""["']\\([ef][0-9a-f]{3})["']""", re.IGNORECASE)
CHARACTER = re.compile("[\ue000-\uf8ff]")  # private use: stylesheets write icons either way


@lru_cache(maxsize=2)  # a preview cuts them after each save
def cut_rules(css: str, named: frozenset[str]) -> str:
    """Return the theme's stylesheet with the rules of those icons only that pages name."""

    def kept(rule: re.Match[str]) -> str:
        classes = (name.removesuffix(":before") for name in rule[1].split(","))
        return rule[0] if any(name.lstrip(".") in named for name in classes) else ""

    return FACE_SOURCE.sub(
        lambda face: f'src:url(../{FONTS.as_posix()}/{face[1]}.woff) format("woff")',
        RULE.sub(kept, css),
    )


def codes_in(css: str) -> set[int]:
    """Return the code points of the icons that stylesheets show."""
    return {int(code, 16) for code in CODE.findall(css)} | set(map(ord, CHARACTER.findall(css)))


@lru_cache(maxsize=8)  # as above, and as many as there are fonts
def cut_font(source: Path, codes: frozenset[int]) -> bytes:
    """Return the font with the glyphs of these code points only, the same bytes every time."""
    options = Options(flavor="woff", layout_features=[], notdef_outline=True, hinting=False)
    font = load_font(str(source), options)
    font.recalcTimestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    file = io.BytesIO()
    save_font(font, file, options)
    return file.getvalue()


def write(app: Sphinx, error: Exception | None) -> None:
    """Cut the finished site's stylesheet and fonts; both are made anew from the theme's own."""
    if error or not website.is_wanted(app):
        return
    site = Path(app.outdir)
    static = site / "_static"
    read = [*site.rglob("*.html"), *(static / "scripts").glob("*theme.js")]
    named = frozenset(n.decode() for file in read for n in NAMED.findall(file.read_bytes()))
    css = cut_rules((THEME / STYLES).read_text(encoding="utf-8"), named)
    (static / STYLES).write_text(css, encoding="utf-8")
    sheets = "".join(file.read_text(encoding="utf-8") for file in static.rglob("*.css"))
    for file in (static / FONTS).iterdir():
        file.unlink()
    for font in (THEME / FONTS).glob("*.ttf"):
        cut = cut_font(font, frozenset(codes_in(sheets)))
        (static / FONTS / f"{font.stem}.woff").write_bytes(cut)
    (static / "scripts" / "fontawesome.js").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Register what cuts the icons after everything is written."""
    app.connect("build-finished", write)
