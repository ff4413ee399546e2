"""The text of a page as blocks: headings, directives, tables, images, code cells.

Read with the same Markdown parser as the page itself, but without Sphinx, so that
mistakes which Sphinx accepts in silence (an unclosed fence, a second title) are seen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import yaml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

DIRECTIVE = re.compile(r"^\{([\w:.-]+)\}\s*(.*)$", re.DOTALL)
# Their content is code, data or formulas, not Markdown.
LITERAL = {"code-cell", "raw-cell", "code", "code-block", "math", "raw", "literalinclude",
           "list-table", "csv-table", "include", "image", "eval-rst", "mermaid"}  # fmt: skip


@dataclass(frozen=True)
class Heading:
    level: int
    title: str
    line: int


@dataclass(frozen=True)
class Directive:
    """A directive; ``depth`` is 0 when no other directive holds it."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    line: int
    depth: int


@dataclass(frozen=True)
class Table:
    """A pipe table: its body cells (text), row by row, and the line of each row."""

    rows: tuple[tuple[str, ...], ...]
    row_lines: tuple[int, ...]
    line: int


@dataclass(frozen=True)
class Image:
    target: str
    alt: str
    line: int


@dataclass(frozen=True)
class Cell:
    """A code cell: ``line`` is its fence, ``body_line`` the first line of its code."""

    source: str
    line: int
    body_line: int
    tags: tuple[str, ...] = ()
    alt: str = ""


@dataclass
class Source:
    """Blocks of one page in order of appearance."""

    headings: list[Heading] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    labels: list[tuple[str, int]] = field(default_factory=list)
    prose: list[tuple[int, str]] = field(default_factory=list)
    unclosed: list[tuple[int, str]] = field(default_factory=list)
    bad_cells: list[tuple[int, str]] = field(default_factory=list)

    def section(self, title: str) -> range:
        """Return the lines of the level-two section with this title (empty when absent)."""
        sections = [h for h in self.headings if h.level <= 2]
        for heading, following in zip_longest(sections, sections[1:]):
            if heading.level == 2 and heading.title == title:
                return range(heading.line, following.line if following else 10**9)
        return range(0)


def parse(text: str, extensions: Iterable[str]) -> Source:
    """Parse a page (front matter included) with the book's MyST extensions."""
    parser = create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)
    source = Source()
    _collect(source, parser, text.split("\n"), 0, 0)
    return source


def _collect(source: Source, parser, lines: list[str], offset: int, depth: int) -> None:
    """Add the blocks of ``lines`` to ``source``; ``offset`` is the line before the first one."""
    tokens = parser.parse("\n".join(lines) + "\n")
    for index, token in enumerate(tokens):
        line = offset + token.map[0] + 1 if token.map else 0
        if token.type == "heading_open" and token.level == 0 and depth == 0:
            level = int(token.tag[1])
            source.headings.append(Heading(level, tokens[index + 1].content.strip(), line))
        elif token.type in ("fence", "colon_fence"):
            _collect_fence(source, parser, token, lines, offset, depth)
        elif token.type == "table_open":
            source.tables.append(_table(tokens[index:], offset))
        elif token.type == "myst_target":
            source.labels.append((_label(token.content), line))
        elif token.type == "math_block_label":
            source.labels.append((_label(token.info), line))
        elif token.type == "inline":
            source.images.extend(_images(token, line))
            source.prose.append((line, _plain(token)))


def _collect_fence(
    source: Source, parser, token: Token, lines: list[str], offset: int, depth: int
) -> None:
    line = offset + token.map[0] + 1
    if not _closed(token, lines):
        source.unclosed.append((line, token.markup))
        return
    match = DIRECTIVE.match(token.info.strip())
    if not match:
        return
    name, argument = match.groups()
    if name == "code-cell":
        if depth or token.level:
            source.bad_cells.append((line, "code cell inside another block"))
        elif token.type != "fence" or not token.info.startswith("{"):
            source.bad_cells.append((line, "code cell that would not run"))
        else:
            _collect_cell(source, token, line)
        return
    options, body, skipped = _options(token.content)
    source.directives.append(Directive(name, argument.strip(), options, body, line, depth))
    source.labels += [(_label(options[o]), line) for o in ("name", "label") if options.get(o)]
    if name in ("image", "figure"):
        source.images.append(Image(argument.strip(), options.get("alt", ""), line))
    if name not in LITERAL:
        source.prose.append((line, argument.strip()))
        _collect(source, parser, body.splitlines(), line + skipped, depth + 1)


def _closed(token: Token, lines: list[str]) -> bool:
    """Say whether a fence ends where its author meant it to.

    Markdown closes an open fence at the next bare one, or at the end of the page: either there
    is no such line, or the fence swallowed the opening of the directive that it belongs to.
    """
    mark, length = token.markup[0], len(token.markup)
    first, last = token.map
    closing = lines[min(last, len(lines)) - 1].strip().lstrip("> ")
    ends = last - first >= 2 and set(closing) == {mark} and len(closing) >= length
    swallowed = re.compile(rf"^\s*{mark}{{{length},}}\s*\{{", re.MULTILINE)
    return ends and not swallowed.search(token.content)


def _collect_cell(source: Source, token: Token, line: int) -> None:
    result = parse_directive_text(_CellDirective, "", token.content, validate_options=False)
    if result.warnings:
        source.bad_cells.append((line, f"cell options: {result.warnings[0].msg}"))
        return
    body = "\n".join(result.body)
    options_lines = len(token.content.splitlines()) - len(body.splitlines())
    options = result.options
    shown = _mapping(options.get("mystnb"))
    alt = _mapping(shown.get("image")).get("alt", "")
    name = _mapping(shown.get("figure")).get("name")
    if name:
        source.labels.append((_label(str(name)), line))
    tags = options.get("tags") or ()
    tags = tuple(tags) if isinstance(tags, list | tuple) else tuple(str(tags).split())
    source.cells.append(Cell(body, line, line + 1 + options_lines, tags, str(alt)))


def _mapping(value: Any) -> dict[str, Any]:
    """Return a value that should be a mapping, or an empty one: MyST-NB names what is wrong."""
    return value if isinstance(value, dict) else {}


class _CellDirective:
    """What MyST's option parser wants to know of a directive that takes any option."""

    option_spec = {"options": True}
    required_arguments = 0
    optional_arguments = 1
    has_content = True


def _options(content: str) -> tuple[dict[str, str], str, int]:
    """Split a directive's content into options, body, and the lines the options take up."""
    lines = content.splitlines()
    if lines and lines[0].strip() == "---":
        for number, text in enumerate(lines[1:], start=1):
            if text.strip() == "---":
                try:
                    values = yaml.safe_load("\n".join(lines[1:number])) or {}
                except yaml.YAMLError:
                    values = {}  # Sphinx reports the malformed block with its line
                options = {str(k): str(v) for k, v in values.items()}
                return options, "\n".join(lines[number + 1 :]), number + 1
    options = {}
    skipped = 0
    for text in lines:
        match = re.match(r"^:([\w-]+):\s*(.*)$", text)
        if not match:
            break
        options[match[1]] = match[2].strip()
        skipped += 1
    return options, "\n".join(lines[skipped:]), skipped


def _table(tokens: list[Token], offset: int) -> Table:
    rows: list[tuple[str, ...]] = []
    row_lines: list[int] = []
    row: list[str] = []
    in_body = False
    for index, token in enumerate(tokens):
        if token.type == "tbody_open":
            in_body = True
        elif token.type == "td_open":
            row.append(tokens[index + 1].content.strip())
        elif token.type == "tr_close" and in_body:
            rows.append(tuple(row))
            row = []
        elif token.type == "tr_open" and in_body:
            row_lines.append(offset + token.map[0] + 1)
        elif token.type == "table_close":
            break
    return Table(tuple(rows), tuple(row_lines), offset + tokens[0].map[0] + 1)


def _label(text: str) -> str:
    """Return a label as Sphinx compares it."""
    return " ".join(text.lower().split())


def _images(token: Token, line: int) -> Iterator[Image]:
    for child in token.children or ():
        if child.type == "image":
            yield Image(str(child.attrs.get("src", "")), child.content.strip(), line)


def _plain(token: Token) -> str:
    """Return the text of a paragraph, heading or table cell: no markup, no glued values."""
    return "".join(
        "\n" if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children or ()
        if not str(child.meta.get("name")).startswith("glue:")
    )


def claims(source: str) -> list[str]:
    """Return the assertions in the code of a cell, in one form however they are laid out.

    None when it does not parse.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return [ast.unparse(node) for node in sorted(found, key=lambda node: node.lineno)]


def imported(sources: Iterable[str]) -> list[str]:
    """Return the top-level modules that the code imports, sorted."""
    names: set[str] = set()
    for code in sources:
        try:
            tree = ast.parse(code)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return sorted(names)
