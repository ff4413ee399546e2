"""Running pages: one kernel each, as many at once as there are cores.

A page that fails, hangs, dies or floods its output takes down its own kernel only.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from . import environment, outputs
from .book import Page
from .problems import Problem
from .settings import Settings
from .source import Cell
from .store import Execution, Store

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CELL_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")


class PageFailed(Exception):
    """A page's run ended; ``problems`` says where and why."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class _Client(NotebookClient):
    """A notebook client that ends a kernel which writes more than ``limit`` bytes."""

    limit = 0  # bytes
    written = 0
    ending: asyncio.Future | None = None

    def process_message(self, msg: dict[str, Any], cell, cell_index: int):
        content = msg["content"]
        self.written += len(content.get("text", "")) + sum(
            len(str(data)) for data in content.get("data", {}).values()
        )
        if self.flooded:
            self.ending = self.ending or asyncio.ensure_future(self.km.shutdown_kernel(now=True))
            return None
        return super().process_message(msg, cell, cell_index)

    @property
    def flooded(self) -> bool:
        return self.written > self.limit


def run_pages(
    pages: Iterable[tuple[str, Page]],
    store: Store,
    settings: Settings,
    source_folder: Path,
    progress: Callable[[str, Page, float], None] = lambda *_: None,
) -> list[Problem]:
    """Run pages that the store does not hold, ``(key, page)`` each, and keep what they give.

    ``progress`` is told ``"start"`` and ``"done"`` with the page and its seconds so far.
    Returns the problems of the pages that failed; their results are not kept.
    """
    return asyncio.run(_run_all(list(pages), store, settings, source_folder, progress))


async def _run_all(pages, store, settings, source_folder, progress) -> list[Problem]:
    free = asyncio.Semaphore(os.cpu_count() or 1)
    problems: list[Problem] = []

    async def run(key: str, page: Page) -> None:
        async with free:
            progress("start", page, 0.0)
            start = time.monotonic()
            try:
                execution = await _run_page(page, settings, source_folder)
            except PageFailed as failure:
                problems.extend(failure.problems)
            else:
                store.write(key, execution)
            progress("done", page, time.monotonic() - start)

    async with asyncio.TaskGroup() as group:
        for key, page in pages:
            group.create_task(run(key, page))
    return problems


async def _run_page(page: Page, settings: Settings, source_folder: Path) -> Execution:
    """Run one page in a fresh kernel and folder; raises PageFailed."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.source) for cell in page.cells],
        metadata={"kernelspec": {"name": page.meta.kernel, "display_name": "Python 3"}},
    )
    before = _files(source_folder)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="conceptbook-") as folder:
        scratch = Path(folder)
        working = scratch / "work"
        working.mkdir()
        client = _Client(
            notebook,
            timeout=settings.cell_timeout,
            kernel_name=page.meta.kernel,
            resources={"metadata": {"path": str(working)}},
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
        client.limit = settings.output_limit
        try:
            client.create_kernel_manager()
            await client.async_start_new_kernel(
                env=environment.kernel_variables(scratch), cwd=str(working)
            )
            await client.async_start_new_kernel_client()
            for index, cell in enumerate(page.cells):
                await _run_cell(client, index, page, cell, settings, scratch)
        finally:
            await client._async_cleanup_kernel()
        left = sorted(_files(working)) + sorted(_files(source_folder) - before)
        if left:
            message = f"the page leaves files behind: {', '.join(left)}"
            fix = "write below tempfile.TemporaryDirectory() and leave it before the page ends"
            raise PageFailed(Problem(page.path, page.cells[-1].line, message, fix))
    now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return Execution(
        outputs=[cell.outputs for cell in notebook.cells],
        date=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - start, 2),
        python=platform.python_version(),
        versions=environment.versions(page.imports),
    )


async def _run_cell(
    client: _Client, index: int, page: Page, cell: Cell, settings: Settings, scratch: Path
) -> None:
    """Run one cell and look at what it did; raises PageFailed with the line to mend."""
    notebook_cell = client.nb.cells[index]
    client.written = 0

    def fail(line: int, message: str, fix: str) -> PageFailed:
        return PageFailed(Problem(page.path, line, message, fix))

    try:
        await client.async_execute_cell(notebook_cell, index)
    except CellTimeoutError:
        message = f"cell still running after {settings.cell_timeout} s"
        raise fail(cell.line, message, "make it do less, or split the page") from None
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # Ctrl-C: nbclient takes it for a dead kernel
            raise asyncio.CancelledError from None
        if client.flooded:
            raise _flood(page, cell, settings) from None
        fix = "the process was killed or ran out of memory: make the cell do less"
        raise fail(cell.line, "the kernel died while this cell ran", fix) from None
    except CellExecutionError:
        pass  # the outputs hold the error, and where it came from
    network = scratch / "network"
    if network.exists():
        hosts = sorted(set(network.read_text(encoding="utf-8").split()))
        message = f"the page reaches for the network ({', '.join(hosts)})"
        raise fail(cell.line, message, "load data from an installed package")
    if client.flooded:
        raise _flood(page, cell, settings)
    error = next((o for o in notebook_cell.outputs if o.output_type == "error"), None)
    if error:
        raise PageFailed(_error_problem(page, cell, error, notebook_cell.execution_count))
    problems = list(outputs.check(page.path, cell, notebook_cell.outputs))
    if problems:
        raise PageFailed(*problems)


def _flood(page: Page, cell: Cell, settings: Settings) -> PageFailed:
    message = f"output above {settings.output_limit / 1e6:g} MB"
    return PageFailed(Problem(page.path, cell.line, message, "print less, or draw a summary"))


def _error_problem(page: Page, cell: Cell, error, count: int | None) -> Problem:
    """Place an error at the line of this cell that raised it or called what did."""
    frames = CELL_FRAME.findall(ANSI.sub("", "\n".join(error.traceback)))
    line = next((int(row) for number, row in frames if int(number) == count), 1)
    where = cell.body_line + line - 1
    value = (ANSI.sub("", error.evalue).strip().splitlines() or [""])[-1]
    if error.ename == "AssertionError":
        claim = value or cell.source.splitlines()[line - 1].strip()
        fix = "the page asserts what its run does not show: mend the claim or the code"
        return Problem(page.path, where, f"claim fails: {claim}", fix)
    fix = "mend the cell; it must run from top to bottom in a clean kernel"
    return Problem(page.path, where, f"cell fails: {error.ename}: {value}", fix)


def _files(folder: Path) -> set[str]:
    """Return the files below a folder, relative to it (caches of Python aside)."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
