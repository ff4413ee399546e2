"""Cited works as text: how a sentence names them, where to read them."""

from __future__ import annotations

from pybtex.database import Entry
from pybtex.richtext import Text


def authors(work: Entry) -> str:
    """Return who wrote a work, as a sentence names them."""
    people = work.persons.get("author") or work.persons.get("editor") or ()
    names = [" ".join(map(str, person.rich_last_names)) for person in people]
    if not names:
        return title(work)
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


def title(work: Entry) -> str:
    """Return the title of a work without LaTeX."""
    return str(Text.from_latex(work.fields.get("title", work.key or "")))


def year(work: Entry) -> str:
    """Return the year of a work."""
    return work.fields.get("year", "n.d.")


def url(work: Entry) -> str:
    """Return where to read a work ("" when its entry does not say)."""
    doi = work.fields.get("doi")
    return work.fields.get("url") or (f"https://doi.org/{doi}" if doi else "")


def reference(work: Entry) -> str:
    """Return a work as an entry of a list of references, in Markdown."""
    where = url(work)
    what = f"[{title(work)}]({where})" if where else title(work)
    return f"{authors(work)} ({year(work)}). {what}."
