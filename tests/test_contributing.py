"""A stranger's evening: a new page from its skeleton, checked by itself, and previewed.

Mistakes are refused with one message, and nothing is left half written.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from tiny import (
    DOMAIN,
    FIGURE,
    REPOSITORY,
    Outcome,
    TinyBook,
    concept_page,
    finish,
    make,
    replace,
    run_python,
    tree,
)
from tornado.websocket import WebSocketClosedError

import conceptbook
import conceptbook.book
import conceptbook.check
from conceptbook import newpage, onepage, prose
from conceptbook.check import differences, prose_words
from conceptbook.preview import PATIENCE, Builder, State
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


# A figure and a glued number, which a finished page has; matplotlib would take a second.
SHOWN = """\
print(answer)
from IPython.display import SVG, display
from myst_nb import glue

glue("answer", answer, display=False)
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='9pt' height='9pt' viewBox='0 0 9 9'/>"))
"""


def finished(title: str) -> str:
    """Return a page that lacks nothing that the page standard asks for."""
    options = "---\nmystnb: {image: {alt: A frame of nine points in which nothing is drawn}}\n---\n"
    text = concept_page(title).replace("ipython3\n", f"ipython3\n{options}")
    text = text.replace("print(answer)\n", SHOWN)
    return text.replace("What it printed", "The {glue:text}`answer` it printed")


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    """A book of one page."""
    book = TinyBook(tmp_path / "book")
    book.add("alpha", finished("Alpha"))
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


def test_what_nobody_knows_yet_can_be_seen_and_is_named_until_it_is_chosen(book: TinyBook):
    """By the check of the page and by that of all words; nothing else is wrong with a skeleton."""
    new = newpage.create(book.root, NAME, "Omega")
    assert new.open == ["summary", "tags", "related", "evidence"]
    rows = book.page("omega").read_text(encoding="utf-8").split("\n")
    assert book.build().code == 0
    every_word = run_python("-m", "conceptbook", "text", str(book.root))
    for outcome in (check(book, "omega"), finish(every_word)):
        assert outcome.code == 1
        assert [rows[p.line - 1].split(":")[0] for p in outcome.problems] == new.open
        assert {p.path for p in outcome.problems} == {f"book/{NAME}.md"}


def test_the_pages_that_share_words_are_the_first_to_be_related(book: TinyBook):
    book.add("old-letters")
    newpage.create(book.root, f"{DOMAIN}/new-letters", "New letters")
    related = re.findall(
        r"^  ([\w-]+): say why", book.page("new-letters").read_text(), re.MULTILINE
    )
    assert related == ["old-letters", "alpha", "psi"]


def test_what_make_hands_on_is_what_was_written(book: TinyBook):
    title = 'It\'s; a "new" letter & more'
    make(book, "new", f"PAGE={NAME}", f"TITLE={title}")
    assert f"\n# {title}\n" in book.page("omega").read_text(encoding="utf-8")
    with pytest.raises(
        AssertionError, match=r"'letters/b c' is not domain/slug .*PAGE=letters/b-c"
    ):
        make(book, "new", "PAGE=letters/b c", "TITLE=B c")


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


# --- A page checked by itself -------------------------------------------------------------------


def check(book: TinyBook, slug: str = "alpha", **variables: str) -> Outcome:
    """Check a page by the documented command, which knows where the tests find a browser."""
    variables = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}", **variables}
    command = ["-m", "conceptbook", "check", f"{DOMAIN}/{slug}", "--root", str(book.root)]
    return finish(run_python(*command, **variables))


def test_a_good_page_passes_whatever_is_wrong_with_others(book: TinyBook):
    other = concept_page("Beta", "1 / 0").replace("## In production", "## Production")
    book.add("beta", other.replace("A letter is", "Beta is").replace("a nation", "a land"))
    book.write("book/practice.md", "# Practice\n\n:::{practice}\n:::\n")  # asks of all pages
    listed = (book.root / "_toc.yml").read_text()
    book.write("_toc.yml", f"{listed}  - caption: Own\n    chapters:\n      - file: practice\n")
    book.edit("alpha", "It is drawn", "It is like [the other](beta.md) and drawn")
    outcome = check(book)
    assert (outcome.code, outcome.problems) == (0, [])
    assert "no problems, same outputs twice" in outcome.stdout
    assert outcome.executed == [f"{DOMAIN}/alpha"] * 2
    kept = list((book.root / "_build/executed").iterdir())
    assert len(kept) == 1  # for the next build, which need not run it
    assert {file.name for file in (book.root / "_build").iterdir()} == {"executed"}
    assert check(book).executed == [f"{DOMAIN}/alpha"]


def test_every_kind_of_mistake_is_placed(book: TinyBook):
    mistakes = {
        "evidence: count": "evidence: opinion",
        "## Trade-offs": "## Tradeoffs",
        "It is drawn": "It is {ref}`nowhere`, [there](nothing.md) and {cite}`nobody`; drawn",
        "print(answer)": "assert answer == 41",
    }
    for old, new in mistakes.items():
        book.edit("alpha", old, new)
    rows = book.page("alpha").read_text(encoding="utf-8").split("\n")
    outcome = check(book)
    assert outcome.code == 1
    drawn = next(row for row in rows if "nowhere" in row)
    expected = [
        ("unknown evidence kind 'opinion'", "evidence: opinion"),
        ("section 'Tradeoffs' in the place of", "## Tradeoffs"),
        ("undefined label: 'nowhere'", drawn),
        ("nothing.md", drawn),
        ('could not find bibtex key "nobody"', drawn),
        ("claim fails: assert answer == 41", "assert answer == 41"),
    ]
    for says, row in expected:
        found = [p for p in outcome.problems if says in p.message and rows[p.line - 1] == row]
        assert len(found) == 1, (says, outcome.stderr)
    assert len(outcome.problems) == len(expected)


def test_what_a_finished_page_lacks_is_named(book: TinyBook):
    """By the check alone: a draft without it is built."""
    book.add("alpha", concept_page("Alpha").replace("assert answer == 42\n", ""))
    assert book.build().code == 0
    fence = book.page("alpha").read_text().split("\n").index("```{code-cell} ipython3") + 1
    assert [(p.line, p.message) for p in check(book).problems] == [
        (1, "no number in the prose comes from the page's run"),
        (fence, "no claim is asserted"),
        (fence, "no figure"),
    ]


def test_what_is_too_large_or_too_short_is_named(book: TinyBook):
    """A figure in bytes and in words; a page on a phone, and on its way to the reader."""
    noise = (
        "import random\n\nrandom.seed(1)\nline = f'M 0 0 L {random.sample(range(10**8), 60_000)}'"
    )
    book.edit("alpha", "print(answer)", f"print(answer)\n{noise}")
    book.edit(
        "alpha", "viewBox='0 0 9 9'/>\"", "viewBox='0 0 9 9'><path d='\" + line + \"'/></svg>\""
    )
    book.edit("alpha", " of nine points in which nothing is drawn", "")
    wide = '<p style="width: 30em; color: inherit">Wide.</p>'
    book.edit("alpha", "It is drawn", f"{wide}\n\nIt is drawn")
    rows = book.page("alpha").read_text().split("\n")
    cell = "```{code-cell} ipython3"
    said = [(rows[p.line - 1], p.message.split(": ")[0]) for p in check(book).problems]
    assert said == [
        ("---", said[0][1]),
        (wide, "wider than a screen of 375 px"),
        (cell, "a figure of 593 kB, at most 150"),
        (cell, "alt text of 2 words, at least 8"),
    ]
    assert re.fullmatch(r"a first visit loads \d+ KiB, at most 200", said[0][1])


def test_a_page_that_differs_from_run_to_run(book: TinyBook):
    flaky = (
        "import os\nfrom myst_nb import glue\n\nprint('first')\nprint(os.urandom(8).hex())\n"
        "glue('drawn', os.urandom(8).hex(), display=False)"
    )
    book.edit("alpha", "print(answer)", f"print(answer)\n{flaky}")
    outcome = check(book)
    assert outcome.code == 1
    (problem,) = outcome.problems
    line = book.page("alpha").read_text().split("\n").index("```{code-cell} ipython3") + 1
    assert (problem.path, problem.line) == (f"book/{DOMAIN}/alpha.md", line)
    assert re.fullmatch(r"two runs differ: '[0-9a-f]{16}', then '[0-9a-f]{16}'", problem.message)
    assert problem.fix.startswith("seed what is random")


def output(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def figure(date: str, line: str) -> dict[str, object]:
    svg = f"<svg><dc:date>{date}</dc:date><path d='{line}'/></svg>"
    return {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": svg}}


def glued(value: str) -> dict[str, object]:
    data = {"application/papermill.record/text/plain": value}
    metadata = {"scrapbook": {"name": "ratio"}}
    return {"output_type": "display_data", "metadata": metadata, "data": data}


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (output("a\nb\n"), output("a\nc\n"), "'b', then 'c'"),
        (output("a\n"), output("a\nb\n"), "'', then 'b'"),
        (figure("2025", "M 1"), figure("2025", "M 2"), "the figure is not the same"),
        (glued("0.5"), glued("0.6"), "the glued value 'ratio' is '0.5', then '0.6'"),
        (output("a\n"), None, "one shows an output more"),
    ],
)
def test_what_two_runs_show_differently(first, second, says):
    same = figure("2025-01-01", "M 1"), figure("2025-01-02", "M 1")
    runs = ([[same[0]], [first]], [[same[1]], [second] if second else []])
    (fault,) = differences(*runs)
    assert (fault.cell, fault.message) == (1, f"two runs differ: {says}")


def test_what_a_reviewer_would_say_is_a_warning(book: TinyBook, monkeypatch):
    monkeypatch.setattr(conceptbook.check, "CPU_SECONDS", 0)
    monkeypatch.setattr(conceptbook.check, "PROSE_WORDS", 50)
    book.edit("alpha", "Write a book.", "Write here.")
    with ThreadPoolExecutor(1) as apart:  # the browser of other tests keeps a loop in this thread
        report = apart.submit(conceptbook.check.check, book.root, f"{DOMAIN}/alpha").result()
    assert [re.sub(r"[\d.]+", "N", w.message) for w in report.warnings] == [
        "N s of processor time, at most N",
        "N words of prose, at most N",
        "the skeleton's words still stand here",
    ]


def test_words_of_prose_are_those_that_nobody_need_unfold():
    text = concept_page("Alpha")
    words = prose_words(text)
    more = "\n| a | b |\n|---|---|\n| c | d |\n\n:::{dropdown} Solution\nWith words.\n:::\n"
    assert prose_words(text + more) == words > 50
    assert prose_words(text.replace("answer = 6 * 7", "answer = 6 * 7  # with a comment")) == words
    assert prose_words(f"{text}\nThree more words.\n") == words + 3


def test_a_page_is_checked_during_an_unfinished_merge(book: TinyBook):
    text = (book.root / "_toc.yml").read_text()
    book.write("_toc.yml", f"{text}<<<<<<< HEAD\n=======\n>>>>>>> theirs\n")
    outcome = check(book)
    assert outcome.code == 1
    assert {(p.path, p.message) for p in outcome.problems} == {
        ("_toc.yml", "a conflict marker of git")
    }


def test_a_page_to_check_that_does_not_exist(book: TinyBook):
    outcome = check(book, "alhpa")
    assert outcome.code == 1
    assert outcome.problems[0].fix.startswith(f"did you mean '{DOMAIN}/alpha'?")


def test_a_page_is_checked_without_git(book: TinyBook, tmp_path: Path):
    """All programs on the path but git, which would know dates."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in reversed(os.environ["PATH"].split(":")):
        for file in Path(folder).glob("*"):
            (programs / file.name).unlink(missing_ok=True)
            (programs / file.name).symlink_to(file)
    (programs / "git").unlink()
    assert check(book, PATH=str(programs)).code == 0


BARRED = """\
<p style="color: #bbb">Pale on white.</p>

:::{dropdown} A fold
<p style="color: #333">Dark on black.</p>
:::

<a href="#it-is-drawn"></a>
"""


def test_what_bars_a_reader_is_placed_in_both_themes_and_in_folds(book: TinyBook):
    book.edit("alpha", "It is drawn", f"{BARRED}\nIt is drawn")
    rows = book.page("alpha").read_text(encoding="utf-8").split("\n")
    outcome = check(book)
    assert outcome.code == 1
    placed = {
        (re.search(r"\(([\w-]+)\)", p.message)[1], rows[p.line - 1]) for p in outcome.problems
    }
    assert placed == {
        ("color-contrast", '<p style="color: #bbb">Pale on white.</p>'),
        ("color-contrast", '<p style="color: #333">Dark on black.</p>'),
        ("link-name", '<a href="#it-is-drawn"></a>'),
    }


def test_the_words_of_a_page_are_part_of_its_check(book: TinyBook):
    """With the settings of the real book; test_prose.py says what they find."""
    for settings in (prose.SPELLING, prose.STYLE):
        shutil.copy(REPOSITORY / settings, book.root)
    book.add("beta")
    book.edit("alpha", "It is drawn", "It simply is darwn")
    said = [(problem.path, problem.message) for problem in check(book).problems]
    here, also = f"book/{DOMAIN}/alpha.md", f"also stands at book/{DOMAIN}/beta.md"
    assert {path for path, _ in said} == {here}
    assert [re.sub(r".*(also stands at \S+):.*", r"\1", message) for _, message in said] == [
        also,
        "'simply' says nothing here",
        "unknown word 'darwn'",
        also,
    ]


# --- A live preview -----------------------------------------------------------------------------


@dataclass
class Preview:
    """A running preview, and what it has printed so far."""

    process: subprocess.Popen[str]
    log: Path

    def wait(self, text: str, times: int = 1) -> str:
        """Wait until a text was printed so many times; return all that was printed."""
        for _ in range(1200):
            printed = self.log.read_text(encoding="utf-8")
            if printed.count(text) >= times:
                return printed
            assert self.process.poll() is None, printed
            time.sleep(0.1)
        raise AssertionError(f"no {text!r} in:\n{printed}")

    @property
    def url(self) -> str:
        """Where the preview says it is."""
        return re.search(r"Open (\S+)", self.wait("Open http"))[1]


@contextmanager
def previewed(book: TinyBook, log: Path, *page: str) -> Iterator[Preview]:
    """Preview a book, or a page of it, at a port of its own."""
    command = ["-m", "conceptbook", "preview", *page, "--root", str(book.root)]
    with log.open("w", encoding="utf-8") as file:
        process = run_python(*command, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield Preview(process, log)
        finally:
            process.terminate()
            process.wait(timeout=60)


def get(url: str) -> str:
    with urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def test_a_save_loads_the_page_again_and_a_mistake_leaves_the_last_one(
    book: TinyBook, tmp_path: Path, browser
):
    """In a real browser, with one page of a book in which another is wrong."""
    book.add("beta", "No page yet.\n")
    with previewed(book, tmp_path / "log", f"{DOMAIN}/alpha") as preview:
        page = browser.new_page()
        page.goto(preview.url)  # before there is a page
        page.get_by_text("It is drawn").wait_for(timeout=120_000)
        assert get(preview.url.rsplit("/", 2)[0])  # the front page too

        book.edit("alpha", "It is drawn", "It is {ref}`nowhere`, and carved")
        problem = page.get_by_role("alert")
        problem.wait_for(timeout=120_000)
        assert f"book/{DOMAIN}/alpha.md:" in problem.inner_text()
        assert "undefined label: 'nowhere'" in problem.inner_text()
        assert page.get_by_text("It is drawn").count() == 1
        assert "undefined label: 'nowhere'" in preview.wait("1 problem")

        shown = get(preview.url)
        assert "It is drawn" in shown
        assert "carved" not in shown
        assert executions(preview) == ["alpha"]

        book.edit("alpha", "{ref}`nowhere`, and ", "")
        page.get_by_text("It is carved").wait_for(timeout=120_000)
        assert page.get_by_role("alert").count() == 0
        page.close()

        preview.process.send_signal(signal.SIGINT)
        assert preview.process.wait(timeout=60) == 0
        printed = preview.log.read_text(encoding="utf-8")
        assert printed.endswith("Stopped.\n")
        assert "Traceback" not in printed
    assert not (book.root / "_build" / "html").exists()


def rendered(book: TinyBook, folder: Path, last: Path | None = None) -> Path:
    """Render the page alpha by itself, as a preview does at each save."""
    one = onepage.read(book.root, f"{DOMAIN}/alpha")
    with ThreadPoolExecutor(1) as apart:  # the browser of other tests keeps a loop in this thread
        apart.submit(onepage.execute, one, one.run.store).result()
    onepage.render(one, folder, last)
    assert one.run.problems == []
    return folder


def test_a_save_reads_its_page_alone_and_shows_what_a_first_look_would(
    book: TinyBook, tmp_path: Path, monkeypatch
):
    """What makes a preview quick is counted, for how long it takes depends on the machine."""
    book.add("beta")
    book.add("gamma")
    book.edit("alpha", "It is drawn", "It is like [the other](beta.md) and drawn")
    first = rendered(book, tmp_path / "first")
    checked, read = [], []
    read_page, use_record = conceptbook.book.read_page, conceptbook._use_record

    def checking(data, name, *about):
        checked.append(name)
        return read_page(data, name, *about)

    def reading(app, name, source):
        read.append(name)
        use_record(app, name, source)

    monkeypatch.setattr(conceptbook.book, "read_page", checking)
    monkeypatch.setattr(conceptbook, "_use_record", reading)
    book.edit("alpha", "and drawn", "and carved")
    second = rendered(book, tmp_path / "second", first)
    assert checked == [f"{DOMAIN}/alpha"]
    assert read == [f"{DOMAIN}/alpha"]
    assert "and carved" in (second / f"html/{DOMAIN}/alpha.html").read_text(encoding="utf-8")

    # A save of a page that is not shown; one with the time of an older file.
    book.edit("gamma", "It is drawn", "It is unlike all")
    idle = rendered(book, tmp_path / "idle", second)
    assert tree(idle / "html") == tree(second / "html")
    stat = book.page("alpha").stat()
    book.edit("alpha", "and carved", "and etched")
    os.utime(book.page("alpha"), (stat.st_atime, stat.st_mtime - 1000))
    second = rendered(book, tmp_path / "older", idle)
    assert "and etched" in (second / f"html/{DOMAIN}/alpha.html").read_text(encoding="utf-8")
    book.edit("alpha", "and etched", "and carved")

    # A citation is what a list of works shows.
    book.edit("alpha", "spoken {cite}`knuth1998`", "spoken")
    second = rendered(book, tmp_path / "uncited", second)
    assert tree(second / "html") == tree(rendered(book, tmp_path / "uncited-anew") / "html")

    # A heading is what other pages show and lead to: they are read again too.
    read.clear()
    book.edit("beta", "# Beta", "# The letter beta")
    third = rendered(book, tmp_path / "third", second)
    assert {f"{DOMAIN}/alpha", f"{DOMAIN}/beta"} < set(read)
    assert tree(third / "html") == tree(rendered(book, tmp_path / "anew") / "html")
    book.edit("alpha", "and carved", "and painted")
    fourth = rendered(book, tmp_path / "fourth", third)
    assert tree(fourth / "html") == tree(rendered(book, tmp_path / "again") / "html")


def test_a_process_that_died_or_has_old_code_is_replaced_by_the_next_save(
    book: TinyBook, tmp_path: Path
):
    builder = Builder(book.root, among=False)

    def build(name: str) -> int:
        builder.start()
        built = builder.build(f"{DOMAIN}/alpha", tmp_path / name)
        assert built == ((f"{DOMAIN}/alpha", tmp_path / name / "html"), [])
        return builder.process.pid

    try:
        first = build("first")
        assert build("second") == first
        os.kill(first, signal.SIGKILL)
        builder.process.join()
        third = build("third")
        builder.outdated = True
        assert len({first, third, build("fourth")}) == 3
        builder.outdated = True
        builder.start()
        begun = time.monotonic()
    finally:
        builder.stop()  # while it starts, and listens to no signal
    assert not builder.process.is_alive()
    assert time.monotonic() - begun < PATIENCE


def executions(preview: Preview) -> list[str]:
    """Return the pages that were executed so far, in order."""
    printed = preview.log.read_text(encoding="utf-8")
    return re.findall(rf"^\[\d+/\d+\] {DOMAIN}/(\S+) ", printed, re.MULTILINE)


def test_a_preview_of_the_book_runs_what_changed_and_keeps_the_last_good_one(
    book: TinyBook, tmp_path: Path
):
    book.add("beta")
    with previewed(book, tmp_path / "log") as preview:
        url = f"{preview.url}{DOMAIN}/alpha.html"
        preview.wait("Built in")
        assert sorted(executions(preview)) == ["alpha", "beta"]
        book.edit("alpha", "It is drawn", "It is carved")
        preview.wait("Built in", times=2)
        assert "It is carved" in get(url)
        book.edit("alpha", "6 * 7", "7 * 6")
        preview.wait("Built in", times=3)
        assert executions(preview)[2:] == ["alpha"]
        book.edit("alpha", "answer == 42", "answer == 41")
        preview.wait("1 problem")
        assert "answer == 42" in BeautifulSoup(get(url), "html.parser").get_text()
        book.edit("beta", "It is drawn", "It is carved")  # mends nothing
        assert "alpha.md" in preview.wait("1 problem", times=2)
        assert set(executions(preview)[3:]) <= {"alpha"}
        book.edit("alpha", "answer == 41", "answer == 42")
        preview.wait("Built in", times=4)
        assert "It is carved" in get(f"{preview.url}{DOMAIN}/beta.html")


def unmarked(html: str) -> str:
    """Return what a reader gets of a page: without the preview's script, the place of sheets."""
    return re.sub(r"_alone/\d+/html/|\?v=\w+", "", html.partition("\n<script data-version")[0])


def test_a_page_saved_in_a_preview_of_the_book_is_built_alone_and_as_with_the_others(
    book: TinyBook, tmp_path: Path
):
    book.add("beta")
    book.edit("beta", "It is drawn", "It is {concept}`gamma`, {ref}`rise` and drawn")
    figure = FIGURE.replace("{image:", "{figure: {name: rise, caption: It rises.}, image:")
    book.add("gamma", concept_page("Gamma *& co*", figure))
    site = book.root / "_build" / "html"
    page = f"{DOMAIN}/beta.html"
    with previewed(book, tmp_path / "log") as preview:
        preview.wait("Built in")
        whole = tree(site)
        book.write(f"book/{DOMAIN}/.beta.md.swp", "what an editor keeps")
        book.page("beta").with_name(".#beta.md").symlink_to("nowhere")
        book.edit("beta", "and drawn", "and {bdg}`carved`")
        preview.wait("Built in", times=2)
        book.edit("beta", "6 * 7", "7 * 6")
        preview.wait("Built in", times=3)
        saved = get(f"{preview.url}{page}")
        assert ">carved</span>" in saved
        assert "carved" in get(f"{preview.url}{DOMAIN}/beta.md")
        assert "carved" in get(f"{preview.url}{DOMAIN}/beta.ipynb")
        with pytest.raises(HTTPError):  # would keep old pages, behind a forwarded port
            get(f"{preview.url}service-worker.js")
        sheet = re.search(r'href="\.\./(\S+/book.css)', saved)[1]
        assert ".sd-badge" in get(f"{preview.url}{sheet}")
        assert ".sd-badge" not in get(f"{preview.url}_static/book.css")  # of pages without one
        font = re.search(r"url\(([^)]+fa-solid-900[^)]+)\)", get(f"{preview.url}{sheet}"))[1]
        assert urlopen(f"{preview.url}{sheet}/../{font}", timeout=30).status == 200
        assert tree(site) == whole
        assert "It is drawn" in get(f"{preview.url}{DOMAIN}/gamma.html")

        book.edit("beta", "# Beta", "# The letter beta")  # what the others show
        preview.wait("Built in", times=4)
        assert "The letter beta" in get(f"{preview.url}{DOMAIN}/gamma.html")
        assert tree(site) != whole
        assert "The letter beta" in get(f"{preview.url}{page}")
        book.edit("beta", "# The letter beta", "# Beta")
        preview.wait("Built in", times=5)
        book.edit("beta", "spoken {cite}`knuth1998`", "spoken")  # what a list of works shows
        preview.wait("Built in", times=6)
        assert "once spoken." in (site / page).read_text(encoding="utf-8")
        book.edit("beta", "once spoken", "once spoken {cite}`knuth1998`")
        preview.wait("Built in", times=7)
    assert unmarked((site / page).read_text(encoding="utf-8")) == unmarked(saved)


def test_a_page_that_is_closed_keeps_the_others_from_nothing():
    told = []

    class Reader:
        def __init__(self, closed: bool):
            self.closed = closed

        def write_message(self, message: str) -> None:
            if self.closed:
                raise WebSocketClosedError
            told.append(message)

    state = State(readers={Reader(closed=True), Reader(closed=False), Reader(closed=True)})
    state.tell()
    assert told == [state.message]


def heard(preview: Preview, **headers: str) -> bool:
    """Say whether the preview lets a page, seen by what its request says, hear of new builds."""
    wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}  # fmt: skip
    line = HTTPConnection(urlsplit(preview.url).netloc, timeout=30)
    line.request("GET", "/_preview", headers=wanted | headers)
    status = line.getresponse().status
    line.close()
    assert status in (101, 403)
    return status == 101


def test_a_preview_is_heard_through_a_forwarded_port_and_by_no_stranger(
    book: TinyBook, tmp_path: Path
):
    with previewed(book, tmp_path / "log", f"{DOMAIN}/alpha") as preview:
        here = urlsplit(preview.url).netloc
        forwarded = {"X-Forwarded-Host": "name-8000.app.github.dev", "Host": "localhost:8000"}
        assert heard(preview, Origin=f"http://{here}")
        assert heard(preview, Origin="https://name-8000.app.github.dev", **forwarded)
        assert heard(preview, Origin="http://localhost:8000", **forwarded)
        assert not heard(preview, Origin="https://stranger.org")
        assert not heard(preview, Origin="https://stranger.org", **forwarded)
        assert not heard(preview, Origin="http://stranger.org", Host="stranger.org")
        script = (REPOSITORY / "conceptbook/preview.js").read_text()
        assert 'location.origin.replace(/^http/, "ws")' in script


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM])
def test_a_preview_of_the_book_stopped_while_it_builds(book: TinyBook, tmp_path: Path, ended):
    book.add(
        "alpha", concept_page("Alpha", "import time\n\nprint('on', flush=True)\ntime.sleep(7)")
    )
    with previewed(book, tmp_path / "log") as preview:
        assert "No page yet" in get(preview.url)
        lock = book.root / "_build" / "lock"
        while not lock.exists():
            time.sleep(0.1)
        preview.process.send_signal(ended)
        assert preview.process.wait(timeout=60) == 0
        assert preview.wait("Stopped.").count("Traceback") == 0
    assert not (book.root / "_build" / "html").exists()


def test_a_preview_where_there_is_no_book(tmp_path: Path):
    outcome = finish(run_python("-m", "conceptbook", "preview", "--root", str(tmp_path)))
    assert (outcome.code, outcome.problems[0].message) == (1, f"not in {tmp_path}")
