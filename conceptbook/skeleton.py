"""The text a new page starts from: valid but for the words that only its author can write."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .settings import SectionRule, StructureRule

HEAD = """---
summary: {summary}
tags: [{tags}]
aliases: [{alias}]
related:
{related}
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
EXPERIMENT = """
**Prediction.** Write what you expect, and why, before the code.

```{{code-cell}} ipython3
from myst_nb import glue

measured = sum(range(10))  # replace by the experiment
glue("{glue}", measured, display=False)
assert measured == 45, "say the claim in words"
```

### What this does not show

Name the scope, the scale and the assumptions, and what would change the result.
"""
PROBE = """
:::{{probe}} What does the interviewer ask next ({number})?
:level: {level}

The full answer.
:::
"""


def skeleton(
    structure: StructureRule,
    *,
    slug: str,
    title: str,
    definition: str,
    tags: Sequence[str],
    evidence: str,
    related: Sequence[str],
) -> str:
    """Return the source of a page that follows ``structure`` and passes the book's checks."""
    glue = slug.replace("-", "_") + "_result"
    head = HEAD.format(
        summary=json.dumps(definition, ensure_ascii=False),  # quoted: it may hold a colon
        tags=", ".join(tags),
        alias=json.dumps(title, ensure_ascii=False),
        related="\n".join(f"  {name}: say why one would go there" for name in related),
        evidence=evidence,
        title=title,
        definition=definition,
        opening=structure.opening,
        words=structure.opening_words,
        glue=glue,
    )
    return head + "".join(_section(rule, glue) for rule in structure.sections)


def _section(rule: SectionRule, glue: str) -> str:
    text = f"\n## {rule.title}\n"
    if rule.title == "See it run":
        return text + EXPERIMENT.format(glue=glue)
    if rule.table_rows:
        rows = "".join(f"| Row {row} | why | evidence |\n" for row in range(1, rule.table_rows + 1))
        text += f"\n| What | Why | Evidence |\n|---|---|---|\n{rows}"
    for number in range(1, rule.probes + 1):
        level = "L6" if number > rule.probes - rule.staff_probes else "L5"
        text += PROBE.format(number=number, level=level)
    for number in range(1, rule.subsections + 1):
        text += f"\n### Part {number}\n\nWrite here.\n"
    if not (rule.table_rows or rule.probes or rule.subsections):
        text += "\nWrite here.\n"
    return text
