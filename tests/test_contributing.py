"""A stranger's evening: a new page from its skeleton, checked by itself, and previewed.

Mistakes are refused with one message, and nothing is left half written.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import DOMAIN, TinyBook, replace, run_python, tree

from conceptbook import newpage
from conceptbook.problems import BookError, Problem

NAME = f"{DOMAIN}/omega"
COMMENTED = f"""\
# Read from left to right.
format: jb-book
root: index
parts:
  - caption: Letters
    chapters:
      - file: {DOMAIN}/alpha  # the first
      # the second has a title of its own
      - file: {DOMAIN}/beta
        title: The second
      # more to come
  - caption: Others
    chapters:
      - file: others/one
"""


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    """A book of one page."""
    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    return book


def refused(book: TinyBook, name: str, title: str = "The letter omega") -> Problem:
    """Ask for a page that must not be made; return the one problem, all files being as before."""
    before = tree(book.root)
    with pytest.raises(BookError) as caught:
        newpage.create(book.root, name, title)
    assert tree(book.root) == before
    (problem,) = caught.value.problems
    return problem


# --- A new page ---------------------------------------------------------------------------------


def test_a_planned_page_is_new_listed_and_builds_as_it_stands(book: TinyBook):
    entry = "{title: 'Omega: the last', definition: 'It ends: all of it.', tags: [ranking, sorting]"
    related = ", related: [alpha, psi, chi], evidence: count}"
    replace(
        book.root / "book/planned.yml", f"{DOMAIN}:\n", f"{DOMAIN}:\n  omega: {entry}{related}\n"
    )
    command = ["-m", "conceptbook", "new", NAME, "--root", str(book.root)]
    stdout, stderr = run_python(*command).communicate(timeout=300)
    assert stderr == ""
    assert f"Wrote book/{NAME}.md" in stdout
    text = book.page("omega").read_text(encoding="utf-8")
    assert "\n# Omega: the last\n\nIt ends: all of it.\n" in text
    assert (book.root / "_toc.yml").read_text().endswith(f"alpha\n      - file: {NAME}\n")
    outcome = book.build()
    assert (outcome.code, outcome.problems) == (0, [])
    assert "Omega: the last" in book.html("omega")


def test_what_nobody_knows_yet_is_left_empty_and_named_by_the_build(book: TinyBook):
    new = newpage.create(book.root, NAME, "Omega")
    assert new.empty == ["summary", "tags", "related", "evidence"]
    rows = book.page("omega").read_text(encoding="utf-8").split("\n")
    outcome = book.build()
    assert [rows[p.line - 1].split(":")[0] for p in outcome.problems] == new.empty
    assert {p.path for p in outcome.problems} == {f"book/{NAME}.md"}


def test_comments_and_order_of_the_contents_list_stay(book: TinyBook):
    book.write("_toc.yml", COMMENTED)
    newpage.create(book.root, NAME, "Omega")
    added = "        title: The second\n"
    expected = COMMENTED.replace(added, f"{added}      - file: {NAME}\n")
    assert (book.root / "_toc.yml").read_text() == expected


def test_line_ends_of_the_contents_list_stay(book: TinyBook):
    text = (book.root / "_toc.yml").read_text().rstrip("\n").replace("\n", "\r\n")
    book.write("_toc.yml", text)
    newpage.create(book.root, NAME, "Omega")
    expected = f"{text}\r\n      - file: {NAME}\r\n"
    assert (book.root / "_toc.yml").read_bytes().decode() == expected


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("letters/the omega", "PAGE=letters/the-omega"),
        ("letters/Omega", "PAGE=letters/omega"),
        ("letters/omega.md", "PAGE=letters/omega-md"),
        ("omega", "PAGE=system-design/bloom-filter"),
        ("../omega", "PAGE=system-design/bloom-filter"),
        ("", "PAGE=system-design/bloom-filter"),
    ],
)
def test_a_name_that_no_page_can_have(book: TinyBook, name: str, meant: str):
    problem = refused(book, name)
    assert problem.message.startswith(f"'{name}' is not domain/slug in lowercase letters")
    assert problem.fix == f"write {meant}"


def test_an_unknown_domain(book: TinyBook):
    problem = refused(book, "leters/omega")
    assert (problem.path, problem.fix) == ("_config.yml", f"did you mean '{DOMAIN}'?")
    assert "domains:" in (book.root / "_config.yml").read_text().split("\n")[problem.line - 1]


def test_a_page_that_exists(book: TinyBook):
    problem = refused(book, f"{DOMAIN}/alpha")
    assert (problem.path, problem.message) == (
        f"book/{DOMAIN}/alpha.md",
        "the page 'alpha' is written already",
    )


def test_a_page_that_exists_in_another_domain(book: TinyBook):
    replace(
        book.root / "_config.yml",
        f"{{{DOMAIN}: concept}}",
        f"{{{DOMAIN}: concept, signs: concept}}",
    )
    assert refused(book, "signs/alpha").path == f"book/{DOMAIN}/alpha.md"
    problem = refused(book, "signs/psi")
    assert problem.message == f"'psi' is planned in another domain, as '{DOMAIN}/psi'"
    assert problem.line == 2


def test_a_page_without_a_title(book: TinyBook):
    assert refused(book, NAME, " ").fix.startswith(f"give one: make new PAGE={NAME} TITLE=")


def test_an_unfinished_merge(book: TinyBook):
    text = (book.root / "_toc.yml").read_text()
    ours, theirs = f"      - file: {DOMAIN}/beta\n", f"      - file: {DOMAIN}/gamma\n"
    book.write("_toc.yml", f"{text}<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> theirs\n")
    problem = refused(book, NAME)
    assert (problem.path, problem.line) == ("_toc.yml", text.count("\n") + 1)
    assert problem.message == "a conflict marker of git"


def test_a_contents_list_that_cannot_be_edited_line_by_line(book: TinyBook):
    listed = f"parts: [{{caption: Letters, chapters: [{{file: {DOMAIN}/alpha}}]}}]"
    book.write("_toc.yml", f"format: jb-book\nroot: index\n{listed}\n")
    assert refused(book, NAME).fix == f"add '- file: {NAME}' by hand, then write the page"
    book.write("_toc.yml", "format: jb-book\nroot: index\n")
    assert refused(book, NAME).message.startswith(f"no page of '{DOMAIN}' is listed")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path):
    """A file is in the place of the folder: rights would not stop an administrator."""
    book = TinyBook(tmp_path)
    book.slugs.append("alpha")
    book.list_pages()
    book.write(f"book/{DOMAIN}", "not a folder")
    problem = refused(book, NAME)
    assert problem.path == f"book/{NAME}.md"
    assert problem.message.startswith("cannot be written: ")


def test_a_contents_list_that_cannot_be_replaced(book: TinyBook, monkeypatch):
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(newpage.os, "replace", fail)
    problem = refused(book, NAME)
    assert (problem.path, problem.message) == ("_toc.yml", "cannot be written: permission denied")
