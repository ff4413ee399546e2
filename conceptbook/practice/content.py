"""What a finished page gives to practice: definition, answers, rubric, trade-offs, clock.

Read from the page's HTML, so that a card shows what the page shows: formulas, code, computed
numbers. Links lead from the top folder of the site, whatever page they stood on.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile

from docutils.nodes import make_id
from lxml import html
from lxml.html import HtmlElement

from ..settings import StructureRule

LEFT_OUT = ".//*[contains(@class, 'headerlink') or contains(@class, 'copybtn')]"
LEVELS_SIDE_BY_SIDE = "./div[contains(@class, 'sd-container')]"


@dataclass(frozen=True)
class Table:
    """A table as HTML: the cells of its head, and of each row."""

    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Content:
    """The parts of one page, as HTML; empty where its structure has no such section.

    ``definition`` is what stands between the title and the first box or section; ``answers`` maps
    the id of a probe to question and answer; ``levels`` sets senior and staff side by side.
    """

    definition: str = ""
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    levels: str = ""
    rubric: Table = field(default_factory=Table)
    clock: Table = field(default_factory=Table)
    trade_offs: Table = field(default_factory=Table)


def read(body: str, name: str, rule: StructureRule) -> Content:
    """Return the parts of the page ``name``, whose HTML is ``body``; ``rule`` names them."""
    root = html.fragment_fromstring(body, create_parent="div")
    root.rewrite_links(lambda link: from_top(link, name), resolve_base_href=False)
    for element in root.xpath(LEFT_OUT):
        element.drop_tree()
    answers = {
        fold.get("id"): (_inner(fold.xpath("./summary/span")[-1]), _inner(fold.find("div")))
        for fold in root.xpath(".//details[contains(concat(' ', @class, ' '), ' probe ')]")
    }
    interview = _section(root, rule.section("interview"))
    levels = interview.xpath(LEVELS_SIDE_BY_SIDE) if interview is not None else []
    return Content(
        _definition(root),
        answers,
        _outer(levels[0]) if levels else "",
        _table(_section(root, rule.section("rubric"))),
        _table(_section(root, rule.section("clock"))),
        _table(_section(root, rule.section("trade-offs"))),
    )


def from_top(link: str, name: str) -> str:
    """Return a link of the page ``name`` as it reads from the top folder."""
    if link.startswith("#"):
        return f"{name}.html{link}"
    if ":" in link.split("/")[0] or link.startswith("/"):
        return link  # to another site
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


def _definition(root: HtmlElement) -> str:
    title = root.find(".//h1")
    after = title.itersiblings() if title is not None else ()
    below = dropwhile(lambda element: element.tag != "p", after)
    return "\n".join(map(_outer, takewhile(lambda element: element.tag == "p", below)))


def _section(root: HtmlElement, title: str) -> HtmlElement | None:
    found = root.xpath(".//section[@id=$id]", id=make_id(title)) if title else []
    return found[0] if found else None


def _table(section: HtmlElement | None) -> Table:
    """Return the first table of a section."""
    table = section.find(".//table") if section is not None else None
    if table is None:
        return Table()
    head = tuple(map(_cell, table.iterfind("./thead/tr/th")))
    rows = tuple(tuple(map(_cell, row.iterfind("./td"))) for row in table.iterfind("./tbody/tr"))
    return Table(head, rows)


def _cell(cell: HtmlElement) -> str:
    """Return what a cell holds; the one paragraph around it is the writer's, not the author's."""
    return _inner(cell[0] if len(cell) == 1 and cell[0].tag == "p" else cell)


def _outer(element: HtmlElement) -> str:
    """Return an element as HTML without ids: two cards may stand on one page."""
    for inner in element.xpath(".//*[@id][not(ancestor-or-self::svg)]"):
        del inner.attrib["id"]
    return html.tostring(element, encoding="unicode", with_tail=False).strip()


def _inner(element: HtmlElement) -> str:
    """Return what an element holds, as HTML."""
    text = _outer(element)
    return text[text.index(">") + 1 : text.rindex("</")].strip()
