r"""Flashcards: a page's definition, its questions and its trade-offs, as records and as CSV.

A card is known as ``slug#anchor``, as a question is in practice, and keeps that name when its text
changes: the definition as ``slug``, a question by its probe's id, a trade-off by its choice. A page
that was renamed keeps the slug it had first: that of the first name which ``moved`` in
``_config.yml`` leads to it. A page that took in another (``merged``) had cards of its own and keeps
those; the other's stay as they are with the readers who have them.

``flashcards.csv`` (RFC 4180, UTF-8 with a byte-order mark, without which Excel takes it for another
encoding) holds one card a line below a line with the names of columns:

- ``id``: the name of the card, ``deck``: ``book::domain``, ``kind``: ``definition``, ``probe`` or
  ``trade-off``, ``level``: that of a probe (L4, L5 or L6);
- ``question`` and ``answer``: plain text, formulas as TeX between ``\(`` and ``\)``;
- ``tags``: with blanks between them, as Anki has them, ``url``: where the book says it.

A cell whose text begins as a formula does in a spreadsheet begins with an apostrophe instead.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from io import StringIO
from urllib.parse import quote

from docutils.nodes import make_id

from ..book import Page
from ..plain import plain_title
from ..website import Site
from .content import Content
from .portable import portable, text

COLUMNS = ("id", "deck", "kind", "level", "question", "answer", "tags", "url")
FORMULA = tuple("=+-@＝＋－＠")  # the wide ones count where Excel is set to Japanese


@dataclass(frozen=True)
class Card:
    """One card: question and answer are HTML that reads anywhere, ``concept`` is the page's title.

    Pictures in it are named from the top of the site.
    """

    id: str
    kind: str
    question: str
    answer: str
    concept: str
    domain: str
    deck: str
    url: str
    tags: tuple[str, ...]
    level: str = ""


def cards(site: Site, page: Page, content: Content) -> Iterator[Card]:
    """Yield the cards of one page."""
    title, base = escape(plain_title(page)), site.address.site
    first = next((old for old, new in site.book.settings.moved.items() if new == page.name), "")
    slug = (first or page.name).rsplit("/", 1)[-1]

    def card(
        kind: str, anchor: str, place: str, question: str, answer: str, level: str = ""
    ) -> Card:
        return Card(
            id=f"{slug}#{anchor}" if anchor else slug,
            kind=kind,
            question=portable(question, base),
            answer=portable(answer, base),
            concept=title,
            domain=page.domain,
            deck=f"{site.title}::{site.book.domain_title(page.domain)}",
            url=site.url(page.name) + (f"#{quote(place)}" if place else ""),
            tags=tuple(_tags(site, page, kind, level)),
            level=level,
        )

    summary = f'<p class="summary">{escape(page.meta.summary)}</p>\n' if page.meta.summary else ""
    yield card("definition", "", "", f"{title}: definition", summary + content.definition)
    for probe in page.probes:
        yield card("probe", probe.id, probe.id, *content.answers[probe.id], probe.level)
    rule = site.book.settings.structures[site.book.settings.domains[page.domain]]
    section = make_id(rule.section("trade-offs"))
    head, choices = content.trade_offs.head, Counter[str]()
    for choice, *cells in content.trade_offs.rows:
        asked = f"{title}: {choice} — what does it buy, what does it cost, when do you choose it?"
        pairs = zip(head[1:], cells, strict=True)
        answer = "".join(f"<dt>{label}</dt><dd>{cell}</dd>" for label, cell in pairs)
        anchor = f"trade-off-{make_id(text(portable(choice, base)))[:60].rstrip('-')}"
        choices[anchor] += 1
        anchor += f"-{choices[anchor]}" if choices[anchor] > 1 else ""
        yield card("trade-off", anchor, section, asked, f"<dl>{answer}</dl>")


def _tags(site: Site, page: Page, kind: str, level: str) -> Iterator[str]:
    """Yield tags below one of the book, so that they stay apart from a reader's own."""
    book = make_id(site.name)  # a blank would end the tag
    yield f"{book}::domain::{page.domain}"
    yield from (f"{book}::tag::{tag}" for tag in page.meta.tags)
    yield f"{book}::kind::{kind}"
    if level:
        yield f"{book}::level::{level}"


def table(found: list[Card]) -> str:
    """Return the cards as CSV."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for card in found:
        plain = {"question": text(card.question), "answer": text(card.answer)}
        row = asdict(card) | plain | {"tags": " ".join(card.tags)}
        writer.writerow(_unlike_a_formula(row[column]) for column in COLUMNS)
    return out.getvalue()


def _unlike_a_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
