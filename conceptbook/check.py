"""``make check``: all that is known of one page in seconds, without building the others."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat

from . import access, onepage, prose, repeats, standard
from .book import Page
from .onepage import OnePage
from .outputs import Fault
from .plain import FRONT_MATTER
from .problems import BookError, Problem
from .run import Progress
from .skeleton import LEFT_TO_WRITE
from .store import Execution, Store

CPU_SECONDS = 20
PROSE_WORDS = 2000
# What a reader need not read to follow the page: code, diagrams, folded answers, tables.
ASIDE = re.compile(
    r"^(?P<code>`{3,}).*?^(?P=code)\s*$"
    r"|^(?P<fold>:{3,})\{(?:probe|dropdown)\}.*?^(?P=fold)\s*$"
    r"|^(?:\||:{3,}|:[\w-]+:).*?$",
    re.DOTALL | re.MULTILINE,
)
DATE = re.compile(r"<dc:date>.*?</dc:date>")  # of a figure; without git it is the time of the run
FIX_FLAKY = "seed what is random; show no times, addresses or orders that differ"


@dataclass(frozen=True)
class Report:
    """What a check found that no build would: ``warnings``; and what it measured."""

    path: str
    warnings: list[Problem]
    cpu_seconds: float
    words: int


def check(root: Path, name: str, trace: bool = False) -> Report:
    """Check one page: its words, two runs in clean kernels, its HTML, its notebook, the standard.

    Raises BookError with every problem of the page.
    """
    one = onepage.read(root, name)
    page, found = one.page, one.run.problems
    with (
        tempfile.TemporaryDirectory(prefix="conceptbook-") as folder,
        Progress(_runs(one)) as shown,
    ):
        first = onepage.execute(one, one.run.store, shown)
        site = onepage.render(one, Path(folder, "site"), trace=trace)
        # At once, since each waits for other programs; only now, since Sphinx forks.
        with ThreadPoolExecutor() as pool:
            # A page with problems may stand there without its styles, where any would be barred.
            barred = None if found else pool.submit(access.check, page, site)
            again = pool.submit(_run_again, one, first, Path(folder, "again"), shown)
            words = pool.submit(prose.check, one.layout.root, [page.path])
            found += standard.unchosen(page)
            found += standard.check(page, first.outputs) if first else []
            found += repeats.of(page, one.run.book.concepts)
            found += [*words.result(), *_check_notebook(page, site)]
            found += barred.result() if barred else []
            second = again.result()
    if found:
        raise BookError(found)
    cpu_seconds = max((run.cpu_seconds for run in (first, second) if run), default=0.0)
    count = prose_words(page.text)
    return Report(page.path, list(_warnings(page, cpu_seconds, count)), cpu_seconds, count)


def _runs(one: OnePage) -> int:
    """Say how often the page's cells have to run: twice, once where a result is kept."""
    return 2 if one.key and one.run.store.read(one.key) is None else 1


def _run_again(
    one: OnePage, first: Execution | None, folder: Path, progress: Progress
) -> Execution | None:
    """Run the page's cells into an empty store; what differs from the first run is a problem."""
    if first is None:
        return None  # the second run would most likely say the same
    second = onepage.execute(one, Store(folder), progress)
    if second:
        faults = differences(first.outputs, second.outputs)
        one.run.problems += [fault.at(one.page) for fault in faults]
    return second


def differences(
    first: list[list[dict[str, Any]]], second: list[list[dict[str, Any]]]
) -> Iterator[Fault]:
    """Yield what two runs of the same cells show differently, one fault a cell."""
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        pairs = list(zip_longest(one, other))
        said = next(
            (_difference(*pair) for pair in pairs if _plain(pair[0]) != _plain(pair[1])), ""
        )
        if said:
            yield Fault(index, 0, f"two runs differ: {said}", FIX_FLAKY)


def _plain(output: dict[str, Any] | None) -> str:
    """Return an output as text that is equal where a reader sees the same."""
    return DATE.sub("", json.dumps(output, sort_keys=True))


def _difference(one: dict[str, Any] | None, other: dict[str, Any] | None) -> str:
    """Say how an output differs from that of the second run."""
    if one is None or other is None:
        return "one shows an output more"
    name = one.get("metadata", {}).get("scrapbook", {}).get("name")
    what = f"the glued value '{name}' is " if name else ""
    for before, after in zip_longest(_lines(one), _lines(other), fillvalue=""):
        if before != after:
            return f"{what}'{before}', then '{after}'"
    return f"{what}not the same" if name else "the figure is not the same"


def _lines(output: dict[str, Any]) -> list[str]:
    """Return the lines of an output's plain text."""
    data = output.get("data", {})
    glued = next((data[kind] for kind in data if kind.endswith("text/plain")), "")
    return str(output.get("text") or glued).splitlines()


def _check_notebook(page: Page, site: Path) -> Iterator[Problem]:
    """Find what keeps the notebook beside the page's HTML, if any, from being opened."""
    file = site / f"{page.name}.ipynb"
    if not file.is_file():
        return  # a problem elsewhere kept it from being written
    try:
        nbformat.validate(nbformat.read(file, as_version=4))
    except (nbformat.ValidationError, ValueError) as error:
        message = f"the launch notebook is not valid: {error}"
        yield Problem(page.path, 1, message, "report it: the page may be right")


def prose_words(text: str) -> int:
    """Count the words of a page's running text: no code, tables or folded answers."""
    return len(ASIDE.sub("", FRONT_MATTER.sub("", text)).split())


def _warnings(page: Page, cpu_seconds: float, words: int) -> Iterator[Problem]:
    """Yield what no build refuses and a reviewer would."""
    if cpu_seconds > CPU_SECONDS:
        message = f"{cpu_seconds:.1f} s of processor time, at most {CPU_SECONDS}"
        yield Problem(page.path, 1, message, "use less data, or fewer repetitions")
    if words > PROSE_WORDS:
        message = f"{words:,} words of prose, at most {PROSE_WORDS:,}"
        yield Problem(page.path, 1, message, "say it in fewer, or split the page")
    for number, line in enumerate(page.text.split("\n"), start=1):
        if line.strip() in LEFT_TO_WRITE:
            yield Problem(page.path, number, "the skeleton's words still stand here", "write yours")
