"""The book on paper or as one document: every page printed by a browser, joined with an outline.

Links between pages lead to their place in the document, those to pages that it leaves out to the
published site. Text, figures and formulas stay what they are: text and vectors.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag

from jinja2 import Environment, FileSystemLoader
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    TextStringObject,
)
from tqdm import tqdm

from .. import website
from . import Edition

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
FRONT = ""  # the name of title page and contents among the pages
TOP = (None, None)
# A browser writes down the place of an element only if a link of its own page leads there.
PREPARE = """() => {
  const links = document.createElement("div");
  links.hidden = true;
  for (const { id } of document.querySelectorAll(".bd-article [id]:not(svg *)")) {
    const link = document.createElement("a");
    link.href = `#${id}`;
    links.append(link);
  }
  document.body.append(links);
  const headings = [...document.querySelectorAll(".bd-article section > h2")];
  return headings.map(({ parentElement: section, firstChild: title }) => [
    section.id, title.textContent,
  ]);
}"""


@dataclass(frozen=True)
class Printed:
    """A page on paper: its file, the sheet it begins on, its sections, and places by their ids.

    A place is a sheet and the left and upper edge on it (None: where it begins).
    """

    file: Path
    first: int
    count: int
    sections: list[tuple[str, str]]
    places: dict[str, tuple[int, Any, Any]]


def build(edition: Edition, site: Path, browser: Browser, target: Path) -> None:
    """Print the pages of a built site and join them; readers see all of the document or nothing."""
    with tempfile.TemporaryDirectory(prefix="conceptbook-") as folder:
        printed = _print_pages(edition, site, browser, Path(folder))
        writer = join(edition, site, printed)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".tmp")
        writer.write(temporary)
    os.replace(temporary, target)


# --- Printing -------------------------------------------------------------------------------------


def _print_pages(
    edition: Edition, site: Path, browser: Browser, folder: Path
) -> dict[str, Printed]:
    """Return every page as it was printed, title page and contents first."""
    tab = browser.new_page(color_scheme="light", reduced_motion="reduce")
    printed: dict[str, Printed] = {}
    first = 1
    titles = {name: title for part in edition.parts for name, title in part.pages.items()}
    for name in tqdm(edition.pages, desc=f"{edition.name}.pdf", unit="page", disable=None):
        tab.goto((site / f"{name}.html").as_uri(), wait_until="load")
        sections = [(anchor, title) for anchor, title in tab.evaluate(PREPARE)]
        style = _running_title(titles[name], first)
        printed[name] = _print(tab, folder / f"{first}.pdf", style, first, sections)
        first += printed[name].count
    front = folder / "front.html"
    starts = {name: page.first for name, page in printed.items()}
    front.write_text(_front(edition, site, starts), encoding="utf-8")
    tab.goto(front.as_uri(), wait_until="load")
    printed = {FRONT: _print(tab, folder / "front.pdf", "", 0, []), **printed}
    tab.close()
    return printed


def _print(
    tab: Any, file: Path, style: str, first: int, sections: list[tuple[str, str]]
) -> Printed:
    tab.add_style_tag(content=(HERE / "pdf.css").read_text(encoding="utf-8") + style)
    tab.evaluate("document.fonts.ready.then(() => true)")
    tab.pdf(path=file, prefer_css_page_size=True, print_background=True)
    reader = PdfReader(file)
    places = {
        unquote(name.removeprefix("/")): (
            reader.get_destination_page_number(place),
            place.left,
            place.top,
        )
        for name, place in reader.named_destinations.items()
    }
    return Printed(file, first, len(reader.pages), sections, places)


def _running_title(title: str, first: int) -> str:
    """Return the rules that put title and number at the foot of a page's sheets.

    Each sheet counts itself, the first one too.
    """
    return f"""
html {{ counter-reset: page {first - 1}; }}
@page {{
  @bottom-left {{ content: {json.dumps(title, ensure_ascii=False)}; }}
  @bottom-right {{ content: counter(page); }}
}}"""


def _front(edition: Edition, site: Path, starts: dict[str, int]) -> str:
    templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    return templates.get_template("front.html").render(
        edition=edition, site=site.as_uri(), starts=starts
    )


# --- Joining --------------------------------------------------------------------------------------


def join(edition: Edition, site: Path, printed: dict[str, Printed]) -> PdfWriter:
    """Return one document of printed pages, with outline, numbers and links of its own."""
    writer = PdfWriter()
    starts: dict[str, int] = {}
    owners: list[str] = []  # of each sheet: the page that it is of
    for name, page in printed.items():
        starts[name] = len(owners)
        for sheet in PdfReader(page.file).pages:
            writer.add_page(sheet)
        owners += [name] * page.count
    for sheet, owner in zip(writer.pages, owners, strict=True):
        for link in _links(sheet):
            _lead(writer, edition, site, printed, starts, owner, link)
    _add_outline(writer, edition, printed, starts)
    count = printed[FRONT].count
    writer.set_page_label(0, count - 1, style="/r")
    writer.set_page_label(count, len(owners) - 1, style="/D", start=1)
    writer.add_metadata(
        {
            "/Title": edition.title,
            "/Author": edition.author,
            "/Subject": edition.summary,
            "/Keywords": f"Version {edition.version}; {website.LICENSE_NAME}, {website.LICENSE}",
            "/Creator": edition.address.site,
            "/CreationDate": f"{edition.date:D:%Y%m%d%H%M%SZ}",
            "/ModDate": f"{edition.date:D:%Y%m%d%H%M%SZ}",
        }
    )
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject(edition.language)
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    writer.compress_identical_objects()
    return writer


def _links(sheet: Any) -> Iterator[DictionaryObject]:
    for annotation in sheet.annotations or ():
        link = annotation.get_object()
        if link.get("/Subtype") == "/Link":
            yield link


def _lead(
    writer: PdfWriter,
    edition: Edition,
    site: Path,
    printed: dict[str, Printed],
    starts: dict[str, int],
    owner: str,
    link: DictionaryObject,
) -> None:
    """Let a link lead within the document if it can, else to the published site."""
    if "/Dest" in link:
        name, anchor = owner, unquote(str(link["/Dest"]).removeprefix("/"))
    else:
        address, anchor = urldefrag(str(link["/A"]["/URI"]))
        below = f"{site.as_uri()}/"
        if not address.startswith(below):
            return
        name = unquote(address.removeprefix(below)).removesuffix(".html")
        name, anchor = (FRONT if name == edition.home else name), unquote(anchor)
        if name not in printed:
            link["/A"][NameObject("/URI")] = TextStringObject(
                edition.address.page(name) + (f"#{anchor}" if anchor else "")
            )
            return
    sheet, left, top = printed[name].places.get(anchor, (0, None, None))
    link.pop("/A", None)
    link[NameObject("/Dest")] = ArrayObject(
        [
            writer.pages[starts[name] + sheet].indirect_reference,
            NameObject("/XYZ"),
            *(NullObject() if edge is None else FloatObject(edge) for edge in (left, top)),
            NullObject(),
        ]
    )


def _add_outline(
    writer: PdfWriter, edition: Edition, printed: dict[str, Printed], starts: dict[str, int]
) -> None:
    """List the parts, their pages, and folded below each the page's sections."""
    writer.add_outline_item(title="Contents", page_number=starts[FRONT] + 1)  # after the title
    for part in edition.parts:
        head = writer.add_outline_item(title=part.caption, page_number=starts[part.names[0]])
        for name, title in part.pages.items():
            page = printed[name]
            entry = writer.add_outline_item(
                title=title, page_number=starts[name], parent=head, is_open=False
            )
            for anchor, section in page.sections:
                sheet = page.places.get(anchor, (0,))[0]
                writer.add_outline_item(
                    title=section, page_number=starts[name] + sheet, parent=entry
                )
