"""Every mistake an author can make ends the build with one message that says how to mend it.

All mistakes on pages go into one book, a page each, which is built once.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import CODE, DOMAIN, FIGURE, Outcome, Problem, TinyBook, concept_page, replace

KERNELSPEC = "kernelspec: {display_name: Python 3, name: python3}\n"
DEFINITION = "A letter is a sign that writes a sound.\n"
PROBE = ":::{probe} Why not draw words?\n:level: L5\nThere are too many.\n:::\n\n"
STAFF = ":::{probe} How would you move a nation to new letters?\n:level: L6"
TEMPORARY = "write below tempfile.TemporaryDirectory()"


@dataclass(frozen=True)
class Mistake:
    """A good page in which ``old`` became ``new``, and what the build should say of it.

    The message is expected at the line of the spoiled page that holds the text ``at`` (line 1
    without it).
    """

    name: str
    old: str
    new: str
    at: str
    says: str
    fix: str

    @property
    def text(self) -> str:
        page = concept_page(self.name.capitalize(), FIGURE if self.old in FIGURE else CODE)
        assert page.count(self.old) == 1
        return page.replace(self.old, self.new)

    @property
    def line(self) -> int:
        assert self.text.count(self.at) == 1 or not self.at
        return self.text[: self.text.index(self.at)].count("\n") + 1


def below_definition(name: str, added: str, says: str, fix: str, at: str = "") -> Mistake:
    """Make the mistake of adding a text below the definition."""
    return Mistake(name, DEFINITION, f"{DEFINITION}\n{added}\n", at or added, says, fix)


def in_cell(name: str, code: str, says: str, fix: str, at: str = "```{code-cell}") -> Mistake:
    """Make the mistake of writing a wrong cell."""
    return Mistake(name, CODE, code, at, says, fix)


FRONT_MATTER = [
    Mistake("unknown-field", "evidence: count", "evidence: count\ntag: [ranking]",
            "tag: [ranking]", "unknown front-matter field 'tag'", "did you mean 'tags'?"),
    Mistake("missing-field", "aliases: [the letter]\n", "", "",
            "front matter lacks 'aliases'", "add for example `aliases: ["),
    Mistake("mistyped-field", "tags: [ranking, retrieval]", "tags: ranking, retrieval",
            "tags: ranking", "'tags' must be a list that is not empty, found 'ranking",
            "write for example `tags: ["),
    Mistake("empty-field", "aliases: [the letter]", "aliases: []", "aliases: []",
            "'aliases' must be a list that is not empty", "write for example"),
    Mistake("mistyped-item", "aliases: [the letter]", "aliases: [the letter, 7]", "aliases:",
            "'aliases' holds 7, which is not text", "write for example"),
    Mistake("mistyped-reason", "psi: comes later", "psi: ", "related:",
            "'related' holds None, which is not text", "write for example"),
    Mistake("unknown-tag", "[ranking, retrieval]", "[rankings, retrieval]", "tags:",
            "unknown tag 'rankings'", "did you mean 'ranking'?"),
    Mistake("unknown-evidence", "evidence: count", "evidence: opinion", "evidence:",
            "unknown evidence kind 'opinion'", "use one of count"),
    Mistake("long-summary", "is a letter.\n", f"is {'a long ' * 40}letter.\n", "summary:",
            "characters, at most 200", "one shorter sentence"),
    Mistake("unknown-related", "{psi: comes later", "{omega: comes last", "related:",
            "related page 'omega' does not exist", "name a page of the book"),
    Mistake("related-to-itself", "{psi: comes later", "{related-to-itself: is here", "related:",
            "the page is related to itself", "name another page"),
    Mistake("no-kernelspec", KERNELSPEC, "", "", "no kernelspec", "add `kernelspec: {"),
    Mistake("unknown-kernel", "name: python3", "name: ir", "kernelspec:",
            "unknown kernel 'ir'", "write `kernelspec: {"),
    Mistake("no-jupytext", "format_name: myst", "format_name: percent", "jupytext:",
            "not declared as a MyST notebook", "add `jupytext: {"),
]  # fmt: skip

STRUCTURE = [
    Mistake("missing-section", "## In production\n\nTwenty-six of them, one byte each.\n\n", "",
            "## Failure modes", "missing section 'In production'", "add '## In production'"),
    Mistake("missing-last-section", "## Go deeper\n\n- {cite}`knuth1998` says more.\n", "",
            "## Exercises", "missing section 'Go deeper'", "add '## Go deeper'"),
    Mistake("renamed-section", "## Trade-offs", "## Tradeoffs", "## Tradeoffs",
            "section 'Tradeoffs' in the place of 'Trade-offs'", "write '## Trade-offs'"),
    Mistake("unexpected-section", "## Go deeper", "## Opinions\n\nNone.\n\n## Go deeper",
            "## Opinions", "unexpected section 'Opinions'", "the order is: Why it exists ·"),
    Mistake("misordered-section", "## Why it exists\n\nSpeech is gone once spoken "
            "{cite}`knuth1998`.\n\n## How it works\n\nIt is drawn, then read, unlike "
            "{concept}`psi`.\n", "## How it works\n\nIt is drawn.\n\n## Why it exists\n\nAh.\n",
            "## Why it exists", "section 'Why it exists' comes after 'How it works'",
            "the order is: Why it exists · How it works"),
    Mistake("section-twice", "## Go deeper", "## In production\n\nMore.\n\n## Go deeper",
            "## In production\n\nMore.", "section 'In production' twice", "merge the two"),
    Mistake("no-opening", "{admonition} In sixty seconds", "{admonition} In a minute",
            "# No-opening", "no 'In sixty seconds' admonition", "add ':::{admonition} In sixty"),
    Mistake("long-opening", "Letters write sounds.", "sound " * 40, ":::{admonition}",
            "'In sixty seconds' has 40 words, at most 30", "say less"),
    Mistake("four-probes", PROBE, "", "## In the interview",
            "'In the interview' has 4 probes, at least 5", "add ':::{probe} Question?'"),
    Mistake("one-staff-probe", STAFF, STAFF.replace("L6", "L5"), "## In the interview",
            "'In the interview' has 1 L6 probes, at least 2", "only staff level answers"),
    Mistake("probe-without-level", "words?\n:level: L5\n", "words?\n", ":::{probe} Why not",
            "probe without a level", "add ':level: L6' (one of L4, L5, L6)"),
    Mistake("probe-of-no-level", "words?\n:level: L5", "words?\n:level: L9", ":::{probe} Why not",
            "probe level 'L9'", "(one of L4, L5, L6)"),
    Mistake("probe-without-answer", "There are too many.\n", "", ":::{probe} Why not",
            "probe without question or answer", "write both"),
    Mistake("probe-twice", "{probe} Why not draw words?", "{probe} What is it for?",
            "{probe} What is it for?\n:level: L5\nThere", "probe 'probe-what-is-it-for' is also at",
            "reword one, or add ':id:"),
    Mistake("empty-trade-off", "| words | meaning | thousands |", "| words | | thousands |",
            "| words |", "empty cell in the table of 'Trade-offs'", "fill it in"),
    Mistake("empty-failure-mode", "| ink | eyes | sand |", "| ink | eyes | |", "| blots |",
            "empty cell in the table of 'Failure modes'", "fill it in"),
    Mistake("few-trade-offs", "| silence | peace | everything | late |\n", "", "## Trade-offs",
            "'Trade-offs' has a table of 2 rows, at least 3", "add the rows"),
    Mistake("two-exercises", "### Break it\n\nWrite it in water.\n\n", "", "## Exercises",
            "'Exercises' has 2 subsections, at least 3", "add a '###' heading"),
]  # fmt: skip

CELLS = [
    in_cell("failing-cell", "def halve(x):\n    return x / 0\n\n\nhalve(3)",
            "cell fails: ZeroDivisionError: division by zero", "mend the cell", "halve(3)"),
    in_cell("failing-library", "import json\n\njson.loads('[1,')",
            "cell fails: JSONDecodeError: Expecting value", "mend the cell", "json.loads("),
    in_cell("long-error", "raise ValueError('first line\\nlast line')",
            "cell fails: ValueError: last line", "mend the cell", "raise ValueError"),
    in_cell("failing-exit", "import sys\n\nsys.exit(3)", "cell fails: SystemExit: 3",
            "mend the cell", "import sys"),
    in_cell("failing-claim", "x = 1\nassert x == 2", "claim fails: assert x == 2",
            "mend the claim or the code", "assert x"),
    in_cell("failing-claim-in-words", "x = 1\nassert x == 2, f'{x} is odd'",
            "claim fails: 1 is odd", "mend the claim or the code", "assert x"),
    in_cell("slow-cell", "import time\n\ntime.sleep(60)", "cell still running after 8 s",
            "make it do less"),
    in_cell("stubborn-cell", "while True:\n    try:\n        while True:\n            pass\n"
            "    except BaseException:\n        pass", "cell still running after 8 s",
            "make it do less"),
    in_cell("exiting-kernel", "import os\n\nos._exit(1)", "the kernel died", "do less"),
    in_cell("killed-kernel", "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)",
            "the kernel died while this cell ran", "ran out of memory"),
    in_cell("kernel-dead-later",
            "import os\nimport threading\n\nthreading.Timer(0.5, os._exit, [1]).start()\n```\n\n"
            "```{code-cell} ipython3\nimport time\n\ntime.sleep(2)",
            "the kernel died", "do less", "```{code-cell} ipython3\nimport time"),
    in_cell("warning", "import warnings\n\nwarnings.warn('deprecated since 2')",
            "output to stderr: UserWarning: deprecated since 2", "mend what it warns of",
            "warnings.warn("),
    in_cell("stderr", "import sys\n\nprint('careful', file=sys.stderr)",
            "output to stderr: careful", "mend what it warns of"),
    in_cell("address", "object()", "output shows a memory address", "plt.show()"),
    in_cell("big-output", "print('x' * 2_000_000)", "output above 1 MB", "print less"),
    in_cell("endless-output", "while True:\n    print('x' * 1000)", "output above 1 MB",
            "print less"),
    in_cell("endless-display",
            "from IPython.display import HTML\n\nwhile True:\n    display(HTML('x' * 1000))",
            "output above 1 MB", "draw a summary"),
    in_cell("network", "import urllib.request\n\nurllib.request.urlopen('http://example.org')",
            "the page reaches for the network (example.org)", "from an installed package"),
    in_cell("network-by-address", "import socket\n\ns = socket.socket()\n"
            "s.connect(('192.0.2.1', 80))", "the page reaches for the network (192.0.2.1)",
            "from an installed package"),
    in_cell("network-in-secret", "import socket\n\ntry:\n    socket.gethostbyname('example.org')"
            "\nexcept Exception:\n    print('no luck')",
            "the page reaches for the network (example.org)", "from an installed package"),
    in_cell("file-left", "with open('left.txt', 'w') as file:\n    file.write('me')\nprint(1)",
            "the page leaves files behind: left.txt", TEMPORARY),
    in_cell("file-in-sources", "from pathlib import Path\n\nPath('SOURCES/left.txt').touch()",
            "the page leaves files behind: book/left.txt", TEMPORARY),
    in_cell("syntax-error", "x = 1\nif x\n    print(x)",
            "syntax error in a cell: expected ':'", "write plain Python", "if x"),
    in_cell("shell-command", "!pip list", "syntax error in a cell", "no '%' or '!' commands",
            "!pip"),
    in_cell("expected-exception", "---\ntags: [raises-exception]\n---\nprint(1 / 0)",
            "cell tag 'raises-exception'", "show an expected error with try/except"),
    in_cell("no-figure-alt", FIGURE.split("---\n")[-1], "figure without alt text",
            "add `mystnb: {image: {alt: what the figure shows}}`"),
    Mistake("figure-file-name", "alt: A line that rises from 1 to 4", "alt: figure-1.png",
            "```{code-cell}", "figure with a file name for alt text: 'figure-1.png'",
            "say what it shows"),
]  # fmt: skip

MARKUP = [
    Mistake("second-title", "## Go deeper", "# More\n\nOf it.\n\n## Go deeper", "# More",
            "second title 'More'", "one page has one '#'"),
    Mistake("no-title", "# No-title\n", "", "", "no title", "start the page with '# Title'"),
    Mistake("level-jump", "## Go deeper", "## Go deeper\n\n#### Too deep\n\nIndeed.",
            "#### Too deep", "heading 'Too deep' jumps from level 2 to 4", "use level 3"),
    below_definition("image-without-alt", "![](dot.png)", "image without alt text", "say what"),
    below_definition("image-file-name", "![dot.png](dot.png)",
                     "image with a file name for alt text", "say what it shows"),
    below_definition("figure-without-alt", "```{figure} dot.png\n\nA dot.\n```",
                     "image without alt text", "say what it shows", "```{figure}"),
    below_definition("figure-alt-file", ":::{figure} dot.png\n:alt: dot.png\n\nA dot.\n:::",
                     "image with a file name for alt text", "say what", ":::{figure}"),
    below_definition("broken-anchor", "See [there](#nope).", "'nope'", "name a page, heading"),
    below_definition("broken-link", "See [there](nowhere.md).", "'nowhere.md'", "name a page"),
    below_definition("broken-page-anchor", "See [there](alpha.md#nope).", "'nope'",
                     "name a page, heading or label that exists"),
    below_definition("broken-ref", "See {ref}`nope`.", "undefined label: 'nope'", "name a page"),
    below_definition("broken-doc", "See {doc}`nope`.", "nope", "name a page"),
    below_definition("broken-concept", "See {concept}`nope`.", "nope", "name the slug of a page"),
    below_definition("broken-citation", "See {cite}`nope1998`.", "nope1998",
                     "add the work to references.bib"),
    below_definition("broken-image", "![A dot](nope.png)", "nope.png", "mend its path"),
    below_definition("broken-figure", "```{figure} nope.png\n:alt: A dot\n\nDot.\n```", "nope.png",
                     "mend its path", "```{figure}"),
    below_definition("broken-include", "```{include} nope.md\n```", "nope.md", "mend the path",
                     "```{include}"),
    below_definition("broken-glue", "It is {glue}`nope`.", "nope", "glue a value of this name"),
    below_definition("broken-diagram", "```{graphviz}\n:alt: A\ndigraph { a -> \n```",
                     "diagram cannot be drawn", "mend the DOT", "```{graphviz}"),
    below_definition("mute-diagram", "```{graphviz}\ndigraph { a -> b }\n```",
                     "diagram without alt text", "`:alt:`", "```{graphviz}"),
    below_definition("broken-formula", "It is $\\frac{1$.", "formula cannot be read",
                     "mend the LaTeX"),
    below_definition("duplicate-label", "(a-label)=\nThis.\n\n(a-label)=\nThat.",
                     "duplicate label 'a-label'", "a name of its own", "(a-label)=\nThat."),
    below_definition("unknown-directive", ":::{warnin}\nCareful.\n:::", "'warnin'",
                     "check the directive's spelling", ":::{warnin}"),
    below_definition("unknown-role", "It is {emp}`so`.", '"emp"', "check the role's spelling"),
    below_definition("unknown-option", ":::{note}\n:clas: x\nNote.\n:::", "'clas'",
                     "check the directive's options", ":::{note}"),
]  # fmt: skip

UNREADABLE = [
    Mistake("malformed-yaml", "tags: [ranking, retrieval]", "tags: [ranking, retrieval",
            "tags:", "malformed YAML", "mend the YAML"),
    Mistake("colon-in-summary", "summary: ", "summary: Note: ", "summary:",
            "malformed YAML: mapping values are not allowed here", "quote values that hold ': '"),
    Mistake("no-such-day", "evidence: count", "evidence: 2026-02-45", "summary:",
            "malformed YAML: day is out of range", "mend the YAML"),
    Mistake("field-twice", "evidence: count", "evidence: count\nsummary: Again.",
            "summary: Again.", "'summary' is given twice", "keep one of the two"),
    Mistake("endless-front-matter", "python3}\n---", "python3}", "",
            "front matter without an end", "close it with a line '---'"),
    Mistake("not-utf-8", "It is drawn", "It is \udce9crit", "It is \udce9crit", "not UTF-8",
            "save the file as UTF-8"),
    Mistake("unclosed-fence", "print(answer)\n```", "print(answer)", "```{code-cell}",
            "unclosed fence ```", "close it with a line '```'"),
    Mistake("unclosed-first-fence", "print(answer)\n```",
            "print(answer)\n\nMore.\n\n```{code-cell} ipython3\nprint(answer + 1)\n```",
            "```{code-cell} ipython3\nanswer", "unclosed fence ```", "close it with a line"),
    Mistake("unclosed-colon-fence", "Letters write sounds.\n:::", "Letters write sounds.",
            ":::{admonition}", "unclosed fence :::", "close it with a line ':::'"),
    Mistake("unclosed-last-fence", "Over a generation, with both in print.\n:::",
            "Over a generation.", ":::{probe} How would", "unclosed fence :::", "close it with"),
]  # fmt: skip

MISTAKES = [*FRONT_MATTER, *STRUCTURE, *CELLS, *MARKUP, *UNREADABLE]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """How the build of a book with every mistake ended."""
    book = TinyBook(tmp_path_factory.mktemp("mistakes"))
    book.write(f"book/{DOMAIN}/dot.png", PIXEL)
    book.add("alpha")
    links = "Like {concept}`malformed-yaml` and [there](not-utf-8.md#anywhere) it is drawn"
    book.add("beta", concept_page("Beta").replace("It is drawn", links))
    for mistake in MISTAKES:
        text = mistake.text.replace("SOURCES", str(book.root / "book"))
        book.add(mistake.name, text.encode("utf-8", "surrogateescape"))
    book.write(f"book/{DOMAIN}/unlisted.md", concept_page("Unlisted"))
    replace(book.root / "_toc.yml", "chapters:", f"chapters:\n      - file: {DOMAIN}/nowhere")
    return book.build()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_on_a_page_is_one_message(mistake: Mistake, outcome: Outcome):
    found = [p for p in outcome.problems if p.path == f"book/{DOMAIN}/{mistake.name}.md"]
    assert len(found) == 1, found
    assert found[0].line == mistake.line
    assert mistake.says in found[0].message
    assert mistake.fix in found[0].fix


def test_a_page_missing_from_the_contents_list(outcome: Outcome):
    found = [p for p in outcome.problems if p.path == f"book/{DOMAIN}/unlisted.md"]
    message, fix = "page missing from _toc.yml", f"add '- file: {DOMAIN}/unlisted' under its part"
    assert found == [Problem(f"book/{DOMAIN}/unlisted.md", 1, message, fix)]


def test_an_entry_of_the_contents_list_without_a_file(outcome: Outcome):
    found = [p for p in outcome.problems if p.path == "_toc.yml"]
    message = f"'{DOMAIN}/nowhere' is listed, but there is no such file"
    assert found == [Problem("_toc.yml", 6, message, "write the page or remove the entry")]


def test_good_pages_are_not_blamed(outcome: Outcome):
    """Not even those that link to a page which cannot be read."""
    blamed = {problem.path for problem in outcome.problems}
    assert not blamed & {"book/index.md", f"book/{DOMAIN}/alpha.md", f"book/{DOMAIN}/beta.md"}


def test_all_problems_are_listed_and_nothing_else(outcome: Outcome):
    """One list, sorted by place, with its length: no traceback, no chatter of libraries."""
    assert outcome.code == 1
    assert outcome.stdout == ""
    lines = [line for line in outcome.stderr.splitlines() if not re.match(r"\[\d+/\d+\] ", line)]
    assert lines.pop() == f"{len(MISTAKES) + 2} problems"
    assert len(lines) == len(outcome.problems) == len(MISTAKES) + 2
    places = [(problem.path, problem.line) for problem in outcome.problems]
    assert places == sorted(places)


# --- Mistakes in what all pages depend on -------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    """A book without cells to run."""
    return TinyBook(tmp_path)


def expect_one(outcome: Outcome, path: str, line: int, says: str, fix: str) -> None:
    """Assert that a build ended with this one problem."""
    assert outcome.code == 1
    assert len(outcome.problems) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    found = outcome.problems[0]
    assert (found.path, found.line) == (path, line)
    assert says in found.message
    assert fix in found.fix


@pytest.mark.parametrize(
    ("toc", "line", "says", "fix"),
    [
        ("root: index\nparts: [", 2, "malformed YAML", "mend the YAML"),
        ("format: jb-book\nroot: index\nroot: index\n", 3, "'root' is given twice", "keep one"),
        ("format: jb-book\nrot: index\n", 1, "'root' key not found", "toc.html"),
        ("format: jb-books\nroot: index\n", 1, "not recognised: 'jb-books'", "toc.html"),
        ("format: jb-book\nroot: index\nchapters:\n  - fil: index\n", 4,
         "entry does not contain one of", "toc.html"),
        ("format: jb-book\nroot: index\nchapters:\n  - file: index\n", 4,
         "'index' is listed twice", "remove the second entry"),
        ("format: jb-book\nroot: index\nchapters:\n  - file: nowhere\n", 4,
         "'nowhere' is listed, but there is no such file", "write the page or remove"),
        (None, 1, "cannot be read: no such file", "add the file"),
    ],
    ids=["yaml", "twice", "no-root", "format", "unknown-key", "page-twice", "no-page", "missing"],
)  # fmt: skip
def test_a_mistake_in_the_contents_list(book: TinyBook, toc, line, says, fix):
    if toc is None:
        (book.root / "_toc.yml").unlink()
    else:
        book.write("_toc.yml", toc)
    expect_one(book.build(), "_toc.yml", line, says, fix)


@pytest.mark.parametrize(
    ("old", "new", "says", "fix"),
    [
        ("title: A tiny book", "title: [A tiny book", "malformed YAML", "mend the YAML"),
        ("author: Nobody", "autor: Nobody", "unknown key 'autor'", "did you mean 'author'?"),
        ('execute_notebooks: "off"', "exekute_notebooks: off",
         "unknown key 'exekute_notebooks' in execute", "did you mean 'execute_notebooks'?"),
        ("exclude_patterns: [_build]", "exclude_patterns: _build",
         "exclude_patterns: '_build' is not of type 'array'", "give it a value of type array"),
        ("cell_timeout: 8", "cell_timeot: 3",
         "unknown key 'cell_timeot' in sphinx.config.conceptbook", "did you mean 'cell_timeout'?"),
        ("cell_timeout: 8", "cell_timeout: three",
         "sphinx.config.conceptbook.cell_timeout: 'three' is not of type 'integer'",
         "give it a value of type integer"),
        ("staff_probes: 2", "staf_probes: 2", "unknown key 'staf_probes'",
         "did you mean 'staff_probes'?"),
        (f"{{{DOMAIN}: concept}}", f"{{{DOMAIN}: concpt}}",
         f"domain '{DOMAIN}' follows the unknown structure 'concpt'", "did you mean 'concept'?"),
        ("bibtex_reference_style:", "bibtex_reference_stile:", "bibtex_reference_stile",
         "mend or remove the setting"),
    ],
    ids=["yaml", "key", "nested-key", "type", "own-key", "own-type", "rule", "domain", "sphinx"],
)  # fmt: skip
def test_a_mistake_in_the_configuration(book: TinyBook, old, new, says, fix):
    config = book.root / "_config.yml"
    replace(config, old, new)
    text = config.read_text(encoding="utf-8")
    expect_one(book.build(), "_config.yml", text[: text.index(new)].count("\n") + 1, says, fix)


def test_a_mistake_in_the_planned_pages(book: TinyBook):
    entry = "psi: {titel: The letter psi, definition: The last but one.}"
    book.write("book/planned.yml", f"{DOMAIN}:\n  {entry}\n")
    expect_one(book.build(), "book/planned.yml", 2, "unknown key 'titel'", "did you mean 'title'?")


def test_a_malformed_bibliography(book: TinyBook):
    book.write("book/references.bib", "@book{knuth1998,\n  title = {Sorting,\n}\n")
    expect_one(book.build(), "book/references.bib", 4, "premature end of file", "mend this file")


# --- More than one page -------------------------------------------------------------------------


def test_a_label_that_two_pages_share(tmp_path: Path):
    """Sphinx reads pages in several processes, each of which sees the labels of its own."""
    book = TinyBook(tmp_path)
    labelled = DEFINITION, f"{DEFINITION}\n(shared)=\nHere.\n"
    for slug in ("alpha", "beta", "gamma", "delta"):
        book.add(slug)
    book.edit("alpha", *labelled)
    book.edit("delta", *labelled)
    line = book.page("delta").read_text().split("\n").index("(shared)=") + 1
    first = f"book/{DOMAIN}/alpha.md:{line}"
    expect_one(book.build(), f"book/{DOMAIN}/delta.md", line,
               f"duplicate label 'shared', also at {first}", "a name of its own")  # fmt: skip


def test_two_pages_with_the_same_failing_code_are_both_reported(tmp_path: Path):
    book = TinyBook(tmp_path)
    book.add("alpha", concept_page("Alpha", "x = 0\nassert x"))
    book.add("beta", concept_page("Beta", "x = 0\nassert x"))
    book.edit("beta", DEFINITION, f"{DEFINITION}\nAnd more.\n")
    outcome = book.build()
    assert [p.message for p in outcome.problems] == ["claim fails: assert x"] * 2
    assert outcome.problems[1].line == outcome.problems[0].line + 2


def test_a_glued_value_of_a_failing_cell_is_not_a_second_problem(tmp_path: Path):
    book = TinyBook(tmp_path)
    code = "from myst_nb import glue\n\nglue('ratio', 1 / 0)"
    book.add("alpha", concept_page("Alpha", code).replace("It is drawn", "It is {glue}`ratio`"))
    outcome = book.build()
    message = "cell fails: ZeroDivisionError: division by zero"
    assert [problem.message for problem in outcome.problems] == [message]


# --- Building again -----------------------------------------------------------------------------


def test_mistakes_fail_every_build_until_they_are_mended(tmp_path: Path):
    """Neither results that are kept nor pages that are not read again hide one."""
    book = TinyBook(tmp_path)
    book.add("alpha")
    assert book.build().code == 0
    left = f"open('{book.root}/book/left.txt', 'w').close()"
    spoiled = {
        "alpha": concept_page("Alpha").replace("It is drawn", "See {ref}`nope`; it is drawn"),
        "beta": concept_page("Beta", "1 / 0"),
        "gamma": concept_page("Gamma", FIGURE.split("---\n")[-1]),
        "delta": concept_page("Delta", left),
        "epsilon": concept_page("Epsilon").replace(DEFINITION, "![A dot](nope.png)\n"),
    }
    for slug, text in spoiled.items():
        book.add(slug, text)
    first, second = book.build(), book.build()
    assert (first.code, second.code) == (1, 1)
    assert {Path(problem.path).stem for problem in first.problems} == set(spoiled)
    assert first.problems == second.problems
    for slug in spoiled:
        book.add(slug)
    assert book.build().code == 0


def test_a_figure_that_loses_its_alt_text_is_found_without_running_it_again(tmp_path: Path):
    book = TinyBook(tmp_path)
    book.add("alpha", concept_page("Alpha", FIGURE))
    assert book.build().code == 0
    book.edit("alpha", FIGURE, FIGURE.split("---\n")[-1])
    outcome = book.build()
    assert [problem.message for problem in outcome.problems] == ["figure without alt text"]
    assert outcome.executed == []
