"""Measures builds against the stock command on the same synthetic books, for BENCHMARKS.md.

Usage: python tests/bench/builds.py [SIZE ...], pages a book (default 24 100 400). The smallest
book has pages of about three seconds of work, the others pages of next to none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import report

WORKING_SIZE = 24
WORK_SECONDS = 3.0
STEPS = ("cold", "unchanged", "prose edited", "cell edited")

PAGE = """---
jupytext: {{text_representation: {{extension: .md, format_name: myst}}}}
kernelspec: {{display_name: Python 3, name: python3}}
---

# Page {number}

{prose}

```{{code-cell}} ipython3
import time

end = time.process_time() + {seconds}
total = {number}
while time.process_time() < end:
    total += 1
print("page", {number})
```

{sections}
"""
SECTION = """## Section {number}

A paragraph with *emphasis*, `code`, a [link](#section-1), and
a formula $x_{{{number}}} = {number}$.

| Choice | Cost |
|---|---|
| one | 1 |
| two | 2 |

```python
print({number})
```
"""
CONFIG = """title: Synthetic
only_build_toc_files: true
execute: {{execute_notebooks: "{mode}", timeout: 120}}
sphinx: {sphinx}
"""


def write_book(root: Path, pages: int, seconds: float, stock: bool) -> None:
    """Write a book of so many pages, each with ``seconds`` of processor time in its one cell."""
    book = root / "book"
    book.mkdir(parents=True)
    extension = "" if stock else f", local_extensions: {{conceptbook: '{report.ROOT}'}}"
    sphinx = f"{{config: {{myst_heading_anchors: 2}}{extension}}}"
    mode = "cache" if stock else "off"
    (root / "_config.yml").write_text(CONFIG.format(mode=mode, sphinx=sphinx))
    files = "\n".join(f"  - file: page-{number}" for number in range(pages))
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}\n")
    (book / "index.md").write_text("# Synthetic\n\nA book to measure builds with.\n")
    sections = "\n".join(SECTION.format(number=number) for number in range(1, 9))
    for number in range(pages):
        text = PAGE.format(number=number, seconds=seconds, prose="Prose.", sections=sections)
        (book / f"page-{number}.md").write_text(text)


def command(root: Path, stock: bool) -> list[str]:
    """Return the command that builds the book, ours or the stock one."""
    if not stock:
        return [sys.executable, "-m", "conceptbook", "build", str(root)]
    program = Path(sys.executable).with_name("jupyter-book")
    return [str(program), "build", "-q", str(root / "book"), "--toc", str(root / "_toc.yml")]


def timed(root: Path, stock: bool) -> float:
    """Build once and return the seconds it took; a failing build ends the benchmark."""
    start = time.monotonic()
    result = subprocess.run(
        command(root, stock),
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(report.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(result.stderr[-2000:])
    return time.monotonic() - start


def measure(folder: Path, pages: int, seconds: float, stock: bool) -> Iterator[dict[str, float]]:
    """Time the builds named in ``STEPS``; yields the seconds known so far after each."""
    name = "stock" if stock else "ours"
    root = folder / f"{name}-{pages}"
    write_book(root, pages, seconds, stock)
    page = root / "book" / "page-1.md"
    edits = {"prose edited": ("Prose.", "Other prose."), "cell edited": ('"page"', '"one page"')}
    result: dict[str, float] = {}
    for step in STEPS:
        page.write_text(page.read_text().replace(*edits.get(step, ("", ""))))
        result[step] = timed(root, stock)
        print(f"{pages} pages, {name}, {step}: {result[step]:.1f} s", flush=True)
        if not stock and step == "cold":
            runs = [json.loads(f.read_text()) for f in (root / "_build/executed").glob("*.json")]
            result["execution"] = sum(run["seconds"] for run in runs)
        yield result
    shutil.rmtree(root)


def chapter(results: dict[int, tuple[dict[str, float], dict[str, float]]]) -> list[str]:
    """Return the lines of the report's chapter."""
    cores = os.cpu_count() or 1
    builds, costs = [], []
    for pages, (ours, stock) in results.items():
        for label in STEPS:
            ideal = f"{ours['cold'] / (ours['execution'] / cores):.2f}" if label == "cold" else ""
            ratio = f"{ours[label] / stock[label]:.2f}" if label in stock else "–"
            theirs = f"{stock[label]:.1f}" if label in stock else "–"
            builds.append([f"{pages}, {label}", f"{ours[label]:.1f}", theirs, ratio, ideal])
        own = (ours["cold"] - ours["execution"] / cores) / pages * 1000
        whole = f"{stock['cold'] / pages * 1000:.0f}" if "cold" in stock else "–"
        costs.append([str(pages), f"{own:.0f}", whole])
    return [
        "The same synthetic books built by `make book` and by `jupyter-book build` (execution mode",
        "`cache`). “Cold over ideal” divides a cold build by the time its pages spend executing,",
        "kernel start included, spread evenly over all cores; the target is 1.25 on pages with",
        f"{WORK_SECONDS:g} s of processor time each (the smallest book).",
        "",
        *report.table(
            ["Pages, build", "Ours (s)", "Stock (s)", "Ours ÷ stock", "Cold over ideal"], builds
        ),
        "",
        "Cost per page beyond executing it: a cold build less the even share of execution,",
        "divided by pages. It must not grow.",
        "",
        *report.table(["Pages", "Ours (ms a page)", "Stock, cold (ms a page)"], costs),
    ]


def main() -> None:
    """Measure the sizes named on the command line."""
    sizes = [int(size) for size in sys.argv[1:]] or [WORKING_SIZE, 100, 400]
    results: dict[int, tuple[dict[str, float], dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="conceptbook-bench-") as folder:
        for pages in sizes:
            seconds = WORK_SECONDS if pages == WORKING_SIZE else 0.0
            both: tuple[dict[str, float], dict[str, float]] = ({}, {})
            for stock in (False, True):
                for known in measure(Path(folder), pages, seconds, stock):
                    both[stock].update(known)
                    if set(STEPS) <= set(both[False]):
                        results[pages] = both
                        report.write("Builds, against the stock command", chapter(results))
    print("\n".join(chapter(results)))


if __name__ == "__main__":
    main()
