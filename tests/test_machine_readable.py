"""What programs read of the site: valid, complete, the same each time, its dates those of git."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pybtex.database import parse_string
from tiny import DOMAIN, FIGURE, REFERENCES, UNSTABLE, TinyBook, concept_page, in_its_place, tree

from conceptbook import card, history, works
from conceptbook.card import Card
from conceptbook.history import Dates

SITE = "https://example.org/letters/"
EPOCH = "1700000000"
ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
FIRST, SECOND, THIRD = "2026-03-01", "2026-06-15", "2026-11-03"
TITLE = 'R&D: 1 < 2, "two" and 🚀'
SUMMARY = 'Says "a < b" & </script> 🚀.'
GLUE = """\
answer = 6 * 7
assert answer == 42
print(answer)


from myst_nb import glue
glue("half", answer / 2, display=False)"""
PROSE = (
    "It makes {glue:text}`half:.1f`, unlike {concept}`the other\n<beta>` and {concept}`psi`, "
    "as {cite:t}`knuth1998` says.\n\n"
    "(a-label)=\n::::{grid} 1 1 2 2\n:::{grid-item-card} A card\n:link: index\nOf *two*.\n:::\n::::"
)


def git(folder: Path, *arguments: str, date: str = "") -> str:
    """Run git, free of the user's own settings; ``date`` is that of a commit."""
    moment = {"GIT_AUTHOR_DATE": f"{date}T12:00Z", "GIT_COMMITTER_DATE": f"{date}T12:00Z"}
    person = {
        f"GIT_{role}_{what}": f"{what.lower()}@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = {
        **os.environ,
        **person,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **(moment if date else {}),
    }
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def commit(folder: Path, date: str) -> None:
    """Commit everything but what was built."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
        (folder / ".gitignore").write_text("_build/\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change", date=date)


def build(book: TinyBook, *options: str) -> TinyBook:
    """Build a book for the address that these tests expect."""
    outcome = book.build(*options, SITE_URL=SITE, SOURCE_DATE_EPOCH=EPOCH)
    assert outcome.code == 0, outcome.stderr
    return book


def write_pages(book: TinyBook) -> TinyBook:
    """Commit alpha, then beta and gamma, whose title and summary hold what needs escaping."""
    alpha = concept_page("Alpha", GLUE).replace(
        "It is drawn, then read, unlike {concept}`psi`.", PROSE
    )
    book.add("alpha", alpha)
    commit(book.root, FIRST)
    book.add("beta", concept_page("Beta", FIGURE))
    gamma = concept_page("Gamma").replace("# Gamma", f"# {TITLE}")
    gamma = gamma.replace(
        "summary: Gamma is a letter.", f"summary: {json.dumps(SUMMARY, ensure_ascii=False)}"
    )
    book.add("gamma", gamma.replace("{probe} What is a letter?", f"{{probe}} {TITLE}?"))
    commit(book.root, SECOND)
    return book


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    """A built book with three concepts and two commits, moved away from where it was built."""
    folder = tmp_path_factory.mktemp("machine")
    book = build(write_pages(TinyBook(folder / "book")))
    book.root.rename(folder / "original")
    return TinyBook(folder / "original", book.slugs)


@pytest.fixture
def book(original: TinyBook) -> Iterator[TinyBook]:
    """The built book, to change."""
    with in_its_place(original) as copy:
        yield copy


@pytest.fixture(scope="module")
def soups(original: TinyBook) -> dict[str, BeautifulSoup]:
    """The heads of the pages of the built book, parsed."""
    return {slug: BeautifulSoup(original.html(slug), "html.parser").head for slug in original.slugs}


@pytest.fixture(scope="module")
def records(original: TinyBook) -> dict[str, dict]:
    """The concepts of concepts.json by name."""
    return {record["name"]: record for record in concepts(original)}


def concepts(book: TinyBook) -> list[dict]:
    """Return the concepts of concepts.json."""
    return json.loads((book.site / "concepts.json").read_text(encoding="utf-8"))["concepts"]


def feed(book: TinyBook) -> ET.Element:
    """Return the feed, parsed."""
    return ET.parse(book.site / "feed.xml").getroot()


def modified(book: TinyBook) -> dict[str, str | None]:
    """Return the date of each page in the sitemap, by its path."""
    entries = ET.parse(book.site / "sitemap.xml").getroot()
    return {
        entry.findtext(f"{MAPS}loc").removeprefix(SITE): entry.findtext(f"{MAPS}lastmod")
        for entry in entries
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the files that two sites do not have in common (but for what no two builds do)."""
    names = sorted(name for name in one | other if not name.startswith(UNSTABLE))
    return [name for name in names if one.get(name) != other.get(name)]


def described(head: BeautifulSoup) -> dict[str, str]:
    """Return what the elements of a head say; asserts that none says it twice."""
    found = [
        (element.get("name") or element.get("property"), element["content"])
        for element in head.select("meta[name], meta[property]")
        if (element.get("name") or "").partition(":")[0] in ("description", "twitter")
        or element.get("property")
    ]
    assert len(found) == len(dict(found)), found
    return dict(found)


def facts(head: BeautifulSoup) -> list[dict]:
    """Return what a head says in JSON-LD."""
    (script,) = head.select('script[type="application/ld+json"]')
    return json.loads(script.string)["@graph"]


# --- concepts.json ------------------------------------------------------------------------------


def test_every_concept_is_a_record_once(original: TinyBook, records):
    names = [f"{DOMAIN}/{slug}" for slug in ("alpha", "beta", "gamma", "psi", "chi", "phi")]
    assert [record["name"] for record in concepts(original)] == names
    assert [record["status"] for record in records.values()] == ["written"] * 3 + ["planned"] * 3
    psi = records[f"{DOMAIN}/psi"]
    assert (psi["title"], psi["summary"]) == ("The letter psi", "The last but one.")
    assert "url" not in psi


def test_a_record_says_what_the_page_says(original: TinyBook, records):
    record = records[f"{DOMAIN}/alpha"]
    assert record["url"] == f"{SITE}{DOMAIN}/alpha.html"
    assert record["markdown"] == f"{SITE}{DOMAIN}/alpha.md"
    assert record["domain_title"] == "Letters"
    assert record["tags"] == ["ranking", "retrieval"]
    assert record["aliases"] == ["the letter"]
    assert record["evidence"] == "count"
    assert record["claims"] == 1
    assert {"name": f"{DOMAIN}/psi", "reason": "comes later"} in record["related"]
    assert {entry["name"] for entry in record["related"]} <= set(records)
    page = BeautifulSoup(original.html("alpha"), "html.parser")
    assert [probe["level"] for probe in record["probes"]] == ["L4", "L5", "L5", "L6", "L6"]
    for probe in record["probes"]:
        assert probe["question"] in page.find(id=probe["id"]).summary.text


def test_what_needs_escaping_arrives_as_it_was_written(original: TinyBook, soups, records):
    record = records[f"{DOMAIN}/gamma"]
    assert (record["title"], record["summary"]) == (TITLE, SUMMARY)
    assert record["probes"][0]["question"] == f"{TITLE}?"
    tags = described(soups["gamma"])
    assert (tags["og:title"], tags["og:description"]) == (TITLE, SUMMARY)
    assert tags["description"] == SUMMARY
    article = facts(soups["gamma"])[0]
    assert (article["headline"], article["description"]) == (TITLE, SUMMARY)
    entry = next(
        e for e in feed(original).iter(f"{ATOM}entry") if "gamma" in e.findtext(f"{ATOM}id")
    )
    assert (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}summary")) == (TITLE, SUMMARY)
    markdown = (original.site / DOMAIN / "gamma.md").read_text(encoding="utf-8")
    assert markdown.startswith(f"# {TITLE}\n\n> {SUMMARY}\n")
    assert (
        f"[{TITLE}]({SITE}{DOMAIN}/gamma.md): {SUMMARY}" in (original.site / "llms.txt").read_text()
    )


# --- The head of a page -------------------------------------------------------------------------


def test_a_page_is_described_once(soups):
    for slug, head in soups.items():
        tags = described(head)
        url = f"{SITE}{DOMAIN}/{slug}.html"
        assert [link["href"] for link in head.select('link[rel="canonical"]')] == [url]
        assert tags["og:url"] == url
        assert tags["og:type"] == "article"
        assert tags["og:site_name"] == "A tiny book"
        assert tags["twitter:card"] == "summary_large_image"
        assert [link["href"] for link in head.select('link[type="application/atom+xml"]')] == [
            f"{SITE}feed.xml"
        ]
        assert [link["href"] for link in head.select('link[type="text/markdown"]')] == [
            f"{SITE}{DOMAIN}/{slug}.md"
        ]


def test_a_page_names_itself_to_search_engines(soups):
    article, trail = facts(soups["beta"])
    assert article["@type"] == "TechArticle"
    assert article["keywords"] == ["Ranking", "Retrieval", "the letter"]
    assert article["author"] == {"@type": "Organization", "name": "Nobody"}
    assert article["datePublished"] == article["dateModified"] == f"{SECOND}T12:00:00Z"
    assert article["isPartOf"]["url"] == SITE
    assert [step["name"] for step in trail["itemListElement"]] == ["A tiny book", "Beta"]


def test_every_page_has_a_picture_of_its_own(original: TinyBook, soups):
    pictures = {described(head)["og:image"] for head in soups.values()}
    assert len(pictures) == len(soups)
    for url in pictures:
        file = original.site / url.removeprefix(SITE)
        assert file.stat().st_size < 60_000
        assert Image.open(file).size == (1200, 630)


def test_a_card_is_drawn_once_and_always_the_same(tmp_path: Path):
    text = Card("Alpha 🚀 \n beta", "A word " * 60, "Letters", "A tiny book")
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        card.write(text, tmp_path / folder)
    file = tmp_path / "one" / text.path
    assert file.read_bytes() == (tmp_path / "other" / text.path).read_bytes()
    before = file.stat().st_mtime_ns
    card.write(text, tmp_path / "one")
    assert file.stat().st_mtime_ns == before
    assert text._replace(title="Beta").path != text.path
    assert [path.name for path in file.parent.iterdir()] == [file.name]


# --- Markdown, lists of pages -------------------------------------------------------------------


def test_a_page_as_plain_markdown(original: TinyBook):
    text = (original.site / DOMAIN / "alpha.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Alpha\n\n> Alpha is a letter.\n\n<{SITE}{DOMAIN}/alpha.html>")
    link = f"[the other]({SITE}{DOMAIN}/beta.md)"
    assert f"It makes 21.0, unlike {link} and The letter psi, as Knuth (1998) says." in text
    assert f"```python\n{GLUE}\n```\n" in text
    assert "```text\n42\n```" in text
    assert "**What is a letter?** (L4)\n\nA sign." in text
    assert "**In sixty seconds**\n\nLetters write sounds." in text
    assert "**A card**\n\nOf *two*.\n\n## See it run" in text
    assert "| letters | sounds | spelling | always |" in text
    assert not re.search(r"^:|\{\w[\w:-]*\}|^jupytext|^\(a-label", text, re.MULTILINE)
    beta = (original.site / DOMAIN / "beta.md").read_text(encoding="utf-8")
    assert "*Figure: A line that rises from 1 to 4*" in beta
    assert "- Knuth (1998). Sorting and Searching." in (original.site / "index.md").read_text()


def test_how_a_sentence_names_a_work():
    entry = parse_string(REFERENCES, "bibtex").entries["knuth1998"]
    assert (works.authors(entry), works.year(entry), works.url(entry)) == ("Knuth", "1998", "")
    text = "@misc{a, author={Sen{\\'e}cal, J and Li, B and Wu, C}, title={A {B}}, doi={10.1/x}}"
    entry = parse_string(text, "bibtex").entries["a"]
    expected = "Senécal et al. (n.d.). [A B](https://doi.org/10.1/x)."
    assert works.reference(entry) == expected


def test_every_page_is_listed_once(original: TinyBook):
    assert list(modified(original)) == ["index.html"] + [
        f"{DOMAIN}/{slug}.html" for slug in original.slugs
    ]
    listed = re.findall(r"\((\S+\.md)\)", (original.site / "llms.txt").read_text())
    pages = [f"{DOMAIN}/{slug}.md" for slug in original.slugs] + ["index.md"]
    assert listed == [f"{SITE}{page}" for page in pages]
    assert all((original.site / page).is_file() for page in pages)
    assert f"Sitemap: {SITE}sitemap.xml\n" in (original.site / "robots.txt").read_text()


def test_the_feed_holds_what_atom_asks_for(original: TinyBook):
    root = feed(original)
    for element in (root, *root.iter(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{tag}")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Nobody"
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": f"{SITE}feed.xml",
        "alternate": SITE,
    }
    entries = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert entries == [f"{SITE}{DOMAIN}/{slug}.html" for slug in ("beta", "gamma", "alpha")]
    assert root.findtext(f"{ATOM}updated") == f"{SECOND}T12:00:00Z"


# --- The same each time -------------------------------------------------------------------------


def test_two_builds_give_the_same_bytes(original: TinyBook, tmp_path: Path):
    other = build(write_pages(TinyBook(tmp_path / "elsewhere")))
    assert differing(tree(original.site), tree(other.site)) == []


def test_a_commit_changes_the_dates_of_its_pages_only(book: TinyBook, original: TinyBook):
    """Though it changes no file; and an incremental build is a fresh one's equal."""
    assert '<time datetime="2026-03-01">March 1, 2026</time>' in book.html("alpha")
    book.edit("alpha", "Speech is gone", "Speech has gone")
    build(book)
    assert modified(book)[f"{DOMAIN}/alpha.html"] == FIRST
    assert "March 1, 2026" in book.html("alpha")
    commit(book.root, THIRD)
    outcome = book.build("--trace", SITE_URL=SITE, SOURCE_DATE_EPOCH=EPOCH)
    assert outcome.code == 0, outcome.stderr
    assert re.search(r"0 added, 1 changed, 0 removed", outcome.stdout)
    assert "November 3, 2026" in book.html("alpha")
    assert described(BeautifulSoup(book.html("alpha"), "html.parser").head)[
        "article:modified_time"
    ] == (f"{THIRD}T12:00:00Z")
    assert book.html("beta") == original.html("beta")
    assert modified(book)[f"{DOMAIN}/alpha.html"] == THIRD
    assert modified(book)[f"{DOMAIN}/beta.html"] == SECOND
    assert (
        next(feed(book).iter(f"{ATOM}entry")).findtext(f"{ATOM}published") == f"{FIRST}T12:00:00Z"
    )
    assert concepts(book)[0]["changed"] == THIRD
    assert len(modified(book)) == 4
    incremental = tree(book.site)
    build(book, "--all")
    assert differing(incremental, tree(book.site)) == []


@pytest.mark.parametrize("kind", ["no repository", "shallow clone"])
def test_without_history_there_are_no_dates(original: TinyBook, tmp_path: Path, kind: str):
    root = tmp_path / "book"
    if kind == "no repository":
        ignore = shutil.ignore_patterns(".git", "html")
        shutil.copytree(original.root, root, ignore=ignore)
    else:
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{original.root}", "book")
        shutil.copytree(original.root / "_build" / "executed", root / "_build" / "executed")
    book = build(TinyBook(root, list(original.slugs)))
    assert not (book.site / "feed.xml").exists()
    assert set(modified(book).values()) == {None}
    assert not any("changed" in record for record in concepts(book))
    page = BeautifulSoup(book.html("alpha"), "html.parser")
    assert not page.select('time, link[type="application/atom+xml"], [property^="article:"]')
    assert "datePublished" not in facts(page.head)[0]


# --- Dates --------------------------------------------------------------------------------------


def day(text: str) -> datetime:
    """Return noon of a day, when these tests commit."""
    return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)


def test_dates_follow_a_page_through_renames(tmp_path: Path):
    page = tmp_path / "book" / "old name.md"
    page.parent.mkdir()
    page.write_text("# One\n\nA page.\n" * 9)
    (tmp_path / "book" / "gone.md").write_text("# Gone\n")
    commit(tmp_path, FIRST)
    page.write_text(page.read_text() + "More.\n")
    (tmp_path / "book" / "gone.md").unlink()
    commit(tmp_path, SECOND)
    (tmp_path / "book" / "ü").mkdir()
    page.rename(tmp_path / "book" / "ü" / "new.md")
    (tmp_path / "book" / "gone.md").write_text("# Another page\n")
    (tmp_path / "outside.md").write_text("# No page\n")
    commit(tmp_path, THIRD)
    (tmp_path / "book" / "draft.md").write_text("# Draft\n")
    assert history.read(tmp_path / "book") == {
        "ü/new": Dates(day(FIRST), day(SECOND)),
        "gone": Dates(day(THIRD), day(THIRD)),
    }


def test_a_page_in_the_place_of_one_that_moved(tmp_path: Path):
    page = tmp_path / "a.md"
    page.write_text("# First\n\nA page.\n" * 9)
    commit(tmp_path, FIRST)
    page.rename(tmp_path / "b.md")
    commit(tmp_path, SECOND)
    page.write_text("# Second\n")
    commit(tmp_path, THIRD)
    assert history.read(tmp_path) == {
        "a": Dates(day(THIRD), day(THIRD)),
        "b": Dates(day(FIRST), day(FIRST)),
    }


def test_a_machine_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert history.read(tmp_path) == {}
