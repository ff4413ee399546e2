"""What a page costs its reader, beside the same page as the stock Jupyter Book makes it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import audit
import report
import stock
import yaml
from chromium import chromium
from playwright.sync_api import Browser
from serving import Line, serve

LISTING = ("search", "map", "practice", "mock-interview")  # what the stock book has no like of
SCORES = ("performance", "accessibility", "best-practices", "seo")


def load(browser: Browser, site: Path, name: str) -> tuple[int, int]:
    """Return compressed bytes and requests of a first visit, to this site only."""
    line = Line()
    with serve(site, line) as url:
        page = browser.new_context().new_page()
        page.goto(f"{url}/{name}.html", wait_until="load")
        page.wait_for_timeout(2000)
        page.context.close()
    return line.total, len(line.sent)


def scores(site: Path, name: str, runs: int) -> list[float]:
    """Return Lighthouse's scores (mobile), the median of some runs."""
    budgets = {"scores": SCORES, "metrics": ()}
    with serve(site) as url:
        found = [audit.values(audit.audit(f"{url}/{name}.html"), budgets) for _ in range(runs)]
    return [median(run[score] for run in found) for score in SCORES]


def main() -> None:
    """Measure the book as it is built in ``_build/html``."""
    budgets = yaml.safe_load((audit.HERE / "budgets.yml").read_text(encoding="utf-8"))
    ours = report.ROOT / "_build" / "html"
    with tempfile.TemporaryDirectory(prefix="conceptbook-bench-") as folder, chromium() as browser:
        print("the stock build of the same book ...", flush=True)
        pages = {label: name for label, name in budgets["pages"].items() if name not in LISTING}
        sites = {"ours": ours, "stock": stock.build(Path(folder), pages.values())}
        rows = []
        for label, name in pages.items():
            for maker, site in sites.items():
                size, requests = load(browser, site, name)
                numbers = [f"{size / 1000:.0f}", str(requests)]
                numbers += [f"{score:g}" for score in scores(site, name, budgets["runs"])]
                rows.append([f"{label}, {maker}", *numbers])
                print(rows[-1], flush=True)
    lines = [
        "The first visit to a page, compressed, and Lighthouse's scores of it (mobile, simulated",
        f"slow 4G, median of {budgets['runs']} runs). The stock page asks other hosts for MathJax",
        "and Thebe besides, which is not counted: the measuring machine reaches none.",
        "",
        *report.table(
            ["Page", "kB", "Requests", "Performance", "Accessibility", "Best practices", "SEO"],
            rows,
        ),
    ]
    report.write("Weight", lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
