"""Code in few elements: what it must keep, and what it leaves out."""

from __future__ import annotations

from io import StringIO

import pytest
from bs4 import BeautifulSoup
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token

from conceptbook.highlighting import JoiningFormatter

LOOKS = (
    get_style_by_name("a11y-high-contrast-light"),
    get_style_by_name("a11y-high-contrast-dark"),
)
CODE = {
    "python": '''# Halves.\ndef half(value: float) -> float:\n    """Return it,\n
    twice."""\n    return f"{value / 2:.2f}" if value else None\n''',
    "sql": "SELECT count(*) FROM orders -- all\nWHERE total > 10.5 AND name LIKE 'a%';\n",
    "javascript": "const twice = (x) => `${x * 2}`; // template\n",
}


def soup(code: str, language: str, formatter: HtmlFormatter) -> BeautifulSoup:
    out = StringIO()
    formatter.format(get_lexer_by_name(language).get_tokens(code), out)
    return BeautifulSoup(out.getvalue(), "html.parser")


def colors(code: BeautifulSoup) -> list[tuple[str, str]]:
    """Return each character that is not a blank with how it looks in both themes."""
    kinds = {css: kind for kind, css in STANDARD_TYPES.items()}
    found = []
    for text in code.find("pre").find_all(string=True):
        kind = kinds["".join(text.parent.get("class", ""))]
        look = str([style.style_for_token(kind or Token.Text) for style in LOOKS])
        found += [(letter, look) for letter in text if not letter.isspace()]
    return found


@pytest.mark.parametrize("language", CODE)
def test_joined_code_reads_and_looks_as_before_in_half_the_elements(language):
    plain = soup(CODE[language], language, HtmlFormatter())
    joined = soup(CODE[language], language, JoiningFormatter(LOOKS))
    assert joined.get_text() == plain.get_text()
    assert colors(joined) == colors(plain)
    assert len(joined.find_all("span")) < 0.6 * len(plain.find_all("span"))
