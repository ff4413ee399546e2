"""The command line: ``python -m conceptbook build``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .problems import BookError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code (0 done, 1 problems, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="conceptbook", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="execute, check and render the book")
    command.add_argument("root", nargs="?", default=".", type=Path, help="the book's folder")
    command.add_argument("--all", action="store_true", help="read every page again")
    command.add_argument("--trace", action="store_true", help="show what Sphinx says, tracebacks")
    options = parser.parse_args(arguments)

    from .build import build  # late: Sphinx takes a second to import, --help should not

    try:
        result = build(options.root, fresh=options.all, trace=options.trace)
    except BookError as error:
        if options.trace:
            raise
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Finished pages are kept; the next build goes on from here.",
              file=sys.stderr)  # fmt: skip
        return 130
    ran = f"{result.executed} of {result.pages} pages executed, {result.seconds:.1f} s"
    print(ran if result.changed else f"Nothing changed, {result.seconds:.1f} s")
    print(f"Open {result.site / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
