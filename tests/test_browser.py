"""The reader's paths through the real book, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_site import PAGES

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser, address):
    """Open a page of the book; what goes wrong in the browser is collected on the way."""
    contexts = []

    def open_page(name: str, viewport=WIDE, scheme="light", **options):
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "console",
            lambda message: page.errors.append(message.text) if message.type == "error" else None,
        )
        page.foreign = []
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:"))
                else page.foreign.append(request.url)
            ),
        )
        page.goto(f"{address}/{name}.html", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_reader_goes_from_the_front_page_to_a_concept(visit):
    page = visit("index")
    page.locator("article a", has_text="Two-tower").first.click()
    page.wait_for_url("**/two-tower-model.html")
    assert "Two-tower" in page.locator(".bd-article h1").inner_text()


def test_the_sidebar_shows_where_the_reader_is(visit):
    page = visit("ml-system-design/two-tower-model")
    assert "Two-tower" in page.locator("nav.bd-docs-nav a[aria-current=page]").inner_text()


def test_a_probe_opens_with_one_key(visit):
    page = visit("ml-system-design/two-tower-model")
    probe = page.locator("details.probe").first
    assert not probe.locator(".probe-answer").is_visible()
    probe.locator("summary").focus()
    page.keyboard.press("Enter")
    assert probe.locator(".probe-answer").is_visible()


def test_the_theme_switch_is_remembered(visit):
    page = visit("ml-system-design/two-tower-model", scheme="light")
    ink = "getComputedStyle(document.querySelector('svg.figure')).color"
    light = page.evaluate(ink)
    button = page.locator(".theme-switch-button").first
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(ink) != light, "a figure's ink follows the theme"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("name", ["index", *PAGES])
def test_a_phone_never_scrolls_sideways(visit, name):
    page = visit(name, viewport={"width": 375, "height": 700})
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375


@pytest.mark.parametrize("name", ["index", *PAGES])
def test_a_page_asks_no_other_host_and_logs_no_error(visit, name):
    page = visit(name)
    page.wait_for_timeout(300)
    assert page.foreign == []
    assert page.errors == []


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(visit, name, scheme, viewport):
    page = visit(name, viewport=viewport, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in results.response["violations"]
    ]
    assert found == []
