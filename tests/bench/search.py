"""The book's search beside the stock one: bytes, time and ranking; and bytes as a book grows."""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import report
import stock
import yaml
from chromium import chromium
from playwright.sync_api import Browser, Page
from serving import Line, serve
from test_search_ranking import ASK, DEPTH, QUERIES, Answer, recall, reciprocal_rank

from conceptbook import search
from conceptbook.book import Book
from conceptbook.book import Page as Record
from conceptbook.metadata import Metadata
from conceptbook.settings import Settings, from_config

# Lighthouse's slow 4G: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md
SLOW = {"latency": 0.150, "rate": 1.6e6 / 8}
OPENED = "ml-system-design/two-tower-model.html"
COLD, WARM = "nearest neighbor", "isolation levels"
PARTS = ("search", "language_data", "sphinx_highlight")  # of file names that only search needs
SIZES = (100, 5000)
WORDS_A_PAGE = 2500
VOCABULARY = 60_000
STOCK_ASK = """([queries, depth]) => queries.map((query) => {
    const parsed = Search._parseQuery(query);
    const found = Search._performSearch(...parsed).reverse();
    return [...new Set(found.map(([name]) => name))].slice(0, depth);
})"""


def _ours(page: Page, query: str) -> None:
    if page.locator("dialog[open] input[type=search]").count() == 0:
        page.keyboard.press("/")
    page.fill("dialog[open] input[type=search]", query)
    page.wait_for_function(
        "(query) => document.querySelector('.search-status')?.textContent.includes(query)",
        arg=query,
    )


def _stock(page: Page, query: str) -> None:
    box = "main input[type=search]"  # of the page of results
    if "search.html" not in page.url:
        page.keyboard.press("Control+k")
        box = "dialog[open] input[type=search]"
    page.fill(box, query)
    page.press(box, "Enter")
    page.wait_for_url(f"**/search.html?q={query.split()[0]}*")
    page.wait_for_selector("#search-results ul.search li a")


def first_results(
    browser: Browser, site: Path, ask: Any
) -> tuple[int, list[tuple[float, int, int]]]:
    """Search twice from an open page.

    Returns the bytes that search cost when the page was opened, and for each search the seconds
    to results, then bytes and requests until all is quiet.
    """
    measured = []
    line = Line()
    with serve(site, line) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/{OPENED}", wait_until="networkidle")
        page.wait_for_timeout(2000)  # the stock page listens to keys late
        before = sum(size for path, size in line.sent if any(part in path for part in PARTS))
        line.latency, line.rate = SLOW["latency"], SLOW["rate"]
        for query in (COLD, WARM):
            line.sent.clear()
            start = time.monotonic()
            ask(page, query)
            seconds = time.monotonic() - start
            _quiet(page, line)
            measured.append((seconds, line.total, len(line.sent)))
        context.close()
    return before, measured


def _quiet(page: Page, line: Line) -> None:
    """Wait until nothing has been loaded for a second."""
    before = -1
    while len(line.sent) != before:
        before = len(line.sent)
        page.wait_for_timeout(1000)


def ranking(browser: Browser, ours: Path, theirs: Path) -> list[list[Answer]]:
    """Ask both searches every query of the tests' file."""
    asked = [
        (kind, str(query), page)
        for kind, pages in yaml.safe_load(QUERIES.read_text(encoding="utf-8")).items()
        for page, queries in pages.items()
        for query in queries
    ]
    both = []
    for site, name, script in ((ours, "index", ASK), (theirs, "search", STOCK_ASK)):
        with serve(site) as address:
            page = browser.new_page()
            page.goto(f"{address}/{name}.html", wait_until="networkidle")
            found = page.evaluate(script, [[query for _, query, _ in asked], DEPTH])
            page.close()
        both.append([Answer(*query, pages) for query, pages in zip(asked, found, strict=True)])
    return both


def _word(number: int) -> str:
    """Return a pronounceable word, a different one for every number."""
    syllables = []
    while True:
        number, rest = divmod(number, 75)
        syllables.append("bcdfghjklmnprst"[rest // 5] + "aeiou"[rest % 5])
        if not number:
            return "".join(syllables) + "x"


def synthetic(pages: int, folder: Path, like: Settings) -> None:
    """Index a book of so many pages of words that are as frequent as a text's (Zipf)."""
    rng = random.Random(0)
    words = [_word(number) for number in range(VOCABULARY)]
    weights = [1 / (rank + 3) for rank in range(VOCABULARY)]
    tags, kinds, domains = list(like.tags), list(like.evidence), list(like.domains)
    records = {}
    for number in range(pages):
        meta = Metadata(
            summary=" ".join(rng.choices(words, weights, k=20)),
            aliases=tuple(rng.choices(words, k=6)),
            tags=tuple(rng.sample(tags, 2)),
            evidence=rng.choice(kinds),
        )
        domain = rng.choice(domains)
        name = f"{domain}/page-{number}"
        records[name] = Record(
            name,
            f"book/{name}.md",
            "",
            f"Topic{number} {rng.choice(words)}",
            domain,
            True,
            meta=meta,
        )
    book = Book(folder, folder, like, records, {}, (), ())

    def html() -> Iterator[str]:
        for record in records.values():
            sections = []
            for number in range(10):
                text = " ".join(rng.choices(words, weights, k=WORDS_A_PAGE // 10))
                heading = " ".join(rng.choices(words, weights, k=3))
                sections.append(
                    f'<section id="part-{number}"><h2>{heading}</h2><p>{text}</p></section>'
                )
            yield (
                f"<html><body><article><h1>{record.title}</h1>{''.join(sections)}</article>"
                "</body></html>"
            )

    search.write_index(book, zip(records.values(), html(), strict=True), folder)


@contextmanager
def _with_index(site: Path, index: Path) -> Iterator[Path]:
    """Give a copy of a site whose search has another index."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "site")
        shutil.copytree(site, copy, ignore=shutil.ignore_patterns("pagefind"))
        shutil.copytree(index, copy / "pagefind")
        yield copy


def growth(browser: Browser, site: Path, like: Settings) -> dict[int, tuple[int, float, float]]:
    """Return by size of book: bytes of a first query, of later ones for titles and common words."""
    found = {}
    common = [_word(rank) for rank in range(40, 140, 10)]
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            index = Path(folder, "pagefind")
            synthetic(size, index, like)
            line = Line()
            with _with_index(site, index) as copy, serve(copy, line) as address:
                bytes_of = []
                page = browser.new_context().new_page()
                page.goto(f"{address}/{OPENED}", wait_until="networkidle")
                for query in [f"topic{number}" for number in range(0, 22, 2)] + common:
                    line.sent.clear()
                    _ours(page, query)
                    _quiet(page, line)
                    bytes_of.append(line.total)
                page.context.close()
        first, titles, often = bytes_of[0], bytes_of[1:11], bytes_of[11:]
        found[size] = (first, statistics.mean(titles), statistics.mean(often))
        print(f"{size} pages: {found[size]}", flush=True)
    return found


def kilobytes(count: float) -> str:
    return f"{count / 1000:.1f}"


def _cells(searches: list[tuple[float, int, int]]) -> list[str]:
    return [cell for s, size, n in searches for cell in (f"{s:.1f}", kilobytes(size), str(n))]


def main() -> None:
    """Measure the book as it is built in ``_build/html``."""
    ours = report.ROOT / "_build" / "html"
    config = yaml.safe_load((report.ROOT / "_config.yml").read_text(encoding="utf-8"))
    like = from_config(config["sphinx"]["config"]["conceptbook"], report.ROOT / "_config.yml")
    with tempfile.TemporaryDirectory(prefix="conceptbook-bench-") as folder, chromium() as browser:
        sizes = growth(browser, ours, like)
        print("the stock build of the same book ...", flush=True)
        theirs = stock.build(Path(folder))
        loads = {
            "Ours": first_results(browser, ours, _ours),
            "Stock": first_results(browser, theirs, _stock),
        }
        ranks = dict(zip(("Ours", "Stock"), ranking(browser, ours, theirs), strict=True))
    lines = [
        f"From an open page on a slow connection (1.6 Mbit/s, 150 ms): “{COLD}” is the first",
        f"search of a visit, “{WARM}” the second. Bytes are compressed, and counted until nothing",
        "more is loaded: the stock search fetches each page that it lists. “Page” is what search",
        "adds to every first page that is opened, whether the reader searches or not; of the stock",
        "search that is the whole index, which grows with the book. In a book as small as this one",
        "the stock search is the faster one once its page is open; ours finds more (below).",
        "",
        *report.table(
            ["Search", "Page: kB", "First: s", "kB", "requests", "Second: s", "kB", "requests"],
            [
                [name, kilobytes(before), *_cells(searches)]
                for name, (before, searches) in loads.items()
            ],
        ),
        "",
        f"Ranking, on the {len(ranks['Ours'])} queries of `tests/search_queries.yml`. They were",
        "written with this book's search at hand, which favors it; the stock search mends no typos",
        "and needs every word of a question on the page.",
        "",
        *report.table(
            ["Search", f"MRR@{DEPTH}", "recall@3"],
            [[n, f"{reciprocal_rank(a):.3f}", f"{recall(a, 3):.3f}"] for n, a in ranks.items()],
        ),
        "",
        f"A synthetic book of {WORDS_A_PAGE} words a page: kB of the first search, and on average",
        "of later ones for a word of titles and for common words. A first search of a large book",
        "may cost at most twice as much. Later ones are cheap in the small book, whose few pieces",
        "are loaded by then, and a word that begins another finds more pages in the large one.",
        "",
        *report.table(
            ["Pages", "First", "Title", "Common"],
            [[str(size), *map(kilobytes, counts)] for size, counts in sizes.items()]
            + [
                ["ratio"]
                + [f"{b / a:.2f}" for a, b in zip(*(sizes[size] for size in SIZES), strict=True)]
            ],
        ),
    ]
    report.write("Search", lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
