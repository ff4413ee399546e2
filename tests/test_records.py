"""What is read from the text of a page, the contents list and the settings: records and lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from conceptbook import metadata, paths, source, structure, yamltext
from conceptbook.contents import check_contents, parts, usable
from conceptbook.outputs import Fault, check
from conceptbook.paths import ReadingPath
from conceptbook.problems import BookError, Problem, report
from conceptbook.provenance import duration
from conceptbook.settings import (
    Planned,
    SectionRule,
    Settings,
    StructureRule,
    from_config,
    read_planned,
)

EXTENSIONS = ("colon_fence", "dollarmath", "deflist")
SETTINGS = Settings(evidence={"count": "Count"}, tags={"ranking": "Ranking", "search": "Search"})


def parse(text: str) -> source.Source:
    return source.parse(text, EXTENSIONS)


# --- The blocks of a page -----------------------------------------------------------------------


def test_headings_and_the_lines_of_their_sections():
    page = parse("---\na: 1\n---\n\n# Title\n\n## One\n\ntext\n\n### Part\n\n## Two\n")
    assert page.headings == [
        source.Heading(1, "Title", 5),
        source.Heading(2, "One", 7),
        source.Heading(3, "Part", 11),
        source.Heading(2, "Two", 13),
    ]
    assert page.section("One") == range(7, 13)
    assert 1000 in page.section("Two")
    assert not page.section("Three")


def test_a_heading_in_code_or_in_a_directive_is_none_of_the_page():
    page = parse("# Title\n\n```python\n# comment\n```\n\n:::{note}\n## Inside\n:::\n")
    assert [heading.title for heading in page.headings] == ["Title"]


@pytest.mark.parametrize(
    ("options", "body_line", "tags", "alt"),
    [
        ("", 2, (), ""),
        (":tags: [hide-input]\n", 3, ("hide-input",), ""),
        ("---\ntags: [hide-input, remove-output]\n---\n", 5, ("hide-input", "remove-output"), ""),
        ("---\nmystnb:\n  image:\n    alt: A line\n---\n", 7, (), "A line"),
        ("---\nmystnb: {image: {alt: A line}}\ntags: a b\n---\n", 6, ("a", "b"), "A line"),
    ],
)
def test_a_cell_knows_the_first_line_of_its_code(options, body_line, tags, alt):
    page = parse(f"```{{code-cell}} ipython3\n{options}x = 1\n\ny = 2\n```\n")
    assert page.cells == [source.Cell("x = 1\n\ny = 2", 1, body_line, tags, alt)]


def test_blank_lines_before_the_code_do_not_shift_its_lines():
    text = "```{code-cell} ipython3\n\n\nx = 1\n```\n"
    cell = parse(text).cells[0]
    row = cell.source.split("\n").index("x = 1")
    assert text.split("\n")[cell.body_line - 1 + row] == "x = 1"


@pytest.mark.parametrize(
    "text",
    [
        "- item\n\n  ```{code-cell} ipython3\n  x = 1\n  ```\n",
        "::::{note}\n```{code-cell} ipython3\nx = 1\n```\n::::\n",
        ":::{code-cell} ipython3\nx = 1\n:::\n",
        "``` {code-cell} ipython3\nx = 1\n```\n",
        "```{code-cell} ipython3\n---\ntags: [\n---\nx = 1\n```\n",
    ],
    ids=["in-a-list", "in-a-directive", "colons", "space", "malformed-options"],
)
def test_a_cell_that_would_not_run_is_found(text: str):
    page = parse(text)
    assert page.cells == []
    assert len(page.bad_cells) == 1


def test_directives_have_options_body_and_lines_however_deep():
    text = """\
::::{admonition} Summary
:class: tip

:::{probe} Why?
:level: L6

Because.

```{figure} dot.png
---
alt: A dot
name: the-dot
---
Caption.
```
:::
::::
"""
    admonition, probe, figure = parse(text).directives
    assert (admonition.name, admonition.argument, admonition.line) == ("admonition", "Summary", 1)
    assert admonition.options == {"class": "tip"}
    assert (probe.argument, probe.options, probe.line, probe.depth) == (
        "Why?",
        {"level": "L6"},
        4,
        1,
    )
    assert probe.body.startswith("\nBecause.")
    assert (figure.argument, figure.line, figure.depth) == ("dot.png", 9, 2)
    assert parse(text).images == [source.Image("dot.png", "A dot", 9)]
    assert parse(text).labels == [("the-dot", 9)]


def test_images_in_text_and_labels():
    page = parse("# T\n\n(The  Label)=\nSome ![a dot](dot.png) here.\n\n> ![](in-quote.png)\n")
    assert page.images == [source.Image("dot.png", "a dot", 4), source.Image("in-quote.png", "", 6)]
    assert page.labels == [("the label", 3)]


def test_formulas_and_the_figures_of_cells_have_labels_too():
    cell = "```{code-cell}\n---\nmystnb: {figure: {name: Fig-Rise}}\n---\nprint()\n```\n"
    page = parse(f"# T\n\n$$\na = b\n$$ (sum)\n\n{cell}")
    assert page.labels == [("sum", 3), ("fig-rise", 7)]
    for wrong in ("{figure: fig-rise, image: dot}", "[figure]"):
        page = parse(f"# T\n\n{cell.replace('{figure: {name: Fig-Rise}}', wrong)}")
        assert (page.labels, page.cells[0].alt) == ([], "")


def test_a_table_has_rows_cells_and_lines():
    page = parse("# T\n\n| a | b |\n|---|---|\n| 1 | |\n| `x \\| y` | *2* |\n\ntext\n")
    assert page.tables == [source.Table((("1", ""), ("`x | y`", "*2*")), (5, 6), 3)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("text\n\n```python\nx = 1\n", 3),
        (":::{note}\ntext\n", 1),
        ("```{note}\ntext\n\n```{code-cell} ipython3\nx = 1\n```\n", 1),
        (":::{note}\n:::{tip}\ntext\n:::\n:::\n", 1),
        ("> ```python\n> x = 1\n\ntext\n", 1),
    ],
    ids=["code", "colons", "swallows-a-cell", "swallows-a-directive", "in-a-quote"],
)
def test_an_unclosed_fence_is_found(text: str, line: int):
    assert parse(text).unclosed[0][0] == line


@pytest.mark.parametrize(
    "text",
    [
        "::::{note}\n:::{tip}\ntext\n:::\n::::\n",
        "````markdown\n```{code-cell} ipython3\nx = 1\n```\n````\n",
        ":::{note}\n```python\nx = 1\n```\n:::\n",
        "~~~python\nx = 1\n~~~\n",
        "> ```python\n> x = 1\n> ```\n",
        "- a\n\n  ```python\n  x = 1\n  ```\n",
        "```python\n```\n",
        "```python\nx = '```'\n`````\n",
    ],
)
def test_a_closed_fence_is_not_reported(text: str):
    assert parse(text).unclosed == []


def test_probes_are_read_in_order():
    text = ":::{probe} First?\n:level: L5\nOne.\n:::\n\n:::{probe} Second?\nTwo.\n:::\n"
    assert structure.probes(parse(text)) == [
        structure.Probe("First?", "L5", "One.", 1),
        structure.Probe("Second?", "", "Two.", 6),
    ]


@pytest.mark.parametrize(
    ("code", "claims"),
    [
        ('assert x\nassert (y ==\n        1), "why"\n', ["assert x", "assert y == 1, 'why'"]),
        ("for x in y:\n    assert x\nassert z\n", ["assert x", "assert z"]),
        ("# assert x\ns = 'assert y'\n", []),
        ("assert (", []),
    ],
)
def test_claims_are_what_the_code_asserts_however_it_is_laid_out(code: str, claims: list[str]):
    assert source.claims(code) == claims


def test_imports_are_collected():
    codes = ["import numpy as np, os.path\n", "def f():\n    from sklearn.svm import SVC\n"]
    assert source.imported([*codes, "from . import x\n", "import ("]) == ["numpy", "os", "sklearn"]


# --- Front matter -------------------------------------------------------------------------------


GOOD = """\
---
summary: A definition.
tags: [ranking, search]
aliases:
  - other name
related:
  one: because
  two: because
  three: because
evidence: count
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, name: python3}
---
# Title
"""


def validate(text: str, concept: bool = True) -> tuple[metadata.Metadata, list[Problem]]:
    values, lines = metadata.read(text, "page.md")
    return metadata.validate(values, lines, "page.md", SETTINGS, concept)


def test_front_matter_becomes_a_record():
    record, problems = validate(GOOD)
    assert problems == []
    assert record.summary == "A definition."
    assert record.tags == ("ranking", "search")
    assert record.aliases == ("other name",)
    assert record.related == {"one": "because", "two": "because", "three": "because"}
    assert (record.evidence, record.kernel) == ("count", "python3")
    assert record.line("related", "two") == 8
    assert record.line("aliases", 0) == 5
    assert record.line("missing") == 1


def test_a_mistake_in_an_entry_is_placed_at_the_entry():
    _, problems = validate(GOOD.replace("two: because", "two: 2").replace("other name", "''"))
    assert [(problem.line, problem.message) for problem in problems] == [
        (5, "'aliases' holds '', which is not text"),
        (8, "'related' holds 2, which is not text"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ranking, search]", "[ranking]", "1 tags"),
        ("  three: because\n", "", "2 related pages"),
    ],
)
def test_lists_have_a_least_length(old: str, new: str, message: str):
    _, problems = validate(GOOD.replace(old, new))
    assert [problem.message for problem in problems] == [message]


def test_a_page_that_is_no_concept_needs_no_front_matter():
    assert validate("# Title\n", concept=False)[1] == []
    assert len(validate("# Title\n", concept=True)[1]) == 5


def test_text_that_only_looks_like_front_matter():
    assert metadata.read("# Title\n\n---\na: 1\n---\n", "page.md") == ({}, {})
    assert metadata.read("---\n---\n# Title\n", "page.md") == ({}, {})


@pytest.mark.parametrize("text", ["---\n- a\n---\n", "---\ntext\n---\n"])
def test_front_matter_that_is_no_mapping(text: str):
    with pytest.raises(BookError, match=r"page\.md:2: front matter is not a mapping"):
        metadata.read(text, "page.md")


# --- YAML with lines ----------------------------------------------------------------------------


def test_every_entry_has_a_line():
    value, lines = yamltext.read("a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n", "file.yml", above=10)
    assert value == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert lines[("a",)] == 11
    assert lines[("b", 0)] == 13
    assert lines[("b", 1, "d")] == 15


@pytest.mark.parametrize("text", [r'a: "\ud83d\ude00"', r'"\ud83d": 1', r'["x", "\udead"]'])
def test_half_a_character_is_refused_where_it_stands(text: str):
    with pytest.raises(BookError) as refused:
        yamltext.read("# first\n" + text, "file.yml")
    (problem,) = refused.value.problems
    assert problem.line == 2
    assert "half a character" in problem.message


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\nb: [1\nc: 2\n", 2), ("a: 1\nb: 'x\nc: 2\n", 2), ("a: 1\nb: c: 2\n", 2), ("\t", 1)],
    ids=["bracket", "quote", "colon", "tab"],
)
def test_malformed_yaml_is_placed_where_it_begins(text: str, line: int):
    with pytest.raises(BookError) as caught:
        yamltext.read(text, "file.yml")
    assert [(p.path, p.line) for p in caught.value.problems] == [("file.yml", line)]


# --- Contents list, settings, planned pages -----------------------------------------------------


TOC = """\
format: jb-book
root: index
parts:
  - caption: One
    chapters:
      - file: one/b
      - file: one/a.md
        sections:
          - file: one/c
  - caption: Two
    chapters:
      - file: two/d
      - url: https://example.org
        title: Elsewhere
"""
PAGES = {name: f"book/{name}.md" for name in ("index", "one/a", "one/b", "one/c", "two/d")}


def test_the_contents_list_gives_the_reading_order(tmp_path: Path):
    toc = tmp_path / "_toc.yml"
    toc.write_text(TOC)
    assert check_contents(toc, PAGES) == (["index", "one/b", "one/a", "one/c", "two/d"], [])
    assert usable(toc)
    assert parts(toc) == [("One", ["one/b", "one/a"]), ("Two", ["two/d"])]


def test_all_mistakes_of_a_contents_list_are_found(tmp_path: Path):
    toc = tmp_path / "_toc.yml"
    toc.write_text(TOC.replace("one/c", "one/b").replace("two/d", "two/e"))
    _, problems = check_contents(toc, PAGES)
    assert [(p.path, p.line, p.message) for p in problems] == [
        ("_toc.yml", 9, "'one/b' is listed twice"),
        ("_toc.yml", 12, "'two/e' is listed, but there is no such file"),
        ("book/one/c.md", 1, "page missing from _toc.yml"),
        ("book/two/d.md", 1, "page missing from _toc.yml"),
    ]
    assert not usable(toc)


def test_settings_have_defaults(tmp_path: Path):
    settings = from_config({}, tmp_path / "_config.yml")
    assert settings == Settings()
    assert settings.cell_timeout > 0


def test_structures_become_rules(tmp_path: Path):
    rule = {"opening": "Short", "opening_words": 9, "sections": ["A", {"title": "B", "probes": 2}]}
    config = {"structures": {"page": rule}, "domains": {"folder": "page"}}
    structure = from_config(config, tmp_path / "_config.yml").structures["page"]
    assert [(s.title, s.probes, s.table_rows) for s in structure.sections] == [
        ("A", 0, 0),
        ("B", 2, 0),
    ]


def test_planned_pages_by_slug(tmp_path: Path):
    file = tmp_path / "planned.yml"
    settings = Settings(tags={"query": "Query"}, evidence={"count": "Exact count"})
    assert read_planned(file, "planned.yml", settings) == {}
    entry = "title: Joins, definition: Rows that match., tags: [query], evidence: count"
    file.write_text(f"sql:\n  joins: {{{entry}}}\n")
    joins = Planned("joins", "sql", "Joins", "Rows that match.", ["query"], evidence="count")
    assert read_planned(file, "planned.yml", settings) == {"joins": joins}


@pytest.mark.parametrize(
    ("entry", "message", "fix"),
    [
        ("tags: [qery]", "unknown tag 'qery'", "did you mean 'query'?"),
        ("evidence: counted", "unknown evidence kind 'counted'", "use one of count"),
    ],
)
def test_planned_pages_use_the_books_vocabulary(tmp_path: Path, entry, message, fix):
    file = tmp_path / "planned.yml"
    file.write_text(f"sql:\n  joins:\n    title: Joins\n    definition: Rows.\n    {entry}\n")
    settings = Settings(tags={"query": "Query"}, evidence={"count": "Exact count"})
    with pytest.raises(BookError) as error:
        read_planned(file, "planned.yml", settings)
    assert error.value.problems == [Problem("planned.yml", 5, message, fix)]


CLOCK = "| Minutes | Listens for |\n|---|---|\n| 0–5 | a question |\n| {} | a number |\n"


@pytest.mark.parametrize(("span", "good"), [("5–12", True), ("5-12", True), ("6–12", False),
                                            ("5–5", False), ("later", False)])  # fmt: skip
def test_the_rows_of_a_clock_follow_one_another(span, good):
    rule = StructureRule("Opening", 9, (SectionRule("The clock", role="clock"),))
    text = f"# Title\n\n:::{{admonition}} Opening\n:::\n\n## The clock\n\n{CLOCK.format(span)}"
    found = list(structure.check_structure(parse(text), rule, "page.md"))
    fix = "begin where the row before ends: '5–10', for example"
    problem = Problem("page.md", 11, f"'{span}' is no span of the clock", fix)
    assert found == ([] if good else [problem])


def test_a_probe_is_known_by_its_question_or_by_the_id_written_down():
    text = ":::{{probe}} {}\n:level: L5\n{}\nYes.\n:::\n"
    first, reworded = (
        structure.probes(parse(text.format(question, given)))[0].id
        for question, given in (("Does it *scale*?", ""), ("Will it?", ":id: probe-does-it-scale"))
    )
    assert first == reworded == "probe-does-it-scale"


PATH = "- title: A path\n  why: For once.\n  pages:\n    - joins\n    - {}\n"


def test_paths_name_pages_in_their_order(tmp_path: Path):
    file = tmp_path / "paths.yml"
    assert paths.read(file, "paths.yml", ["joins", "keys"]) == ([], [])
    file.write_text(PATH.format("keys"))
    found = ReadingPath("A path", "For once.", ("joins", "keys"))
    assert paths.read(file, "paths.yml", ["joins", "keys"]) == ([found], [])


@pytest.mark.parametrize(
    ("text", "line", "message", "fix"),
    [
        (PATH.format("key"), 5, "'key' is no page of the book", "did you mean 'keys'?"),
        (PATH.format("joins"), 5, "'joins' is on this path twice", "remove one"),
        ("- title: A path\n  pages: [joins, keys]\n", 1, "'why' is a required property", ""),
        ("- [", 1, "malformed YAML", "mend the YAML"),
    ],
)
def test_a_mistake_in_the_paths(tmp_path: Path, text, line, message, fix):
    file = tmp_path / "paths.yml"
    file.write_text(text)
    problem = paths.read(file, "paths.yml", ["joins", "keys"])[1][0]
    assert (problem.path, problem.line) == ("paths.yml", line)
    assert message in problem.message
    assert fix in problem.fix


# --- What is said of a page ---------------------------------------------------------------------


def test_the_problems_of_a_run_are_one_sorted_list():
    late, early = Problem("b.md", 2, "wrong", "mend"), Problem("a.md", 10, "bad", "undo")
    assert report([late, early, late]) == ("a.md:10: bad — undo\nb.md:2: wrong — mend\n2 problems")
    assert report([late]).endswith("\n1 problem")


def test_a_problem_is_one_line_of_reasonable_length():
    text = str(Problem("a.md", 1, "first\n  second " + "x" * 10_000, "mend"))
    assert text.startswith("a.md:1: first second xxx")
    assert text.endswith("… — mend")
    assert len(text) < 400


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "under 1 min"), (60, "under 10 min"), (599, "under 10 min"), (600, "over 10 min")],
)
def test_processor_time_is_shown_as_a_bound(seconds: float, shown: str):
    assert duration(seconds) == shown


ADDRESS = "<f at 0x7f0011223344>"


def stream(text: str, name: str = "stderr") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


@pytest.mark.parametrize(
    ("output", "row", "message"),
    [
        (stream("\nboom\nbang\n"), 0, "output to stderr: boom"),
        (stream("/tmp/ipykernel_7/123.py:4: UserWarning: old\n  warn()\n"), 4,
         "output to stderr: UserWarning: old"),
        (stream("/lib/numpy/core.py:88: FutureWarning: soon\n"), 0,
         "output to stderr: FutureWarning: soon"),
        (stream(f"{ADDRESS}\n", "stdout"), 0, "output shows a memory address"),
        ({"output_type": "execute_result", "data": {"text/plain": ADDRESS}}, 0,
         "output shows a memory address"),
    ],
    ids=["stderr", "warning-of-a-cell", "warning-of-a-library", "printed-address", "shown-address"],
)  # fmt: skip
def test_outputs_that_must_not_be_published(output: dict, row: int, message: str):
    faults = [(fault.cell, fault.row, fault.message) for fault in check(3, [output])]
    assert faults == [(3, row, message)]


@pytest.mark.parametrize(
    "output",
    [
        stream("0x1f and 42\n", "stdout"),
        {"output_type": "display_data", "data": {"text/html": "<b>", "text/plain": ADDRESS}},
        {"output_type": "display_data", "data": {"text/plain": ADDRESS},
         "metadata": {"scrapbook": {"name": "x"}}},
    ],
    ids=["number", "html", "glued"],
)  # fmt: skip
def test_outputs_that_may_be_published(output: dict):
    assert list(check(0, [output])) == []


def test_a_fault_is_placed_on_each_page_that_shares_the_code():
    class Page:
        path = "book/page.md"
        cells = (source.Cell("x = 1", 10, 14), source.Cell("y = 2", 20, 21))

    assert Fault(0, 0, "wrong", "mend").at(Page).line == 10
    assert Fault(0, 1, "wrong", "mend").at(Page).line == 14
    assert Fault(1, 3, "wrong", "mend").at(Page).line == 23
