"""The words on a map: where each stands, and from which zoom on there is room for it.

Words keep their size on the screen while places move apart, as on a map of streets. So for two
boxes there is a range of zooms in which they overlap, and a word is shown from the zoom on at
which it is free of everything that matters more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, inf

from .card import typeface
from .maplayout import Point

WIDTHS = (132, 92)  # pixels of a line, unless one word is wider: as one likes it, and narrow
LEADING = 1.22
SOON = 0.75  # the zoom at which a wide window shows a map of two hundred concepts
ROUNDS = 3
FAR = 320  # pixels: more than two labels of WIDTHS and what is beside them take up
FARTHEST = 6.0  # the highest zoom; what has no room even there is shown when pointed at


@dataclass(frozen=True)
class Box:
    """A box on the screen: the middle is ``offset`` pixels from a place that zoom moves.

    It is there from ``zoom`` on.
    """

    place: Point
    offset: Point
    size: Point
    zoom: float = 0.0


@dataclass(frozen=True)
class Label:
    """The lines of a text, where they stand beside their place, and the zoom they need."""

    lines: tuple[str, ...]
    side: str
    size: float
    box: Box

    @property
    def zoom(self) -> float:
        """The zoom from which on it is shown."""
        return self.box.zoom

    @property
    def anchor(self) -> str:
        """SVG's ``text-anchor``."""
        return {"right": "start", "left": "end"}.get(self.side.split()[-1], "middle")

    @property
    def x(self) -> float:
        """Where lines begin, end or have their middle, from the place."""
        half = {"start": -0.5, "end": 0.5, "middle": 0}[self.anchor] * self.box.size[0]
        return round(self.box.offset[0] + half, 1)

    @property
    def baselines(self) -> list[tuple[str, float]]:
        """Each line with the height of its baseline, from the place."""
        height = self.size * LEADING
        top = self.box.offset[1] - self.box.size[1] / 2
        return [(line, round(top + height * (i + 0.78), 1)) for i, line in enumerate(self.lines)]


@dataclass(frozen=True)
class Wish:
    """A text that wants a place beside a mark of some radius, from zoom ``least`` on."""

    text: str
    place: Point
    radius: float
    size: float
    bold: bool = False
    least: float = 0.0


def overlap(a: Box, b: Box) -> tuple[float, float]:
    """Return the zooms between which two boxes overlap (an empty range if they never do)."""
    low, high = 0.0, inf
    for axis in (0, 1):
        apart = a.place[axis] - b.place[axis]
        shift = a.offset[axis] - b.offset[axis]
        reach = (a.size[axis] + b.size[axis]) / 2
        if apart == 0:
            if abs(shift) >= reach:
                return 0.0, 0.0
            continue
        ends = sorted(((-reach - shift) / apart, (reach - shift) / apart))
        low, high = max(low, ends[0]), min(high, ends[1])
    return (low, high) if high > low else (0.0, 0.0)


def place_labels(wishes: list[Wish], taken: list[Box]) -> list[Label]:
    """Return a label for each wish, free of what is ``taken``.

    The first have the first choice; whoever found no room soon is let before the others and all
    is tried again, a few times.
    """
    order = list(range(len(wishes)))
    tries: list[dict[int, Label]] = []
    for _ in range(ROUNDS):
        found = _place_in_order([wishes[i] for i in order], taken)
        tries.append(dict(zip(order, found, strict=True)))
        late = {i for i, label in tries[-1].items() if label.zoom > _soon(wishes[i])}
        if not late:
            break
        order.sort(key=lambda i: i not in late)
    best = min(tries, key=lambda labels: sum(label.zoom for label in labels.values()))
    return [best[i] for i in range(len(wishes))]


def _place_in_order(wishes: list[Wish], taken: list[Box]) -> list[Label]:
    taken = list(taken)
    labels = []
    for wish in wishes:
        soon = _soon(wish)
        # What is farther off than this has moved away before the label is shown at all.
        near = [box for box in taken if _distance(box.place, wish.place) * wish.least < FAR]
        labels.append(min(_candidates(wish, near), key=lambda label: max(label.zoom, soon)))
        taken.append(labels[-1].box)
    return labels


def _distance(a: Point, b: Point) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))


def _soon(wish: Wish) -> float:
    """Return a zoom so low that nothing is gained by a lower one."""
    return max(SOON, wish.least)


def caption_width(text: str, size: float) -> float:
    """Return the width of a caption, in pixels."""
    return typeface(size, bold=True).getlength(text)


def place_caption(text: str, place: Point, size: float) -> Label:
    """Return a label of one line above a place, shown at every zoom."""
    width, height = caption_width(text, size), size * LEADING
    return Label((text,), "above", size, Box(place, (0.0, -height / 2 - 4), (width, height)))


def _candidates(wish: Wish, taken: list[Box]) -> Iterator[Label]:
    """Yield the label in each shape and on each side, the preferred first."""
    measure = typeface(wish.size, wish.bold).getlength
    shapes = dict.fromkeys(tuple(wrap(wish.text, measure, widest)) for widest in WIDTHS)
    for lines in shapes:
        width = max(measure(line) for line in lines)
        height = len(lines) * wish.size * LEADING
        for side, offset in _sides(width, height, wish.radius + 4).items():
            box = Box(wish.place, offset, (width, height), wish.least)
            zoom = _free_from(box, taken)
            yield Label(lines, side, wish.size, replace(box, zoom=zoom))


def _sides(width: float, height: float, gap: float) -> dict[str, Point]:
    """Return where the middle of a text is on each side of its place."""
    across, down, aside = gap + width / 2, gap + height / 2 - 2, width / 4
    corner = across - 6, down - 6
    return {
        "right": (across, 0.0),
        "left": (-across, 0.0),
        "below": (0.0, down),
        "above": (0.0, -down),
        "lower right": corner,
        "lower left": (-corner[0], corner[1]),
        "upper right": (corner[0], -corner[1]),
        "upper left": (-corner[0], -corner[1]),
        "right below": (aside, down),
        "left below": (-aside, down),
        "right above": (aside, -down),
        "left above": (-aside, -down),
    }


def _free_from(box: Box, taken: list[Box]) -> float:
    """Return the zoom from which on a box overlaps none of those that are there."""
    ends = [(overlap(box, other)[1], other.zoom) for other in taken]
    zoom = max([box.zoom, *(end for end, there in ends if end > there)])
    return ceil(zoom * 100) / 100 if zoom < FARTHEST else FARTHEST + 1


def wrap(text: str, measure: Callable[[str], float], widest: float) -> list[str]:
    """Break a text into as few lines as its words allow, of much the same width."""
    lines = _fill(text, measure, widest)
    narrower = widest
    while len(lines) > 1 and narrower > widest / 2:
        narrower -= 4
        tighter = _fill(text, measure, narrower)
        if len(tighter) > len(lines):
            break
        lines = tighter
    return lines


def _fill(text: str, measure: Callable[[str], float], widest: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer) <= widest:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
