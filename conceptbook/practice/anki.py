"""Flashcards as packages that Anki imports; a package imported again updates what is there.

Anki knows a note by its guid and updates it where the package is newer; schedules are its own and
stay. All of these are known by the book's name, which is for good: notes by a guid made of it and
the card's, their type and the decks by numbers made of it. The title is only what they are called.
Fields are for good too: Anki does not update notes whose type has other fields now.
https://docs.ankiweb.net/importing/packaged-decks.html
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing
from html import escape
from itertools import count
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import genanki
from pygments.formatters import HtmlFormatter
from pygments.style import Style

from .. import website
from ..website import Site
from .flashcards import Card

STYLE = Path(__file__).with_name("anki.css")
FIELDS = ("Question", "Answer", "Concept", "Level", "Link")
# A question of an interview needs the page it is of; the other two kinds of cards name it.
FRONT = """\
{{#Level}}<p class="about"><span class="level">{{Level}}</span> {{Concept}}</p>{{/Level}}
<div class="question">{{Question}}</div>"""
BACK = """\
{{FrontSide}}
<hr id="answer">
{{Answer}}
<p class="source"><a href="{{Link}}">{{Concept}}, in the book</a></p>"""
# What Anki and AnkiDroid call it; AnkiDroid inverts the colors of a sheet that does not know it.
NIGHT = (".nightMode", ".night_mode")
PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")(?!\w+:|/)([^"]+)')
SMALLEST = 1 << 30  # numbers from here to its double, as genanki has them


def number(*names: str) -> int:
    """Return the number by which Anki knows what has these names."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return SMALLEST + int.from_bytes(digest[:8]) % SMALLEST


def style(light: type[Style], dark: type[Style]) -> str:
    """Return the sheet of the cards, code in the looks of two styles of Pygments."""
    return "\n".join([STYLE.read_text(encoding="utf-8"), *_code(light, [""]), *_code(dark, NIGHT)])


def _code(look: type[Style], modes: Iterable[str]) -> Iterator[str]:
    formatter, places = HtmlFormatter(style=look), [f"{mode} .highlight".strip() for mode in modes]
    yield from formatter.get_background_style_defs(places)
    yield from formatter.get_token_style_defs(places)


def files(site: Site, css: str, cards: list[Card], folder: Path, date: int) -> dict[str, bytes]:
    """Return the files of a package with these cards, in their order.

    ``folder`` is that of the site, with the pictures; ``date`` is in seconds.
    """
    name, title = site.name, site.title
    source = f'<a href="{site.address.site}">{escape(title)}</a> · {website.LICENSE_NAME}'
    pictures: dict[str, bytes] = {}
    templates = [{"name": "Card", "qfmt": FRONT, "afmt": BACK}]
    fields = [{"name": name} for name in FIELDS]
    model = genanki.Model(number(name), title, fields, templates, css)
    decks: dict[str, genanki.Deck] = {}
    for position, card in enumerate(cards):
        deck = genanki.Deck(number(name, card.domain), card.deck, source)
        shown = [_with_pictures(part, folder, pictures) for part in (card.question, card.answer)]
        decks.setdefault(card.domain, deck).add_note(
            genanki.Note(
                model,
                [*shown, card.concept, card.level, card.url],
                tags=card.tags,
                guid=genanki.guid_for(name, card.id),
                due=position,  # new cards come in the order of the book
            )
        )
    names = {str(place): name for place, name in enumerate(pictures)}
    return {
        "collection.anki2": _database(genanki.Package(list(decks.values())), date),
        "media": json.dumps(names).encode(),
        **dict(zip(names, pictures.values(), strict=True)),
    }


def _with_pictures(fragment: str, folder: Path, pictures: dict[str, bytes]) -> str:
    """Return HTML that names its pictures as the package does, and add them to ``pictures``.

    Anki has one folder for all decks, so a name holds the digest of what it names.
    """

    def taken(match: re.Match[str]) -> str:
        content = (folder / unquote(match[2])).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        name = f"{digest}{PurePosixPath(match[2]).suffix}"
        pictures[name] = content
        return f"{match[1]}{name}"

    return PICTURE.sub(taken, fragment)


def _database(package: genanki.Package, date: int) -> bytes:
    """Return the collection of a package.

    Not by ``write_to_file``, which leaves a copy of it in the system's folder for temporary files
    and dates the archive by the clock.
    """
    with closing(sqlite3.connect(":memory:")) as connection, warnings.catch_warnings():
        # It takes a tag with a line break or a hyphen for text that is not escaped.
        warnings.simplefilter("ignore")
        package.write_to_db(connection.cursor(), date, count(date * 1000))
        connection.commit()
        return connection.serialize()
