"""Diagrams from text: Graphviz's DOT in a page becomes SVG in the theme's colors.

The directive is Sphinx's own ``graphviz``, with ``:alt:`` asked for. The program that draws comes
in a wheel and runs while the page is written, so neither a system package nor a script in the page
is needed. https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.ext.graphviz import graphviz
from sphinx.util import logging

from .figures import INK, inline

logger = logging.getLogger(__name__)
PROGRAM = Path(sysconfig.get_path("scripts"), "graphviz-pure")
# A page's DOT says what there is; how it looks is the book's. Widths are measured in Arial, hence
# margins with room for a wider font.
LOOK = f"""
  graph [rankdir=LR, bgcolor=transparent, nodesep=0.3, ranksep=0.55, pad=0.1,
         fontname=Arial, fontsize=12, fontcolor="{INK}", color="{INK}"];
  node [shape=box, style=rounded, margin="0.2,0.1", height=0.45, fontname=Arial, fontsize=12,
        fontcolor="{INK}", color="{INK}"];
  edge [fontname=Arial, fontsize=11, fontcolor="{INK}", color="{INK}", arrowsize=0.7];
"""
TITLE = re.compile(r"<title>.*?</title>\s*", re.DOTALL)  # a node's name, shown as a tooltip
COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
FONT = re.compile(r'\sfont-family="[^"]*"')


def draw(code: str, alt: str, prefix: str) -> str:
    """Return DOT as an SVG element to put into HTML.

    ``alt`` is what it tells a reader who cannot see it; ``prefix`` makes its ids the page's own.
    Raises ValueError when Graphviz cannot read the code.
    """
    # In one line, so that the lines that Graphviz names are the author's.
    styled = code.replace("{", "{" + " ".join(LOOK.split()), 1)
    result = subprocess.run(
        [PROGRAM, "-Tsvg"], input=styled, capture_output=True, text=True, check=False
    )
    if result.returncode or result.stderr:
        raise ValueError(" ".join(result.stderr.split()))
    return inline(FONT.sub("", TITLE.sub("", COMMENT.sub("", result.stdout))), alt, prefix)


def visit_graphviz(self, node: graphviz) -> None:
    alt = node.get("alt", "")
    if not alt.strip():
        logger.warning("diagram without alt text", location=node)
    number = self.conceptbook_diagrams = getattr(self, "conceptbook_diagrams", 0) + 1
    try:
        svg = draw(node["code"], alt, f"d{number}")
    except ValueError as error:
        logger.warning("diagram cannot be drawn: %s", error, location=node)
        raise nodes.SkipNode from None
    # A wide diagram scrolls on a phone, so a keyboard must be able to reach it.
    attributes = {"CLASS": "diagram", "tabindex": "0", "role": "group", "aria-label": "Diagram"}
    self.body.append(f"{self.starttag(node, 'div', '', **attributes)}{svg}</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register Sphinx's directive and draw what it gives ourselves."""
    app.setup_extension("sphinx.ext.graphviz")
    app.add_node(graphviz, override=True, html=(visit_graphviz, None))
