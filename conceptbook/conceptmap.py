"""The concept map: every concept and relation as a picture, and the same as a list."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import run, website
from .book import Book
from .catalogue import Card, cards, filters
from .maplabels import FARTHEST, SOON, Box, Label, Wish, caption_width, place_caption, place_labels
from .maplayout import PADDING, Point, arrange, hull, top
from .run import Run

SCRIPTS, STYLE = ("filters.js", "vendor/panzoom.js", "map.js"), "map.css"
WRITTEN_RADIUS, PLANNED_RADIUS = 7.0, 5.0  # pixels
# Of names: pixels, and the zoom from which on they are shown if there is room. Planned concepts
# keep theirs to themselves until one comes nearer.
WRITTEN_TEXT, PLANNED_TEXT = (12.0, 0.5), (11.0, 1.35)
CAPTION_TEXT = 15.0
PLANNED_ROOM, MOST_ROOM = 0.8, 1.9  # of the distance that two concepts keep
MARGIN = 16
LEAST_SIZE = (640, 360)  # a small book does not fill the window with three dots
BUNDLED = 0.55  # how far a relation bends toward the way between its two domains


@dataclass(frozen=True)
class Tie:
    """A relation between two concepts; ``reasons`` holds what each end says of it, if anything."""

    ends: tuple[str, str]
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Neighbor:
    """The other end of a concept's relation; ``named_by_it`` tells that the reason is its."""

    card: Card
    reason: str
    named_by_it: bool


@dataclass(frozen=True)
class Mark:
    """A concept in the picture; ``number`` is how its relations refer to it."""

    number: int
    card: Card
    place: Point
    radius: float
    label: Label


@dataclass(frozen=True)
class Territory:
    """A domain in the picture: its border's corners, its name and its concepts."""

    domain: str
    corners: list[Point]
    caption: Label
    marks: list[Mark]

    @property
    def border(self) -> str:
        """The path of the border; its line is as wide as the padding, which rounds it."""
        return "M" + "L".join(f"{x} {y}" for x, y in self.corners) + "Z"


@dataclass(frozen=True)
class Line:
    """A relation in the picture; ``domain`` is empty when it leads from one to another."""

    ends: tuple[int, int]
    path: str
    domain: str


@dataclass(frozen=True)
class Picture:
    """The map as it is drawn; ``view`` is the SVG's: left, top, width, height."""

    view: tuple[int, int, int, int]
    territories: list[Territory]
    lines: list[Line]


def ties(book: Book) -> list[Tie]:
    """Return every relation once, whichever end names it, of written and of planned pages."""
    named: list[tuple[str, str, str]] = [
        (page.slug, slug, reason)
        for page in book.concepts
        for slug, reason in page.meta.related.items()
    ]
    known = {page.slug for page in book.concepts} | set(book.planned)
    named += [
        (entry.slug, slug, "") for entry in book.missing for slug in entry.related if slug in known
    ]
    found: dict[frozenset[str], Tie] = {}
    for slug, other, reason in named:
        tie = found.setdefault(frozenset((slug, other)), Tie((slug, other)))
        if reason:
            tie.reasons[slug] = reason
    return [tie for key, tie in found.items() if len(key) == 2]


def neighbors(shown: list[Card], relations: list[Tie]) -> dict[str, list[Neighbor]]:
    """Return the neighbors of each concept: those with a reason first, in the cards' order."""
    by_slug = {card.slug: card for card in shown}
    position = {slug: number for number, slug in enumerate(by_slug)}
    found: dict[str, list[Neighbor]] = {slug: [] for slug in by_slug}
    for tie in relations:
        for slug, other in (tie.ends, tie.ends[::-1]):
            own, theirs = tie.reasons.get(slug, ""), tie.reasons.get(other, "")
            found[slug].append(Neighbor(by_slug[other], own or theirs, not own and bool(theirs)))
    for near in found.values():
        near.sort(key=lambda n: (not n.reason, position[n.card.slug]))
    return found


def draw(book: Book) -> Picture:
    """Return the picture of a book's concepts, in the order of its domains."""
    shown, relations = cards(book), ties(book)
    edges = [tie.ends for tie in relations]
    groups = {domain: [c for c in shown if c.domain == domain] for domain in book.settings.domains}
    groups = {domain: group for domain, group in groups.items() if group}
    titles = {domain: book.domain_title(domain) for domain in groups}
    # Captions keep their size when the whole map is shown small: there they need more of it.
    places = arrange(
        {domain: [card.slug for card in group] for domain, group in groups.items()},
        edges,
        _rooms(shown),
        {domain: caption_width(title, CAPTION_TEXT) / SOON for domain, title in titles.items()},
    )
    points = {domain: [places[c.slug] for c in group] for domain, group in groups.items()}
    captions = {
        domain: place_caption(title, top(points[domain]), CAPTION_TEXT)
        for domain, title in titles.items()
    }
    labels = _labels(shown, places, edges, [caption.box for caption in captions.values()])
    marks = {
        card.slug: Mark(number, card, places[card.slug], _radius(card), labels[card.slug])
        for number, card in enumerate(shown)
    }
    territories = [
        Territory(domain, hull(points[domain]), captions[domain], [marks[c.slug] for c in group])
        for domain, group in groups.items()
    ]
    middles = {domain: _middle(found) for domain, found in points.items()}
    return Picture(
        _view(territories), territories, [_line(tie, marks, middles) for tie in relations]
    )


def _radius(card: Card) -> float:
    return WRITTEN_RADIUS if card.written else PLANNED_RADIUS


def _rooms(shown: list[Card]) -> dict[str, float]:
    """Return how much room each concept asks for.

    Written ones, whose names are always shown, take what planned ones leave; the more are
    written, the less is left to each, so that the map does not grow with its book's progress.
    """
    written = sum(card.written for card in shown)
    left = len(shown) - (len(shown) - written) * PLANNED_ROOM**2
    room = min(MOST_ROOM, sqrt(left / written)) if written else 1.0
    return {card.slug: room if card.written else PLANNED_ROOM for card in shown}


def _labels(
    shown: list[Card], places: dict[str, Point], edges: list[tuple[str, str]], taken: list[Box]
) -> dict[str, Label]:
    """Return the label of each concept: the written and the most related choose first."""
    degree = Counter(end for edge in edges for end in edge)
    ranked = sorted(shown, key=lambda card: -degree[card.slug])
    taken = taken + [Box(places[c.slug], (0, 0), (2 * _radius(c) + 2,) * 2) for c in ranked]
    found: dict[str, Label] = {}
    for written, size, least in ((True, *WRITTEN_TEXT), (False, *PLANNED_TEXT)):
        group = [card for card in ranked if card.written == written]
        wishes = [Wish(c.title, places[c.slug], _radius(c), size, written, least) for c in group]
        labels = place_labels(wishes, taken)
        taken += [label.box for label in labels]
        found |= {card.slug: label for card, label in zip(group, labels, strict=True)}
    return found


def _line(tie: Tie, marks: dict[str, Mark], middles: dict[str, Point]) -> Line:
    """Return a relation as drawn: straight at home, bent toward the main road to another domain."""
    a, b = (marks[end] for end in tie.ends)
    (ax, ay), (bx, by) = a.place, b.place
    if a.card.domain == b.card.domain:
        return Line((a.number, b.number), f"M{ax} {ay}L{bx} {by}", a.card.domain)
    (mx, my), (nx, ny) = middles[a.card.domain], middles[b.card.domain]
    x = round((ax + bx) / 2 * (1 - BUNDLED) + (mx + nx) / 2 * BUNDLED)
    y = round((ay + by) / 2 * (1 - BUNDLED) + (my + ny) / 2 * BUNDLED)
    return Line((a.number, b.number), f"M{ax} {ay}Q{x} {y} {bx} {by}", "")


def _middle(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _view(territories: list[Territory]) -> tuple[int, int, int, int]:
    """Return the part of the plane that holds everything that is shown at 1:1."""
    boxes = [territory.caption.box for territory in territories]
    for territory in territories:
        boxes += [Box(corner, (0, 0), (2 * PADDING,) * 2) for corner in territory.corners]
        boxes += [mark.label.box for mark in territory.marks if mark.label.zoom <= 1]
    sides = []
    for axis in (0, 1):
        spans = [
            (middle - box.size[axis] / 2, middle + box.size[axis] / 2)
            for box in boxes
            for middle in [box.place[axis] + box.offset[axis]]
        ]
        low = min((start for start, _ in spans), default=0) - MARGIN
        high = max((end for _, end in spans), default=0) + MARGIN
        lacking = max(0, LEAST_SIZE[axis] - (high - low))
        sides.append((round(low - lacking / 2), round(high - low + lacking)))
    (left, width), (top, height) = sides
    return left, top, width, height


class conceptmap(nodes.General, nodes.Element):
    """The place of the map."""


class ConceptMapDirective(SphinxDirective):
    """``:::{conceptmap}``, once on a page; it takes no options."""

    has_content = True  # what stands in it is then named as the mistake

    def run(self) -> list[nodes.Node]:
        if self.content:
            raise self.error(f"unknown option '{self.content[0]}': a concept map takes none")
        if any(self.state.document.findall(conceptmap)):
            raise self.error("a second concept map: a page holds one")
        return [conceptmap()]


def render(app: Sphinx, this: Run, page: str) -> str:
    """Return the HTML of the map on ``page``: filters, picture and list."""
    book = this.book
    shown, relations = cards(book), ties(book)
    choices = filters(book, shown)
    context: dict[str, Any] = {
        "picture": draw(book),
        "total": len(shown),
        "filters": {name: choices[name] for name in ("domain", "status")},
        "numbers": {card.slug: number for number, card in enumerate(shown)},
        "padding": PADDING,
        "farthest": FARTHEST,
        "neighbors": neighbors(shown, relations),
        "domain_title": book.domain_title,
        "uri": lambda name: app.builder.get_relative_uri(page, name),
    }
    return app.builder.templates.render("conceptbook-map.html", context)


def resolve(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the map in the place of the directive."""
    for node in list(doctree.findall(conceptmap)):
        html = render(app, run.current(), page)
        node.replace_self(nodes.raw("", html, format="html", classes=["conceptmap"]))


def add_files(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load scripts and style where the map is, which also takes the side list's place."""
    if doctree and any("conceptmap" in raw["classes"] for raw in doctree.findall(nodes.raw)):
        website.equip(app, context, SCRIPTS, STYLE)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_node(conceptmap)
    app.add_directive("conceptmap", ConceptMapDirective)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_files)
