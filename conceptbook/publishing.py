"""The tree that is published: every version of the book side by side, and the ways to them.

``dev/`` is the main branch, ``X.Y/`` a release, ``stable/`` the newest of these; the root leads
there. A version replaces its folder whole, and no other is touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import address, configuration, versions
from .address import DEV, RELEASE, STABLE, TAG, Address
from .build import Layout
from .problems import BookError, Problem

ROBOTS = "User-agent: *\nAllow: /\n\nSitemap: {root}{newest}/sitemap.xml\n"
LEAD_ON = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Not here</title>
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; }}
:root {{ color-scheme: light dark; }}</style>
<h1>There is no such page</h1>
<p>It may be in another version: <a href="{root}{newest}/index.html">see all pages
of the newest</a>, or <a href="{root}{newest}/search.html">search them</a>.</p>
</html>
"""


def add(tree: Path, site: Path, place: Address) -> list[str]:
    """Put a built site into the tree as the version that it was built as; return all versions.

    Raises BookError when the site was built as no version or another one.
    """
    version = place.version
    if version != DEV and not RELEASE.fullmatch(version):
        fix = f"build and publish with BOOK_VERSION={DEV}, or the X.Y of a release"
        raise BookError([Problem("_build", 1, f"'{version}' is not a version", fix)])
    built = re.search(r"theme_switcher_version_match = '([^']*)'", _text(site / "index.html"))
    if not built or built[1] != version:
        was = f"as version {built[1]}" if built else "as no version"
        fix = f"run BOOK_VERSION={version} make book"
        raise BookError([Problem("_build/html", 1, f"the site was built {was}", fix)])
    tree.mkdir(parents=True, exist_ok=True)
    _replace(site, tree / version)
    found = known(tree)
    newest = found[0]
    if newest != DEV:
        _replace(tree / newest, tree / STABLE)
    (tree / versions.LIST).write_text(json.dumps(listed(found, place), indent=1), encoding="utf-8")
    home = STABLE if newest != DEV else DEV
    values = {"root": place.root, "newest": home}
    (tree / "index.html").write_text(versions.redirect(f"{home}/index.html"), encoding="utf-8")
    (tree / "404.html").write_text(LEAD_ON.format(**values), encoding="utf-8")
    (tree / "robots.txt").write_text(ROBOTS.format(**values), encoding="utf-8")
    (tree / ".nojekyll").touch()  # folders that begin with "_" are part of the site
    return found


def publish(root: Path) -> tuple[Path, list[str]]:
    """Put the built book into the tree below ``_build``; return that and the versions it holds.

    A release that was patched since stays out of it: two tags may be built at once.
    """
    layout = Layout(root)
    place = _place(layout, dict(os.environ))
    newest = releases(root).get(place.version) if TAG.fullmatch(place.ref) else None
    if newest not in (None, place.ref):
        print(f"{place.ref} is not published: {newest} is newer", file=sys.stderr)
        return layout.tree, known(layout.tree)
    return layout.tree, add(layout.tree, layout.site, place)


def _place(layout: Layout, environ: dict[str, str]) -> Address:
    config = configuration.read(layout.config, layout.toc, layout.folder)
    return address.from_config(config["html_theme_options"], environ)


def assemble(root: Path) -> tuple[Path, list[str]]:
    """Build every release and the last commit, each by its own code, into the tree.

    Of the releases X.Y.Z the newest of each X.Y counts. Raises BookError when one fails to build.
    """
    layout = Layout(root)
    shutil.rmtree(layout.tree, ignore_errors=True)
    (layout.build / "executed").mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    for version, tag in [*releases(root).items(), (DEV, "HEAD")]:
        print(f"{version} from {tag}", file=sys.stderr, flush=True)
        folder = layout.build / "versions" / version
        with _checkout(root, tag, folder):
            (folder / "_build").mkdir(exist_ok=True)
            (folder / "_build" / "executed").symlink_to(layout.build / "executed")
            variables = {"BOOK_VERSION": version, "BOOK_REF": "" if version == DEV else tag}
            environ = {**os.environ, **variables}
            command = [sys.executable, "-m", "conceptbook", "build"]
            done = subprocess.run(command, cwd=folder, env=environ, check=False)
            if done.returncode:
                fix = "mend what is listed above, and tag again"
                raise BookError([Problem(tag, 1, f"version {version} does not build", fix)])
            found = add(layout.tree, folder / "_build" / "html", _place(layout, environ))
    return layout.tree, found


def releases(root: Path) -> dict[str, str]:
    """Return the newest tag of each release X.Y, the oldest release first."""
    command = ["git", "-C", str(root), "tag", "--list", "v*", "--sort=version:refname"]
    tags = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    matches = [match for tag in tags if (match := TAG.fullmatch(tag))]
    return {match[1]: match[0] for match in matches}  # later ones replace earlier ones


@contextmanager
def _checkout(root: Path, commit: str, folder: Path) -> Iterator[None]:
    """Lay a commit out in a folder, with its history, while the block runs."""
    git = ["git", "-C", str(root), "worktree"]
    subprocess.run([*git, "remove", "--force", str(folder)], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([*git, "prune"], check=True)
    command = [*git, "add", "--quiet", "--detach", str(folder), commit]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def known(tree: Path) -> list[str]:
    """Return the versions in the tree, the newest release first and the main branch last."""
    names = [path.name for path in tree.iterdir() if path.is_dir()]
    releases = [name for name in names if RELEASE.fullmatch(name)]
    releases.sort(key=lambda name: tuple(map(int, name.split("."))), reverse=True)
    return releases + ([DEV] if DEV in names else [])


def listed(found: list[str], place: Address) -> list[dict[str, Any]]:
    """Return the entries of the switcher; the newest release is the one that banners lead to."""
    entries = []
    for name in found:
        newest = name == found[0] and name != DEV
        entries.append(
            {
                "version": name,
                "name": f"{name} (stable)" if newest else name,
                "url": f"{place.root}{STABLE if newest else name}/",
                **({"preferred": True} if newest else {}),
            }
        )
    return entries


def _replace(source: Path, target: Path) -> None:
    """Copy a folder into the place of another, which goes only when the copy is whole."""
    fresh, old = (target.with_name(f".{target.name}.{end}") for end in ("new", "old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, fresh)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    shutil.rmtree(old, ignore_errors=True)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
