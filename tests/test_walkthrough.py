"""CONTRIBUTING.md, followed to the letter on a copy of this repository; what stops a stranger."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from conftest import ROOT
from test_machine_readable import FIRST, git
from tiny import TinyBook

from conceptbook.skeleton import TO_CHOOSE

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = re.search(r"```sh\n(.*?)```", GUIDE, re.DOTALL)[1].splitlines()
PAGE = re.search(r"PAGE=(\S+)", COMMANDS[0])[1]
CLONE_NEWNET = 0x40000000  # linux/sched.h
SET_INTERFACE_FLAGS, UP = 0x8914, 1  # linux/sockios.h, linux/if.h
NOWHERE = "http://127.0.0.1:9"
PROXIES = {
    name: NOWHERE
    for scheme in ("http", "https", "all")
    for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper())
}
CHOSEN = {  # what only an author can fill in
    "summary": "A Bloom filter says that an element may be in a set, or is not.",
    "tags": "[hashing, memory]",
    "related": "",
    "evidence": "count",
}


def without_network(call: Callable[[], None]) -> None:
    """Call a function in a thread that has no network, where the system permits one.

    Elsewhere (not the superuser, or not Linux) the proxies of ``run`` must do.
    """

    def apart() -> None:
        unshare = getattr(ctypes.CDLL(None), "unshare", None)
        if unshare and unshare(CLONE_NEWNET) == 0:  # of this thread and what it starts
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
                loopback = struct.pack("16sh14x", b"lo", UP)
                fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, loopback)
        call()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(apart).result()


def start(command: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start a command as a user at a terminal would, its proxies leading nowhere."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**inherited, **PROXIES, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Ctrl-C must reach it even when the tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(command: str, folder: Path, **variables: str) -> tuple[int, str]:
    """Run a command; return its exit code and all it printed."""
    process = start(command, folder, **variables)
    printed, _ = process.communicate(timeout=900)
    return process.returncode, printed


@pytest.fixture
def clone(site: Path, tmp_path: Path) -> Path:
    """This repository as it is now, cloned; with what is installed, and results of its pages."""
    root = tmp_path / "clone"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    for name in ("requirements.txt", "tests/requirements.txt", "tests/prose/package-lock.json"):
        os.utime(root / name, (0, 0))  # older than what was installed from them
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "As it is", date=FIRST)
    (root / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "_build" / "executed", root / "_build" / "executed")
    return root


@contextlib.contextmanager
def previewed(command: str, folder: Path) -> Iterator[str]:
    """Run the preview until the block ends; yield the address that it says to open."""
    process = start(command, folder)
    try:
        for line in process.stdout:
            if "Open http" in line:
                yield re.search(r"http\S+", line)[0]
                break
        else:
            raise AssertionError("the preview ended without an address")
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert "Stopped." in rest
        assert "Traceback" not in rest
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def shown(url: str, text: str) -> str:
    """Wait until a page of the preview holds a text; return it."""
    page = ""
    for _ in range(600):
        with build_opener(ProxyHandler({})).open(url, timeout=30) as answer:
            page = answer.read().decode()
        if text in page:
            return page
        time.sleep(0.2)
    raise AssertionError(f"no {text!r} in:\n{page[:2000]}")


def test_the_guide_leads_from_nothing_to_a_tested_book(clone: Path):
    """All of its commands, in order and without a network."""
    new, preview, check, whole = COMMANDS
    title = shlex.split(new)[3].removeprefix("TITLE=")
    file = clone / "book" / f"{PAGE}.md"

    def evening() -> None:
        code, printed = run(new, clone)
        assert code == 0, printed
        assert f"- file: {PAGE}\n" in (clone / "_toc.yml").read_text("utf-8")
        with previewed(preview, clone) as url:
            assert url.endswith(f"{PAGE}.html")
            assert f"<h1>{title}" in shown(url, f"<h1>{title}")
        code, printed = run(check, clone)
        assert code != 0
        named = re.findall(rf"^book/{PAGE}\.md:\d+: '(\w+)' is still the skeleton's", printed, re.M)
        assert named == list(CHOSEN)
        assert "4 problems" in printed
        text = file.read_text("utf-8")
        for field, value in CHOSEN.items():
            open_line = rf"^{field}:.*{re.escape(TO_CHOOSE)}$"
            text, lines = re.subn(open_line, f"{field}: {value}".rstrip(), text, flags=re.M)
            assert lines == 1
        file.write_text(text, encoding="utf-8")
        code, printed = run(check, clone)
        assert code == 0, printed
        assert "no problems, same outputs twice" in printed
        assert "the skeleton's words still stand here" in printed
        code, printed = run(whole, clone, TESTS="tests/test_highlighting.py")
        assert code == 0, printed[-3000:]
        assert re.search(r"^0 of \d+ pages executed", printed, re.M)  # all results are kept
        assert re.search(r"\d+ passed", printed)

    without_network(evening)
    built = (clone / "_build" / "html" / f"{PAGE}.html").read_text("utf-8")
    assert f"<h1>{title}" in built


# --- What stops a stranger ----------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder in which nothing is installed yet."""
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def program(folder: Path, name: str, text: str) -> Path:
    """Write a program of the shell."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def said(printed: str) -> str:
    """Return the one line that a failed target says beside make's own."""
    (line,) = [line for line in printed.splitlines() if not re.match(r"make(\[\d+\])?: ", line)]
    return line


def test_a_tree_that_cannot_be_written_to_is_not_blamed_on_python(bare: Path):
    """A file is in the place of the folder: rights would not stop an administrator."""
    (bare / ".venv").write_text("not a folder")
    code, printed = run(f"make book PYTHON={sys.executable}", bare)
    assert code != 0
    assert said(printed).startswith(f"{bare}/.venv cannot be written to: ")
    assert (bare / ".venv").read_text() == "not a folder"


@pytest.mark.parametrize("python", ["bin/python3.9", "bin/nothing", ""])
def test_a_python_that_is_too_old_or_missing(bare: Path, python: str):
    program(bare, "bin/python3.9", "exit 1")  # what 3.9 says when asked whether it is 3.11 to 3.13
    code, printed = run(f"make check PYTHON={python}", bare)
    assert code != 0
    assert said(printed).startswith(f"{python or 'python3'} is not Python 3.11, 3.12 or 3.13: ")
    assert said(printed).endswith("or name it: make check PYTHON=/path/to/python3.12")
    assert not (bare / ".venv").exists()


def test_a_newer_python_is_found_beside_an_old_one(bare: Path):
    program(bare, "bin/python3", "exit 1")
    program(bare, "bin/python3.11", f'exec {sys.executable} "$@"')
    code, printed = run("make -n book | grep venv", bare, PATH=f"{bare}/bin:{os.environ['PATH']}")
    assert code == 0
    assert f"{bare}/bin/python3.11 -m venv" in printed


def test_there_is_no_git(bare: Path):
    make = shutil.which("make")
    code, printed = run(f"{make} book", bare, PATH=str(bare / "empty"))
    assert code != 0
    assert said(printed) == "git is missing: install it (Debian: apt-get install git)."


def test_the_first_installation_without_a_network(bare: Path):
    """It says how to go on, and what is half installed is not taken for whole."""
    (bare / "requirements.txt").write_text(f"nothing-of-this-name==1 --hash=sha256:{'0' * 64}\n")
    offline = {"PIP_INDEX_URL": NOWHERE, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    code, printed = run(f"make book PYTHON={sys.executable}", bare, **offline)
    assert code != 0
    assert "Traceback" not in printed
    assert "Without a network: connect and run the same command again" in printed
    assert not (bare / ".venv" / ".book").exists()


# --- The guide is true --------------------------------------------------------------------------

SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"][
    "conceptbook"
]


@pytest.mark.parametrize("structure", SETTINGS["structures"])
def test_sections_are_told_in_the_order_that_the_build_asks_for(structure: str):
    begin = {"concept": "### Sections", "design": "*Worked designs*", "behavioral": "*Behavioral"}
    told = GUIDE.partition(begin[structure])[2]
    place = 0
    for section in SETTINGS["structures"][structure]["sections"]:
        title = section if isinstance(section, str) else section["title"]
        place = " ".join(told.split()).find(title, place) + 1
        assert place, title


def test_every_evidence_kind_is_told_with_a_page_that_has_it():
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (?:`([a-z-]+)`|none yet) \|$", GUIDE, re.MULTILINE)
    assert [kind for kind, _ in rows] == list(SETTINGS["evidence"])
    texts = {file.stem: file.read_text("utf-8") for file in (ROOT / "book").glob("*/*.md")}
    for kind, slug in rows:
        having = [name for name, text in texts.items() if f"\nevidence: {kind}\n" in text]
        assert slug in having if slug else not having


def test_every_rule_has_one_sample_that_is_good_and_one_that_is_rejected():
    standard = GUIDE[GUIDE.index("### Sections") : GUIDE.index("### What is written how")]
    rules = re.split(r"^(?=\*{1,2}[A-Z])", standard, flags=re.MULTILINE)[1:]
    assert len(rules) == 11 + 2 + 10
    for rule in rules:
        marks = re.findall(r"^- ([✓✗]) ", rule, re.MULTILINE)
        assert marks == ["✓", "✗"], rule


def test_a_good_sample_of_code_is_the_books_own():
    """Shortened where an ellipsis says so."""
    pages = [file.read_text("utf-8") for file in (ROOT / "book").glob("*/*.md")]
    samples = [
        sample
        for sample in re.findall(r"^- ✓ `([^`]+)`", GUIDE, re.MULTILINE)
        if re.match(r"assert |\w+ = ", sample)
    ]
    assert len(samples) == 4
    for sample in samples:
        parts = sample.split("…")
        assert any(all(part in page for part in parts) for page in pages), sample


def test_hooks_before_a_commit_run_targets_that_build_nothing(tmp_path: Path):
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = config["repos"][0]["hooks"]
    here = "".join(f" -o {sys.prefix}/{stamp}" for stamp in (".book", ".tools", ".prose"))
    commands = [f"{hook['entry']} VENV={sys.prefix}{here}" for hook in hooks]
    tracked = git(ROOT, "ls-files").splitlines()
    for hook, command in zip(hooks, commands, strict=True):
        code, printed = run(f"{command} -n", ROOT)
        assert code == 0, printed
        assert "conceptbook build" not in printed
        assert hook.get("types") == ["python"] or any(re.search(hook["files"], f) for f in tracked)
    assert "tests/test_workflows.py" in printed  # of the last, which is too long to run here

    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    for name in ("Makefile", "pyproject.toml", ".textlintrc.yml", "cspell.config.yaml"):
        shutil.copy(ROOT / name, book.root)
    mistakes = {"code.py": "import os\n", "README.md": "# Tihs book\n"}
    for command, (name, text) in zip(commands, mistakes.items(), strict=False):
        book.write(name, text)
        code, printed = run(command, book.root, PYTHONPATH=str(ROOT))
        assert code != 0
        assert name in printed


def test_the_guide_is_read_in_ten_minutes():
    assert len(GUIDE.split()) <= 2400


def test_labels_of_issue_forms_are_those_that_are_created(tmp_path: Path):
    forms = (ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")
    named = {label for form in forms for label in yaml.safe_load(form.read_text("utf-8"))["labels"]}
    program(tmp_path, "bin/gh", f'printf "%s|" "$@" >>{tmp_path}/said; echo >>{tmp_path}/said')
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    code, printed = run("make labels", ROOT, PATH=path)
    assert code == 0, printed
    created = [line.split("|") for line in (tmp_path / "said").read_text().splitlines()]
    assert {call[2] for call in created} == named
    for call in created:
        assert call[:2] == ["label", "create"]
        assert re.fullmatch(r"[0-9a-f]{6}", call[4])
        assert "--force" in call
