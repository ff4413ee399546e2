"""Launching a page: its notebook reads and runs without the book, and every link leads to it."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import PAGES, ROOT, commit
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from tiny import DOMAIN, FIGURE, TinyBook, concept_page, replace

from conceptbook import address

GLUE = """\
from myst_nb import glue

for name, value in {"half": 0.5, "answer": 42}.items():
    glue(name, value, display=False)
assert value == 42
print("done")"""
PROSE = """\
Half is {glue:text}`half:.0%` of $x$, as {cite:t}`knuth1998` says; see {concept}`alpha` and
{concept}`the last one <psi>`.

$$
x^2
$$

| a | b |
|---|---|
| 1 | {glue:text}`answer:d` |

```{code-cell} ipython3
---
FIGURE
```"""
SOLUTION = """\
Write it in water.

:::{dropdown} Solution with $y$
Water does not hold it.
:::"""
# MyST that plain Markdown would show as it stands: roles, directives, labels.
LEFT_OVER = re.compile(r"\{[\w:.-]+\}`|^\s*(?:`{3,}|:{3,})\s*\{|^\([\w-]+\)=$|^:{3,}", re.MULTILINE)
NOTEBOOKS = 2  # are run in an empty environment after each commit
URL = "https://github.com/someone/a-fork"


# --- The notebook of a page -------------------------------------------------------------------


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> TinyBook:
    """A built book whose page beta holds what notebooks say in another way."""
    book = TinyBook(tmp_path_factory.mktemp("launch"))
    text = concept_page("Beta", GLUE)
    figure = FIGURE.removeprefix("---\n")
    text = text.replace(
        "It is drawn, then read, unlike {concept}`psi`.", PROSE.replace("FIGURE", figure)
    )
    book.add("alpha")
    book.add("beta", text.replace("Write it in water.", SOLUTION))
    outcome = book.build(GITHUB_REPOSITORY="someone/a-fork", BOOK_VERSION="1.2", BOOK_REF="v1.2.0")
    assert outcome.code == 0, outcome.stderr
    return book


@pytest.fixture(scope="module")
def notebook(original: TinyBook):
    return nbformat.read(original.site / DOMAIN / "beta.ipynb", as_version=4)


def markdown(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_a_notebook_is_valid_and_starts_with_title_source_and_setup(notebook):
    nbformat.validate(notebook)
    title, setup, *_ = notebook.cells
    assert title.source.startswith("# Beta\n")
    assert "(https://someone.github.io/a-fork/1.2/letters/beta.html)" in title.source
    assert setup.cell_type == "code"
    assert re.search(r'"matplotlib": "matplotlib==[\d.]+"', setup.source)
    assert "myst" not in re.search(r"needed = \{.*?\}", setup.source, re.DOTALL)[0]


def test_text_is_plain_markdown_with_its_numbers_and_links(notebook):
    text = markdown(notebook)
    assert not LEFT_OVER.search(text)
    assert "Half is 50% of $x$, as Knuth (1998) says" in text
    assert "[Alpha](https://someone.github.io/a-fork/1.2/letters/alpha.html)" in text
    assert "and\nthe last one." in text  # planned only: nothing to link
    assert "$$\nx^2\n$$" in text
    assert "| 1 | 42 |" in text


def test_admonitions_are_quotes_and_answers_are_folded(notebook):
    text = markdown(notebook)
    assert "> **In sixty seconds**\n>\n> Letters write sounds." in text
    fold = "<details>\n<summary><b>L4: What is a letter?</b></summary>\n\nA sign.\n\n</details>"
    assert fold in text
    assert "<b>Solution with $y$</b></summary>\n\nWater does not hold it." in text


def test_outputs_are_kept_and_glued_numbers_are_not_among_them(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert [output.text for output in outputs if output.output_type == "stream"] == ["done\n"]
    (figure,) = [output for output in outputs if output.output_type == "display_data"]
    assert figure.data["text/plain"] == "A line that rises from 1 to 4"
    assert "background:#fff" in figure.data["image/svg+xml"]
    assert "dc:date" not in figure.data["image/svg+xml"]


def test_the_same_page_gives_the_same_notebook(original: TinyBook):
    file = original.site / DOMAIN / "beta.ipynb"
    before = file.read_bytes()
    variables = {"GITHUB_REPOSITORY": "someone/a-fork", "BOOK_VERSION": "1.2", "BOOK_REF": "v1.2.0"}
    assert original.build("--all", **variables).code == 0
    assert file.read_bytes() == before


def test_a_page_without_code_has_no_launch_menu(original: TinyBook):
    assert not (original.site / "index.ipynb").exists()
    index = (original.site / "index.html").read_text("utf-8")
    assert "colab" not in index
    assert "colab" in original.html("beta")


# --- Where links lead -------------------------------------------------------------------------


def test_a_fork_gets_links_of_its_own_at_the_version_of_the_page():
    environ = {
        "GITHUB_REPOSITORY": "someone/a-fork",
        "BOOK_VERSION": "1.2",
        "BOOK_REF": "v1.2.0",
    }
    place = address.from_config({"repository_url": "https://github.com/else/where"}, environ)
    assert place.colab("sql/b") == (
        "https://colab.research.google.com/github/someone/a-fork/blob/gh-pages/1.2/sql/b.ipynb"
    )
    binder = urlsplit(place.binder("sql/b"))
    assert (binder.netloc, binder.path) == ("mybinder.org", "/v2/gh/someone/a-fork/v1.2.0")
    pull = urlsplit(parse_qs(binder.query)["urlpath"][0])
    assert pull.path == "git-pull"
    assert parse_qs(pull.query) == {
        "repo": [URL],
        "branch": ["gh-pages"],
        "urlpath": ["lab/tree/a-fork/1.2/sql/b.ipynb"],
    }


def test_another_forge_is_not_sent_to_services_that_open_github_only(tmp_path: Path):
    book = TinyBook(tmp_path)
    book.add("alpha")
    address = "https://gitlab.com/someone/a-book"
    repository = f"\nrepository: {{url: {address}, branch: main, path_to_book: book}}\n"
    replace(tmp_path / "_config.yml", "\nsphinx:\n", f"{repository}\nsphinx:\n")
    assert book.build().code == 0
    page = book.html("alpha")
    assert "colab" not in page
    assert "mybinder" not in page
    assert "alpha.ipynb" in page  # to download


def launch_links(page: BeautifulSoup) -> list[str]:
    links = [link["href"] for link in page.select("a[href]")]
    return [link for link in links if "colab.research" in link or "mybinder.org" in link]


def launched(link: str) -> str:
    """Return the path in the published branch of the notebook that a link opens."""
    parts = urlsplit(link)
    if pull := parse_qs(parts.query).get("urlpath"):
        path = parse_qs(urlsplit(pull[0]).query)["urlpath"][0]
        return path.removeprefix("lab/tree/").partition("/")[2]  # without the repository's name
    return unquote(parts.path).rpartition(f"/blob/{address.PUBLISHED}/")[2]


@pytest.mark.parametrize("page", PAGES)
def test_every_launch_link_points_at_a_notebook_of_the_site(site: Path, soups, page):
    links = launch_links(soups[page])
    assert len(links) == 2
    for link in links:
        folder, _, name = launched(link).partition("/")
        assert folder == address.DEV, "the tests build no version of the book"
        assert name == f"{page}.ipynb"
        assert (site / name).is_file()
    own = soups[page].select_one("a[href].btn-download-notebook-button")
    assert (site / page).parent / own["href"] == site / f"{page}.ipynb"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leads_to_its_history_a_report_of_its_own_and_the_editions(soups, page):
    links = [link["href"] for link in soups[page].select("a[href]")]
    assert any(link.endswith(f"/commits/main/book/{page}.md") for link in links)
    assert any(link.endswith("/releases/latest") for link in links)
    assert any("template=wrong-fact.yml" in link and page.split("/")[1] in link for link in links)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_a_valid_notebook_in_plain_markdown(site: Path, page):
    notebook = nbformat.read(site / f"{page}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not LEFT_OVER.search(markdown(notebook))
    assert any(cell.get("outputs") for cell in notebook.cells)


# --- Running them -----------------------------------------------------------------------------


def sample() -> list[str]:
    """Return the pages whose notebooks are run: others after each commit, or all."""
    if os.environ.get("EVERY_PAGE"):
        return PAGES
    return sorted(random.Random(f"launch {commit()}").sample(PAGES, NOTEBOOKS))


@pytest.mark.parametrize("page", sample())
def test_a_notebook_runs_where_only_its_first_cell_installs(site: Path, tmp_path: Path, page):
    """Its claims are asserted in its cells, so running to the end is the proof."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "ipykernel"], check=True)
    notebook = nbformat.read(site / f"{page}.ipynb", as_version=4)
    manager = KernelManager()
    manager.kernel_spec.argv[0] = str(python)
    manager.kernel_spec.env = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    (tmp_path / "work").mkdir()
    client = NotebookClient(notebook, km=manager, timeout=600)
    try:
        client.execute(cwd=str(tmp_path / "work"))
    finally:
        manager.shutdown_kernel(now=True)
    printed = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stdout"
    ]
    assert printed
    assert list((tmp_path / "work").iterdir()) == []


def test_binder_installs_what_the_notebooks_ask_for_at_the_same_versions(site: Path):
    asked = set()
    for page in PAGES:
        setup = nbformat.read(site / f"{page}.ipynb", as_version=4).cells[1].source
        asked |= set(re.findall(r'": "([^"\[=]+)[^"=]*==([^"]+)"', setup))
    lock = (ROOT / "binder" / "requirements.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", lock, re.MULTILINE))
    assert {(name, locked.get(name.lower().replace("_", "-"))) for name, _ in asked} == asked
    wanted = (ROOT / "binder" / "requirements.in").read_text("utf-8")
    named = set(re.findall(r"^([a-z][a-z0-9-]*)", wanted, re.MULTILINE))
    assert named - {"jupyterlab", "nbgitpuller"} == {name.lower() for name, _ in asked}
