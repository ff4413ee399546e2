"""Formulas as MathML, made while the page is written: no script, no flash, works offline."""

from __future__ import annotations

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
# The annotation keeps the LaTeX source in the page: it is what a reader copies.
converter = LatexToMathML(annotation=True, fancy_error=False)


def convert(latex: str, node: nodes.Element, displaystyle: bool) -> str:
    """Return a formula as MathML; what cannot be read is reported where it stands."""
    try:
        return converter.convert_with_local_state(latex, displaystyle=displaystyle)
    except LatexError as error:
        logger.warning("formula cannot be read: %s", error, location=node)
        return ""


def visit_math(self, node: nodes.math) -> None:
    self.body.append(convert(node.astext(), node, displaystyle=False))
    raise nodes.SkipNode


def visit_displaymath(self, node: nodes.math_block) -> None:
    # A long formula scrolls on a phone, so a keyboard must be able to reach it.
    attributes = {"CLASS": "math-block", "tabindex": "0", "role": "group", "aria-label": "Formula"}
    self.body.append(self.starttag(node, "div", **attributes))
    self.body.append(convert(node.astext(), node, displaystyle=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({node["number"]})</span>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer and make it the book's."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))

    def choose(_: Sphinx, config) -> None:
        config.html_math_renderer = "mathml"

    app.connect("config-inited", choose)
