"""Every mistake an author can make ends the build with one message that says how to mend it.

All mistakes that leave a page readable go into one book, a page each, which is built once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import CODE, DOMAIN, FIGURE, Outcome, TinyBook, concept_page, replace

KERNELSPEC = "kernelspec: {display_name: Python 3, name: python3}\n"
DEFINITION = "A letter is a sign that writes a sound.\n"
PROBE = ":::{probe} Why not draw words?\n:level: L5\nThere are too many.\n:::\n\n"
STAFF = ":::{probe} How would you move a nation to new letters?\n:level: L6"
TEMPORARY = "write below tempfile.TemporaryDirectory()"


@dataclass(frozen=True)
class Mistake:
    """A good page in which ``old`` became ``new``, and what the build should say of it.

    The message is expected at the line of the spoiled page that holds the text ``at`` (line 1
    without it).
    """

    name: str
    old: str
    new: str
    at: str
    says: str
    fix: str

    @property
    def text(self) -> str:
        page = concept_page(self.name.capitalize(), FIGURE if self.old in FIGURE else CODE)
        assert page.count(self.old) == 1
        return page.replace(self.old, self.new)

    @property
    def line(self) -> int:
        assert self.text.count(self.at) == 1 or not self.at
        return self.text[: self.text.index(self.at)].count("\n") + 1


def below_definition(name: str, added: str, says: str, fix: str, at: str = "") -> Mistake:
    """Make the mistake of adding a text below the definition."""
    return Mistake(name, DEFINITION, f"{DEFINITION}\n{added}\n", at or added, says, fix)


def in_cell(name: str, code: str, says: str, fix: str, at: str = "```{code-cell}") -> Mistake:
    """Make the mistake of writing a wrong cell."""
    return Mistake(name, CODE, code, at, says, fix)


FRONT_MATTER = [
    Mistake("unknown-field", "evidence: count", "evidence: count\ntag: [ranking]",
            "tag: [ranking]", "unknown front-matter field 'tag'", "did you mean 'tags'?"),
    Mistake("missing-field", "aliases: [the letter]\n", "", "",
            "front matter lacks 'aliases'", "add for example `aliases: ["),
    Mistake("mistyped-field", "tags: [ranking, retrieval]", "tags: ranking, retrieval",
            "tags: ranking", "'tags' must be a list that is not empty, found str",
            "write for example `tags: ["),
    Mistake("empty-field", "aliases: [the letter]", "aliases: []", "aliases: []",
            "'aliases' must be a list that is not empty", "write for example"),
    Mistake("mistyped-item", "aliases: [the letter]", "aliases: [the letter, 7]", "aliases:",
            "'aliases' holds 7, which is not text", "write for example"),
    Mistake("mistyped-reason", "psi: comes later", "psi: ", "related:",
            "'related' holds None, which is not text", "write for example"),
    Mistake("unknown-tag", "[ranking, retrieval]", "[rankings, retrieval]", "tags:",
            "unknown tag 'rankings'", "did you mean 'ranking'?"),
    Mistake("unknown-evidence", "evidence: count", "evidence: opinion", "evidence:",
            "unknown evidence kind 'opinion'", "use one of count"),
    Mistake("long-summary", "is a letter.\n", f"is {'a long ' * 40}letter.\n", "summary:",
            "characters, at most 200", "one shorter sentence"),
    Mistake("unknown-related", "{psi: comes later", "{omega: comes last", "related:",
            "related page 'omega' does not exist", "name a page of the book"),
    Mistake("related-to-itself", "{psi: comes later", "{related-to-itself: is here", "related:",
            "the page is related to itself", "name another page"),
    Mistake("no-kernelspec", KERNELSPEC, "", "", "no kernelspec", "add `kernelspec: {"),
    Mistake("unknown-kernel", "name: python3", "name: ir", "kernelspec:",
            "unknown kernel 'ir'", "add `kernelspec: {"),
    Mistake("no-jupytext", "format_name: myst", "format_name: percent", "jupytext:",
            "not declared as a MyST notebook", "add `jupytext: {"),
]  # fmt: skip

STRUCTURE = [
    Mistake("missing-section", "## In production\n\nTwenty-six of them, one byte each.\n\n", "",
            "## In the interview", "missing section 'In production'", "add '## In production'"),
    Mistake("missing-last-section", "## Go deeper\n\n- {cite}`knuth1998` says more.\n", "",
            "Write a book.", "missing section 'Go deeper'", "add '## Go deeper'"),
    Mistake("renamed-section", "## Trade-offs", "## Tradeoffs", "## Tradeoffs",
            "section 'Tradeoffs' in the place of 'Trade-offs'", "write '## Trade-offs'"),
    Mistake("unexpected-section", "## Go deeper", "## Opinions\n\nNone.\n\n## Go deeper",
            "## Opinions", "unexpected section 'Opinions'", "the order is: Why it exists ·"),
    Mistake("misordered-section", "## Why it exists\n\nSpeech is gone once spoken "
            "{cite}`knuth1998`.\n\n## How it works\n\nIt is drawn, then read, unlike "
            "{concept}`psi`.\n", "## How it works\n\nIt is drawn.\n\n## Why it exists\n\nAh.\n",
            "## Why it exists", "section 'Why it exists' comes after 'How it works'",
            "the order is: Why it exists · How it works"),
    Mistake("section-twice", "## Go deeper", "## In production\n\nMore.\n\n## Go deeper",
            "More.", "section 'In production' twice", "merge the two"),
    Mistake("no-opening", "{admonition} In sixty seconds", "{admonition} In a minute", "",
            "no 'In sixty seconds' admonition", "add ':::{admonition} In sixty seconds'"),
    Mistake("long-opening", "Letters write sounds.", "sound " * 40, ":::{admonition}",
            "'In sixty seconds' has 40 words, at most 30", "say less"),
    Mistake("four-probes", PROBE, "", "## In the interview",
            "'In the interview' has 4 probes, at least 5", "add ':::{probe} Question?'"),
    Mistake("one-staff-probe", STAFF, STAFF.replace("L6", "L5"), "## In the interview",
            "'In the interview' has 1 L6 probes, at least 2", "only staff level answers"),
    Mistake("probe-without-level", "words?\n:level: L5\n", "words?\n", ":::{probe} Why not",
            "probe without a level", "add ':level: L6' (one of L4, L5, L6)"),
    Mistake("probe-of-no-level", "words?\n:level: L5", "words?\n:level: L9", ":::{probe} Why not",
            "probe level 'L9'", "(one of L4, L5, L6)"),
    Mistake("probe-without-answer", "There are too many.\n", "", ":::{probe} Why not",
            "probe without question or answer", "write both"),
    Mistake("empty-trade-off", "| words | meaning | thousands |", "| words | | thousands |",
            "| words |", "empty cell in the table of 'Trade-offs'", "fill it in"),
    Mistake("empty-failure-mode", "| ink | eyes | sand |", "| ink | eyes | |", "| blots |",
            "empty cell in the table of 'Failure modes'", "fill it in"),
    Mistake("few-trade-offs", "| silence | peace | everything | late |\n", "", "## Trade-offs",
            "'Trade-offs' has a table of 2 rows, at least 3", "add the rows"),
    Mistake("two-exercises", "### Break it\n\nWrite it in water.\n\n", "", "## Exercises",
            "'Exercises' has 2 subsections, at least 3", "add a '###' heading"),
]  # fmt: skip

CELLS = [
    in_cell("failing-cell", "def halve(x):\n    return x / 0\n\n\nhalve(3)",
            "cell fails: ZeroDivisionError: division by zero", "mend the cell", "halve(3)"),
    in_cell("failing-library", "import json\n\njson.loads('[1,')",
            "cell fails: JSONDecodeError: Expecting value", "mend the cell", "json.loads("),
    in_cell("long-error", "raise ValueError('first line\\nlast line')",
            "cell fails: ValueError: last line", "mend the cell", "raise ValueError"),
    in_cell("failing-exit", "import sys\n\nsys.exit(3)", "cell fails: SystemExit: 3",
            "mend the cell", "sys.exit(3)"),
    in_cell("failing-claim", "x = 1\nassert x == 2", "claim fails: assert x == 2",
            "mend the claim or the code", "assert x"),
    in_cell("failing-claim-in-words", "x = 1\nassert x == 2, f'{x} is odd'",
            "claim fails: 1 is odd", "mend the claim or the code", "assert x"),
    in_cell("slow-cell", "import time\n\ntime.sleep(60)", "cell still running after 3 s",
            "make it do less"),
    in_cell("stubborn-cell", "while True:\n    try:\n        while True:\n            pass\n"
            "    except BaseException:\n        pass", "cell still running after 3 s",
            "make it do less"),
    in_cell("exiting-kernel", "import os\n\nos._exit(1)", "the kernel died", "do less"),
    in_cell("killed-kernel", "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)",
            "the kernel died while this cell ran", "ran out of memory"),
    in_cell("warning", "import warnings\n\nwarnings.warn('deprecated since 2')",
            "output to stderr: <ipython-input>", "mend what it warns of"),
    in_cell("stderr", "import sys\n\nprint('careful', file=sys.stderr)",
            "output to stderr: careful", "mend what it warns of"),
    in_cell("address", "object()", "output shows a memory address", "plt.show()"),
    in_cell("big-output", "print('x' * 2_000_000)", "output above 1 MB", "print less"),
    in_cell("endless-output", "while True:\n    print('x' * 1000)", "output above 1 MB",
            "print less"),
    in_cell("network", "import urllib.request\n\nurllib.request.urlopen('http://example.org')",
            "the page reaches for the network (example.org)", "from an installed package"),
    in_cell("network-by-address", "import socket\n\ns = socket.socket()\n"
            "s.connect(('192.0.2.1', 80))", "the page reaches for the network (192.0.2.1)",
            "from an installed package"),
    in_cell("network-in-secret", "import socket\n\ntry:\n    socket.gethostbyname('example.org')"
            "\nexcept Exception:\n    print('no luck')",
            "the page reaches for the network (example.org)", "from an installed package"),
    in_cell("file-left", "with open('left.txt', 'w') as file:\n    file.write('me')\nprint(1)",
            "the page leaves files behind: left.txt", TEMPORARY),
    in_cell("file-in-sources", "from pathlib import Path\n\nPath('SOURCES/left.txt').touch()",
            "the page leaves files behind: SOURCES/left.txt", TEMPORARY),
    in_cell("syntax-error", "x = 1\nif x\n    print(x)",
            "syntax error in a cell: expected ':'", "write plain Python", "if x"),
    in_cell("shell-command", "!pip list", "syntax error in a cell", "no '%' or '!' commands",
            "!pip"),
    in_cell("expected-exception", "---\ntags: [raises-exception]\n---\nprint(1 / 0)",
            "cell tag 'raises-exception'", "show an expected error with try/except"),
    in_cell("no-figure-alt", FIGURE.split("---\n")[-1], "figure without alt text",
            "add `mystnb: {image: {alt: what the figure shows}}`"),
    Mistake("figure-file-name", "alt: A line that rises from 1 to 4", "alt: figure-1.png",
            "```{code-cell}", "figure with a file name for alt text: 'figure-1.png'",
            "say what it shows"),
]  # fmt: skip

MARKUP = [
    Mistake("unclosed-fence", "print(answer)\n```", "print(answer)", "```{code-cell}",
            "unclosed fence ```", "close it with a line '```'"),
    Mistake("unclosed-colon-fence", "Letters write sounds.\n:::", "Letters write sounds.",
            ":::{admonition}", "unclosed fence :::", "close it with a line ':::'"),
    Mistake("second-title", "## Go deeper", "# More\n\nOf it.\n\n## Go deeper", "# More",
            "second title 'More'", "one page has one '#'"),
    Mistake("no-title", "# No-title\n", "", "", "no title", "start the page with '# Title'"),
    Mistake("level-jump", "### Break it", "#### Break it", "#### Break it",
            "heading 'Break it' jumps", "use level 3"),
    below_definition("image-without-alt", "![](dot.png)", "image without alt text", "say what"),
    below_definition("image-file-name", "![dot.png](dot.png)",
                     "image with a file name for alt text", "say what it shows"),
    below_definition("figure-without-alt", "```{figure} dot.png\n\nA dot.\n```",
                     "image without alt text", "say what it shows", "```{figure}"),
    below_definition("figure-alt-file", ":::{figure} dot.png\n:alt: dot.png\n\nA dot.\n:::",
                     "image with a file name for alt text", "say what", ":::{figure}"),
    below_definition("broken-anchor", "See [there](#nope).", "'nope'", "name a page, heading"),
    below_definition("broken-link", "See [there](nowhere.md).", "'nowhere.md'", "name a page"),
    below_definition("broken-page-anchor", "See [there](alpha.md#nope).", "'nope'",
                     "name a page, heading or label that exists"),
    below_definition("broken-ref", "See {ref}`nope`.", "undefined label: 'nope'", "name a page"),
    below_definition("broken-doc", "See {doc}`nope`.", "nope", "name a page"),
    below_definition("broken-concept", "See {concept}`nope`.", "nope", "name the slug of a page"),
    below_definition("broken-citation", "See {cite}`nope1998`.", "nope1998",
                     "add the work to book/references.bib"),
    below_definition("broken-image", "![A dot](nope.png)", "nope.png", "mend its path"),
    below_definition("broken-figure", "```{figure} nope.png\n:alt: A dot\n\nDot.\n```", "nope.png",
                     "mend its path", "```{figure}"),
    below_definition("broken-include", "```{include} nope.md\n```", "nope.md", "mend the path",
                     "```{include}"),
    below_definition("broken-glue", "It is {glue}`nope`.", "nope", "glue a value of this name"),
    below_definition("duplicate-label", "(alpha-label)=\n### Label", "alpha-label",
                     "a name of its own", "### Label"),
    below_definition("unknown-directive", ":::{warnin}\nCareful.\n:::", "'warnin'",
                     "check the directive's spelling", ":::{warnin}"),
    below_definition("unknown-role", "It is {emp}`so`.", '"emp"', "check the role's spelling"),
    below_definition("unknown-option", ":::{note}\n:clas: x\nNote.\n:::", "'clas'",
                     "check the directive's options", ":::{note}"),
]  # fmt: skip

MISTAKES = FRONT_MATTER + STRUCTURE + CELLS + MARKUP

if __name__ == "__main__":
    import tempfile, time, sys
    root = Path(tempfile.mkdtemp())/"b"
    book = TinyBook(root)
    book.add("alpha")
    book.edit("alpha", DEFINITION, DEFINITION + "\n(alpha-label)=\n### Sub\n") if 0 else None
    book.write("book/letters/dot.png", __import__("base64").b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))
    only = sys.argv[1:]
    for m in MISTAKES:
        if only and m.name not in only: continue
        book.add(m.name, m.text.replace("SOURCES", str(root/"book")))
    t=time.time()
    o = book.build()
    print(o.code, o.stdout, time.time()-t)
    print(o.stderr) if "Traceback" in o.stderr else None
    seen = set()
    for m in MISTAKES:
        if only and m.name not in only: continue
        ps = [p for p in o.problems if p.path.endswith(f"/{m.name}.md")]
        seen |= set(ps)
        ok = len(ps)==1 and ps[0].line==m.line and m.says.replace("SOURCES", str(root/"book")) in ps[0].message and m.fix in ps[0].fix
        if not ok:
            print("---", m.name, m.line, m.says)
            for p in ps: print("    ", p)
    print("others", [p for p in o.problems if p not in seen])
    print(o.stderr[-300:])
