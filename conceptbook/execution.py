"""Running pages: one kernel each, as many at once as there are cores.

A page that fails, hangs, dies or floods its output takes down its own kernel only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import re
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.client import CellExecutionComplete
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from . import environment, outputs
from .book import Page
from .outputs import Fault
from .problems import Problem
from .settings import Settings
from .source import Cell
from .store import Execution, Store

ANSI = re.compile(r"\x1b\[[0-9;]*m")
DEATH = (
    "the kernel died while this cell ran",
    "the process was killed or ran out of memory: make the cell do less",
)
CELL_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")


class PageFailed(Exception):
    """A page's run ended; ``faults`` says where and why."""

    def __init__(self, *faults: Fault):
        self.faults = faults
        super().__init__("; ".join(fault.message for fault in faults))


class _Client(NotebookClient):
    """A notebook client that ends a kernel whose cell writes more than ``limit`` bytes."""

    limit = 0
    written = 0

    @property
    def flooded(self) -> bool:
        return self.written > self.limit

    def process_message(self, msg: dict[str, Any], cell, cell_index: int):
        content = msg["content"]
        self.written += len(content.get("text", "")) + sum(
            len(str(data)) for data in content.get("data", {}).values()
        )
        if self.flooded:  # end it now, with all it started: later it would have filled memory
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.km.provisioner.pgid, signal.SIGKILL)
            raise CellExecutionComplete
        return super().process_message(msg, cell, cell_index)


def run_pages(
    missing: dict[str, list[Page]],
    store: Store,
    settings: Settings,
    root: Path,
    progress: Callable[[str, Page, float], None] = lambda *_: None,
) -> list[Problem]:
    """Run the code that the store does not hold, and keep what it gives.

    ``missing`` maps the key of a result to the pages that share it; ``root`` is the book, in
    which no page may write; ``progress`` is told ``"start"`` and ``"done"`` with the first of
    the pages and its seconds so far. Returns the problems of the pages that failed; their
    results are not kept.
    """
    return asyncio.run(_run_all(missing, store, settings, root, progress))


async def _run_all(missing, store, settings, root, progress) -> list[Problem]:
    free = asyncio.Semaphore(os.cpu_count() or 1)
    problems: list[Problem] = []

    async def run(key: str, pages: list[Page]) -> None:
        async with free:
            progress("start", pages[0], 0.0)
            start = time.monotonic()
            try:
                execution = await _run_page(pages[0], settings, root)
            except PageFailed as failure:
                problems.extend(fault.at(page) for fault in failure.faults for page in pages)
            else:
                store.write(key, execution)
            progress("done", pages[0], time.monotonic() - start)

    async with asyncio.TaskGroup() as group:
        for key, pages in missing.items():
            group.create_task(run(key, pages))
    return problems


async def _run_page(page: Page, settings: Settings, root: Path) -> Execution:
    """Run one page in a fresh kernel and folder; raises PageFailed."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.source) for cell in page.cells],
        metadata={"kernelspec": {"name": page.meta.kernel, "display_name": "Python 3"}},
    )
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
            variables = environment.kernel_variables(scratch, root, settings.output_limit)
            await _start_kernel(client, variables, working)
            for index in range(len(page.cells)):
                await _run_cell(client, index, page, settings, scratch)
            try:
                cpu_seconds = _cpu_seconds(client.km.provisioner.pid)
            except psutil.Error:
                raise PageFailed(Fault(len(page.cells) - 1, 0, *DEATH)) from None
        finally:
            await client._async_cleanup_kernel()
        left = _files(working) + _written(scratch, root)
        if left:
            message = f"the page leaves files behind: {', '.join(sorted(left))}"
            fix = "write below tempfile.TemporaryDirectory() and leave it before the page ends"
            raise PageFailed(Fault(len(page.cells) - 1, 0, message, fix))
        numbers = (scratch / "numbers").read_text(encoding="utf-8").splitlines()
    now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return Execution(
        outputs=[cell.outputs for cell in notebook.cells],
        date=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - start, 2),
        cpu_seconds=round(cpu_seconds, 2),
        python=platform.python_version(),
        versions=environment.versions(page.imports),
        numbers=[json.loads(line) for line in numbers],
    )


def _cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and all it started have used so far."""
    kernel = psutil.Process(pid)
    used = sum(kernel.cpu_times()[:4])  # its own and that of children which have ended
    for child in kernel.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            used += sum(child.cpu_times()[:2])
    return used


async def _start_kernel(client: _Client, variables: dict[str, str], folder: Path) -> None:
    """Start the Python that runs the build, whatever kernels are installed beside it."""
    client.create_kernel_manager()
    client.km.kernel_spec_manager.kernel_dirs = []
    try:
        await client.async_start_new_kernel(env=variables, cwd=str(folder))
        await client.async_start_new_kernel_client()
    except (RuntimeError, OSError) as error:
        fix = "build again; if it stays, reinstall the locked packages"
        raise PageFailed(Fault(0, 0, f"the kernel did not start: {error}", fix)) from None


async def _run_cell(
    client: _Client, index: int, page: Page, settings: Settings, scratch: Path
) -> None:
    """Run one cell and look at what it did; raises PageFailed with the line to mend."""
    cell = client.nb.cells[index]
    client.written = 0

    def fail(message: str, fix: str) -> PageFailed:
        return PageFailed(Fault(index, 0, message, fix))

    flood = f"output above {settings.output_limit / 1e6:g} MB", "print less, or draw a summary"
    try:
        await client.async_execute_cell(cell, index)
    except CellTimeoutError:
        message = f"cell still running after {settings.cell_timeout} s"
        raise fail(message, "make it do less, or split the page") from None
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # Ctrl-C: nbclient takes it for a dead kernel
            raise asyncio.CancelledError from None
        if client.flooded or _reported(scratch, "output"):
            raise fail(*flood) from None
        raise fail(*DEATH) from None
    except CellExecutionError:
        pass  # the outputs hold the error, and where it came from
    hosts = _reported(scratch, "network")
    if hosts:
        message = f"the page reaches for the network ({', '.join(hosts)})"
        raise fail(message, "load data from an installed package")
    if client.flooded:
        raise fail(*flood)
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    if error:
        raise PageFailed(_error_fault(index, page.cells[index], error, cell.execution_count))
    faults = list(outputs.check(index, cell.outputs))
    if faults:
        raise PageFailed(*faults)


def _error_fault(index: int, cell: Cell, error, count: int | None) -> Fault:
    """Place an error at the row of this cell that raised it or called what did."""
    frames = CELL_FRAME.findall(ANSI.sub("", "\n".join(error.traceback)))
    row = next((int(row) for number, row in frames if int(number) == count), 1)
    value = (ANSI.sub("", error.evalue).strip().splitlines() or [""])[-1]
    if error.ename == "AssertionError":
        claim = value or cell.source.splitlines()[row - 1].strip()
        fix = "the page asserts what its run does not show: mend the claim or the code"
        return Fault(index, row, f"claim fails: {claim}", fix)
    fix = "mend the cell; it must run from top to bottom in a clean kernel"
    return Fault(index, row, f"cell fails: {error.ename}: {value}", fix)


def _reported(scratch: Path, kind: str) -> list[str]:
    """Return what the guard in the kernel reported of one kind."""
    report = scratch / "report"
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return sorted({line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")})


def _written(scratch: Path, root: Path) -> list[str]:
    """Return the files of the book that the page made or changed, relative to its root."""
    paths = [Path(path) for path in _reported(scratch, "file")]
    names = [path.relative_to(root.resolve()) for path in paths if path.exists()]
    return [name.as_posix() for name in names if not (_is_cache(name) or _is_built(name))]


def _is_built(name: Path) -> bool:
    """Say whether a path is one of the build's or of the tools', not of the book."""
    return name.parts[0] == "_build" or name.parts[0].startswith(".")


def _is_cache(name: Path) -> bool:
    return "__pycache__" in name.parts


def _files(folder: Path) -> list[str]:
    """Return the files below a folder, relative to it (caches of Python aside)."""
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return [name.as_posix() for name in names if not _is_cache(name)]
