"""Flashcards, read as their readers do: by Anki's own importer, and as a table."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from anki.collection import (
    Card,
    Collection,
    Delimiter,
    ImportAnkiPackageRequest,
    ImportCsvRequest,
    Note,
)
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import Browser
from tiny import DOMAIN, TinyBook, concept_page, in_its_place, replace, tree

from conceptbook.practice import cardfiles, flashcards
from conceptbook.practice.portable import text

SITE = "https://example.org/letters/"
WHOLE, LETTERS = "a-tiny-book.apkg", f"a-tiny-book-{DOMAIN}.apkg"
DAY, LATER = "1700000000", "1700086400"
ALPHA, BETA = f"{SITE}{DOMAIN}/alpha.html", f"{SITE}{DOMAIN}/beta.html"
QUESTIONS = 5
CARDS = 1 + QUESTIONS + 3  # of a page
# All that an answer can hold.
ANSWER = """\
Where $x^2 < y$, unlike {concept}`beta` and [the next](https://example.net/?a=1).

```python
def letters():
    return ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
```

$$
\\frac{x}{y}
$$

| a | b |
|---|---|
| 1 | 2 |

```{graphviz}
:alt: A leads to G.
digraph { a -> b -> c -> d -> e -> f -> g [class="main"] }
```

![A dot](dot.png)"""


def dot() -> bytes:
    """Return a picture."""
    out = BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    return out.getvalue()


def configure(book: TinyBook, old: str, new: str) -> None:
    """Replace a text of the settings."""
    replace(book.root / "_config.yml", old, new)


def list_practice(book: TinyBook) -> None:
    """List the page of practice below the concepts."""
    toc = (book.root / "_toc.yml").read_text()
    book.write("_toc.yml", f"{toc}  - caption: Practice\n    chapters:\n      - file: practice\n")


def build(book: TinyBook, date: str = DAY, *options: str) -> Path:
    """Build a book and return the folder of its flashcards."""
    outcome = book.build(*options, SITE_URL=SITE, SOURCE_DATE_EPOCH=date)
    assert outcome.code == 0, outcome.stderr
    return book.site / cardfiles.FOLDER


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    """A built book that is practiced, moved away from where it was built."""
    folder = tmp_path_factory.mktemp("cards")
    book = TinyBook(folder / "book")
    configure(book, "cell_timeout: 8", "cell_timeout: 8\n      name: a-tiny-book")
    alpha = concept_page("Alpha").replace("\nFor writing.\n", f"\n{ANSWER}\n")
    book.add("alpha", alpha.replace("| words |", "| $w$ords & *signs* |"))
    book.add("beta")
    book.write(f"book/{DOMAIN}/dot.png", dot())
    book.write("book/practice.md", "# Practice\n\n:::{practice}\n:::\n")
    list_practice(book)
    build(book)
    book.root.rename(folder / "original")
    return TinyBook(folder / "original", book.slugs)


@pytest.fixture
def book(original: TinyBook) -> Iterator[TinyBook]:
    """The built book, to change."""
    with in_its_place(original) as copy:
        yield copy


@pytest.fixture
def files(original: TinyBook) -> Path:
    """The folder with the flashcards of the built book."""
    return original.site / cardfiles.FOLDER


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """An empty collection of Anki's."""
    with closing(Collection(str(tmp_path / "collection.anki2"))) as collection:
        yield collection


def load(collection: Collection, package: Path) -> dict[str, int]:
    """Import a package as Anki does when its file is opened; return how many notes were what."""
    log = collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package))).log
    counts = {name: len(getattr(log, name)) for name in ("new", "updated", "duplicate")}
    assert log.found_notes == sum(counts.values())  # nothing was in conflict or without a field
    return {name: count for name, count in counts.items() if count}


def notes(collection: Collection) -> list[Note]:
    """Return all notes."""
    return [collection.get_note(number) for number in collection.find_notes("")]


def note(collection: Collection, concept: str, question: str) -> Note:
    """Return the one note of a concept whose question holds this text."""
    found = [n for n in notes(collection) if n["Concept"] == concept and question in n["Question"]]
    assert len(found) == 1
    return found[0]


def schedule(card: Card) -> tuple[Any, ...]:
    """Return what Anki knows of when to show a card."""
    return card.id, card.type, card.queue, card.due, card.ivl, card.reps, card.lapses


def study(collection: Collection) -> list[tuple[Any, ...]]:
    """Give all cards a schedule and return what `schedules` does."""
    collection.sched.set_due_date(collection.find_cards(""), "30")
    return schedules(collection)


def schedules(collection: Collection) -> list[tuple[Any, ...]]:
    """Return by guid and kind of note what Anki knows of all cards."""
    cards = [collection.get_card(number) for number in collection.find_cards("")]
    return sorted((card.note().guid, card.note().mid, *schedule(card)) for card in cards)


def rows(folder: Path) -> list[dict[str, str]]:
    """Return the table of all cards."""
    with open(folder / Path(cardfiles.TABLE).name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_anki_has_every_card_with_its_fields_deck_and_tags(collection, files):
    assert load(collection, files / WHOLE) == {"new": 2 * CARDS}
    assert collection.card_count() == 2 * CARDS
    cards = [collection.get_card(number) for number in collection.find_cards("")]
    assert {collection.decks.name(card.did) for card in cards} == {"A tiny book::Letters"}
    definition = note(collection, "Alpha", "definition")
    assert text(definition["Answer"]).splitlines() == [
        "Alpha is a letter.",
        "A letter is a sign that writes a sound.",
    ]
    assert (definition["Level"], definition["Link"]) == ("", ALPHA)
    probe = note(collection, "Beta", "When would you give letters up?")
    assert (probe["Level"], text(probe["Answer"])) == ("L6", "When the reader cannot spell.")
    assert probe["Link"] == f"{BETA}#probe-when-would-you-give-letters-up"
    names = f"domain::{DOMAIN}", "kind::probe", "level::L6", "tag::ranking", "tag::retrieval"
    assert sorted(probe.tags) == [f"a-tiny-book::{name}" for name in names]
    choice = note(collection, "Alpha", "signs")
    assert choice["Question"].startswith(
        r"Alpha: \(w\)ords &amp; <em>signs</em> — what does it buy"
    )
    assert text(choice["Answer"]).splitlines() == [
        "buys: meaning",
        "costs: thousands",
        "choose it when: never",
    ]
    assert choice["Link"] == f"{ALPHA}#trade-offs"


def test_new_cards_come_in_the_order_of_the_book(collection, files):
    load(collection, files / WHOLE)
    cards = [collection.get_card(number) for number in collection.find_cards("", order="c.due")]
    assert len({card.due for card in cards}) == len(cards)
    kinds = [re.search(r"kind::(\S+)", card.note().string_tags())[1] for card in cards]
    assert kinds == 2 * ["definition", *QUESTIONS * ["probe"], *3 * ["trade-off"]]
    assert [card.note()["Concept"] for card in cards] == CARDS * ["Alpha"] + CARDS * ["Beta"]


def test_an_answer_reads_as_on_its_page(collection, files):
    load(collection, files / WHOLE)
    answer = note(collection, "Alpha", "What is it for?")["Answer"]
    assert r"\(x^2 &lt; y\)" in answer
    assert re.search(r"\\\[\s*\\frac\{x\}\{y\}\s*\\\]", answer)
    assert "<math" not in answer
    page = BeautifulSoup(answer, "html.parser")
    assert [link["href"] for link in page("a")] == [BETA, "https://example.net/?a=1"]
    assert page.pre.get_text().strip() in ANSWER
    assert "\n    return" in page.pre.get_text()
    assert page.select_one(".highlight .k")
    assert page.svg["aria-label"] == "A leads to G."
    picture = Path(collection.media.dir(), page.img["src"])
    assert picture.read_bytes() == dot()


def test_another_import_changes_nothing(collection, files):
    load(collection, files / LETTERS)
    before = [(n.id, n.guid, n.fields, n.tags) for n in notes(collection)]
    load(collection, files / LETTERS)
    load(collection, files / WHOLE)
    assert [(n.id, n.guid, n.fields, n.tags) for n in notes(collection)] == before
    assert collection.card_count() == 2 * CARDS
    assert [m["name"] for m in collection.models.all()].count("A tiny book") == 1
    problems, fine = collection.fix_integrity()
    assert fine, problems


def test_a_newer_book_updates_cards_and_keeps_their_schedule(collection, files, book):
    load(collection, files / WHOLE)
    edited = note(collection, "Alpha", "Why not draw words?")
    reworded = note(collection, "Alpha", "What is a letter?")
    removed = note(collection, "Beta", "What is a letter?")
    known = [card.id for n in (edited, reworded, removed) for card in n.cards()]
    collection.sched.set_due_date(known, "30")
    before = [schedule(collection.get_card(number)) for number in known]

    book.edit("alpha", "There are too many.", "There are *far* too many.")
    reword = "{probe} Which sign is called a letter?\n:id: what-is-a-letter"
    book.edit("alpha", "{probe} What is a letter?", reword)
    # One more question takes the place of one that goes, so that the page stays whole.
    book.edit("beta", "{probe} What is a letter?", "{probe} Is a digit a letter?")
    newer = build(book, LATER)
    assert load(collection, newer / WHOLE) == {"new": 1, "updated": 2 * CARDS - 1}
    assert collection.card_count() == 2 * CARDS + 1
    edited.load(), reworded.load(), removed.load()
    assert edited["Answer"] == "<p>There are <em>far</em> too many.</p>"
    assert reworded["Question"] == "Which sign is called a letter?"
    assert reworded["Link"] == f"{ALPHA}#probe-what-is-a-letter"
    assert removed["Answer"] == "<p>A sign.</p>"  # it is the reader's now
    assert [schedule(collection.get_card(number)) for number in known] == before


def test_a_page_that_was_renamed_keeps_its_cards(collection, files, book):
    load(collection, files / WHOLE)
    before = study(collection)
    configure(book, "cell_timeout: 8", f"moved: {{{DOMAIN}/beta: {DOMAIN}/bet}}")
    page = book.page("beta").read_text()
    book.remove("beta")
    book.add("bet", page)
    list_practice(book)
    book.edit("alpha", "{concept}`beta`", "{concept}`bet`")
    newer = build(book, LATER)
    assert load(collection, newer / WHOLE) == {"updated": 2 * CARDS}
    assert schedules(collection) == before
    link = note(collection, "Beta", "definition")["Link"]
    assert link == f"{SITE}{DOMAIN}/bet.html"


def test_a_page_that_takes_in_another_keeps_the_cards_of_both(collection, files, book):
    load(collection, files / WHOLE)
    before = study(collection)
    theirs = {n.guid: n.fields for n in notes(collection) if n["Concept"] == "Beta"}
    configure(book, "cell_timeout: 8", f"merged: {{{DOMAIN}/beta: {DOMAIN}/alpha}}")
    book.remove("beta")
    list_practice(book)
    book.edit("alpha", "unlike {concept}`beta` and", "like beta and")
    newer = build(book, LATER)
    assert load(collection, newer / WHOLE) == {"updated": CARDS}
    assert schedules(collection) == before
    assert {n.guid: n.fields for n in notes(collection) if n["Concept"] == "Beta"} == theirs
    assert 'url=alpha.html"' in book.html("beta")


def test_a_book_with_another_title_keeps_its_cards(collection, files, book):
    load(collection, files / WHOLE)
    before = study(collection)
    configure(book, "title: A tiny book", "title: A small book")
    newer = build(book, LATER)
    assert load(collection, newer / "a-small-book.apkg") == {"updated": 2 * CARDS}
    assert schedules(collection) == before
    assert all("a-tiny-book::kind::" in n.string_tags() for n in notes(collection))


def test_the_same_book_gives_the_same_bytes(files, book):
    (book.root / "_build" / "stamp.json").unlink()
    again = build(book, DAY, "--all")
    assert sorted(tree(again)) == sorted([WHOLE, LETTERS, "flashcards.csv"])
    assert tree(again) == tree(files)
    with ZipFile(again / WHOLE) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_the_table_has_every_card_as_plain_text(files):
    table = rows(files)
    assert tuple(table[0]) == flashcards.COLUMNS
    assert Counter(row["kind"] for row in table) == {
        "definition": 2,
        "probe": 2 * QUESTIONS,
        "trade-off": 2 * 3,
    }
    found = {row["id"]: row for row in table}
    assert len(found) == len(table)
    assert "alpha" in found
    assert found["alpha#trade-off-w-ords-signs"]["question"].startswith(r"Alpha: \(w\)ords & signs")
    row = found["alpha#probe-what-is-it-for"]
    assert row["answer"].splitlines() == [
        r"Where \(x^2 < y\), unlike Beta and the next.",
        "def letters():",
        '    return ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]',
        r"\[\frac{x}{y}\]",
        "a | b",
        "1 | 2",
        "[A leads to G.]",
        "[A dot]",
    ]
    assert (row["deck"], row["level"]) == ("A tiny book::Letters", "L5")
    assert row["url"] == f"{ALPHA}#probe-what-is-it-for"
    assert row["tags"].split()[0] == f"a-tiny-book::domain::{DOMAIN}"


def test_a_spreadsheet_reads_the_table_as_text(collection, files):
    table = files / "flashcards.csv"
    assert table.read_bytes().startswith(codecs.BOM_UTF8), "without it Excel guesses"
    # Each of these begins a formula somewhere.
    for sign in "=+-@＝":
        card = flashcards.Card("a", "probe", f"<p>{sign}1</p>", "<ul><li>1</li></ul>", *4 * "b", ())
        (row,) = csv.DictReader(StringIO(flashcards.table([card])))
        assert row["question"] == f"'{sign}1"
        assert row["answer"] == "• 1"
    # Anki reads it, too: one note a line, the names of columns included.
    metadata = collection.get_csv_metadata(str(table), Delimiter.COMMA)
    request = ImportCsvRequest(path=str(table), metadata=metadata)
    assert len(collection.import_csv(request).log.new) == 1 + len(rows(files))
    assert collection.get_note(collection.find_notes("")[0]).fields[0] == "id"


def test_the_practice_page_links_every_file_and_says_how_much_it_holds(original, files):
    page = BeautifulSoup((original.site / "practice.html").read_text("utf-8"), "html.parser")
    links = page.select("section[aria-labelledby=practice-flashcards] a[download]")
    assert [link["href"] for link in links] == [
        f"{cardfiles.FOLDER}/{name}" for name in (WHOLE, LETTERS, "flashcards.csv")
    ]
    size = round((files / LETTERS).stat().st_size / 1000)
    assert links[1].get_text() == f"Letters: {2 * CARDS} cards, {size}\N{NO-BREAK SPACE}kB"


def test_devices_do_not_keep_the_files(original):
    worker = (original.site / "service-worker.js").read_text("utf-8")
    assert "_practice/alpha.js" in worker
    assert cardfiles.FOLDER not in worker


def test_a_card_shows_on_a_phone_by_day_and_by_night(collection, files, browser: Browser):
    load(collection, files / WHOLE)
    (card,) = note(collection, "Alpha", "What is it for?").cards()
    page = browser.new_page(viewport={"width": 390, "height": 800})
    colors = []
    for night in ("", "nightMode night_mode"):
        page.set_content(f'<body class="card {night}">{card.answer()}')
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        drawing = page.locator("svg").bounding_box()
        assert drawing["width"] > 60
        assert drawing["height"] < drawing["width"]
        places = [page.locator(".highlight .k").first, page.locator(".source a")]
        colors.append([place.evaluate("e => getComputedStyle(e).color") for place in places])
    page.close()
    assert all(day != night for day, night in zip(*colors, strict=True))


def test_the_cards_of_the_book_as_built(collection, site: Path):
    folder = site / cardfiles.FOLDER
    concepts = json.loads((site / "concepts.json").read_text("utf-8"))
    written = [c for c in concepts["concepts"] if c["status"] == "written"]
    load(collection, folder / "knowledge-hub.apkg")
    table = rows(folder)
    kinds = Counter(row["kind"] for row in table)
    assert kinds["definition"] == len(written)
    assert kinds["probe"] == sum(len(concept["probes"]) for concept in written)
    assert kinds["trade-off"] > 3 * len(written)
    assert collection.note_count() == collection.card_count() == len({row["id"] for row in table})
    decks = Counter(
        collection.decks.name(card.did)
        for card in map(collection.get_card, collection.find_cards(""))
    )
    assert decks == Counter(row["deck"] for row in table)
    places = {page.name: page.read_text("utf-8") for page in site.glob("*/*.html")}
    for row in table:
        page, _, anchor = row["url"].removeprefix(concepts["url"]).partition("#")
        assert (site / page).is_file(), row["url"]
        assert not anchor or f'id="{unquote(anchor)}"' in places[Path(page).name], row["url"]
        assert row["question"], row["id"]
        assert row["answer"], row["id"]
    for found in notes(collection):
        shown = found["Question"] + found["Answer"]
        assert "<math" not in shown
        assert not re.search(r'href="(?!https?://)', shown), shown
    # What Anki has the reader import one after another is what it has at once.
    for package in sorted(folder.glob("knowledge-hub-*.apkg")):
        assert "new" not in load(collection, package), package.name
    assert collection.note_count() == len(table)
