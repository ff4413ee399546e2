"""Highlights code with as few elements as the reader sees colors.

Pygments wraps every word in an element, also those that look like plain text, and these are two of
three elements of a page: the browser styles and lays out each before the page answers.
https://pygments.org/docs/formatterdevelopment/
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Any, TextIO

from pygments.formatters import HtmlFormatter
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import Token, _TokenType
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

MODES = ("light", "dark")
Tokens = Iterable[tuple[_TokenType, str]]


class JoiningFormatter(HtmlFormatter):
    """Writes one element for neighboring words that look alike in every one of ``looks``."""

    def __init__(self, looks: tuple[type[Style], ...], **options: Any) -> None:
        super().__init__(**options)
        self.looks = looks

    def format(self, tokensource: Tokens, outfile: TextIO) -> None:
        """Write the tokens, joined, with the number of lines in ``--lines`` for the stylesheet."""
        tokens = list(joined(tokensource, self.looks))
        self.cssstyles = f"--lines:{sum(value.count(chr(10)) for _, value in tokens)}"
        super().format(tokens, outfile)


@cache
def _look(kind: _TokenType, styles: tuple[type[Style], ...]) -> tuple[str, ...]:
    return tuple(str(style.style_for_token(kind)) for style in styles)


def joined(tokens: Tokens, styles: tuple[type[Style], ...]) -> Iterator[tuple[_TokenType, str]]:
    """Yield tokens with neighbors of one look in one, the blanks between them included.

    What looks like text becomes text, which needs no element.
    """
    text = _look(Token.Text, styles)
    kind, value = Token.Text, ""
    for next_kind, next_value in tokens:
        if _look(next_kind, styles) == text:
            next_kind = Token.Text
        alike = _look(next_kind, styles) == _look(kind, styles)
        if alike or next_value.isspace():
            value += next_value
            continue
        if value:
            yield kind, value
        kind, value = next_kind, next_value
    if value:
        yield kind, value


def looks(builder: StandaloneHTMLBuilder) -> tuple[type[Style], ...]:
    """Return how the theme colors code, in each of MODES."""
    options = builder.theme.get_options(builder.theme_options)
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    found = tuple(get_style_by_name(options[f"pygments_{mode}_style"]) for mode in MODES)
    # accessible-pygments sets up logging for the whole process when it is imported.
    root.setLevel(level)
    root.handlers[:] = handlers
    return found


def use(app: Sphinx) -> None:
    """Let the builder highlight with the joining formatter and the looks of the theme."""
    builder = app.builder
    if isinstance(builder, StandaloneHTMLBuilder) and not builder.embedded:  # in an EPUB
        builder.highlighter.formatter = partial(JoiningFormatter, looks(builder))


def setup(app: Sphinx) -> None:
    """Register the formatter."""
    app.connect("builder-inited", use)
