"""A part of a page as it reads away from the site: in a program for flashcards, or as plain text.

Formulas become TeX between the marks of Anki's MathJax, which typesets them in Anki since 2.1,
AnkiMobile and AnkiDroid since 2.9, and shows in their editors. MathML as it is needs Chrome 109:
desktops with a Qt before 6.6 and phones without updates have older web views, which show a fraction
as its numerator and denominator side by side. https://docs.ankiweb.net/math.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import html
from lxml.html import HtmlElement

TEX = ".//annotation[@encoding='application/x-tex']"
MARKS = {"inline": r"\({}\)", "block": r"\[{}\]"}
# Names that only the site's sheets know; code and drawings keep theirs.
NEEDLESS = ".//span[not(ancestor::pre or ancestor::svg)]"
SPACE = re.compile(r"\s+")
BLANKS = re.compile(r" *(\n)[ \n]*| +")
AS_IS = str.maketrans(" \n", "\0\1")  # blanks and breaks of code, until the others are counted
AS_TEXT = str.maketrans("\0\1", " \n")
LINES = {"p", "div", "pre", "ul", "ol", "dl", "table", "tr", "blockquote", "figure", "summary"}


def portable(fragment: str, site: str) -> str:
    """Return HTML whose links lead from the top of the site, at the URL ``site``, for elsewhere.

    The addresses of pictures stay: who takes the HTML along takes the files along.
    """
    root = html.fragment_fromstring(fragment, create_parent="div")
    for formula in root.xpath(".//math"):
        mark = MARKS[formula.get("display", "inline")]
        _replace(formula, mark.format(formula.findtext(TEX).strip()))
    for span in root.xpath(NEEDLESS):
        span.drop_tag()
    for link in root.iterfind(".//a[@href]"):
        link.set("href", urljoin(site, link.get("href")))
    return _inner(root)


def text(fragment: str) -> str:
    """Return portable HTML as plain text: a line for each block, code with lines of its own."""
    root = html.fragment_fromstring(fragment, create_parent="div")
    for picture in root.xpath(".//svg | .//img"):
        _replace(picture, f"[{picture.get('aria-label') or picture.get('alt', '')}]")
    words = BLANKS.sub(lambda blanks: blanks[1] or " ", "".join(_pieces(root)))
    return words.strip().translate(AS_TEXT)


def _pieces(element: HtmlElement) -> Iterator[str]:
    """Yield the text of an element, and what parts it from its neighbors."""
    before, after = _around(element)
    yield before
    if element.tag == "pre":
        yield element.text_content().rstrip().translate(AS_IS)
    else:
        yield SPACE.sub(" ", element.text or "")
        for child in element:
            yield from _pieces(child)
            yield SPACE.sub(" ", child.tail or "")
    yield after


def _around(element: HtmlElement) -> tuple[str, str]:
    if element.tag == "p" and element.getparent().tag in ("li", "td", "th", "dd"):
        return "", " "
    if element.tag in LINES:
        return "\n", "\n"
    if element.tag in ("td", "th"):
        return "", " | " if element.getnext() is not None else ""
    marks = {"li": ("\n• ", "\n"), "dt": ("\n", ": "), "dd": ("", "\n"), "br": ("\n", "")}
    return marks.get(element.tag, ("", ""))


def _replace(element: HtmlElement, words: str) -> None:
    """Put words in the place of an element."""
    element.tail = words + (element.tail or "")
    element.drop_tree()


def _inner(element: HtmlElement) -> str:
    whole = html.tostring(element, encoding="unicode")
    return whole[whole.index(">") + 1 : whole.rindex("</")].strip()
