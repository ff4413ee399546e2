"""The text a new page starts from: valid but for the words that only its author can write."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from .settings import SectionRule, StructureRule

FIELDS = ("summary", "tags", "related", "evidence")  # what only an author or a plan can say
HEAD = """---
summary: {summary}
tags: {tags}
aliases: [{alias}]
related: {related}
evidence: {evidence}
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# {title}

{definition}

:::{{admonition}} {opening}
:class: sixty-seconds

Say it aloud in at most {words} words, and end in a number that this page computes:
{{glue:text}}`{glue}`.
:::
"""
WRITE = "Write here."
UNDEFINED = "Define it here, so exactly that a reader could reject a wrong example."
PREDICTION = "**Prediction.** Write what you expect, and why, before the code."
SCOPE = "Name the scope, the scale and the assumptions, and what would change the result."
ALT = "alt: Say what the figure shows, to a reader who cannot see it."
EXPERIMENT = """
{prediction}

```{{code-cell}} ipython3
from myst_nb import glue

numbers = range(10)  # replace by the experiment
measured = sum(numbers)
glue("{glue}", measured, display=False)
assert measured == 45, "say the claim in words"
```

```{{code-cell}} ipython3
---
tags: [hide-input]
mystnb:
  image:
    {alt}
---
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(numbers, [sum(numbers[: n + 1]) for n in numbers])
ax.set(xlabel="number", ylabel="sum", title="Say the finding here")
plt.show()
```

### What this does not show

{scope}
"""
# What the columns and parts of a section are called that many structures share.
COLUMNS = {
    "Trade-offs": ("Choice", "Buys", "Costs", "Choose it when", "Evidence"),
    "Failure modes": ("Symptom", "Cause", "How you detect it", "What you do, and what that costs"),
}
PARTS = {"Exercises": ("Change it", "Break it", "Design with it")}
ANSWER = "The full answer."
PROBE = """
:::{{probe}} What does the interviewer ask next ({number})?
:level: {level}

{answer}
:::
"""
# Lines that a finished page no longer holds.
LEFT_TO_WRITE = {WRITE, UNDEFINED, ANSWER, PREDICTION, SCOPE, ALT}
# Ends the line of a field that is filled in to be valid, until its author has chosen.
TO_CHOOSE = "# yours to choose"


def skeleton(
    structure: StructureRule,
    *,
    slug: str,
    title: str,
    definition: str,
    tags: Sequence[str],
    evidence: str,
    related: Sequence[str],
    chosen: Collection[str] = FIELDS,
) -> str:
    """Return the source of a page that follows ``structure`` and is built as it stands.

    ``chosen`` are the fields of the front matter that hold what is known (all unless given); the
    others are marked.
    """
    marks = {field: "" if field in chosen else f"  {TO_CHOOSE}" for field in FIELDS}
    glue = slug.replace("-", "_") + "_result"
    head = HEAD.format(
        # Quoted, since it may hold a colon.
        summary=json.dumps(definition or UNDEFINED, ensure_ascii=False) + marks["summary"],
        tags=f"[{', '.join(tags)}]{marks['tags']}",
        alias=json.dumps(title, ensure_ascii=False),
        related=marks["related"].strip() + _related(related),
        evidence=evidence + marks["evidence"],
        title=title,
        definition=definition or UNDEFINED,
        opening=structure.opening,
        words=structure.opening_words,
        glue=glue,
    )
    return head + "".join(_section(rule, glue) for rule in structure.sections)


def _related(slugs: Sequence[str]) -> str:
    return "".join(f"\n  {slug}: say why one would go there" for slug in slugs)


def _section(rule: SectionRule, glue: str) -> str:
    text = f"\n## {rule.title}\n"
    if rule.title == "See it run":
        return text + EXPERIMENT.format(glue=glue, prediction=PREDICTION, scope=SCOPE, alt=ALT)
    if rule.table_rows:
        text += "\n" + (_clock(rule.table_rows) if rule.role == "clock" else _table(rule))
    for number in range(1, rule.probes + 1):
        level = "L6" if number > rule.probes - rule.staff_probes else "L5"
        text += PROBE.format(number=number, level=level, answer=ANSWER)
    names = PARTS.get(rule.title, ())
    for number in range(rule.subsections):
        name = names[number] if number < len(names) else f"Part {number + 1}"
        text += f"\n### {name}\n\n{WRITE}\n"
    if not (rule.table_rows or rule.probes or rule.subsections):
        text += f"\n{WRITE}\n"
    return text


def _table(rule: SectionRule) -> str:
    """Return a table whose cells say what belongs there: the checks find those left empty."""
    columns = COLUMNS.get(rule.title, ("What", "Why", "Evidence"))
    return _rows(
        columns,
        ([f"{column} {row}" for column in columns] for row in range(1, rule.table_rows + 1)),
    )


def _clock(rows: int) -> str:
    """Return an interview of 45 minutes in rows that follow one another."""
    ends = [round(45 * row / rows) for row in range(rows + 1)]
    spans = [f"{start}–{end}" for start, end in pairwise(ends)]
    columns = ("Minutes", "The candidate", "The interviewer listens for")
    return _rows(columns, ([span, *(f"{c} …" for c in columns[1:])] for span in spans))


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
