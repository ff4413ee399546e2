"""The book without a network: a web manifest, and a service worker that keeps every page.

The worker is Workbox's precaching with the list of the site's files; a reader's browser fetches
those whose digest changed. https://developer.chrome.com/docs/workbox/modules/workbox-precaching
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import website
from .website import Site

WORKER = "service-worker.js"
MANIFEST = "manifest.webmanifest"
ICON = re.compile(r"icon-(\d+)\.png")
# What programs read, and what no page loads.
LEFT_OUT = re.compile(
    rf"(_sources|_images/card-)|\.(md|ipynb|xml|txt|inv|json|map|buildinfo|apkg|csv)$|(^|/)(\.|{WORKER}$|{MANIFEST}$)"
)
KEPT = re.compile(r"^pagefind/")
MENTIONING = (".html", ".css", ".js", ".webmanifest")


def kept_files(site: Path) -> list[dict[str, str]]:
    """Return the files that a reader may need, each with a digest of its content.

    Those below ``_static`` count when a page, sheet or script names them: theme and extensions
    bring more than is used.
    """
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    wanted = [name for name in names if KEPT.match(name) or not LEFT_OUT.search(name)]
    texts = [
        (site / name).read_text(encoding="utf-8")
        for name in wanted
        if name.endswith(MENTIONING) and not name.startswith("pagefind/")
    ]
    # First words, then names in them: one pattern would try every part of a long word anew.
    words = set(re.findall(r"[\w.-]+", "\n".join(texts)))
    mentioned = {name[0] for word in words if (name := re.match(r".+\.\w+", word))}
    return [
        {"url": name, "revision": hashlib.sha256((site / name).read_bytes()).hexdigest()[:16]}
        for name in wanted
        if not name.startswith("_static/") or Path(name).name in mentioned
    ]


def manifest(site: Site, icons: list[str]) -> dict[str, Any]:
    """Return what a device needs to install the book; addresses are relative to the manifest.

    ``icons`` are files named ``icon-SIZE.png`` whose rim may be cut off.
    """
    return {
        "name": site.title,
        "short_name": site.title.removeprefix("The "),
        "description": site.summary,
        "lang": site.language,
        "id": ".",
        "start_url": f"{site.home}.html",
        "scope": ".",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {
                "src": f"_static/{name}",
                "sizes": "{0}x{0}".format(ICON.fullmatch(name)[1]),
                "type": "image/png",
                "purpose": purpose,
            }
            for name in icons
            for purpose in ("any", "maskable")
        ],
    }


def _icons(site: Path) -> list[str]:
    return sorted(f.name for f in (site / "_static").iterdir() if ICON.fullmatch(f.name))


def write(app: Sphinx, error: Exception | None) -> None:
    """Write manifest and worker for the finished site."""
    if error or not website.is_whole(app):
        return
    folder = Path(app.outdir)
    described = manifest(website.of(app), _icons(folder))
    (folder / MANIFEST).write_text(json.dumps(described, indent=1), encoding="utf-8")
    worker = (folder / "_static" / WORKER).read_text(encoding="utf-8")
    files = json.dumps(kept_files(folder), separators=(",", ":"))
    (folder / WORKER).write_text(worker.replace("[]", files, 1), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register what writes both, after all that writes files."""
    app.add_js_file("offline.js", loading_method="defer")
    app.connect("build-finished", write, priority=900)
