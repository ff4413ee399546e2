"""BENCHMARKS.md, of which each benchmark writes its own chapter."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "BENCHMARKS.md"
HEAD = "# Benchmarks\n\nWritten by `make bench`. Times depend on the machine; read the ratios.\n"


def machine() -> str:
    """Describe the machine and its load in one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    python, load = platform.python_version(), os.getloadavg()[2]
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {python},"
        f" load average {load:.1f}"
    )


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table whose first column is text, the others numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def write(chapter: str, lines: list[str]) -> None:
    """Replace a chapter of the report, or append it; the others stay as they are."""
    text = REPORT.read_text(encoding="utf-8") if REPORT.exists() else HEAD
    body = "\n".join(lines).strip()
    new = f"## {chapter}\n\nRun on {datetime.now(UTC):%Y-%m-%d}: {machine()}.\n\n{body}\n"
    old = re.compile(rf"^## {re.escape(chapter)}\n.*?(?=^## |\Z)", re.M | re.S)
    if not old.search(text):
        text = f"{text.rstrip()}\n\n## {chapter}\n"
    REPORT.write_text(old.sub(lambda _: f"{new}\n", text).rstrip() + "\n", encoding="utf-8")
