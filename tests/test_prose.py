"""What is said of words: their spelling, phrases that say nothing, sentences of two pages.

The linters read tiny books with the real book's settings, so that these are tested too.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from tiny import DOMAIN, Outcome, TinyBook, concept_page, finish, replace, run_python

from conceptbook import configuration, prose, repeats
from conceptbook.book import Book, load
from conceptbook.build import Layout
from conceptbook.problems import BookError, Problem

OTHER = {"A letter is a sign that writes": "Beta is what writes", "a nation": "a land"}
REPEATED = "Whoever reads aloud hears what the eye would pass over."


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    """A book of one page, with the linters' settings of the real one."""
    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    for settings in (prose.SPELLING, prose.STYLE):
        shutil.copy(ROOT / settings, book.root)
    return book


def found(book: TinyBook, *edits: tuple[str, str]) -> list[Problem]:
    """Return what the linters say of the page once texts of it are others."""
    for old, new in edits:
        book.edit("alpha", old, new)
    return sorted(prose.check(book.root, [f"book/{DOMAIN}/alpha.md"]))


def row(book: TinyBook, problem: Problem, slug: str = "alpha") -> str:
    """Return the line that a problem names."""
    assert problem.path == f"book/{DOMAIN}/{slug}.md"
    return book.page(slug).read_text(encoding="utf-8").split("\n")[problem.line - 1]


def pages(root: Path) -> Book:
    """Read a book."""
    layout = Layout(root)
    config = configuration.read(layout.config, layout.toc, layout.folder)
    return load(layout.root, layout.folder, layout.toc, config)


# --- Spelling -----------------------------------------------------------------------------------

# Before and after code, in tables, questions, answers and the words about a figure.
PLACES = [
    ("is a letter.", "is a leter."),
    ("It is drawn", "It is darwn"),
    ("What it printed", "What it pritned"),
    ("| words | meaning |", "| words | meanign |"),
    (":::{probe} Why not draw words?", ":::{probe} Why not draw wrods?"),
    ("There are too many.", "There are too mnay."),
    ("Write it in water.", "Write it in watre."),
]


def test_a_misspelling_is_named_wherever_a_reader_sees_it(book: TinyBook):
    book.edit("alpha", "Write a book.", "Write a book.\n\n```sql\nSELECT 1\n```")
    problems = found(book, *PLACES)
    assert len(problems) == len(PLACES)
    for problem, (old, new) in zip(problems, PLACES, strict=True):
        (wrong,) = {*re.findall(r"\w+", new)} - {*re.findall(r"\w+", old)}
        assert problem.message == f"unknown word '{wrong}'"
        assert new in row(book, problem)
        assert problem.fix.endswith(f"; where it is right, add it to the words of {prose.SPELLING}")


def test_words_about_a_figure_are_read_and_its_code_is_not(book: TinyBook):
    code = "---\nmystnb:\n  image:\n    alt: A rsiing line\n---\nrsign = 1"
    (problem,) = found(book, ("print(answer)", "print(answer)\n```\n\n```{code-cell}\n" + code))
    assert "rsiing" in row(book, problem)


def test_british_english_is_not_the_books(book: TinyBook):
    problems = found(book, ("It is drawn", "Its colour is modelled by organisation of behaviour"))
    mended = {p.message.split("'")[1]: p.fix.split("'")[1] for p in problems}
    assert mended == {
        "colour": "color",
        "modelled": "modeled",
        "organisation": "organization",
        "behaviour": "behavior",
    }


def test_names_of_code_formulas_and_addresses_are_not_words(book: TinyBook):
    literal = (
        "`kyof`, {glue:text}`wzrd:.2f`, $qq_{xyzt}+vwrt$, [it](zzyqx.md), <http://a.org/zzyqx> "
    )
    fenced = "\n\n```sql\nSELECT zzyqx\n```\n\nIt is drawn"
    assert found(book, ("It is drawn", f"{literal}{fenced}")) == []


def test_a_word_of_the_books_list_passes(book: TinyBook):
    """Whether or not there is another to suggest."""
    known, strange = found(book, ("It is drawn", "It is drawn with a quimbleton of qwzrtplk"))
    assert "quimbleton" in known.message
    assert strange.fix.startswith("write it otherwise; where it is right, add it")
    replace(book.root / prose.SPELLING, "\nwords:\n", "\nwords:\n  - quimbleton\n  - qwzrtplk\n")
    assert prose.check(book.root, [known.path]) == []


def test_settings_that_cannot_be_used_are_named(book: TinyBook):
    for settings in (prose.STYLE, prose.SPELLING):
        book.write(settings, "words: [")
        with pytest.raises(BookError) as caught:
            found(book)
        assert caught.value.problems[0].path == settings
    replace(book.root / prose.SPELLING, "[", "[]")
    book.write(prose.STYLE, (ROOT / prose.STYLE).read_text().replace("/\\bdelv(", "/\\bdelv(("))
    with pytest.raises(BookError) as caught:
        found(book)
    assert caught.value.problems[0].message.startswith("cannot be used")


# --- Phrases ------------------------------------------------------------------------------------

FILLER = {
    "In today's world it": "leave it out",
    "It is important to note that it": "leave it out",
    "It simply": "leave it out",
    "Obviously it": "leave it out",
    "We will see that it": "leave it out",
    "Let's look how it": "leave it out",
    "This page will show how it": "leave it out",
    "To delve deeper, it": "write 'look'",
    "To leverage ink, it": "write 'use'",
    "Robust ink": "say what it withstands",
    "A wide range of ink": "say how many, or which",
    "Very dark ink": "say how much, or when",
    "The the ink": "write 'The'",
}


def test_a_phrase_that_says_nothing_is_named_with_what_to_do(book: TinyBook):
    text = "".join(f"{phrase} is drawn.\n\n" for phrase in FILLER)
    problems = found(book, ("It is drawn", f"{text}It is drawn"))
    assert len(problems) == len(FILLER)
    for problem, (phrase, fix) in zip(problems, FILLER.items(), strict=True):
        assert row(book, problem) == f"{phrase} is drawn."
        assert problem.fix == f"{fix}; where it is a term, allow it in {prose.STYLE}"


def test_terms_code_and_quotations_may_hold_such_words(book: TinyBook):
    right = [
        "Robust regression is drawn.",
        "A high-leverage point is drawn.",
        "The very letter is drawn.",
        "The range `robust` is drawn.",
        "> In today's world, it simply is.",
        "```text\nIn today's world, it simply is.\n```",
    ]
    assert found(book, ("It is drawn", "\n\n".join([*right, "It is drawn"]))) == []


def test_a_term_that_is_allowed_passes(book: TinyBook):
    (problem,) = found(book, ("It is drawn", "A robust nib is drawn"))
    replace(book.root / prose.STYLE, "\n    allow:", "\n    allow:\n      - robust nib\n     ")
    assert prose.check(book.root, [problem.path]) == []


# --- Sentences of two pages ---------------------------------------------------------------------


def two(book: TinyBook, here: str, there: str) -> list[Problem]:
    """Return what repeats once two pages, otherwise different, hold a text each."""
    other = concept_page("Beta")
    for old, new in OTHER.items():
        other = other.replace(old, new)
    book.add("beta", other)
    assert list(repeats.find(pages(book.root).concepts)) == []
    book.edit("alpha", "What it printed stands above.", here)
    book.edit("beta", "Write it in water.", there)
    return sorted(repeats.find(pages(book.root).concepts))


def test_a_sentence_that_stands_in_two_pages_is_named_in_both(book: TinyBook):
    problems = two(book, f"One line.\nThen: so. {REPEATED} End.", f"Other words.\n{REPEATED}")
    first, second = problems
    assert REPEATED in row(book, first)
    assert row(book, second, "beta") == REPEATED
    assert first.message == f"'{REPEATED}' also stands at {second.path}:{second.line}"
    assert second.message == f"'{REPEATED}' also stands at {first.path}:{first.line}"


@pytest.mark.parametrize(
    "there",
    [
        "**Whoever** reads *aloud* hears\nwhat the `eye` would pass over.",
        "| a | b |\n|---|---|\n| Whoever reads aloud hears what the eye would pass over | c |",
        ":::{dropdown} Solution\nWhoever reads aloud hears what the eye would pass over?\n:::",
        "whoever reads aloud hears {glue:text}`x` what the eye would pass over",
    ],
)
def test_a_sentence_is_the_same_whatever_its_markup(book: TinyBook, there: str):
    assert len(two(book, REPEATED, there)) == 2


@pytest.mark.parametrize(
    "there",
    [
        "Whoever reads aloud hears what the eye would miss.",
        "```\nWhoever reads aloud hears what the eye would pass over.\n```",
    ],
)
def test_other_sentences_and_code_do_not_repeat(book: TinyBook, there: str):
    assert two(book, REPEATED, there) == []


def test_short_sentences_are_anybodys(book: TinyBook):
    assert two(book, "Read the page.", "Read the page.") == []


# --- Commands -----------------------------------------------------------------------------------


def text(book: TinyBook) -> Outcome:
    """Read all words by the documented command."""
    return finish(run_python("-m", "conceptbook", "text", str(book.root)))


def test_the_words_of_the_whole_book_are_read_and_nothing_runs(book: TinyBook):
    book.edit("alpha", "print(answer)", "1 / 0")
    assert (text(book).code, text(book).problems) == (0, [])
    book.write("README.md", "# Tihs book\n")
    book.edit("alpha", "## Trade-offs", "## Tradeoffs")
    book.edit("alpha", "It is drawn", "It simply is darwn")
    book.add("beta")
    outcome = text(book)
    assert outcome.code == 1
    said = "\n".join(f"{problem.path} {problem.message}" for problem in outcome.problems)
    for expected in (
        "README.md unknown word 'Tihs'",
        "alpha.md section 'Tradeoffs' in the place of",
        "alpha.md unknown word 'darwn'",
        "alpha.md 'simply' says nothing here",
        "alpha.md 'A letter is a sign that writes a sound.' also stands at",
        "beta.md 'A letter is a sign that writes a sound.' also stands at",
    ):
        assert expected in said


def test_no_sentence_of_the_real_book_stands_in_two_pages():
    assert list(repeats.find(pages(ROOT).concepts)) == []
