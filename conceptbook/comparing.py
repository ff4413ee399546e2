"""What differs between two states of a page: its claims, results, length and probes."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from . import outputs
from .book import Page
from .check import CPU_SECONDS, PROSE_WORDS, prose_words
from .figures import METADATA
from .store import Execution

ALIKE = 0.6  # how alike two texts are, of 1, for one to be the other reworded
Pair = tuple[str, str]  # before and after; "" for what is not there


@dataclass(frozen=True)
class Figure:
    """A drawing (SVG) and what it says to those who do not see it."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Results:
    """What a run of a page gave; ``seconds`` are of processor time.

    ``claims`` are those of the page, each with the numbers that it compared.
    """

    claims: list[str]
    values: dict[str, str]
    figures: list[Figure]
    printed: list[str]
    seconds: float


@dataclass(frozen=True)
class State:
    """What is compared of a page: claims, probes with anchors, words of prose, a run if any."""

    claims: list[str]
    probes: list[str]
    words: int
    results: Results | None


@dataclass(frozen=True)
class Difference:
    """What two states do not have in common; ``printed`` are lines that begin with - or +."""

    claims: list[Pair]
    probes: list[Pair]
    values: dict[str, Pair]
    figures: list[tuple[Figure | None, Figure | None]]
    printed: list[str]


NO_RESULTS = Results([], {}, [], [], 0.0)
NOTHING = State([], [], 0, None)  # what a page is before it is written and after it is deleted
UNKNOWN = "?"


def state(page: Page, execution: Execution | None) -> State:
    """Return what is compared of a page and its run (a page without cells needs none)."""
    results = None if page.cells else NO_RESULTS
    if execution:
        results = _results(page, execution)
    probes = [f"{probe.question} #{probe.id}" for probe in page.probes]
    return State(page.claims, probes, prose_words(page.text), results)


def _results(page: Page, execution: Execution) -> Results:
    drawn = [
        Figure(svg, cell.alt)
        for cell, shown in zip(page.cells, execution.outputs, strict=True)
        for svg in outputs.figures(shown)
    ]
    printed = [line for shown in execution.outputs for line in outputs.printed(shown)]
    claims = _with_numbers(page.claims, execution.numbers)
    return Results(claims, outputs.glued(execution.outputs), drawn, printed, execution.cpu_seconds)


def _with_numbers(claims: list[str], numbers: list[list[str]]) -> list[str]:
    """Return claims as code that says in a comment which numbers they compared, if any."""
    known: dict[str, dict[str, None]] = {}
    for claim, operand, number in numbers:
        known.setdefault(claim, {})[f"{operand} = {number}"] = None
    return [
        f"{claim}  # {', '.join(known[claim])}" if claim in known else claim for claim in claims
    ]


def compare(before: State | None, after: State | None) -> Difference:
    """Return what differs, None being no page. Results are compared where both states have them."""
    before, after = before or NOTHING, after or NOTHING
    earlier = later = NO_RESULTS
    claims = before.claims, after.claims
    if before.results and after.results:
        earlier, later = before.results, after.results
        claims = earlier.claims, later.claims
    names = {**earlier.values, **later.values}
    printed = unified_diff(earlier.printed, later.printed, n=0, lineterm="")
    return Difference(
        claims=reworded(*claims),
        probes=reworded(before.probes, after.probes),
        values={
            name: shortened(earlier.values.get(name, ""), later.values.get(name, ""))
            for name in names
            if earlier.values.get(name) != later.values.get(name)
        },
        figures=_redrawn(earlier.figures, later.figures),
        # The first two lines name the texts; those with @@ begin a passage.
        printed=[f"{line[0]} {line[1:]}" for line in list(printed)[2:] if line[0] in "-+"],
    )


def measures(before: State | None, after: State | None) -> dict[str, str]:
    """Return how much there is of each thing, before → after, and how much of it differs."""
    states = [state for state in (before, after) if state]
    difference = compare(before, after) if before and after else None

    def told(kind: str, form: str = "{:,}") -> str:
        amounts = [_amount(state, kind) for state in states]
        texts = [UNKNOWN if amount is None else form.format(amount) for amount in amounts]
        differ = len(getattr(difference, kind, ()))
        said = f", {differ} {'differs' if differ == 1 else 'differ'}" if differ else ""
        return " → ".join(dict.fromkeys(texts)) + said

    return {
        "Claims": told("claims"),
        "Glued values": told("values"),
        "Figures": told("figures"),
        f"Processor seconds (at most {CPU_SECONDS})": told("seconds", "{:.1f}"),
        f"Words of prose (at most {PROSE_WORDS:,})": told("words"),
        "Probes": told("probes"),
    }


def _amount(state: State, kind: str) -> float | None:
    """Return how much a state has of a kind, None where only a run could tell."""
    holder = state if hasattr(state, kind) else state.results
    found = getattr(holder, kind, None)
    return len(found) if isinstance(found, list | dict) else found


def lines(difference: Difference) -> dict[str, list[str]]:
    """Return by heading what went and what came, a line each, marked - or + as in a diff."""
    found = {
        "Claims": _marked(difference.claims),
        "Probes, with their anchors": _marked(difference.probes),
        "Printed": difference.printed,
    }
    return {heading: marked for heading, marked in found.items() if marked}


def _marked(pairs: list[Pair]) -> list[str]:
    return [
        f"{mark} {text}" for pair in pairs for mark, text in zip("-+", pair, strict=True) if text
    ]


def reworded(before: list[str], after: list[str]) -> list[Pair]:
    """Return the texts of two lists that differ: each with the one that it became, if any."""
    gone = _without(before, after)
    new = _without(after, before)
    pairs = []
    for text in gone:
        heir = max(new, key=lambda other: _likeness(text, other), default="")
        if heir and _likeness(text, heir) >= ALIKE:
            new.remove(heir)
            pairs.append((text, heir))
        else:
            pairs.append((text, ""))
    return pairs + [("", text) for text in new]


def _without(texts: list[str], others: list[str]) -> list[str]:
    """Return the texts that the others lack, a text that stands twice being two."""
    left = list(others)
    kept = []
    for text in texts:
        if text in left:
            left.remove(text)
        else:
            kept.append(text)
    return kept


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def shortened(before: str, after: str) -> Pair:
    """Return two values with as many digits as it takes to tell one from the other."""
    try:
        numbers = float(before), float(after)
    except ValueError:
        return before, after
    for digits in range(4, 17):
        short = tuple(f"{number:.{digits}g}" for number in numbers)
        if short[0] != short[1]:
            return short
    return before, after


def _redrawn(
    before: list[Figure], after: list[Figure]
) -> list[tuple[Figure | None, Figure | None]]:
    """Return the figures that differ, in order: each beside the one in its place."""
    ink = [[(_ink(figure), figure.alt) for figure in figures] for figures in (before, after)]
    pairs: list[tuple[Figure | None, Figure | None]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, *ink, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            i, j = i1 + offset, j1 + offset
            pairs.append((before[i] if i < i2 else None, after[j] if j < j2 else None))
    return pairs


def _ink(figure: Figure) -> str:
    """Return a drawing without what it says of its making."""
    return METADATA.sub("", figure.svg)
