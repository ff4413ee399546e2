"""What a pull request does to results is seen: on changed.html and in the forge's summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from test_machine_readable import FIRST, SECOND, commit, git
from tiny import DOMAIN, TinyBook, concept_page, finish, make, replace, run_python

from conceptbook.comparing import reworded, shortened
from conceptbook.summary import code, fenced

CODE = """\
---
mystnb: {image: {alt: A line that rises to 4}}
---
import matplotlib.pyplot as plt
import numpy as np
from myst_nb import glue

top = 4
glue("third", top / 3, display=False)
glue("same", "as it was", display=False)
assert top / 3 > 1.3, "above one"
assert top == 4
draws = iter([np.float64(top) / 7, 2])
assert 0 < next(draws) < 1 and next(draws) == 2
print("the top is", top)
plt.plot([1, 2, top])
plt.show()"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    """A book whose branch changed one page, moved one, wrote one (not yet committed) of three.

    It is built, with no result of before in the store.
    """
    book = TinyBook(tmp_path_factory.mktemp("changed") / "book")
    book.add("alpha", concept_page("Alpha | <b>", CODE))
    book.add("beta")
    book.add("gamma")
    commit(book.root, FIRST)
    git(book.root, "branch", "base")
    for old, new in {
        "top = 4": "top = 5",
        "assert top == 4": "assert top == 5",
        'assert top / 3 > 1.3, "above one"': "assert (top\n        > 3)",
        "to 4}": "to 5}",
        "What is a letter?": "What is a letter, and what is none?\n:id: probe-what-is-a-letter",
        "probe} What is it for?": "probe} Who reads at night?",
        "A letter is a sign": "You know that a letter is a sign",
    }.items():
        book.edit("alpha", old, new)
    git(book.root, "mv", f"book/{DOMAIN}/beta.md", f"book/{DOMAIN}/delta.md")
    book.slugs[1] = "delta"
    book.list_pages()
    commit(book.root, SECOND)
    book.add("omega", concept_page("Omega", "assert 1 < 2"))
    outcome = book.build(CHANGED_SINCE="base", SITE_URL="https://a.org/b/")
    assert outcome.code == 0, outcome.stderr
    assert outcome.executed.count(f"{DOMAIN}/alpha") == 2  # before, and after
    return book


@pytest.fixture(scope="module")
def page(book: TinyBook) -> BeautifulSoup:
    """The page of changes, parsed."""
    return BeautifulSoup((book.site / "changed.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def summary(book: TinyBook, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the forge is given to show; the same is printed."""
    file = tmp_path_factory.mktemp("forge") / "summary.md"
    file.write_text("Of a step before.\n", encoding="utf-8")
    printed = make(book, "summary", "CHANGED_SINCE=base", GITHUB_STEP_SUMMARY=str(file))
    text = file.read_text("utf-8").removeprefix("Of a step before.\n")
    assert printed.strip() == text.strip()
    return text


# --- On the page --------------------------------------------------------------------------------


def test_touched_pages_lead_to_before_and_after(page: BeautifulSoup):
    rows = [[cell.text for cell in row.select("td")] for row in page.table.select("tbody tr")]
    assert [row[0] for row in rows] == ["changed", "moved", "new"]
    links = [[link["href"] for link in row.select("a")] for row in page.table.select("tbody tr")]
    assert links == [
        [f"{DOMAIN}/alpha.html", f"https://a.org/b/dev/{DOMAIN}/alpha.html"],
        [f"{DOMAIN}/delta.html", f"https://a.org/b/dev/{DOMAIN}/beta.html"],
        [f"{DOMAIN}/omega.html"],
    ]


def test_results_stand_beside_those_of_before(page: BeautifulSoup):
    section = page.select("section h2")[0].parent
    rows = [[cell.text for cell in row.select("td")] for row in section.select("tbody tr")]
    assert rows == [["third", "1.333", "1.667"]]
    labels = [figure["aria-label"] for figure in section.select(".before-after svg")]
    assert labels == ["A line that rises to 4", "A line that rises to 5"]
    gone = [line.text for line in section.select("del")]
    came = [line.text for line in section.select("ins")]
    drifted = "assert 0 < next(draws) < 1 and next(draws) == 2  # next(draws) = {}, next(draws) = 2"
    assert gone[:3] == [
        "- assert top / 3 > 1.3, 'above one'  # top / 3 = 1.33333",
        "- assert top == 4  # top = 4",
        f"- {drifted.format(0.571429)}",
    ]
    assert {
        "+ assert top == 5  # top = 5",
        "+ assert top > 3  # top = 5",
        f"+ {drifted.format(0.714286)}",
        "+ the top is 5",
    } <= set(came)
    assert "- the top is 4" in gone
    assert "- What is it for? #probe-what-is-it-for" in gone
    names = [element["id"] for element in page.select("[id]")]
    assert sorted(names) == sorted(set(names))


def test_of_a_page_that_only_moved_nothing_differs(page: BeautifulSoup):
    section = page.select("section h2")[1].parent
    assert section.h2.text == "Beta"
    assert section.select("h3, tbody, svg") == []


def test_the_page_comes_and_goes_with_the_commit_that_is_named(book: TinyBook, tmp_path: Path):
    """Though nothing else changes between the builds."""
    copy = book.copy(tmp_path / "book")
    for since in ("", "base", ""):
        outcome = copy.build(CHANGED_SINCE=since)
        assert outcome.code == 0, outcome.stderr
        assert (copy.site / "changed.html").exists() == bool(since)


# --- In the forge's summary ---------------------------------------------------------------------


def test_the_summary_counts_what_differs(summary: str):
    row = next(line for line in summary.splitlines() if line.startswith("| Alpha"))
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert cells[:5] == [
        r"Alpha \| \<b\>",
        "changed",
        "3, 4 differ",
        "2, 1 differs",
        "1, 1 differs",
    ]
    assert re.fullmatch(r"\d+\.\d( → \d+\.\d)?", cells[5])
    before, after = map(int, cells[6].split(" → "))
    assert after == before + 3  # words of prose
    assert cells[7] == "5, 3 differ"  # one reworded, one gone, one new
    assert re.search(r"^\| Omega \| new \| 1 \| 0 \| 0 \|", summary, re.MULTILINE)


def test_the_summary_names_values_claims_and_probes(summary: str):
    assert "| `third` | `1.333` | `1.667` |" in summary
    assert "`same`" not in summary
    assert "- assert top == 4  # top = 4\n+ assert top == 5  # top = 5\n" in summary
    anchor = "#probe-what-is-a-letter\n"
    assert f"- What is a letter? {anchor}+ What is a letter, and what is none? {anchor}" in summary
    assert "### Omega" not in summary


def test_unknown_results_are_not_guessed(book: TinyBook, tmp_path: Path):
    """An earlier page that fails today is told, and fails nothing."""
    copy = book.copy(tmp_path / "book")
    copy.edit("alpha", "assert top == 5", "assert top == 3")
    git(copy.root, "commit", "--quiet", "--all", "--message", "Wrong", date=SECOND)
    copy.edit("alpha", "assert top == 3", "assert top == 5")
    text = make(copy, "summary", "CHANGED_SINCE=HEAD")
    assert "| 3, 1 differs | ? → 2 | ? → 1 |" in text
    assert "No results to compare: " in text
    assert "claim fails: assert top == 3" in text
    assert "- assert top == 3\n+ assert top == 5\n" in text


def test_other_packages_are_told(book: TinyBook, tmp_path: Path):
    copy = book.copy(tmp_path / "book")
    assert "packages" not in make(copy, "summary", "CHANGED_SINCE=base")
    replace(copy.root / "requirements.txt", "ipykernel", "# other\nipykernel")
    assert "The packages or the kernel's settings differ too." in make(
        copy, "summary", "CHANGED_SINCE=base"
    )


@pytest.mark.parametrize("command", ["build", "summary"])
def test_a_commit_that_git_does_not_know(book: TinyBook, command: str):
    outcome = finish(
        run_python("-m", "conceptbook", command, str(book.root), CHANGED_SINCE="nowhere")
    )
    assert outcome.code == 1
    (problem,) = outcome.problems
    assert problem.message.startswith("git knows no commit that 'nowhere'")


def test_nothing_to_compare_with(book: TinyBook):
    outcome = finish(run_python("-m", "conceptbook", "summary", str(book.root)))
    assert outcome.problems[0].fix == "name a commit or a branch: make summary CHANGED_SINCE=main"


# --- How two texts are compared -----------------------------------------------------------------


def test_what_became_of_a_text():
    before = ["assert error < 0.1", "assert kept", "assert kept", "assert gone"]
    after = ["assert kept", "assert error < 0.2", "assert kept", "x == 3"]
    assert reworded(before, after) == [
        ("assert error < 0.1", "assert error < 0.2"),
        ("assert gone", ""),
        ("", "x == 3"),
    ]


@pytest.mark.parametrize(
    ("pair", "shown"),
    [
        (("0.12345678", "0.2"), ("0.1235", "0.2")),
        (("0.12345678", "0.12345699"), ("0.1234568", "0.123457")),
        (("1200", "1300"), ("1200", "1300")),
        (("'a'", "'b'"), ("'a'", "'b'")),
        (("", "0.5"), ("", "0.5")),
    ],
)
def test_values_show_the_digits_that_differ(pair: tuple[str, str], shown: tuple[str, str]):
    assert shortened(*pair) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("a\nb", "`a b`"), ("", "")],
)
def test_values_cannot_break_the_table(text: str, shown: str):
    assert code(text) == shown


def test_claims_cannot_end_their_block():
    assert fenced(["- ```"]) == "````diff\n- ```\n````\n"
