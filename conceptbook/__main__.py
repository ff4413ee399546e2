"""The command line: build a book, make something of a built one, work on a page of it."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from .problems import BookError, Problem

COMMANDS = {
    "build": "execute, check and render the book",
    "execute": "execute the book's pages and keep their results for a build",
    "epub": "write the book for e-readers",
    "pdf": "print the built book as one document (needs what `make test` installs)",
    "zip": "pack the built book to be read as a folder of files",
    "notebooks": "pack the built book's launch notebooks",
    "text": "say what is wrong with the words of all pages, without running any",
    "links": "ask every external link of the book whether it still leads somewhere",
    "summary": "say how the results of the pages changed since CHANGED_SINCE differ",
    "publish": "put the built book into the tree of all versions, _build/tree",
    "site": "build every release and the last commit into that tree",
}
# Commands about one page; the book's folder is an option of theirs.
PAGE_COMMANDS = {
    "new": "write the skeleton of a page and list it",
    "preview": "show the book, or a page of it, in a browser and build it again on every save",
    "check": "say all that is wrong with a page, without building the others",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code (0 done, 1 problems, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="conceptbook", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        command.add_argument("root", nargs="?", default=".", type=Path, help="the book's folder")
        command.add_argument(
            "--trace", action="store_true", help="show tracebacks, and all of Sphinx"
        )
    for name, purpose in PAGE_COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        command.add_argument(
            "page",
            nargs="?" if name == "preview" else None,
            default="",
            help="domain/slug, for example system-design/bloom-filter",
        )
        command.add_argument("--root", default=".", type=Path, help="the book's folder")
        command.add_argument("--trace", action="store_true", help="show tracebacks")
    commands.choices["new"].add_argument(
        "title", nargs="?", default="", help="as readers see it (a planned page has one)"
    )
    commands.choices["build"].add_argument(
        "--all", action="store_true", help="read every page again"
    )
    commands.choices["execute"].add_argument(
        "--shard", type=_shard, default=(1, 1), metavar="K/N", help="the K-th of N parts only"
    )
    options = parser.parse_args(arguments)
    try:
        HANDLERS.get(options.command, _make_edition)(options)
    except BookError as error:
        if options.trace:
            raise
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Finished pages are kept; the next build goes on from here.",
              file=sys.stderr)  # fmt: skip
        return 130
    return 0


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    part, parts = map(int, match.groups()) if match else (0, 0)
    if not 1 <= part <= parts:
        raise argparse.ArgumentTypeError(f"'{text}' is not a part such as 1/2 or 2/2")
    return part, parts


def _execute(options: argparse.Namespace) -> None:
    from .build import execute

    print(f"{execute(options.root, options.shard)} pages executed")


def _build(options: argparse.Namespace) -> None:
    from .build import build  # late: Sphinx takes a second to import, --help should not

    result = build(options.root, fresh=options.all, trace=options.trace)
    ran = f"{result.executed} of {result.pages} pages executed, {result.seconds:.1f} s"
    print(ran if result.changed else f"Nothing changed, {result.seconds:.1f} s")
    print(f"Open {result.site / 'index.html'}")


def _check_links(options: argparse.Namespace) -> None:
    from . import links

    print(f"{links.check(options.root, options.trace)} links lead somewhere")


def _check_text(options: argparse.Namespace) -> None:
    from . import text

    print(f"{text.check(options.root)} files read, no problems")


def _create(options: argparse.Namespace) -> None:
    from . import newpage

    new = newpage.create(options.root, options.page, options.title)
    print(f"Wrote {new.path} and its line in _toc.yml. Next:")
    if new.open:
        print(f"  choose {', '.join(new.open)} at its top")
    print("  write it: CONTRIBUTING.md says what each section holds")
    print(f"  make preview PAGE={new.name} shows it in a browser as you save")
    print(f"  make check PAGE={new.name} says what is wrong with it")


def _check(options: argparse.Namespace) -> None:
    from .check import check

    report = check(options.root, options.page, options.trace)
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(
        f"{report.path}: no problems, same outputs twice, {report.words:,} words of prose, "
        f"{report.cpu_seconds:.1f} s of processor time"
    )


def _preview(options: argparse.Namespace) -> None:
    try:
        from . import preview
    except ModuleNotFoundError as error:
        fix = "start it by `make preview`, which installs it"
        raise BookError([Problem("tests/requirements.txt", 1, str(error), fix)]) from None
    preview.serve(options.root, options.page)


def _summarize(options: argparse.Namespace) -> None:
    from . import summary

    print(summary.write(options.root))


def _publish(options: argparse.Namespace) -> None:
    from . import publishing

    publish = publishing.assemble if options.command == "site" else publishing.publish
    tree, found = publish(options.root.resolve())
    print(f"{tree} holds {', '.join(found)}")


def _make_edition(options: argparse.Namespace) -> None:
    from .editions import make

    file = make.MAKERS[options.command](options.root, options.trace)
    print(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")


HANDLERS = {
    "build": _build,
    "execute": _execute,
    "links": _check_links,
    "summary": _summarize,
    "text": _check_text,
    "publish": _publish,
    "site": _publish,
    "new": _create,
    "preview": _preview,
    "check": _check,
}


if __name__ == "__main__":
    sys.exit(main())
