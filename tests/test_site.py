"""The real book as built: what every page must hold, whatever it is about."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import PAGES, ROOT, commit
from fontTools.ttLib import TTFont

from conceptbook import book as books
from conceptbook import configuration, environment, offline, run, standard
from conceptbook.figures import shorten
from conceptbook.icons import RULE, STYLES, THEME, codes_in

SAMPLE = 6  # pages that are executed twice


def test_the_book_has_pages(soups):
    assert "ml-system-design/two-tower-model" in soups


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_backs_it(soups, page):
    line = soups[page].select_one("dl.provenance")
    facts = {item.dt.text: item.dd.text for item in line.find_all("div")}
    assert list(facts) == ["Evidence", "Claims asserted", "Executed", "Processor time", "With"]
    assert int(facts["Claims asserted"]) >= 1
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", facts["Executed"])
    assert re.search(r"Python 3\.\d+\.\d+, ", facts["With"])


@pytest.mark.parametrize("page", PAGES)
def test_numbers_in_prose_come_from_the_run(soups, page):
    """Each page puts computed values into its sentences, and none is left unfilled."""
    article = soups[page].select_one("article")
    source = (ROOT / "book" / f"{page}.md").read_text("utf-8")
    names = re.findall(r"\{glue:text\}`([\w.-]+)", source)
    assert names, "no computed number in the prose"
    assert "{glue" not in article.text
    assert "pasted" in str(article) or article.text


@pytest.mark.parametrize("page", PAGES)
def test_figures_are_inline_follow_the_theme_and_have_a_text_alternative(soups, page):
    figures = soups[page].select("svg.figure")
    assert figures, "a page shows at least one figure"
    for figure in figures:
        assert figure["role"] == "img"
        assert len(figure["aria-label"].split()) >= standard.ALT_WORDS, figure["aria-label"]
        assert "currentColor" in str(figure)
        assert len(str(figure)) < standard.FIGURE_BYTES
    identifiers = [tag["id"] for tag in soups[page].select("[id]")]
    assert len(identifiers) == len(set(identifiers)), "the page repeats an id"


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_part_of_the_page(soups, page):
    assert not soups[page].select("script[src*=mathjax]")
    for formula in soups[page].select("math"):
        assert formula.select_one("annotation").text.strip()


@pytest.mark.parametrize("page", PAGES)
def test_answers_are_folded(soups, page):
    probes = soups[page].select("details.probe")
    assert len(probes) >= 5
    assert sum("probe-l6" in probe["class"] for probe in probes) >= 2
    assert not any(probe.has_attr("open") for probe in probes)
    assert all(probe["id"].startswith("probe-") for probe in probes)


def test_internal_links_and_anchors_resolve(site, soups):
    broken = []
    for page, soup in soups.items():
        here = site / f"{page}.html"
        for link in soup.select("a[href]"):
            target, _, anchor = link["href"].partition("#")
            target = target.partition("?")[0]
            if re.match(r"[a-z]+:", target):
                continue
            file = (here.parent / target).resolve() if target else here
            to_part = anchor and file.suffix == ".html"
            if not file.exists() or (to_part and anchor not in anchors(file)):
                broken.append(f"{page}: {link['href']}")
    assert not broken


@cache
def anchors(file: Path) -> set[str]:
    """Return the ids of a page."""
    soup = BeautifulSoup(file.read_text("utf-8"), "html.parser")
    return {element["id"] for element in soup.find_all(id=True)}


def executed_again() -> set[str]:
    """Return the pages that are executed a second time: others after each commit, or all.

    The pages of the whole book take as long as all other tests together.
    """
    if os.environ.get("EVERY_PAGE"):
        return set(PAGES)
    return set(random.Random(commit()).sample(PAGES, SAMPLE))


def test_a_cold_build_in_another_folder_gives_the_same_site(site, tmp_path):
    """Byte for byte, with pages executed anew; only the day of their run may be another."""
    root = tmp_path / "another-folder"
    ignore = shutil.ignore_patterns(".venv", "_build", "__pycache__")
    shutil.copytree(ROOT, root, ignore=ignore)
    again = executed_again()
    config = configuration.read(ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "book")
    book = books.load(ROOT, ROOT / "book", ROOT / "_toc.yml", config)
    results = root / "_build" / "executed"
    results.mkdir(parents=True)
    for name, key in run.keys(book, environment.fingerprint(ROOT)).items():
        if name not in again:
            shutil.copy(ROOT / "_build" / "executed" / f"{key}.json", results)
    command = [sys.executable, "-m", "conceptbook", "build"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert f"{len(again)} of" in result.stdout
    sites = (site, root / "_build" / "html")
    # Without the search index, since Pagefind lists filters in an order that changes from run to
    # run, and the worker, which holds its digests.
    files = [
        sorted(
            path.relative_to(folder)
            for path in folder.rglob("*")
            if path.is_file() and "pagefind" not in path.parts and path.name != offline.WORKER
        )
        for folder in sites
    ]
    assert files[0] == files[1]
    different = [file for file in files[0] if undated(site / file) != undated(sites[1] / file)]
    assert not different


def undated(file: Path) -> bytes:
    """Return a file's content without the day that a page says it was executed on."""
    return re.sub(rb"<dt>Executed</dt><dd>[^<]*</dd>", b"", file.read_bytes())


def icon_codes(css: str) -> dict[str, int]:
    """Return the code point of each icon class that a stylesheet has a rule for."""
    return {
        name.removesuffix(":before").lstrip("."): int(code[1:], 16)
        for names, code in RULE.findall(css)
        if re.fullmatch(r"\\[0-9a-f]+", code)
        for name in names.split(",")
    }


def test_every_icon_that_a_page_names_is_in_the_cut_fonts(site):
    icons = icon_codes((THEME / STYLES).read_text(encoding="utf-8"))
    named = {
        name
        for page in site.rglob("*.html")
        for name in re.findall(r"\bfa-[a-z0-9-]+", page.read_text(encoding="utf-8"))
    } & set(icons)
    assert {"fa-bars", "fa-list", "fa-moon"} <= named
    folder = site / "_static" / "vendor" / "fontawesome" / "webfonts"
    glyphs = {code for font in folder.glob("*.woff") for code in TTFont(font).getBestCmap()}
    assert {icons[name] for name in named} <= glyphs
    sheets = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    whole = {code for font in THEME.rglob("*.ttf") for code in TTFont(font).getBestCmap()}
    assert codes_in(sheets) & whole <= glyphs
    assert 0xF05A in glyphs, "the sign of a note, written as a character"
    assert set(icon_codes((site / "_static" / STYLES).read_text(encoding="utf-8"))) >= named
    assert sum(font.stat().st_size for font in folder.iterdir()) < 20_000
    assert list(site.rglob("fontawesome.js")) == []


def test_places_of_figures_are_short_and_nothing_else_changes(site):
    assert shorten('<path d="M -0.123456 281.99952 L 7.5 0.126" transform="scale(0.015625)"/>') == (
        '<path d="M -0.12 282 L 7.5 0.13" transform="scale(0.015625)"/>'
    )
    long = re.compile(r' d="[^"]*\d\.\d{3}')
    for page in PAGES:
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        drawn = re.findall(r'<svg class="figure".*?</svg>', text, re.DOTALL)
        assert drawn or not page.startswith("ml-system-design/"), page
        assert not any(long.search(svg) for svg in drawn), page
