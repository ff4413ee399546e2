"""The concept map: what it draws of a tiny book, that names never overlap, and its list."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from tiny import CONFIG, DOMAIN, TinyBook, concept_page, finish, run_python

from conceptbook import book as books
from conceptbook import conceptmap, configuration
from conceptbook.maplabels import Box, Wish, overlap, place_labels

VENDOR = ROOT / "conceptbook" / "static" / "vendor"
PLANNED = f"""\
{DOMAIN}:
  psi: {{title: The letter psi, definition: The last but one., related: [chi, one, alpha]}}
  chi: {{title: The letter chi, definition: The last but two., related: [psi]}}
  phi: {{title: The letter phi, definition: The last but three.}}
digits:
  one: {{title: "The digit <one>", definition: The first., related: [phi, unknown]}}
"""
RELATED = "{psi: comes later, chi: comes sooner, phi: comes first}"
# Every relation once, however many pages name it: alpha and beta name each other, psi and chi too.
RELATIONS = {
    frozenset(pair)
    for pair in (
        *(("alpha", other) for other in ("beta", "psi", "chi")),
        *(("beta", other) for other in ("psi", "chi", "phi")),
        *(("psi", "chi"), ("psi", "one"), ("one", "phi")),
    )
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> TinyBook:
    """Two written pages, four planned ones in two domains, and a map; built."""
    book = TinyBook(tmp_path_factory.mktemp("map") / "book")
    domains = f"domains: {{{DOMAIN}: concept"
    book.write("_config.yml", CONFIG.replace(domains, f"{domains}, digits: concept"))
    book.write("book/planned.yml", PLANNED)
    alpha = "{beta: comes next, psi: ends it, chi: ends it sooner}"
    beta = "{alpha: came before, psi: ends it, chi: 'a < b', phi: a third}"
    book.add("alpha", concept_page("Alpha").replace(RELATED, alpha))
    book.add("beta", concept_page("Beta").replace(RELATED, beta))
    book.write("book/map.md", "# Map\n\n:::{conceptmap}\n:::\n")
    toc = (book.root / "_toc.yml").read_text("utf-8")
    book.write("_toc.yml", f"{toc}      - file: map\n")
    outcome = book.build()
    assert outcome.code == 0, outcome.stderr
    return book


def load(root: Path) -> books.Book:
    """Return the records of a book."""
    config = configuration.read(root / "_config.yml", root / "_toc.yml", root / "book")
    return books.load(root, root / "book", root / "_toc.yml", config)


@pytest.fixture(scope="module")
def page(tiny) -> BeautifulSoup:
    """The built page of the tiny book's map."""
    return BeautifulSoup((tiny.site / "map.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def picture() -> conceptmap.Picture:
    """The map of the real book."""
    return conceptmap.draw(load(ROOT))


# --- What is drawn --------------------------------------------------------------------------------


def test_every_concept_is_a_mark_and_every_relation_one_line(tiny, page):
    marks = page.select(".map-node")
    assert {mark.name for mark in marks if "written" in mark["class"]} == {"a"}
    assert [mark["href"] for mark in page.select("a.map-node")] == [
        f"{DOMAIN}/alpha.html",
        f"{DOMAIN}/beta.html",
    ]
    assert len(page.select(".map-node.planned")) == 4
    found = [frozenset(tie.ends) for tie in conceptmap.ties(load(tiny.root))]
    assert len(found) == len(page.select(".map-lines path")) == len(RELATIONS)
    assert set(found) == RELATIONS


def test_the_list_says_what_the_picture_shows(page):
    items = {item["data-number"]: item for item in page.select(".map-concept")}
    assert items.keys() == {mark["data-number"] for mark in page.select(".map-node")}
    listed = {
        (number, near["data-number"])
        for number, item in items.items()
        for near in item.select("li[data-number]")
    }
    lines = [tuple(line["data-ends"].split()) for line in page.select(".map-lines path")]
    assert listed == {*lines, *(line[::-1] for line in lines)}


def test_the_list_gives_each_end_its_own_reason_or_the_others(page):
    text = {
        item.select_one(".map-title").text: " ".join(item.ul.text.split())
        for item in page.select(".map-concept")
    }
    assert "Beta: comes next" in text["Alpha"]
    assert "Alpha: came before" in text["Beta"]
    assert "Beta: it leads here: a < b" in text["The letter chi"]
    assert text["The digit <one>"] == "The letter psi The letter phi"


def test_a_title_is_text(page):
    assert page.select_one(".map-node[data-number='5'] text").text == "The digit <one>"
    assert not page.select("one")


def test_filters_offer_each_domain_and_state(page):
    values = {box["value"] for box in page.select(".catalogue-tools input")}
    assert values == {DOMAIN, "digits", "written", "planned"}


def test_only_the_map_loads_its_files(tiny, page):
    files = ("map.js", "map.css")
    assert all(file in str(page.head) for file in files)
    others = (tiny.html("alpha"), (tiny.site / "index.html").read_text("utf-8"))
    assert not any(file in other for other in others for file in (*files, "panzoom"))


def test_a_book_without_concepts_has_an_empty_map(tmp_path):
    book = TinyBook(tmp_path / "book")
    book.write("book/planned.yml", "")
    assert conceptmap.draw(load(book.root)) == conceptmap.Picture((-320, -180, 640, 360), [], [])


def test_mistakes_in_the_directive_are_named(tiny):
    for text, message, line in (  # MyST counts the line below a directive's name
        (":::{conceptmap}\n:domain: letters\n:::", "unknown option ':domain: letters'", 4),
        (":::{conceptmap}\n:::\n\n:::{conceptmap}\n:::", "a second concept map", 7),
    ):
        book = tiny.copy(tiny.root.with_name(f"wrong-{line}"))
        book.write("book/map.md", f"# Map\n\n{text}\n")
        outcome = book.build()
        assert outcome.code == 1
        (problem,) = outcome.problems
        assert (problem.path, problem.line) == ("book/map.md", line)
        assert message in problem.message
        assert problem.fix


def test_the_same_book_gives_the_same_bytes(tiny):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from test_conceptmap import load; from conceptbook import conceptmap;"
        "print(conceptmap.draw(load(Path(sys.argv[1]))))"
    )
    tests = str(Path(__file__).parent)
    outputs = {
        finish(run_python("-c", code, str(ROOT), tests, PYTHONHASHSEED=seed)).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "Territory" in outputs.pop()


# --- Room ---------------------------------------------------------------------------------------


def test_no_two_marks_are_closer_than_fingers_need(picture):
    places = [mark.place for territory in picture.territories for mark in territory.marks]
    nearest = min(hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(places, 2))
    assert nearest >= 36  # WCAG asks for 24, also at the zoom of a phone


def test_domains_lie_apart(picture):
    for one, other in combinations(picture.territories, 2):
        apart = min(
            hypot(a.place[0] - b.place[0], a.place[1] - b.place[1])
            for a in one.marks
            for b in other.marks
        )
        assert apart > 2 * conceptmap.PADDING


def at(box: Box, zoom: float) -> tuple[float, float, float, float]:
    """Return where a box is on the screen: left, top, right, bottom."""
    x, y = (zoom * place + shift for place, shift in zip(box.place, box.offset, strict=True))
    return x - box.size[0] / 2, y - box.size[1] / 2, x + box.size[0] / 2, y + box.size[1] / 2


def collide(a: Box, b: Box, zoom: float) -> bool:
    """Say whether two boxes overlap on the screen by more than a rounding."""
    left, top, right, bottom = at(a, zoom)
    other_left, other_top, other_right, other_bottom = at(b, zoom)
    across = min(right, other_right) - max(left, other_left)
    down = min(bottom, other_bottom) - max(top, other_top)
    return across > 0.01 and down > 0.01


@pytest.mark.parametrize("zoom", [0.75, 1, 1.5, 2, 3, 6])
def test_names_overlap_no_name_and_no_mark(picture, zoom):
    marks = [mark for territory in picture.territories for mark in territory.marks]
    captions = [territory.caption.box for territory in picture.territories]
    shown = [mark.label.box for mark in marks if mark.label.zoom <= zoom] + captions
    dots = [Box(mark.place, (0, 0), (2 * mark.radius,) * 2) for mark in marks]
    assert not any(collide(a, b, zoom) for a, b in combinations(shown, 2))
    assert not any(collide(name, dot, zoom) for name in shown for dot in dots)


def test_every_name_is_shown_at_some_zoom(picture):
    marks = [mark for territory in picture.territories for mark in territory.marks]
    assert all(mark.label.zoom <= conceptmap.FARTHEST for mark in marks)


@pytest.mark.parametrize(
    ("place", "zooms"),
    [((10, 0), (0, 2)), ((10, 40), (0, 0.5)), ((-10, 0), (0, 2)), ((0, 0), (0, float("inf")))],
)
def test_the_zooms_at_which_two_boxes_overlap(place, zooms):
    here, there = Box((0, 0), (0, 0), (20, 20)), Box(place, (0, 0), (20, 20))
    assert overlap(here, there) == zooms


def test_who_finds_no_room_soon_is_let_before_the_others():
    """The second fits on one side only, the first on several."""
    wall = [Box((0, 0), (-60, 0), (80, 400)), Box((0, 0), (0, -60), (400, 80))]
    wishes = [Wish("First", (0, 0), 5, 12), Wish("Second", (0, 30), 5, 12)]
    labels = place_labels(wishes, wall)
    assert [label.lines for label in labels] == [("First",), ("Second",)]
    assert all(label.zoom < 2 for label in labels)


def test_the_picture_is_light(site):
    html = (site / "map.html").read_text("utf-8")
    svg = re.search(r'<svg class="map".*?</svg>\s*<div class="map-card"', html, re.DOTALL)[0]
    assert len(svg.encode()) < 150_000


# --- What others wrote ----------------------------------------------------------------------


def test_vendored_files_are_what_the_manifest_names():
    manifest = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
    licenses = {entry["license_file"] for entry in manifest.values()}
    present = {file.name for file in VENDOR.iterdir()}
    assert present == {"manifest.json", *manifest, *licenses}
    for name, entry in manifest.items():
        data = (VENDOR / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], name
        assert entry["source"].startswith("https://")
        assert entry["source"].endswith(entry["version"])
