"""The same book as the stock Jupyter Book makes it: no extension of ours, the theme's search."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, executed: Collection[str] | None = None) -> Path:
    """Build the book below ``folder`` with the stock command; returns its folder of HTML.

    Directives that only our extension knows are taken out of the sources; everything else,
    execution included, is left to Jupyter Book. It executes one page after the other, so that a
    caller who needs the outputs of a few names them in ``executed``.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"].pop("local_extensions", None)
    for own in ("conceptbook", "templates_path"):
        config["sphinx"]["config"].pop(own, None)
    config["execute"] = {"execute_notebooks": "cache", "timeout": 300}
    if executed is not None:
        pages = (page.relative_to(ROOT / "book") for page in (ROOT / "book").rglob("*.md"))
        others = [str(page) for page in pages if str(page.with_suffix("")) not in executed]
        config["execute"]["exclude_patterns"] = others
    shutil.copytree(ROOT / "book", folder / "book")
    shutil.copy(ROOT / "_toc.yml", folder)
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for page in (folder / "book").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"^:::\{(catalogue|conceptmap)\}\n(:.*\n)*:::\n", "", text, flags=re.M)
        text = re.sub(r"^```\{graphviz\}\n(.*\n)*?```\n", "", text, flags=re.M)
        text = re.sub(r"\{probe\}.*\n(?::.*\n)*", "{dropdown} Question\n", text)
        text = re.sub(r"\{concept\}`(?:([^`<]*?) *<([^>`]*)>|([^`]*))`", r"*\1\3*", text)
        page.write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("jupyter-book")
    paths = {name: str(folder / name) for name in ("book", "_config.yml", "_toc.yml")}
    command = [str(program), "build", "-q", paths["book"], "--path-output", str(folder)]
    command += ["--config", paths["_config.yml"], "--toc", paths["_toc.yml"]]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    site = folder / "_build" / "html"
    if result.returncode or not site.exists():
        sys.exit(f"The stock build failed: {result.stderr[-2000:]}")
    return site
