"""Zip files whose bytes depend on their content alone: the site, and its notebooks."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tqdm import tqdm

UNIX = 3
# A font fetched ahead is fetched as from another origin, which a browser refuses a file. It is
# found in the stylesheet all the same.
FONT_AHEAD = re.compile(rb'\s*<link rel="preload" as="font"[^>]*>')
LEFT_OUT = {".buildinfo"}  # notes of Sphinx to itself


def write(
    target: Path, files: Iterable[tuple[str, bytes]], date: datetime, stored: tuple[str, ...] = ()
) -> None:
    """Write an archive in the order of ``files``, all of one date; readers see all or nothing.

    ``stored`` names the files that are not compressed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp")
    with ZipFile(temporary, "w") as archive:
        for name, content in files:
            entry = ZipInfo(name, date_time=date.timetuple()[:6])
            entry.create_system = UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = ZIP_STORED if name in stored else ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    temporary.replace(target)


def site(folder: Path, target: Path, date: datetime) -> None:
    """Write the built site as an archive with one folder, named as the archive is."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in LEFT_OUT
    )
    bar = tqdm(names, desc=target.name, unit="file", disable=None)
    write(target, ((f"{target.stem}/{name}", _content(folder / name)) for name in bar), date)


def notebooks(folder: Path, target: Path, date: datetime) -> None:
    """Write the notebooks of the built site as an archive with one folder, named as it is."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb"))
    write(target, ((f"{target.stem}/{name}", (folder / name).read_bytes()) for name in names), date)


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    return FONT_AHEAD.sub(b"", content) if file.suffix == ".html" else content
