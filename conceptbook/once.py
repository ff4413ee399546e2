"""What Sphinx and its extensions find out at each build, found out once a process.

A preview builds after each save: https://jinja.palletsprojects.com/en/stable/api/#bytecode-cache
for templates; and pybtex looks for its plugins among all installed packages, at each citation.
"""

from __future__ import annotations

from functools import cache

import pybtex.plugin
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sphinx.application import Sphinx


class _Memory(BytecodeCache):
    """Compiled templates by name and text; on disk they would outlive the Sphinx they are for."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with the template that it is for, if that is here."""
        compiled = self._compiled.get((bucket.key, bucket.checksum))
        if compiled:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the template of a bucket."""
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_memory = _Memory()
_entry_points = cache(pybtex.plugin.entry_points)


def use(app: Sphinx) -> None:
    """Let the builder, if it has templates, take compiled ones from memory."""
    if app.builder.format == "html":
        app.builder.templates.environment.bytecode_cache = _memory


def setup(app: Sphinx) -> None:
    """Let pybtex remember its plugins, and register the handler."""
    pybtex.plugin.entry_points = _entry_points
    app.connect("builder-inited", use)
