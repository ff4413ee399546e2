"""The environment pages run in: what the build gives each kernel, and its fingerprint."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

KERNEL_FILES = Path(__file__).parent / "kernel"
LOCK_FILE = "requirements.txt"
SOURCE_FILE = "requirements.in"
LOCKED = re.compile(r"^([a-z0-9._-]+)==", re.MULTILINE)
# What a kernel takes over from its builder: no setting of a shell that would change its numbers,
# nothing that a page could show by accident. It is no wall: code can read its parent's variables.
INHERITED = re.compile(
    r"PATH|(DY)?LD_(FALLBACK_)?LIBRARY_PATH|LD_PRELOAD|NIX_LD\w*|PYTHONHOME|HOME|USER|LOGNAME|TMPDIR"
    r"|TE?MP|XDG_CACHE_HOME|LANG|LC_\w+|SOURCE_DATE_EPOCH"
)
# One thread a kernel: pages run side by side, and sums must not depend on the core count.
VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TZ": "UTC",
}


def kernel_variables(scratch: Path, root: Path, output_limit: int) -> dict[str, str]:
    """Return the environment of one kernel, with its own IPython folder below ``scratch``.

    The guard in that folder writes to ``scratch / "report"`` what the page does that it may
    not: reach for the network, write below the book's ``root`` or more than ``output_limit``.
    Numbers that claims compare go to ``scratch / "numbers"``.
    """
    profile = scratch / "ipython"
    shutil.copytree(KERNEL_FILES / "ipython", profile)
    runtime = scratch / "runtime"  # where a server that a page starts keeps its sockets
    runtime.mkdir(mode=0o700)
    return {
        **{name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)},
        "XDG_RUNTIME_DIR": str(runtime),
        **VARIABLES,
        "IPYTHONDIR": str(profile),
        "MATPLOTLIBRC": str(KERNEL_FILES / "matplotlibrc"),
        "CONCEPTBOOK_REPORT": str(scratch / "report"),
        "CONCEPTBOOK_NUMBERS": str(scratch / "numbers"),
        "CONCEPTBOOK_SOURCES": str(root.resolve()),
        "CONCEPTBOOK_OUTPUT_LIMIT": str(output_limit),
    }


def fingerprint(root: Path) -> str:
    """Digest all that can change a page's numbers apart from its code.

    The lock file, the packages really installed (data packages among them), the
    interpreter, the processor's kind, and what the build gives the kernel.
    """
    digest = hashlib.sha256()
    lock = root / LOCK_FILE
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    installed = _installed(tuple(_state(Path(folder)) for folder in dict.fromkeys(sys.path)))
    # Tools beside the locked packages (test runners, say) change no page.
    names = set(LOCKED.findall(text.lower())) & set(installed) if text else set(installed)
    parts = [text, *sorted(f"{name}=={installed[name]}" for name in names)]
    parts += [platform.python_version(), platform.machine(), sys.platform, repr(VARIABLES)]
    for file in sorted(KERNEL_FILES.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            parts.append(file.read_text(encoding="utf-8"))
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _state(folder: Path) -> tuple[Path, int]:
    """Return a folder of packages with what changes when one is installed in it."""
    return folder, folder.stat().st_mtime_ns if folder.exists() else 0


@lru_cache(maxsize=1)
def _installed(_: tuple[tuple[Path, int], ...]) -> dict[str, str]:
    """Return the version of each distribution found in folders that are as given."""
    about = [distribution.metadata for distribution in metadata.distributions()]
    return {each["Name"].lower(): each["Version"] for each in about}


@cache
def _providers() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


def versions(modules: list[str]) -> dict[str, str]:
    """Return the installed version of each distribution that provides one of the modules."""
    providers = _providers()
    names = {provider for module in modules for provider in providers.get(module, ())}
    return {name: metadata.version(name) for name in sorted(names, key=str.lower)}


def requirements(root: Path, modules: list[str]) -> dict[str, str]:
    """Return what to install for each module, as pip reads it: name, extras, installed version.

    Modules of the standard library are left out; extras are those that ``requirements.in`` names.
    """
    file = root / SOURCE_FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    asked = [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
    extras = {canonicalize_name(wish.name): ",".join(sorted(wish.extras)) for wish in asked}
    providers = _providers()
    found = {}
    for module in modules:
        for name in providers.get(module, ())[:1]:
            extra = extras.get(canonicalize_name(name))
            found[module] = f"{name}{f'[{extra}]' if extra else ''}=={metadata.version(name)}"
    return found
