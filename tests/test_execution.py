"""Pages run in parallel, once for each state of their code and environment, and survive kills."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from tiny import CODE, DOMAIN, TinyBook, concept_page, finish, replace, run_python

from conceptbook import environment
from conceptbook.store import Execution, Store

EPOCH = "1700000000"
EPOCH_DATE = "2023-11-14T22:13:20+00:00"
EXECUTION = Execution(
    outputs=[[]],
    date=EPOCH_DATE,
    seconds=1.5,
    cpu_seconds=2.5,
    python="3.11.7",
    versions={"numpy": "2.0"},
)


class Log:
    """A file outside of all books in which pages write that they run."""

    def __init__(self, file: Path):
        self.file = file
        self.seen = 0

    def code(self, word: str, more: str = "") -> str:
        """Return the code of a cell that logs and prints a word."""
        write = f"with open({str(self.file)!r}, 'a') as file:\n    file.write('{word}\\n')\n"
        return f"{write}{more}\nprint('{word} ran')"

    def words(self) -> list[str]:
        """Return what was logged since the last call, sorted."""
        lines = self.file.read_text().split() if self.file.exists() else []
        new, self.seen = lines[self.seen :], len(lines)
        return sorted(new)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("log") / "log.txt")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, log: Log) -> TinyBook:
    """A built book: alpha; beta and gamma, which have the same code; what they see of the world."""
    book = TinyBook(tmp_path_factory.mktemp("original"))
    book.add("alpha", concept_page("Alpha", log.code("alpha", "import yaml")))
    for title in ("Beta", "Gamma"):
        book.add(title.lower(), concept_page(title, log.code("same")))
    world = "import os\n\nfor name in ('OMP_NUM_THREADS', 'PYTHONHASHSEED', 'TZ'):\n"
    world += "    print(name, 'is', os.environ[name])\nprint('files', os.listdir())\n"
    world += "print('secrets', [name for name in os.environ if 'TOKEN' in name])\n"
    world += "import logging\n\nlog = logging.getLogger('matplotlib.font_manager')\n"
    world += "log.warning('Matplotlib is building the font cache; this may take a moment.')"
    book.add("world", concept_page("World", world))
    outcome = book.build(SOURCE_DATE_EPOCH=EPOCH, GH_TOKEN="secret")
    assert outcome.code == 0, outcome.stderr
    assert log.words() == ["alpha", "same"]
    return book


@pytest.fixture
def book(original: TinyBook, tmp_path: Path) -> TinyBook:
    """A copy of the built book, to change."""
    return original.copy(tmp_path / "book")


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def kept(book: TinyBook) -> list[Path]:
    """Return the files of the results that a book keeps."""
    return sorted((book.root / "_build" / "executed").glob("*.json"))


def result(book: TinyBook, text: str) -> Execution:
    """Return the kept result whose outputs hold a text."""
    file = next(file for file in kept(book) if text in file.read_text())
    return Execution(**json.loads(file.read_text()))


# --- What runs, and what is kept ----------------------------------------------------------------


def test_pages_run_at_once_on_all_cores(tmp_path: Path):
    """Each page waits until all have started, which never happens when they run in turn."""
    book = TinyBook(tmp_path / "book")
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    count = min(os.cpu_count() or 1, 4)
    replace(book.root / "_config.yml", "cell_timeout: 8", "cell_timeout: 80")
    for number in range(count):
        code = f"""\
import pathlib
import time

meeting = pathlib.Path({str(meeting)!r})
(meeting / "{number}").touch()
while len(list(meeting.iterdir())) < {count}:
    time.sleep(0.1)"""
        book.add(f"page{number}", concept_page(f"Page {number}", code))
    outcome = book.build()
    assert outcome.code == 0, outcome.stderr
    assert len(outcome.executed) == count


def test_an_unchanged_book_runs_nothing(book: TinyBook, log: Log):
    assert "Nothing changed" in book.build().stdout
    outcome = book.build("--all")
    assert outcome.code == 0
    assert "0 of 5 pages executed" in outcome.stdout
    assert log.words() == []


def test_an_edited_cell_runs_its_page_only(book: TinyBook, log: Log):
    book.edit("alpha", "print('alpha ran')", "print('alpha ran anew')")
    outcome = book.build()
    assert outcome.executed == [f"{DOMAIN}/alpha"]
    assert log.words() == ["alpha"]
    assert "alpha ran anew" in book.html("alpha")


def test_edits_around_the_code_run_nothing(book: TinyBook, log: Log):
    """Prose, the fields of the front matter, and the options of a cell are not code."""
    book.edit("alpha", "It is drawn", "It is painted")
    book.edit("beta", "tags: [ranking, retrieval]", "tags: [ranking, sorting]")
    options = "---\ntags: [hide-input]\nmystnb: {image: {alt: Not a figure}}\n---\n"
    book.edit("gamma", "```{code-cell} ipython3\n", f"```{{code-cell}} ipython3\n{options}")
    outcome = book.build()
    assert outcome.code == 0, outcome.stderr
    assert log.words() == []
    assert "It is painted" in book.html("alpha")
    assert "hide-input" in book.html("gamma")


def test_a_changed_lock_file_runs_all(book: TinyBook, log: Log):
    book.write("requirements.txt", "pyyaml==6\n")
    assert book.build().code == 0
    assert log.words() == ["alpha", "same"]
    book.write("requirements.txt", "pyyaml==6.0.1\n")
    assert book.build().code == 0
    assert log.words() == ["alpha", "same"]


def test_pages_with_the_same_code_share_a_run(original: TinyBook):
    assert len(kept(original)) == 3
    for slug in ("beta", "gamma"):
        assert "same ran" in original.html(slug)


@pytest.mark.parametrize("damage", [b"", b'{"outputs": [[', b'{"outputs": []}', b"\xff", b"[]"])
def test_a_damaged_result_counts_as_none(tmp_path: Path, damage: bytes):
    store = Store(tmp_path)
    store.write("key", EXECUTION)
    assert store.read("key") == EXECUTION
    (tmp_path / "key.json").write_bytes(damage)
    assert store.read("key") is None


def test_a_page_with_a_damaged_result_runs_again(book: TinyBook, log: Log):
    damaged = next(file for file in kept(book) if "alpha ran" in file.read_text())
    damaged.write_text(damaged.read_text()[:50])
    assert book.build("--all").code == 0
    assert log.words() == ["alpha"]
    assert "alpha ran" in book.html("alpha")


def test_results_unused_for_a_month_are_dropped(tmp_path: Path):
    store = Store(tmp_path)
    for key in ("used", "old", "recent"):
        store.write(key, EXECUTION)
    long_ago = time.time() - 40 * 24 * 3600
    for key in ("used", "old"):
        os.utime(tmp_path / f"{key}.json", (long_ago, long_ago))
    store.prune({"used"})
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["recent", "used"]


def test_a_failing_page_costs_the_others_nothing(tmp_path: Path, log: Log):
    """Their results are kept, and no temporary file stays behind."""
    book = TinyBook(tmp_path / "book")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    book.add("good", concept_page("Good", log.code("good")))
    book.add("bad", concept_page("Bad", log.code("bad", "1 / 0")))
    assert book.build(TMPDIR=str(scratch)).code == 1
    assert log.words() == ["bad", "good"]
    assert list(scratch.glob("conceptbook-*")) == []
    book.edit("bad", "1 / 0", "1 / 2")
    assert book.build(TMPDIR=str(scratch)).code == 0
    assert log.words() == ["bad"]


# --- Interruption -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_build_loses_no_finished_page(how: signal.Signals, tmp_path: Path, log: Log):
    book = TinyBook(tmp_path / "book")
    replace(book.root / "_config.yml", "cell_timeout: 8", "cell_timeout: 60")
    kernel, go_on = tmp_path / "kernel", tmp_path / "go-on"
    slow = f"""\
import os
import pathlib
import time

pathlib.Path({str(kernel)!r}).write_text(str(os.getpid()))
while not os.path.exists({str(go_on)!r}):
    time.sleep(0.1)"""
    book.add("fast", concept_page("Fast", log.code("fast")))
    book.add("slow", concept_page("Slow", log.code("slow", slow)))

    process = book.start()
    wait_for(lambda: kept(book) and kernel.exists() and kernel.read_text())
    process.send_signal(how)
    outcome = finish(process)
    assert outcome.code == (130 if how == signal.SIGINT else -how)
    assert "Traceback" not in outcome.stderr
    if how == signal.SIGINT:
        assert "the next build goes on from here" in outcome.stderr
    wait_for(lambda: not psutil.pid_exists(int(kernel.read_text())), seconds=10)
    assert log.words() == ["fast", "slow"]

    go_on.touch()
    outcome = book.build()
    assert outcome.code == 0, outcome.stderr
    assert outcome.executed == [f"{DOMAIN}/slow"]
    assert log.words() == ["slow"]


# --- What is told of a run ----------------------------------------------------------------------


def test_progress_line_by_line_without_a_terminal(tmp_path: Path):
    book = TinyBook(tmp_path)
    for slug in ("alpha", "beta"):
        book.add(slug, concept_page(slug, f"{CODE}\nprint('{slug}')"))
    lines = book.build().stderr.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["[1/2]", "[2/2]"]
    assert sorted(line.split()[1] for line in lines) == [f"{DOMAIN}/alpha", f"{DOMAIN}/beta"]


def test_progress_bar_on_a_terminal(tmp_path: Path):
    """How many are done, which run now, and how long it will take."""
    book = TinyBook(tmp_path)
    book.add("alpha")
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    process = run_python("-m", "conceptbook", "build", str(book.root), stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(master, 10_000):
            shown += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(master)
    assert finish(process).code == 0
    text = shown.decode()
    assert "Executing" in text
    assert "0/1" in text
    assert "1/1" in text
    assert "left], alpha" in text


def test_a_run_is_recorded(original: TinyBook):
    execution = result(original, "alpha ran")
    assert execution.date == EPOCH_DATE
    assert 0 < execution.seconds < 60
    assert 0 < execution.cpu_seconds < 60
    assert execution.versions == {"PyYAML": metadata.version("pyyaml")}


def test_a_run_has_its_date_without_a_given_one(book: TinyBook):
    book.edit("alpha", "print('alpha ran')", "print('alpha ran today')")
    before = datetime.now(UTC).replace(microsecond=0)
    assert book.build().code == 0
    date = datetime.fromisoformat(result(book, "alpha ran today").date)
    assert before <= date <= datetime.now(UTC)


def test_every_kernel_sees_the_same_world(original: TinyBook):
    """One thread, a fixed hash seed, an empty folder: results must not depend on the machine.

    Nor must success: on a new machine matplotlib makes a cache and logs so, which is no warning.
    """
    page = original.html("world")
    for line in ("OMP_NUM_THREADS is 1", "PYTHONHASHSEED is 0", "TZ is UTC", "files []"):
        assert line in page


# --- What results depend on ---------------------------------------------------------------------


def test_the_environment_is_its_lock_file(tmp_path: Path):
    before = environment.fingerprint(tmp_path)
    assert environment.fingerprint(tmp_path) == before
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    assert environment.fingerprint(tmp_path) != before


@pytest.fixture
def install(tmp_path: Path, monkeypatch) -> Callable[[str, str], None]:
    """Return what installs a package, or another version of it, where Python looks for them."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def put(name: str, version: str) -> None:
        for old in folder.glob(f"{name}-*"):
            shutil.rmtree(old)
        about = folder / f"{name}-{version}.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return put


def test_the_environment_is_what_is_really_installed(tmp_path: Path, install):
    (tmp_path / "requirements.txt").write_text("abacus==1.0\n")
    install("abacus", "1.0")
    before = environment.fingerprint(tmp_path)
    install("abacus", "0.1")  # while a preview runs, say
    assert environment.fingerprint(tmp_path) != before
    install("abacus", "1.0")
    assert environment.fingerprint(tmp_path) == before


def test_tools_beside_the_lock_file_do_not_count(tmp_path: Path, install):
    (tmp_path / "requirements.txt").write_text("pyyaml==6.0.1\n")
    before = environment.fingerprint(tmp_path)
    install("abacus", "1.0")
    assert environment.fingerprint(tmp_path) == before
    (tmp_path / "requirements.txt").unlink()  # no lock file: all count
    every = environment.fingerprint(tmp_path)
    install("abacus", "2.0")
    assert environment.fingerprint(tmp_path) != every


@pytest.mark.parametrize("name", ["matplotlibrc", "ipython/profile_default/startup/guard.py"])
def test_the_environment_is_what_kernels_are_given(tmp_path: Path, monkeypatch, name: str):
    files = tmp_path / "kernel"
    shutil.copytree(environment.KERNEL_FILES, files)
    monkeypatch.setattr(environment, "KERNEL_FILES", files)
    before = environment.fingerprint(tmp_path)
    (files / name).write_text((files / name).read_text() + "\n# changed\n")
    assert environment.fingerprint(tmp_path) != before
