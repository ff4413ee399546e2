"""What the tests of the real book share: the book as built, and a browser to read it in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from chromium import chromium
from filelock import FileLock
from serving import serve

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT / "book").with_suffix("").as_posix()
    for path in (ROOT / "book").glob("*/*.md")
    if path.stem != "index"
)


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
