"""The book for e-readers: Sphinx's EPUB 3 with nothing that only a browser can use.

The pages are those of the site, as XHTML: folds open, a list in the place of the catalogue, and
links to what the edition leaves out lead to the published site. https://www.w3.org/TR/epub-33/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from docutils import nodes
from lxml import etree
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from .. import editions, run, website
from ..catalogue import cards, catalogue
from ..relations import relations
from . import archive, cover

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
STYLE = "_static/book.css"
COVER = "_static/cover.png"
XHTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"
MATH = "http://www.w3.org/1998/Math/MathML"
OPF = "http://www.idpf.org/2007/opf"
NAMESPACES = {"h": XHTML, "s": SVG, "o": OPF}
# XML knows five names of characters and takes no element of another kind for granted.
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(\w+;)")
FOREIGN = re.compile(r"<(svg|math)\b(?![^>]*\sxmlns=)")
# What a data frame brings for itself; the rules of a figure have a type.
RULES = re.compile(r"<style(?: scoped)?>.*?</style>", re.DOTALL)
# What does something in a browser only, and signs of folds that no longer are.
USELESS = (
    "//h:script | //h:button | //h:noscript"
    " | //*[contains(@class, 'sd-summary-state-marker')]"
    " | //h:div[contains(@class, 'cell')]//h:details[contains(@class, 'hide')]/h:summary"
)
# What scrolls in a browser can be reached by its keyboard; a reader turns pages.
SCREEN_ONLY = ("tabindex", "border")
SIZES = ("displaystyle", "scriptlevel")
# What library programs show of a book. https://www.w3.org/TR/epub-a11y-11/
ACCESSIBILITY = (
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "MathML"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
    ("accessibilitySummary", "Figures are described, formulas are MathML, answers are not folded."),
)


def parse(body: str) -> etree._Element:
    """Return the HTML of a page's body as XHTML; raises etree.XMLSyntaxError if it cannot be."""
    text = ENTITY.sub(lambda name: html5.get(name[1], name[0]), RULES.sub("", body))
    text = FOREIGN.sub(lambda m: f'<{m[1]} xmlns="{SVG if m[1] == "svg" else MATH}"', text)
    return etree.fromstring(f'<div xmlns="{XHTML}">{text}</div>', etree.XMLParser(huge_tree=True))


def unfold(body: etree._Element) -> None:
    """Take away what only a browser can use, and lay open what it would fold."""
    for element in body.xpath(USELESS, namespaces=NAMESPACES):
        tail = element.tail or ""
        before, parent = element.getprevious(), element.getparent()
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
        parent.remove(element)
    for fold in body.iter(f"{{{XHTML}}}details"):
        fold.tag = f"{{{XHTML}}}div"
        fold.attrib.pop("open", None)
    for summary in body.iter(f"{{{XHTML}}}summary"):
        summary.tag = f"{{{XHTML}}}p"
        summary.set("class", f"{summary.get('class', '')} fold-title".strip())
    for element in body.iter(etree.Element):
        for name in SCREEN_ONLY:
            element.attrib.pop(name, None)
        if element.get("role") == "doc-biblioentry":  # the list around it says so
            del element.attrib["role"]


def style_formulas(body: etree._Element) -> None:
    """Set the size of a part of a formula around it: MathML 3, which EPUB asks for, has it so."""
    for part in list(body.iter(f"{{{MATH}}}*")):
        sizes = {name: part.attrib.pop(name) for name in SIZES if name in part.attrib}
        if sizes and etree.QName(part).localname == "mstyle":
            part.attrib.update(sizes)
        elif sizes:
            around = etree.Element(f"{{{MATH}}}mstyle", sizes)
            part.getparent().replace(part, around)
            around.append(part)


class Epub(Epub3Builder):
    """Writes the pages of an edition, and packs them the same way every time."""

    def init(self) -> None:
        config = self.config
        values = {option.name: option.value for option in config}
        self.edition = editions.of(run.current().book, Path(config.external_toc_path), values)
        edition = self.edition
        config.templates_path = [str(HERE / "templates")]
        config.version = edition.version
        config.epub_basename = edition.name
        config.epub_title, config.epub_author = edition.title, edition.author
        config.epub_publisher = config.epub_contributor = edition.author
        config.epub_language, config.epub_description = edition.language, edition.summary
        config.epub_copyright = f"{website.LICENSE_NAME}, {website.LICENSE}"
        config.epub_identifier, config.epub_uid = edition.address.site, "book"
        config.epub_cover = (COVER, "cover.html")
        config.epub_show_urls, config.epub_use_index = "no", False
        config.epub_tocscope, config.epub_tocdepth, config.epub_tocdup = "includehidden", 2, False
        super().init()

    # --- Pages ---------------------------------------------------------------------------------

    def write(self, build_docnames: Any, updated_docnames: Any, method: str = "update") -> None:
        super().write([self.config.root_doc, *self.edition.pages], (), "specific")

    def handle_page(self, pagename: str, addctx: dict[str, Any], *args: Any, **more: Any) -> None:
        addctx["language"] = self.edition.language
        if "body" not in addctx:  # the cover
            super().handle_page(pagename, addctx, *args, **more)
            return
        body = addctx["body"]
        if pagename == self.config.root_doc:
            lines = "<br/>".join(map(escape, [self.edition.author, *self.edition.imprint]))
            body = body.replace("</h1>", f'</h1><p class="imprint">{lines}</p>', 1)
        addctx["body"] = self._xhtml(pagename, body + self._related(pagename))
        super().handle_page(pagename, addctx, *args, **more)

    def _xhtml(self, page: str, body: str) -> str:
        try:
            tree = parse(body)
        except etree.XMLSyntaxError as error:
            logger.warning("not XHTML: %s", error.msg, location=page)
            return ""
        unfold(tree)
        style_formulas(tree)
        for link in tree.iter(f"{{{XHTML}}}a"):
            link.set("href", self._address(page, link.get("href", "")))
            if not link.get("href"):
                del link.attrib["href"]
        return etree.tostring(tree, encoding="unicode")

    def _address(self, page: str, link: str) -> str:
        """Return a link as it must read here: within the edition, or to the published site."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            return link
        target = normpath(PurePosixPath(page).parent / unquote(parts.path))
        name = target.removesuffix(self.out_suffix)
        if name == self.config.root_doc or name in self.edition.pages or name == target:
            return link
        return self.edition.address.page(name)

    def _related(self, page: str) -> str:
        """Return the foot of a concept page: the written pages to go on to, and why."""
        book = self.edition.book
        if not book.pages[page].concept:
            return ""
        items = [
            f'<li><a href="{self.get_relative_uri(page, relation.name)}">'
            f"{escape(relation.title)}</a>: {escape(relation.reason)}</li>"
            for relation in relations(book, book.pages[page])
            if relation.name
        ]
        return (
            f"<section><h2>Related concepts</h2>\n<ul>{''.join(items)}</ul></section>"
            if items
            else ""
        )

    # --- Files ---------------------------------------------------------------------------------

    def copy_static_files(self) -> None:
        """Write the cover, and one stylesheet in the place of all that themes bring."""
        cover.write(self.edition, Path(self.outdir, COVER))
        style = (HERE / "epub.css").read_text(encoding="utf-8")
        file = Path(self.outdir, STYLE)
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{self.highlighter.get_stylesheet()}\n{style}", encoding="utf-8")

    def gen_additional_pages(self) -> None:
        """Leave out the search."""

    def get_toc(self) -> None:
        """List the front page, then the parts with their pages."""
        self.refnodes = [self._entry(1, self.config.root_doc)]
        for part in self.edition.parts:
            first, *others = part.names
            caption = part.caption if others else ""
            self.refnodes.append(self._entry(1, first, caption))
            if others and not first.endswith("/index"):  # a part without a page of its own
                title = next(self.env.get_doctree(first).findall(nodes.section))["ids"][0]
                self.refnodes.append(self._entry(2, first, anchor=f"#{title}"))
            self.refnodes += [self._entry(2, name) for name in others]

    def _entry(self, level: int, page: str, text: str = "", anchor: str = "") -> dict[str, Any]:
        title = text or self.env.titles[page].astext()
        return {"level": level, "refuri": page + self.out_suffix + anchor, "text": escape(title)}

    def build_content(self) -> None:
        """Say in the list of files which pages hold formulas and figures, as EPUB 3 asks."""
        super().build_content()
        file = Path(self.outdir, "content.opf")
        package = etree.parse(file)
        for item in package.iterfind(f".//{{{OPF}}}item[@media-type='application/xhtml+xml']"):
            page = Path(self.outdir, unquote(item.get("href")))
            kinds = _kinds(page) if page.exists() else []
            if kinds:
                item.set("properties", " ".join(kinds))
        (image,) = package.iterfind(f".//{{{OPF}}}item[@href='{COVER}']")
        image.set("properties", "cover-image")
        metadata = package.find(f"{{{OPF}}}metadata")
        for name, value in ACCESSIBILITY:
            etree.SubElement(metadata, f"{{{OPF}}}meta", property=f"schema:{name}").text = value
        package.write(file, encoding="utf-8", xml_declaration=True)

    def toc_metadata(self, level: int, navpoints: list[Any]) -> dict[str, Any]:
        """Name the book in the older contents list as the newer one does."""
        return {**super().toc_metadata(level, navpoints), "uid": self.config.epub_identifier}

    def build_epub(self) -> None:
        folder = Path(self.outdir)
        first = ("mimetype", "META-INF/container.xml", "content.opf", "toc.ncx")
        files = ((name, (folder / name).read_bytes()) for name in (*first, *sorted(self.files)))
        target = folder / f"{self.config.epub_basename}.epub"
        archive.write(target, files, self.edition.date, stored=("mimetype",))


def _kinds(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [kind for kind, mark in (("mathml", "<math"), ("svg", "<svg")) if mark in text]


def list_concepts(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a list of the written concepts in the place of the catalogue and its filters."""
    if not isinstance(app.builder, Epub):
        return
    for place in list(doctree.findall(catalogue)):
        place.replace_self(list(_lists(app, page, place["domain"])))


def _lists(app: Sphinx, page: str, domain: str) -> Iterator[nodes.Node]:
    book = run.current().book
    for name in [domain] if domain else book.settings.domains:
        items = []
        for card in cards(book, name):
            if card.written:
                title = nodes.inline("", card.title)
                link = make_refnode(app.builder, page, card.name, "", title)
                items.append(
                    nodes.list_item(
                        "", nodes.paragraph("", "", link, nodes.Text(f": {card.summary}"))
                    )
                )
        if items and not domain:
            yield nodes.paragraph("", "", nodes.strong("", book.domain_title(name)))
        if items:
            yield nodes.bullet_list("", *items)


def setup(app: Sphinx) -> None:
    """Register the builder in the place of Sphinx's own."""
    app.add_builder(Epub, override=True)
    app.connect("doctree-resolved", list_concepts, priority=400)  # before the catalogue's cards
