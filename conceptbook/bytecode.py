"""Templates compiled once a process, not once a build: a preview builds after each save.

https://jinja.palletsprojects.com/en/stable/api/#bytecode-cache
"""

from __future__ import annotations

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


def use(app: Sphinx) -> None:
    """Let the builder, if it has templates, take compiled ones from memory."""
    if app.builder.format == "html":
        app.builder.templates.environment.bytecode_cache = _memory


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("builder-inited", use)
