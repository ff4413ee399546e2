"""What the tests of the real book share: the book as built, and a browser to read it in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from chromium import chromium
from filelock import FileLock
from serving import serve

from conceptbook.access import RULES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT / "book").with_suffix("").as_posix()
    for path in (ROOT / "book").glob("*/*.md")
    if path.stem != "index"
)

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def violations(page, part: str | None = None) -> list[str]:
    """Return what keeps a page, as it is now in the browser, from WCAG A and AA: by axe.

    ``part`` is the selector of the only part to look at.
    """
    results = Axe().run(page, part, {"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in results.response["violations"]
    ]


def commit() -> str:
    """Return the digest of the last commit."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def site() -> Path:
    """The real book, built by the documented command; its folder of HTML."""
    command = [sys.executable, "-m", "conceptbook", "build"]
    (ROOT / "_build").mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / "tests.lock"):  # the build itself refuses to wait
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The URL under which the built site is served."""
    with serve(site) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, as every test of a page uses it."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def soups(site: Path) -> dict[str, BeautifulSoup]:
    """Every concept page of the site, parsed."""
    return {
        page: BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
        for page in PAGES
    }


@pytest.fixture
def visit(browser, address):
    """Open a page of the book; what goes wrong in the browser is collected on the way.

    ``script`` runs before the page's own; with ``clock`` the test turns the time.
    """
    contexts = []

    def open_page(
        name: str, viewport=WIDE, scheme="light", query="", script="", clock=False, **options
    ):
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        if script:
            page.add_init_script(script)
        if clock:
            page.clock.install()
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
        page.goto(f"{address}/{name}.html{query}", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()
