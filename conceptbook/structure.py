"""The contract of a page's body: its sections in order, and what each must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docutils.nodes import make_id

from .problems import Problem
from .settings import SectionRule, StructureRule
from .source import Cell, Directive, Heading, Source, Table

LEVELS = ("L4", "L5", "L6")
STAFF = "L6"
MINUTES = re.compile(r"(\d+)[–-](\d+)")
FILE_NAME = re.compile(r"^\S*\.(png|jpe?g|svg|gif|webp|avif|pdf)$", re.IGNORECASE)
CELL_TAGS = {"hide-input", "hide-output", "hide-cell", "remove-input", "remove-output",
             "remove-cell", "scroll-output", "full-width", "margin"}  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """An interviewer's follow-up: the question, the level it sorts out, the answer (Markdown).

    ``given_id`` is the id that an author wrote down because the question was reworded.
    """

    question: str
    level: str
    answer: str
    line: int
    given_id: str = ""

    @property
    def id(self) -> str:
        """The anchor in the page, by which links and schedules of practice know the probe."""
        return probe_id(self.given_id or self.question)


def probe_id(text: str) -> str:
    """Return the anchor that a question, or an id written down, gives."""
    return "probe-" + make_id(text.removeprefix("probe-"))[:60].rstrip("-")


def probes(source: Source) -> list[Probe]:
    """Return the probes of a page in order."""
    return [
        Probe(d.argument, d.options.get("level", ""), d.body, d.line, d.options.get("id", ""))
        for d in source.directives
        if d.name == "probe"
    ]


def check_syntax(source: Source, path: str) -> Iterator[Problem]:
    """Find what breaks any page, whatever its structure (code cells apart)."""
    titles = [h for h in source.headings if h.level == 1]
    if not titles:
        yield Problem(path, 1, "no title", "start the page with '# Title'")
    for heading in titles[1:]:
        fix = "one page has one '#'; use '##' for its sections"
        yield Problem(path, heading.line, f"second title '{heading.title}'", fix)
    level = 0 if titles else 1
    for heading in source.headings:
        if heading.level > level + 1:
            message = f"heading '{heading.title}' jumps from level {level} to {heading.level}"
            yield Problem(path, heading.line, message, f"use level {level + 1}")
        level = heading.level
    for image in source.images:
        yield from check_alt(path, image.line, image.alt, "image")
    for cell in source.cells:
        if cell.alt:
            yield from check_alt(path, cell.line, cell.alt, "figure")


def check_cells(source: Source, path: str) -> Iterator[Problem]:
    """Find what keeps a page's code cells from running as they should."""
    for line, reason in source.bad_cells:
        fix = "write '```{code-cell} ipython3' at the top level, options between '---' lines"
        yield Problem(path, line, reason, fix)
    for cell in source.cells:
        yield from _check_cell(path, cell)


def _check_cell(path: str, cell: Cell) -> Iterator[Problem]:
    try:
        compile(cell.source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = cell.body_line + (error.lineno or 1) - 1
        fix = "write plain Python (no '%' or '!' commands), so that it also runs elsewhere"
        yield Problem(path, line, f"syntax error in a cell: {error.msg}", fix)
    for tag in cell.tags:
        if tag not in CELL_TAGS:
            message = f"cell tag '{tag}'"
            if tag == "raises-exception":
                fix = "show an expected error with try/except and print it"
            else:
                fix = f"use one of {', '.join(sorted(CELL_TAGS))}"
            yield Problem(path, cell.line, message, fix)


def check_unclosed(source: Source, path: str) -> Iterator[Problem]:
    """Find fences that swallow what follows them, so that the page says something else."""
    for line, markup in source.unclosed:
        fix = f"close it with a line '{markup}' (a fence around others needs a longer one)"
        yield Problem(path, line, f"unclosed fence {markup}", fix)


def check_alt(path: str, line: int, alt: str, what: str) -> Iterator[Problem]:
    """Find alternative text that is missing or says nothing."""
    fix = "say what it shows, to a reader who cannot see it"
    if not alt:
        yield Problem(path, line, f"{what} without alt text", fix)
    elif FILE_NAME.match(alt):
        yield Problem(path, line, f"{what} with a file name for alt text: '{alt}'", fix)


def check_structure(source: Source, rule: StructureRule, path: str) -> Iterator[Problem]:
    """Hold a page against the sections contract of its domain."""
    yield from _check_opening(source, rule, path)
    yield from _check_order(source, rule, path)
    for section in rule.sections:
        if source.section(section.title):
            yield from _check_section(source, section, path)
    for probe in probes(source):
        if probe.level not in LEVELS:
            message = f"probe level '{probe.level}'" if probe.level else "probe without a level"
            fix = f"add ':level: {STAFF}' (one of {', '.join(LEVELS)})"
            yield Problem(path, probe.line, message, fix)
        if not probe.question or not probe.answer.strip():
            yield Problem(path, probe.line, "probe without question or answer", "write both")
    yield from _check_ids(probes(source), path)


def _check_ids(found: list[Probe], path: str) -> Iterator[Problem]:
    """Find probes that share an anchor: a link or a reader's schedule would mean either."""
    first: dict[str, int] = {}
    for probe in found:
        if probe.id in first:
            message = f"probe '{probe.id}' is also at line {first[probe.id]}"
            yield Problem(path, probe.line, message, "reword one, or add ':id: another-name'")
        first.setdefault(probe.id, probe.line)


def _check_opening(source: Source, rule: StructureRule, path: str) -> Iterator[Problem]:
    first_section = next((h.line for h in source.headings if h.level == 2), 10**9)
    opening = [d for d in source.directives if d.argument == rule.opening]
    if not opening:
        fix = f"add ':::{{admonition}} {rule.opening}' before the first section"
        yield Problem(path, _title_line(source), f"no '{rule.opening}' admonition", fix)
        return
    directive: Directive = opening[0]
    if directive.line > first_section:
        fix = "move it to the top, below the definition"
        yield Problem(path, directive.line, f"'{rule.opening}' comes after a section", fix)
    words = len(directive.body.split())
    if words > rule.opening_words:
        message = f"'{rule.opening}' has {words} words, at most {rule.opening_words}"
        yield Problem(path, directive.line, message, "say less")


def _check_order(source: Source, rule: StructureRule, path: str) -> Iterator[Problem]:
    wanted = [section.title for section in rule.sections]
    order = f"the order is: {' · '.join(wanted)}"
    found: dict[str, Heading] = {}  # the first heading of each wanted section
    previous = -1
    titles = {h.title for h in source.headings if h.level == 2}
    for heading in (h for h in source.headings if h.level == 2):
        expected = wanted[previous + 1] if previous + 1 < len(wanted) else None
        if heading.title in found:
            yield Problem(path, heading.line, f"section '{heading.title}' twice", "merge the two")
        elif heading.title in wanted:
            position = wanted.index(heading.title)
            if position < previous:
                message = f"section '{heading.title}' comes after '{wanted[previous]}'"
                yield Problem(path, heading.line, message, order)
            found[heading.title] = heading
            previous = position
        elif expected and expected not in titles:
            message = f"section '{heading.title}' in the place of '{expected}'"
            yield Problem(path, heading.line, message, f"write '## {expected}'; {order}")
            found[expected] = heading
            previous += 1
        else:
            yield Problem(path, heading.line, f"unexpected section '{heading.title}'", order)
    line = _title_line(source)
    for title in wanted:
        if title in found:
            line = found[title].line
        else:
            fix = f"add '## {title}' below this section; {order}"
            yield Problem(path, line, f"missing section '{title}'", fix)


def _title_line(source: Source) -> int:
    return next((h.line for h in source.headings if h.level == 1), 1)


def _check_section(source: Source, rule: SectionRule, path: str) -> Iterator[Problem]:
    lines = source.section(rule.title)
    if rule.table_rows:
        tables = [table for table in source.tables if table.line in lines]
        rows = max((len(table.rows) for table in tables), default=0)
        if rows < rule.table_rows:
            message = f"'{rule.title}' has a table of {rows} rows, at least {rule.table_rows}"
            yield Problem(path, lines.start, message, "add the rows that are missing")
        for table in tables:
            for row, line in zip(table.rows, table.row_lines, strict=True):
                if not all(row):
                    message = f"empty cell in the table of '{rule.title}'"
                    yield Problem(path, line, message, "fill it in, or drop the row")
    if rule.role == "clock":
        for table in [table for table in source.tables if table.line in lines][:1]:
            yield from _check_clock(table, path)
    found = [probe for probe in probes(source) if probe.line in lines]
    staff = sum(probe.level == STAFF for probe in found)
    if len(found) < rule.probes:
        message = f"'{rule.title}' has {len(found)} probes, at least {rule.probes}"
        yield Problem(path, lines.start, message, "add ':::{probe} Question?' with an answer")
    if staff < rule.staff_probes:
        message = f"'{rule.title}' has {staff} {STAFF} probes, at least {rule.staff_probes}"
        yield Problem(path, lines.start, message, "add follow-ups that only staff level answers")
    subsections = sum(h.level == 3 and h.line in lines for h in source.headings)
    if subsections < rule.subsections:
        message = f"'{rule.title}' has {subsections} subsections, at least {rule.subsections}"
        yield Problem(path, lines.start, message, "add a '###' heading for each")


def _check_clock(table: Table, path: str) -> Iterator[Problem]:
    """Find rows of an interview's clock that do not say from which minute to which they go."""
    end = 0
    for (minutes, *_), line in zip(table.rows, table.row_lines, strict=True):
        match = MINUTES.fullmatch(minutes)
        if not match or int(match[1]) != end or int(match[2]) <= end:
            fix = f"begin where the row before ends: '{end}–{end + 5}', for example"
            yield Problem(path, line, f"'{minutes}' is no span of the clock", fix)
            return
        end = int(match[2])
