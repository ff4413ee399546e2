"""Where the concepts of a map stand: each domain a territory of its own, related concepts near.

The same input gives the same places: the spring layouts are seeded, and everything after them
is plain arithmetic on rounded numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import cos, hypot, pi, sin, sqrt

Point = tuple[float, float]
Edge = tuple[str, str]

SPACING = 50  # between neighbors, in pixels at 1:1: room for a fingertip
PADDING = 22  # from a territory's outermost concept to its border
GUTTER = 14  # between two territories
HEADING = 36  # height of a territory's name, which stands above it
ASPECT = 1.5  # of a screen beside the sidebar: wider than high
SEED = 20


def arrange(
    groups: dict[str, list[str]],
    edges: Sequence[Edge],
    rooms: dict[str, float],
    headings: dict[str, float],
) -> dict[str, Point]:
    """Return the place of each member of ``groups``, in pixels at 1:1.

    ``rooms`` says how much room each member asks for (two of 1 keep ``SPACING``), ``headings``
    how wide the name above each group is.
    """
    if not groups:
        return {}
    group_of = {member: name for name, members in groups.items() for member in members}
    radii = {name: _radius([rooms[member] for member in group]) for name, group in groups.items()}
    ties = Counter(tuple(sorted((group_of[a], group_of[b]))) for a, b in edges)
    ties = Counter({pair: count for pair, count in ties.items() if pair[0] != pair[1]})
    centers = _pack(radii, ties)
    spots: dict[str, dict[str, Point]] = {}
    for name, members in groups.items():
        inner = [edge for edge in edges if {group_of[end] for end in edge} == {name}]
        pulls = _pulls(name, edges, group_of, centers)
        sketch = _sketch(members, inner, pulls, radii[name])
        spots[name] = _settle(sketch, inner, rooms, radii[name])
    shapes = {
        name: hull([*found.values(), *_heading(list(found.values()), headings[name])])
        for name, found in spots.items()
    }
    offsets = _compact(shapes, centers, ties)
    return {
        member: (round(x + offsets[name][0]), round(y + offsets[name][1]))
        for name, found in spots.items()
        for member, (x, y) in found.items()
    }


def top(points: Iterable[Point]) -> Point:
    """Return the middle of the upper border of the territory around some points."""
    points = list(points)
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    return round((left + right) / 2), min(y for _, y in points) - PADDING


def _heading(points: list[Point], width: float) -> list[Point]:
    """Return two points that, padded like a territory, cover the name above it."""
    x, y = top(points)
    half = max(0, width / 2 - PADDING)
    return [(x - half, y - HEADING + PADDING), (x + half, y - HEADING + PADDING)]


def _radius(rooms: list[float]) -> float:
    """Return the radius of a disc in which points keep their distance with some slack."""
    return SPACING * 0.6 * sqrt(sum(room**2 for room in rooms)) if len(rooms) > 1 else 0.0


def _pack(radii: dict[str, float], ties: dict[Edge, int]) -> dict[str, Point]:
    """Return centers of discs that leave each other room for names, tied ones near each other.

    Of several turns of one start, the one that fills a screen best is taken.
    """
    start = _spring(list(radii), {pair: count / 10 for pair, count in ties.items()})
    turns = [_pack_from(start, pi * turn / 12, radii, ties) for turn in range(24)]
    return min(turns, key=lambda centers: _waste(centers, radii, ties))


def _pack_from(
    start: dict[str, Point], angle: float, radii: dict[str, float], ties: dict[Edge, int]
) -> dict[str, Point]:
    size = sum(radii.values()) / len(radii) + PADDING
    at = {
        name: [
            3 * size * (x * cos(angle) - y * sin(angle)),
            1.5 * size * (x * sin(angle) + y * cos(angle)),
        ]
        for name, (x, y) in start.items()
    }
    for step in range(200):
        heat = 1 - step / 200
        for point in at.values():
            point[0] *= 1 - 0.02 * heat
            point[1] *= 1 - 0.06 * heat
        for (a, b), count in sorted(ties.items()):
            _pull(at[a], at[b], 0.001 * min(count, 20) * heat)
        for a, b in combinations(at, 2):
            _push(at[a], at[b], radii[a] + radii[b] + 2 * PADDING + HEADING)
    return {name: (x, y) for name, (x, y) in at.items()}


def _waste(
    centers: dict[str, Point], radii: dict[str, float], ties: dict[Edge, int]
) -> tuple[float, float]:
    """Return how small a screen would show discs that lie so, then how long their ties are."""
    sides = []
    for axis in (0, 1):
        low = min(place[axis] - radii[name] for name, place in centers.items())
        high = max(place[axis] + radii[name] for name, place in centers.items())
        sides.append(high - low)
    lengths = sum(
        count * hypot(centers[a][0] - centers[b][0], centers[a][1] - centers[b][1])
        for (a, b), count in ties.items()
    )
    return round(max(sides[0] / ASPECT, sides[1]) / SPACING), round(lengths)


def _compact(
    shapes: dict[str, list[Point]], centers: dict[str, Point], ties: dict[Edge, int]
) -> dict[str, Point]:
    """Move territories, each as a whole, toward the middle and each other while none touch."""
    least = 2 * PADDING + GUTTER
    at = dict(centers)

    def is_free(name: str, place: Point) -> bool:
        here = [(x + place[0], y + place[1]) for x, y in shapes[name]]
        return all(
            _gap(here, [(x + at[other][0], y + at[other][1]) for x, y in shapes[other]]) >= least
            for other in shapes
            if other != name
        )

    def cost(name: str, place: Point) -> float:
        away = [
            count * hypot(place[0] - at[other][0], place[1] - at[other][1])
            for pair, count in ties.items()
            if name in pair
            for other in pair
            if other != name
        ]
        return hypot(place[0] / ASPECT, place[1]) + sum(away) / (4 * (sum(ties.values()) or 1))

    for stride in (24, 24, 12, 12, 6, 3) * 4:  # shorter than what lies between two territories
        for name in sorted(at, key=lambda name: (hypot(*at[name]), name)):
            x, y = at[name]
            steps = [
                (x + stride * cos(pi * turn / 8), y + stride * sin(pi * turn / 8))
                for turn in range(16)
            ]
            best = min([(x, y), *steps], key=lambda place: cost(name, place))
            while best != (x, y) and not is_free(name, best):
                steps.remove(best)
                best = min([(x, y), *steps], key=lambda place: cost(name, place))
            at[name] = best
    return at


def _gap(a: list[Point], b: list[Point]) -> float:
    """Return how far apart the borders of two shapes are that do not overlap."""
    return min(
        _to_side(corner, one, two)
        for shape, other in ((a, b), (b, a))
        for corner in shape
        for one, two in zip(other, other[1:] + other[:1], strict=True)
    )


def _to_side(point: Point, one: Point, two: Point) -> float:
    """Return the distance from a point to a side of a shape."""
    sx, sy = two[0] - one[0], two[1] - one[1]
    px, py = point[0] - one[0], point[1] - one[1]
    part = min(max((px * sx + py * sy) / (sx * sx + sy * sy or 1), 0), 1)
    return hypot(px - part * sx, py - part * sy)


def _pulls(
    name: str, edges: Iterable[Edge], group_of: dict[str, str], centers: dict[str, Point]
) -> dict[str, Point]:
    """Return, for members related to other groups, the mean direction in which these lie."""
    toward: dict[str, list[Point]] = {}
    x, y = centers[name]
    for edge in edges:
        for end, other in (edge, edge[::-1]):
            if group_of[end] == name != group_of[other]:
                ox, oy = centers[group_of[other]]
                far = hypot(ox - x, oy - y) or 1
                toward.setdefault(end, []).append(((ox - x) / far, (oy - y) / far))
    return {
        end: (sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found))
        for end, found in toward.items()
    }


def _sketch(
    members: list[str], edges: Sequence[Edge], pulls: dict[str, Point], radius: float
) -> dict[str, Point]:
    """Return rough places in a disc: relations decide, and the way to other territories."""
    spring = _spring(members, dict.fromkeys(edges, 1))
    return {
        member: tuple(
            radius * (0.75 * value + 0.45 * pull)
            for value, pull in zip(spring[member], pulls.get(member, (0, 0)), strict=True)
        )
        for member in members
    }


def _spring(members: list[str], edges: dict[Edge, float]) -> dict[str, Point]:
    import networkx  # here, because importing it takes longer than all else the map needs

    graph = networkx.Graph()
    graph.add_nodes_from(members)
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in edges.items())
    # From a spiral, so that where a concept starts does not depend on a generator's version.
    start = {
        member: (sqrt(i / len(members)) * cos(i * 2.4), sqrt(i / len(members)) * sin(i * 2.4))
        for i, member in enumerate(members)
    }
    places = networkx.spring_layout(graph, pos=start, iterations=200, seed=SEED)
    return {member: (round(float(x), 3), round(float(y), 3)) for member, (x, y) in places.items()}


def _settle(
    places: dict[str, Point], edges: Sequence[Edge], rooms: dict[str, float], radius: float
) -> dict[str, Point]:
    """Move points apart within a disc until each has its room, the related ones staying near."""
    at = {member: list(place) for member, place in places.items()}
    for step in range(400):
        if step < 300:  # the last steps only part
            for a, b in edges:
                _pull(at[a], at[b], 0.004)
        for a, b in combinations(at, 2):
            _push(at[a], at[b], SPACING * (rooms[a] + rooms[b]) / 2)
        for point in at.values():
            far = hypot(*point)
            if far > radius:
                point[0] *= radius / far
                point[1] *= radius / far
    return {member: (x, y) for member, (x, y) in at.items()}


def _pull(a: list[float], b: list[float], share: float) -> None:
    dx, dy = (b[0] - a[0]) * share, (b[1] - a[1]) * share
    a[0], a[1], b[0], b[1] = a[0] + dx, a[1] + dy, b[0] - dx, b[1] - dy


def _push(a: list[float], b: list[float], least: float) -> None:
    """Part two points by half of what they lack to their least distance."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if abs(dx) >= least or abs(dy) >= least:
        return
    far = hypot(dx, dy)
    if far >= least:
        return
    dx, dy = (dx / far, dy / far) if far else (1.0, 0.0)
    lack = (least - far) / 4
    a[0], a[1], b[0], b[1] = a[0] - dx * lack, a[1] - dy * lack, b[0] + dx * lack, b[1] + dy * lack


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the convex hull of some points, in order."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def chain(points: Iterable[Point]) -> list[Point]:
        corners: list[Point] = []
        for x, y in points:
            while len(corners) > 1:
                (ax, ay), (bx, by) = corners[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                corners.pop()
            corners.append((x, y))
        return corners[:-1]

    return chain(ordered) + chain(reversed(ordered))
