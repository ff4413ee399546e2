"""One kind of message for everything that can be wrong with a book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 300  # characters of a message


@dataclass(frozen=True, order=True)
class Problem:
    """Something an author must mend: where it is, what is wrong, how to mend it.

    ``path`` is relative to the folder that holds ``_config.yml``; ``line`` counts from 1.
    """

    path: str
    line: int
    message: str
    fix: str

    def __str__(self) -> str:
        message = " ".join(self.message.split())  # one line, whatever a library had to say
        if len(message) > LONGEST:
            message = message[:LONGEST].rstrip() + " …"
        return f"{self.path}:{self.line}: {message} — {self.fix}"


class BookError(Exception):
    """The book cannot be built; ``problems`` says why, one entry a mistake."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(set(problems))
        super().__init__(report(self.problems))


def report(problems: Iterable[Problem]) -> str:
    """Return all problems as text, one a line, with their count at the end."""
    lines = [str(problem) for problem in sorted(set(problems))]
    noun = "problem" if len(lines) == 1 else "problems"
    return "\n".join([*lines, f"{len(lines)} {noun}"])
