"""The book without a network, in a real browser: kept after one visit, then opened and searched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from conceptbook.offline import kept_files

# The worker leaves a reader's own machine alone, so the site needs another name. Browsers look
# for names below localhost on this machine, and trust them as they trust https.
HOST = "book.localhost"


@pytest.fixture(scope="module")
def published(browser, address) -> tuple:
    """A browser, and the site's address under a name of its own."""
    return browser, f"http://{HOST}:{urlsplit(address).port}"


@pytest.fixture(scope="module")
def offline(published):
    """A reader who opened one page, let it be kept, and lost the network."""
    browser, address = published
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/sql/btree-indexes.html")
    page.wait_for_function(
        "navigator.serviceWorker.getRegistration().then(found => Boolean(found?.active))",
        timeout=60_000,
    )
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    context.set_offline(True)
    yield page, address
    context.close()


def test_a_page_never_opened_before_opens_offline(offline):
    page, address = offline
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/ml-system-design/two-tower-model.html")
    assert page.locator(".bd-article h1").inner_text().startswith("Two-tower")
    assert page.locator("svg.figure").first.bounding_box()["width"] > 100
    family = "getComputedStyle(document.querySelector('.bd-article h1')).fontFamily"
    assert "Source Serif 4" in page.evaluate(family)
    assert errors == []


def test_practice_asks_and_answers_offline(offline):
    page, address = offline
    page.goto(f"{address}/practice.html?domain=algorithms&size=5")
    page.locator("[data-start]").click()
    page.wait_for_function("document.querySelector('[data-answer-text]').innerHTML !== ''")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.wait_for_function("document.querySelector('[data-position]').innerText === '2 of 5'")


def test_the_front_page_filters_offline_whatever_its_query(offline):
    page, address = offline
    page.goto(f"{address}/index.html?q=dual+enc")
    assert page.locator("li.tile:not([hidden]) .tile-title").all_text_contents() == [
        "Two-tower retrieval"
    ]
    page.goto(f"{address}/")
    assert page.locator(".bd-article h1").is_visible()


def test_the_search_answers_offline(offline):
    page, address = offline
    page.goto(f"{address}/map.html")
    page.keyboard.press("/")
    page.locator("dialog.search input").fill("write skew")
    page.locator(".search-results a", has_text="Isolation").first.click()
    page.wait_for_url("**/sql/isolation-anomalies.html*")


def test_a_reader_who_saves_data_is_not_sent_the_book(published):
    browser, address = published
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
    )
    page = context.new_page()
    page.goto(f"{address}/index.html", wait_until="networkidle")
    assert page.evaluate("navigator.serviceWorker.getRegistration().then(found => !found)")
    context.close()


def test_every_file_that_a_page_loads_is_kept(site):
    worker = (site / "service-worker.js").read_text("utf-8")
    files = json.loads(re.search(r"FILES = (\[.*?\]);", worker, re.DOTALL)[1])
    kept = {entry["url"] for entry in files}
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {page for page in pages if not page.startswith("_")} <= kept
    assert not [url for url in kept if url.startswith(("_sources/", "_images/card-"))]
    assert len(kept) == len(files)


def test_the_manifest_installs_the_book(site):
    manifest = json.loads((site / "manifest.webmanifest").read_text("utf-8"))
    assert manifest["name"] == "The Knowledge Hub"
    assert manifest["display"] == "standalone"
    assert (site / manifest["start_url"]).is_file()
    sizes = set()
    for icon in manifest["icons"]:
        with Image.open(Path(site, icon["src"])) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"
            sizes.add(image.width)
    assert {192, 512} <= sizes
    assert 'rel="manifest" href="manifest.webmanifest"' in (site / "index.html").read_text("utf-8")


def test_a_word_as_long_as_a_figure_holds_nothing_up(tmp_path):
    """One that is tried from each of its letters anew takes minutes."""
    static = tmp_path / "_static"
    static.mkdir()
    (tmp_path / "index.html").write_text(f"{'x' * 200_000} src='_static/used.min.js'", "utf-8")
    for name in ("used.min.js", "unused.js"):
        (static / name).write_text("", "utf-8")
    kept = [file["url"] for file in kept_files(tmp_path)]
    assert kept == ["_static/used.min.js", "index.html"]
