"""The site is whole or the last good one, the same for the same sources, and says what it is."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from tiny import (
    DOMAIN,
    FIGURE,
    UNSTABLE,
    TinyBook,
    concept_page,
    finish,
    in_its_place,
    run_python,
    tree,
)

from conceptbook.build import Layout, _publish, _recover

EPOCH = "1700000000"
TWO_FIGURES = f"{FIGURE}\n```\n\n```{{code-cell}} ipython3\n{FIGURE}"
LABELLED = "(an-exercise)=\n### Change it"


def write_pages(book: TinyBook) -> TinyBook:
    """Add alpha, which links to others, and beta, which has figures and a labelled section."""
    links = "Unlike {concept}`beta`, {concept}`that one <beta>` and {concept}`psi`."
    links += " See {ref}`an-exercise`."
    book.add(
        "alpha",
        concept_page("Alpha").replace("It is drawn, then read, unlike {concept}`psi`.", links),
    )
    book.add("beta", concept_page("Beta", TWO_FIGURES).replace("### Change it", LABELLED))
    return book


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    """A built book, moved away from where it was built."""
    folder = tmp_path_factory.mktemp("publishing")
    book = write_pages(TinyBook(folder / "book"))
    outcome = book.build(SOURCE_DATE_EPOCH=EPOCH)
    assert outcome.code == 0, outcome.stderr
    book.root.rename(folder / "original")
    return TinyBook(folder / "original", book.slugs)


@pytest.fixture
def book(original: TinyBook) -> Iterator[TinyBook]:
    """The built book, to change."""
    with in_its_place(original) as copy:
        yield copy


@pytest.fixture(scope="module")
def soups(original: TinyBook) -> dict[str, BeautifulSoup]:
    """The pages of the built book, parsed."""
    return {slug: BeautifulSoup(original.html(slug), "html.parser") for slug in original.slugs}


def differing(one: Path, other: Path) -> list[str]:
    """Return the files that two folders do not have in common, byte for byte.

    Without what no two builds have alike.
    """
    left, right = tree(one), tree(other)
    return sorted(
        name
        for name in left | right
        if left.get(name) != right.get(name) and not name.startswith(UNSTABLE)
    )


# --- Whole or not at all ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [("print(answer)", "print(answer / 0)"), ("It is a", "See {ref}`nope`: it is a")],
    ids=["execution", "rendering"],
)
def test_a_failed_build_leaves_the_last_good_site(book: TinyBook, old: str, new: str):
    before = tree(book.site)
    book.edit("alpha", "A letter is a sign", "It is a sign")
    book.edit("alpha", old, new)
    assert book.build().code == 1
    assert tree(book.site) == before
    assert not (book.root / "_build" / "staging").exists()


def test_the_first_build_that_fails_publishes_nothing(tmp_path: Path):
    book = TinyBook(tmp_path)
    book.write("book/index.md", "# A tiny book\n\nSee {ref}`nope`.\n")
    assert book.build().code == 1
    assert not book.site.exists()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A site in place and a new one staged, both of one page."""
    layout = Layout(tmp_path)
    for folder, word in ((layout.build, "old"), (layout.staging, "new")):
        for name in ("html", "doctrees"):
            (folder / name).mkdir(parents=True)
            (folder / name / "index").write_text(word)
    layout.stamp.write_text("{}")
    return layout


def words(layout: Layout) -> list[str]:
    """Return what is in the place of the site and of its doctrees."""
    return [(folder / "index").read_text() for folder in (layout.site, layout.doctrees)]


def test_publishing_replaces_site_and_doctrees(layout: Layout):
    _publish(layout, {"inputs": "digest"})
    assert words(layout) == ["new", "new"]
    assert layout.stamp.read_text() == '{"inputs": "digest"}'
    assert sorted(path.name for path in layout.build.iterdir()) == [
        "doctrees",
        "html",
        "stamp.json",
    ]


# Publishing renames four times.
@pytest.mark.parametrize("renames", range(4))
def test_a_build_killed_while_it_publishes_leaves_one_site(layout: Layout, monkeypatch, renames):
    """Whatever was renamed when it was killed: a site is there, and is not taken for the newest."""
    replace = os.replace
    done = []

    def replace_or_die(source, target):
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(target)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_or_die)
        with pytest.raises(KeyboardInterrupt):
            _publish(layout, {})
    _recover(layout)
    assert words(layout)[0] == ("new" if renames >= 2 else "old")
    assert not layout.stamp.exists()

    layout.staging.mkdir(exist_ok=True)
    for name in ("html", "doctrees"):
        (layout.staging / name).mkdir(exist_ok=True)
        (layout.staging / name / "index").write_text("newest")
    _publish(layout, {})
    assert words(layout) == ["newest", "newest"]


def test_what_a_killed_build_left_is_cleared_away(book: TinyBook):
    """Even by a build that fails: half a site goes, the last good one comes back."""
    before = tree(book.site)
    book.site.rename(book.site.with_name("html.old"))
    book.write("_build/staging/html/left.html", "half a site")
    book.write("book/index.md", "# A tiny book\n\nSee {ref}`nope`.\n")
    assert book.build().code == 1
    assert tree(book.site) == before
    assert not (book.root / "_build" / "staging").exists()


def test_a_second_build_at_the_same_time_is_refused(book: TinyBook):
    before = tree(book.site)
    with open(book.root / "_build" / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outcome = book.build("--all")
    assert outcome.code == 1
    assert [problem.message for problem in outcome.problems] == [
        "another build of this book is running"
    ]
    assert tree(book.site) == before


# --- The same sources, the same site ------------------------------------------------------------


def test_two_cold_builds_in_different_folders_give_the_same_bytes(
    original: TinyBook, tmp_path: Path
):
    other = write_pages(TinyBook(tmp_path / "elsewhere"))
    assert other.build(SOURCE_DATE_EPOCH=EPOCH).code == 0
    assert differing(original.site, other.site) == []


def test_an_unchanged_book_is_left_alone(book: TinyBook):
    before = {path: path.stat().st_mtime_ns for path in book.site.rglob("*")}
    outcome = book.build()
    assert outcome.code == 0
    assert "Nothing changed" in outcome.stdout
    assert str(book.site / "index.html") in outcome.stdout
    assert {path: path.stat().st_mtime_ns for path in book.site.rglob("*")} == before


def test_a_deleted_site_is_built_again(original: TinyBook, book: TinyBook):
    shutil.rmtree(book.site)
    assert book.build().code == 0
    assert differing(original.site, book.site) == []


def test_an_edit_of_prose_gives_the_site_of_a_fresh_build(book: TinyBook, tmp_path: Path):
    book.edit("alpha", "A letter is a sign", "A letter is a drawn sign")
    assert book.build().code == 0
    assert "A letter is a drawn sign" in book.html("alpha")
    fresh = book.copy(tmp_path / "fresh")
    assert fresh.build("--all").code == 0
    assert differing(book.site, fresh.site) == []


def test_an_edited_title_reaches_the_pages_that_show_it(book: TinyBook):
    book.edit("beta", "# Beta\n", "# Second letter\n")
    book.edit("beta", "### Change it", "### Change that")
    assert book.build().code == 0
    article = BeautifulSoup(book.html("alpha"), "html.parser").article.text
    assert "Unlike Second letter, that one" in article
    assert "See Change that" in article


def test_a_link_whose_target_goes_is_found_though_its_page_is_unchanged(book: TinyBook):
    book.edit("beta", LABELLED, "### Change it")
    outcome = book.build()
    assert [problem.path for problem in outcome.problems] == [f"book/{DOMAIN}/alpha.md"]
    assert "an-exercise" in outcome.problems[0].message


def test_pages_come_and_go_everywhere(book: TinyBook):
    book.add("gamma")
    assert book.build().code == 0
    for slug in ("alpha", "beta"):
        assert BeautifulSoup(book.html(slug), "html.parser").select('nav a[href="gamma.html"]')
    book.remove("gamma")
    assert book.build().code == 0
    assert not [name for name in tree(book.site) if "gamma" in name]
    for slug in ("alpha", "beta"):
        assert "gamma" not in book.html(slug)


@pytest.mark.parametrize("form", ["\r\n", "\ufeff"], ids=["line-ends", "byte-order-mark"])
def test_a_page_saved_on_windows_is_the_same_page(original: TinyBook, book: TinyBook, form: str):
    text = book.page("alpha").read_text()
    text = text.replace("\n", form) if form == "\r\n" else form + text
    book.page("alpha").write_bytes(text.encode())
    outcome = book.build()
    assert outcome.code == 0, outcome.stderr
    assert outcome.executed == []
    assert book.html("alpha") == original.html("alpha")


# --- Where and how it is built ------------------------------------------------------------------


def test_the_stock_command_builds_the_book(tmp_path: Path):
    """With results and figures, an exit code of its own, and what ``conceptbook`` looks for."""
    book = write_pages(TinyBook(tmp_path))
    command = str(Path(sys.executable).with_name("jupyter-book"))
    arguments = command, "build", "book", "--toc", str(book.root / "_toc.yml")
    outcome = finish(run_python(*arguments, cwd=book.root))
    assert outcome.code == 0, outcome.stderr
    assert BeautifulSoup(book.html("beta"), "html.parser").select("svg.figure")

    book.edit("alpha", "print(answer)", "print(answer / 0)")
    outcome = finish(run_python(*arguments, cwd=book.root))
    assert outcome.code != 0
    problems = {(problem.path, problem.message) for problem in outcome.problems}
    message = "cell fails: ZeroDivisionError: division by zero"
    assert problems == {(f"book/{DOMAIN}/alpha.md", message)}


def test_a_site_of_the_stock_command_is_not_taken_for_ours(book: TinyBook, original: TinyBook):
    command = str(Path(sys.executable).with_name("jupyter-book"))
    arguments = command, "build", "book", "--toc", str(book.root / "_toc.yml")
    assert finish(run_python(*arguments, cwd=book.root)).code == 0
    outcome = book.build()
    assert "0 of 3 pages executed" in outcome.stdout
    assert differing(original.site, book.site) == []


def test_a_folder_without_a_book(tmp_path: Path):
    outcome = finish(run_python("-m", "conceptbook", "build", cwd=tmp_path))
    assert outcome.code == 1
    assert [(p.path, p.line) for p in outcome.problems] == [("_config.yml", 1)]
    assert f"no such file in {tmp_path}" in outcome.problems[0].message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    """A file in the way stands for missing rights, which the superuser does not lack."""
    book = TinyBook(tmp_path)
    book.write("_build", "in the way")
    outcome = book.build()
    assert outcome.code == 1
    assert [(p.path, p.line) for p in outcome.problems] == [("_build", 1)]
    assert "cannot write here" in outcome.problems[0].message
    assert "Traceback" not in outcome.stderr


# --- What a page shows --------------------------------------------------------------------------


def test_a_page_says_what_backs_it(soups):
    line = soups["beta"].select_one(".provenance").get_text(" ")
    assert "Exact count" in line
    assert "2023-11-14" in line
    assert "under 1 min" in line
    assert f"Python {sys.version.split()[0]}" in line
    assert f"matplotlib {metadata.version('matplotlib')}" in line
    assert re.search(r"Claims asserted\s+0\b", line)
    assert re.search(
        r"Claims asserted\s+1\b", soups["alpha"].select_one(".provenance").get_text(" ")
    )


def test_concepts_link_to_written_pages_and_name_planned_ones(soups):
    article = soups["alpha"].article
    assert "Unlike Beta, that one and The letter psi" in article.text
    links = {link.text: link for link in article.select("a") if "beta" in link.get("href", "")}
    assert links["Beta"]["href"] == links["that one"]["href"] == "beta.html"
    assert links["Beta"]["title"] == "Beta is a letter."
    assert not [link for link in article.select("a") if "psi" in link.text]


def test_probes_are_folded_and_say_their_level(soups):
    folds = soups["alpha"].select("details.probe")
    assert [fold.select_one(".probe-level").text for fold in folds] == [
        "L4",
        "L5",
        "L5",
        "L6",
        "L6",
    ]
    assert not any(fold.has_attr("open") for fold in folds)
    assert folds[0]["id"] == "probe-what-is-a-letter"
    assert len({fold["id"] for fold in folds}) == 5
    assert "What is a letter?" in folds[0].summary.text
    assert "A sign." in folds[0].text
    assert "A sign." not in folds[0].summary.text


def test_figures_are_part_of_the_page(soups):
    """Inline, named for those who do not see them, in the text's color, ids never shared."""
    page = soups["beta"]
    figures = page.select("article svg.figure")
    assert len(figures) == 2
    for figure in figures:
        assert figure["role"] == "img"
        assert figure["aria-label"] == "A line that rises from 1 to 4"
        assert "currentColor" in str(figure)
        assert "#123456" not in str(figure)
        assert "height" in figure.text
    assert not page.select("article img")
    names = [element["id"] for element in page.select("[id]")]
    assert sorted(names) == sorted(set(names))
