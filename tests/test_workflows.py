"""What the forge runs: workflows that are valid and safe, and targets that do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from conftest import ROOT
from serving import serve
from test_machine_readable import FIRST, commit, git
from tiny import DOMAIN, TinyBook, concept_page, finish, make, run_python

from conceptbook import forge, links
from conceptbook.address import PUBLISHED, Address

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BIN = Path(sys.prefix) / "bin"
EPOCH = "1772323200"


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = command
    return subprocess.run(
        [BIN / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def steps(file: Path) -> list[dict]:
    jobs = yaml.safe_load(file.read_text("utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


# --- The files --------------------------------------------------------------------------------


def test_workflows_keep_their_schema():
    files = [str(file) for file in WORKFLOWS]
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("vendor.dependabot", "dependabot.yml"),
        ("vendor.github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
    ],
)
def test_what_the_forge_reads_keeps_its_schema(schema: str, pattern: str):
    files = [str(file) for file in (ROOT / ".github").glob(pattern)]
    done = tool("check-jsonschema", "--builtin-schema", schema, *files)
    assert done.returncode == 0, done.stdout


def test_the_form_that_pages_open_has_the_fields_that_they_fill():
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / forge.FORM).read_text("utf-8"))
    place = Address("https://github.com/a/b", "main", "book", "https://a.org/1.2/", "1.2")
    query = parse_qs(urlsplit(forge.report(place, "sql/b")).query)
    assert query["page"] == ["https://a.org/1.2/sql/b.html"]
    assert query["version"] == ["1.2"]
    ids = {field.get("id") for field in form["body"]}
    assert set(query) - {"template", "title"} <= ids


def test_workflows_hold_nothing_unsafe():
    done = tool("zizmor", "--offline", "--no-progress", ".github")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_and_may_write_only_where_a_job_says_so(file: Path):
    text = file.read_text("utf-8")
    for used in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+(/\w+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_step_calls_a_target_of_the_makefile(file: Path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    commands = [step["run"] for step in steps(file) if "run" in step]
    assert commands
    for command in commands:
        match = re.fullmatch(r"make ([a-z-]+)( [A-Z_]+=\S+)*", command)
        assert match, command
        assert match[1] in targets


def test_the_branch_that_is_pushed_is_the_one_that_links_lead_to():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^PUBLISHED := (\S+)$", makefile, re.MULTILINE)[1] == PUBLISHED


# --- What they call ---------------------------------------------------------------------------


def test_publishing_twice_keeps_the_other_version(tmp_path: Path):
    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    commit(book.root, FIRST)
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", book.root, remote], check=True)
    git(book.root, "remote", "add", "origin", str(remote))
    for version in ("1.0", "dev"):
        outcome = book.build(BOOK_VERSION=version)
        assert outcome.code == 0, outcome.stderr
        make(book, "publish", "-o", "book", BOOK_VERSION=version)
    published = git(remote, "ls-tree", "-r", "--name-only", "gh-pages").splitlines()
    for name in ("versions.json", "index.html", ".nojekyll", f"1.0/{DOMAIN}/alpha.html",
                 f"dev/{DOMAIN}/alpha.ipynb", f"stable/{DOMAIN}/alpha.html"):  # fmt: skip
        assert name in published
    assert git(remote, "log", "--format=%s", "gh-pages").count("Publish") == 2
    assert git(book.root, "status", "--porcelain", "--untracked-files=no") == ""
    # The clone keeps the history that pages are dated by.
    shallow = git(book.root, "rev-parse", "--is-shallow-repository")
    assert shallow.strip() == "false"
    # Another publisher's commit arrives between the fetch and the push.
    other = git(remote, "rev-parse", "gh-pages").strip()
    git(remote, "update-ref", "refs/heads/gh-pages", "gh-pages~1")
    arrive = f"git --git-dir={remote} update-ref refs/heads/gh-pages {other}"
    hook = book.root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nrm "$0" && {arrive}\n')
    hook.chmod(0o755)
    make(book, "publish", "-o", "book", BOOK_VERSION="dev")
    assert git(remote, "rev-parse", "gh-pages~1").strip() == other


def test_a_release_that_was_patched_meanwhile_is_not_published(tmp_path: Path):
    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    commit(book.root, FIRST)
    git(book.root, "tag", "v1.0.0")
    git(book.root, "tag", "v1.0.1")

    def published(tag: str) -> list[str]:
        variables = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag}
        assert book.build(**variables).code == 0
        command = ("-m", "conceptbook", "publish", str(book.root))
        done = finish(run_python(*command, **variables))
        assert done.code == 0, done.stderr
        tree = book.root / "_build" / "tree"
        return sorted(path.name for path in tree.iterdir() if path.is_dir())

    assert published("v1.0.1") == ["1.0", "stable"]
    (book.root / "_build" / "tree" / "1.0" / "patched").touch()
    assert published("v1.0.0") == ["1.0", "stable"]
    assert (book.root / "_build" / "tree" / "1.0" / "patched").exists()


def test_the_main_branch_asks_binder_for_the_commit_that_changed_its_packages(tmp_path: Path):
    book = TinyBook(tmp_path / "book")
    (book.root / "binder").mkdir()
    (book.root / "binder" / "requirements.txt").touch()
    commit(book.root, FIRST)
    changed = git(book.root, "rev-parse", "HEAD").strip()
    book.add("alpha")
    commit(book.root, FIRST)
    (book.root / "Show.mk").write_text("include Makefile\nshow:\n\t@echo $$BOOK_REF\n")
    shown = [
        make(book, "show", "-f", "Show.mk", **variables).strip()
        for variables in ({"BOOK_VERSION": "dev"}, {}, {"BOOK_VERSION": "dev", "BOOK_REF": "mine"})
    ]
    assert shown == [changed, "", "mine"]


def test_two_shards_give_the_site_of_one_run(tmp_path: Path):
    whole = TinyBook(tmp_path / "whole" / "book")
    for slug in ("alpha", "beta", "gamma"):
        whole.add(slug, concept_page(slug.capitalize(), f"print({slug!r})\nassert True"))
    ran = []
    merged = whole.copy(tmp_path / "merged" / "book")
    for part in ("1/2", "2/2"):
        shard = whole.copy(tmp_path / part.replace("/", "-") / "book")
        command = ("-m", "conceptbook", "execute", str(shard.root), "--shard", part)
        done = finish(run_python(*command, SOURCE_DATE_EPOCH=EPOCH))
        assert done.code == 0, done.stderr
        ran.append(len(done.executed))
        results = shard.root / "_build" / "executed"
        shutil.copytree(results, merged.root / "_build" / "executed", dirs_exist_ok=True)
    assert ran == [2, 1]
    assert whole.build(SOURCE_DATE_EPOCH=EPOCH).code == 0
    outcome = merged.build(SOURCE_DATE_EPOCH=EPOCH)
    assert outcome.executed == []
    for file in sorted(whole.site.rglob("*.html")):
        assert (merged.site / file.relative_to(whole.site)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("part", ["0/2", "3/2", "two", "1/"])
def test_a_shard_that_cannot_be_is_refused(tmp_path: Path, part: str):
    done = finish(run_python("-m", "conceptbook", "execute", str(tmp_path), "--shard", part))
    assert done.code == 2
    assert f"'{part}' is not a part such as 1/2" in done.stderr


def test_dead_links_are_told_where_they_are(tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "index.html").write_text("<p>Here.</p>")
    book = TinyBook(tmp_path / "book")
    book.add("alpha")
    with serve(tmp_path / "there") as url:
        book.edit("alpha", "A sign.", f"A [sign]({url}/index.html), no [mark]({url}/gone.html).")
        done = finish(run_python("-m", "conceptbook", "links", str(book.root)))
    assert done.code == 1
    (problem,) = done.problems
    assert problem.path == f"book/{DOMAIN}/alpha.md"
    assert problem.message.startswith(f"{url}/gone.html leads nowhere")


def test_a_link_that_asks_for_a_browser_is_listed_and_no_failure(
    tmp_path: Path, capsys, monkeypatch
):
    answers = {
        "read": ("working", ""),
        "closed": ("broken", "403 Client Error: Forbidden for url: https://a.org/closed"),
        "busy": ("broken", "429 Client Error: Too Many Requests for url: https://a.org/busy"),
    }

    def edition(*_: object) -> Path:
        folder = tmp_path / "staging" / "linkcheck"
        folder.mkdir(parents=True)
        found = [
            {"filename": "a.md", "lineno": 3, "status": status, "uri": name, "info": info}
            for name, (status, info) in answers.items()
        ]
        (folder / "output.json").write_text("\n".join(map(json.dumps, found)), encoding="utf-8")
        return folder

    monkeypatch.setattr(links.build, "edition", edition)
    assert links.check(tmp_path) == 1
    listed = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in listed] == [
        "book/a.md:3: closed asks for a browser",
        "book/a.md:3: busy asks for a browser",
    ]


@pytest.fixture
def gh(tmp_path: Path):
    """The forge's program, played by a script: what it was told, and the PATH that finds it.

    ``releases`` and ``issues`` are there when files of these names are.
    """
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(
        f"""#!/bin/sh
cd {program.parent}
case "$1 $2" in
"release view") test -e releases; exit ;;
"release create") touch releases ;;
"issue list") cat issues 2>/dev/null; exit ;;
"issue create") echo 7 >issues ;;
esac
echo "$@" >>said
"""
    )
    program.chmod(0o755)
    return program.parent / "said", f"{program.parent}:{os.environ['PATH']}"


def test_a_release_has_its_own_notes_and_can_be_made_again(tmp_path: Path, gh):
    said, path = gh
    book = TinyBook(tmp_path / "book")
    editions = book.root / "_build" / "editions"
    editions.mkdir(parents=True)
    (editions / "a-book.epub").write_text("an EPUB")
    (book.root / "CITATION.cff").write_text("title: A book\nversion: 1.2.0\n")
    changes = book.root / "CHANGELOG.md"
    changes.write_text("# Changelog\n\n## Unreleased\n\nLater.\n")
    with pytest.raises(AssertionError, match=r"'v1\.2\.1' is not the version of CITATION\.cff"):
        make(book, "release", "TAG=v1.2.1", PATH=path)
    with pytest.raises(AssertionError, match=r"nothing below a heading '## 1\.2\.0'"):
        make(book, "release", "TAG=v1.2.0", PATH=path)
    assert not said.exists()
    changes.write_text(f"{changes.read_text()}\n## 1.2.0 (today)\n\nNow.\n\n## 1.1.0\n\nEarlier.\n")
    for _ in range(2):
        make(book, "release", "TAG=v1.2.0", PATH=path)
    create, upload, again = said.read_text().splitlines()
    assert create.startswith("release create v1.2.0 --verify-tag")
    assert upload == again
    assert upload.startswith("release upload v1.2.0 --clobber")
    assert "_build/editions/a-book.epub" in upload
    assert "_build/editions/SHA256SUMS" in upload
    sums = (editions / "SHA256SUMS").read_text()
    assert [line.split()[1] for line in sums.splitlines()] == ["a-book.epub"]
    notes = (book.root / "_build" / "notes.md").read_text()
    assert "Now." in notes
    assert "sha256sum -c SHA256SUMS" in notes
    assert not re.search("Later|Earlier", notes)


def test_weekly_failures_are_told_in_one_issue(tmp_path: Path, gh):
    said, path = gh
    book = TinyBook(tmp_path / "book")
    for run in ("1", "2"):
        told = {"JOBS": "locked: success, links: failure", "PATH": path}
        make(book, "report", f"RUN=https://a.org/runs/{run}", **told)
    first, second = said.read_text().splitlines()
    assert first.startswith("issue create --title The weekly run failed")
    assert "links: failure" in first
    assert "https://a.org/runs/1" in first
    assert second.startswith("issue comment 7 --body")
    assert "https://a.org/runs/2" in second
