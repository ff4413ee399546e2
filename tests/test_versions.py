"""Every version of a book side by side, as a reader goes from one to another."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from serving import serve
from test_browser import SHIFTS
from test_launch import launch_links, launched
from test_machine_readable import FIRST, SECOND, THIRD, commit, git
from tiny import DOMAIN, TinyBook, finish, replace, run_python

from conceptbook import publishing
from conceptbook.access import RULES
from conceptbook.address import Address

MOVED = "      moved: {letters/beta: letters/gamma}\n      cell_timeout: 8\n"


@pytest.fixture(scope="module")
def port() -> int:
    """A port that is free now: the address of the site is part of its pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def tree(tmp_path_factory, port: int) -> Path:
    """Releases 1.0 (as patched) and 1.1, and what is not released: beta became gamma in 1.1."""
    book = TinyBook(tmp_path_factory.mktemp("versions") / "book")
    repository = "repository: {url: https://github.com/someone/letters, path_to_book: book}"
    replace(book.root / "_config.yml", "\nsphinx:\n", f"\n{repository}\n\nsphinx:\n")
    book.add("alpha")
    book.add("beta")
    commit(book.root, FIRST)
    git(book.root, "tag", "v1.0.0")
    book.edit("alpha", "A letter is a sign that writes a sound.", "A letter is a patched sign.")
    commit(book.root, SECOND)
    git(book.root, "tag", "v1.0.1")
    book.remove("beta")
    book.add("gamma")
    replace(book.root / "_config.yml", "      cell_timeout: 8\n", MOVED)
    commit(book.root, THIRD)
    git(book.root, "tag", "v1.1.0")
    book.add("delta")
    commit(book.root, THIRD)
    site = f"http://127.0.0.1:{port}/"
    done = finish(run_python("-m", "conceptbook", "site", str(book.root), SITE_URL=site))
    assert done.code == 0, done.stderr
    assert not list((book.root / "_build" / "versions").iterdir())
    assert git(book.root, "worktree", "list").count("\n") == 1
    return book.root / "_build" / "tree"


@pytest.fixture
def visit(browser, tree: Path, port: int):
    """Open a page of the tree."""
    with serve(tree, port=port) as url:
        context = browser.new_context()

        def open_page(path: str):
            page = context.new_page()
            page.goto(f"{url}/{path}", wait_until="load")
            return page

        yield open_page
        context.close()


def test_the_tree_holds_the_newest_patch_of_each_release_and_the_last_commit(tree: Path):
    folders = sorted(path.name for path in tree.iterdir() if path.is_dir())
    assert folders == ["1.0", "1.1", "dev", "stable"]
    assert "patched sign" in (tree / "1.0" / DOMAIN / "alpha.html").read_text("utf-8")
    assert (tree / "dev" / DOMAIN / "delta.html").is_file()
    assert not (tree / "stable" / DOMAIN / "delta.html").exists()


def test_the_root_leads_to_the_newest_release(visit):
    page = visit("")
    page.wait_for_url("**/stable/index.html")


def test_the_switcher_keeps_the_reader_on_the_page(visit):
    page = visit(f"1.0/{DOMAIN}/alpha.html")
    button = page.locator(".version-switcher__button").first
    button.click()
    names = page.locator(".version-switcher__menu").first.locator("a").all_inner_texts()
    assert [name.strip() for name in names] == ["1.1 (stable)", "1.0", "dev"]
    page.locator(".version-switcher__menu a", has_text="dev").first.click()
    page.wait_for_url(f"**/dev/{DOMAIN}/alpha.html")


def test_the_switcher_leads_to_the_start_where_the_page_is_not(visit):
    page = visit(f"dev/{DOMAIN}/delta.html")
    page.locator(".version-switcher__button").first.click()
    page.locator(".version-switcher__menu a", has_text="1.0").first.click()
    page.wait_for_url("**/1.0/")
    assert "A tiny book" in page.locator("h1").first.inner_text()


def test_the_header_with_a_version_fits_a_phone(visit):
    page = visit(f"stable/{DOMAIN}/alpha.html")
    page.set_viewport_size({"width": 375, "height": 700})
    page.locator(".version-switcher__button", has_text="stable").first.wait_for()
    assert page.locator(".dropdown-launch-buttons").count(), "the header is as full as the book's"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_every_link_to_launch_a_page_opens_a_notebook_of_the_tree(tree: Path):
    opened = set()
    for page in tree.rglob("*.html"):
        for link in launch_links(BeautifulSoup(page.read_text("utf-8"), "html.parser")):
            assert (tree / launched(link)).is_file(), (page, link)
            opened.add(launched(link).partition("/")[0])
    assert opened == {"1.0", "1.1", "dev"}


def test_an_old_version_says_so_and_leads_to_the_same_page_of_the_newest(visit):
    page = visit(f"1.0/{DOMAIN}/alpha.html")
    banner = page.locator("#bd-header-version-warning")
    banner.wait_for(state="visible")
    assert "1.0" in banner.inner_text()
    banner.get_by_role("button", name="Close this notice").press("Enter")
    banner.wait_for(state="hidden")
    page.evaluate("localStorage.clear()")
    page.reload()
    banner.locator("a").first.click()
    page.wait_for_url(f"**/stable/{DOMAIN}/alpha.html")
    page.wait_for_load_state("networkidle")
    assert not page.locator("#bd-header-version-warning").is_visible()


def test_a_page_that_moved_leads_on(visit):
    page = visit(f"stable/{DOMAIN}/beta.html#trade-offs")
    page.wait_for_url(f"**/stable/{DOMAIN}/gamma.html#trade-offs")
    assert page.locator("h1").first.inner_text().startswith("Gamma")


def test_search_engines_are_sent_to_the_newest_release(tree: Path, port: int):
    def canonical(path: str) -> str:
        text = (tree / path).read_text("utf-8")
        return re.search(r'<link rel="canonical" href="([^"]*)"', text)[1]

    stable = f"http://127.0.0.1:{port}/stable/{DOMAIN}/alpha.html"
    for version in ("1.0", "1.1", "stable"):
        assert canonical(f"{version}/{DOMAIN}/alpha.html") == stable
    assert canonical(f"dev/{DOMAIN}/alpha.html") == stable.replace("stable", "dev")
    assert "stable/sitemap.xml" in (tree / "robots.txt").read_text("utf-8")


def test_readers_of_a_feed_and_links_to_a_page_stay_with_the_newest_release(tree: Path):
    """Whoever subscribes to stable gets no second copy of every page with the next release."""
    for version, lasting in {"1.0": "stable", "stable": "stable", "dev": "dev"}.items():
        feed = (tree / version / "feed.xml").read_text("utf-8")
        head = (tree / version / DOMAIN / "alpha.html").read_text("utf-8").partition("<body")[0]
        described = [
            *re.findall(r"<id>(.*?)</id>", feed),
            *re.findall(r'<link [^>]*href="([^"]*)"', feed),
            *re.findall(r'(?:og:url" content|atom\+xml" [^>]*href)="([^"]*)"', head),
            *re.findall(r'"(?:url|item)": "([^"]*)"', head),
        ]
        assert len(described) > 9
        assert {urlsplit(url).path.split("/")[1] for url in described} == {lasting}


def test_a_notice_that_comes_late_moves_nothing_and_leaves_room_to_read(
    browser, tree: Path, port: int
):
    with serve(tree, port=port) as url:
        page = browser.new_page(viewport={"width": 375, "height": 700})
        page.add_init_script(SHIFTS)
        page.goto(f"{url}/1.0/{DOMAIN}/alpha.html")
        notice = page.locator("#bd-header-version-warning")
        notice.wait_for(state="visible")
        page.wait_for_timeout(200)
        assert page.evaluate("window.shifted") < 0.02
        page.set_viewport_size({"width": 320, "height": 180})  # as a laptop's at 400 % zoom
        page.evaluate("window.scrollTo({top: 600, behavior: 'instant'})")
        box = notice.bounding_box()
        assert box["y"] + box["height"] <= 0
        page.close()


def test_without_the_list_of_versions_there_is_no_switcher(browser, tree: Path):
    """So it is in the archive of a release, which holds one version."""
    with serve(tree / "1.0") as url:
        page = browser.new_page()
        page.goto(f"{url}/{DOMAIN}/alpha.html", wait_until="networkidle")
        switcher = page.locator(".version-switcher__button").first
        assert switcher.count()
        assert not switcher.is_visible()
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_banner_and_switcher_are_accessible(browser, tree: Path, port: int, scheme: str):
    with serve(tree, port=port) as url:
        context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{url}/1.0/{DOMAIN}/alpha.html", wait_until="networkidle")
        page.locator(".version-switcher__button").first.click()
        page.wait_for_timeout(300)
        results = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
        context.close()
    found = [(v["id"], v["nodes"][0]["html"][:160]) for v in results.response["violations"]]
    assert found == []


# --- The tree itself --------------------------------------------------------------------------


def built_as(version: str, site: Path) -> Path:
    """Write a site as a build of a version leaves it, as far as the tree looks at it."""
    site.mkdir()
    match = f"DOCUMENTATION_OPTIONS.theme_switcher_version_match = '{version}';"
    (site / "index.html").write_text(match, encoding="utf-8")
    return site


def place(version: str) -> Address:
    site = f"https://a.org/{version}/" if version else "https://a.org/"
    return Address("https://github.com/a/b", "main", "book", site, version)


def test_releases_are_sorted_as_numbers_and_the_newest_is_stable(tmp_path: Path):
    tree = tmp_path / "tree"
    for version in ("dev", "1.9", "1.10", "0.12"):
        found = publishing.add(tree, built_as(version, tmp_path / version), place(version))
    assert found == ["1.10", "1.9", "0.12", "dev"]
    assert "1.10" in (tree / "stable" / "index.html").read_text("utf-8")
    entries = json.loads((tree / "versions.json").read_text("utf-8"))
    assert [entry["version"] for entry in entries if entry.get("preferred")] == ["1.10"]


def test_before_the_first_release_the_root_leads_to_the_main_branch(tmp_path: Path):
    tree = tmp_path / "tree"
    publishing.add(tree, built_as("dev", tmp_path / "dev"), place("dev"))
    assert "url=dev/index.html" in (tree / "index.html").read_text("utf-8")
    assert not (tree / "stable").exists()


@pytest.mark.parametrize(
    ("built", "wanted", "message"),
    [("1.0", "1.1", "was built as version 1.0"), ("", "", "'' is not a version"),
     ("latest", "latest", "'latest' is not a version")],
)  # fmt: skip
def test_a_site_goes_only_where_it_belongs(tmp_path: Path, built: str, wanted: str, message: str):
    tree = tmp_path / "tree"
    publishing.add(tree, built_as("dev", tmp_path / "dev"), place("dev"))
    with pytest.raises(publishing.BookError, match=re.escape(message)):
        publishing.add(tree, built_as(built, tmp_path / "other"), place(wanted))
    assert publishing.known(tree) == ["dev"]


@pytest.mark.parametrize(
    ("moved", "message"),
    [("moved: {letters/alpha: letters/beta}", "moved page 'letters/alpha' is still there"),
     ("moved: {letters/a: letters/bet}",
      "'letters/a' moved to 'letters/bet', which does not exist"),
     ("merged: {old/beta: letters/alpha}",
      "'old/beta' merged into 'letters/alpha', but 'letters/beta' has its slug"),
     ("moved: {letters/a: letters/beta}\n      merged: {letters/a: letters/alpha}",
      "'letters/a' is both moved and merged")],
)  # fmt: skip
def test_a_move_that_cannot_be_is_a_placed_problem(tmp_path: Path, moved: str, message: str):
    book = TinyBook(tmp_path)
    book.add("alpha")
    book.add("beta")
    config = tmp_path / "_config.yml"
    replace(config, "      cell_timeout: 8\n", f"      cell_timeout: 8\n      {moved}\n")
    (problem,) = book.build().problems
    lines = config.read_text("utf-8").splitlines()
    assert (problem.path, problem.message) == ("_config.yml", message)
    assert moved.splitlines()[-1].strip() == lines[problem.line - 1].strip()
