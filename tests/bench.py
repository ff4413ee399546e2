"""Measures builds against the stock command on the same synthetic books; writes BENCHMARKS.md.

Usage: python tests/bench.py [SIZE ...], pages a book (default 24 100 400). The smallest book
has pages of about three seconds of work, the others pages of next to none.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "BENCHMARKS.md"
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
    extension = "" if stock else f", local_extensions: {{conceptbook: '{ROOT}'}}"
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
        env={**os.environ, "PYTHONPATH": str(ROOT)},
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


def machine() -> str:
    """Describe the machine in one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    python = platform.python_version()
    load = f"load average {os.getloadavg()[2]:.1f} (the builds alone make about {os.cpu_count()})"
    return f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {python}, {load}"


def report(results: dict[int, tuple[dict[str, float], dict[str, float]]]) -> str:
    """Return the Markdown of BENCHMARKS.md."""
    cores = os.cpu_count() or 1
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Times depend on the machine; read the ratios.",
        "",
        f"Run on {datetime.now(UTC):%Y-%m-%d}: {machine()}.",
        "",
        "## Builds, against the stock command",
        "",
        "The same synthetic books built by `make book` and by `jupyter-book build` (execution mode",
        "`cache`). “Cold over ideal” divides a cold build by the time its pages spend executing,",
        "kernel start included, spread evenly over all cores; the target is 1.25 on pages with",
        f"{WORK_SECONDS:g} s of processor time each (the smallest book).",
        "",
        "| Pages | Build | Ours (s) | Stock (s) | Ours ÷ stock | Cold over ideal |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for pages, (ours, stock) in results.items():
        for label in STEPS:
            ideal = f"{ours['cold'] / (ours['execution'] / cores):.2f}" if label == "cold" else ""
            ratio = f"{ours[label] / stock[label]:.2f}" if label in stock else "–"
            theirs = f"{stock[label]:.1f}" if label in stock else "–"
            lines.append(
                f"| {pages} | {label} | {ours[label]:.1f} | {theirs} | {ratio} | {ideal} |"
            )
    lines += [
        "",
        "## Cost per page, beyond executing it",
        "",
        "Cold build less the even share of execution, divided by pages: it must not grow.",
        "",
        "| Pages | Ours (ms a page) | Stock, cold (ms a page) |",
        "|---:|---:|---:|",
    ]
    for pages, (ours, stock) in results.items():
        own = (ours["cold"] - ours["execution"] / cores) / pages * 1000
        whole = f"{stock['cold'] / pages * 1000:.0f}" if "cold" in stock else "–"
        lines.append(f"| {pages} | {own:.0f} | {whole} |")
    return "\n".join([*lines, ""])


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
                        REPORT.write_text(report(results), encoding="utf-8")
    print(report(results))


if __name__ == "__main__":
    main()
