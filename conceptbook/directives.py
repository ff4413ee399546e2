"""What pages write beyond stock MyST: the ``probe`` directive and the ``concept`` role."""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from . import run
from .structure import LEVELS, probe_id


class probe(nodes.General, nodes.Element):
    """A probe: its ``probe_question``, then the answer's blocks."""


class probe_question(nodes.General, nodes.TextElement):
    """The question of a probe, with its level."""


def visit_probe(self, node: probe) -> None:
    self.body.append(self.starttag(node, "details"))


def depart_probe(self, node: probe) -> None:
    self.body.append("</div></details>\n")


def visit_probe_question(self, node: probe_question) -> None:
    level = f'<span class="probe-level">{node["level"]}</span> '
    self.body.append(f"<summary>{level}<span>")


def depart_probe_question(self, node: probe_question) -> None:
    self.body.append('</span></summary>\n<div class="probe-answer">\n')


def _level(value: str) -> str:
    if value not in LEVELS:
        raise ValueError(f"use one of {', '.join(LEVELS)}")
    return value


class ProbeDirective(SphinxDirective):
    """An interviewer's follow-up with its answer folded away.

    ``:::{probe} Question?`` with ``:level:`` L4, L5 or L6; the body is the full answer. A question
    that is reworded keeps its anchor with ``:id:``.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"level": _level, "id": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        level = self.options.get("level", LEVELS[0])
        identifier = probe_id(self.options.get("id") or self.arguments[0])
        fold = probe(classes=["probe", f"probe-{level.lower()}"], ids=[identifier])
        self.set_source_info(fold)
        question, messages = self.state.inline_text(self.arguments[0], self.lineno)
        fold += [probe_question("", "", *question, level=level), *messages]
        self.state.nested_parse(self.content, self.content_offset, fold)
        return [fold]


def resolve_concept(
    app: Sphinx, env: BuildEnvironment, node: nodes.Element, content: nodes.TextElement
) -> nodes.Node | None:
    """Link ``{concept}`slug``` to its page; a page that is only planned stays plain text."""
    if node.get("reftype") != "concept":
        return None
    this = run.current()
    book = this.book
    slug = node["reftarget"]
    page = book.concept(slug)
    known = page or book.planned.get(slug)
    if known is None:
        return None
    title = known.title
    text = content.astext() if node["refexplicit"] else title
    inner = nodes.inline("", text, classes=["concept"])
    # Where a page is shown among all others, they are there though Sphinx knows nothing of them.
    if page is None or (page.name not in env.all_docs and not this.contents):
        return inner
    return make_refnode(
        app.builder, node["refdoc"], page.name, "", inner, page.meta.summary or title
    )


def setup(app: Sphinx) -> None:
    """Register the directive and the role."""
    app.add_node(probe, html=(visit_probe, depart_probe))
    app.add_node(probe_question, html=(visit_probe_question, depart_probe_question))
    app.add_directive("probe", ProbeDirective)
    app.add_role("concept", XRefRole(warn_dangling=True, innernodeclass=nodes.inline))
    app.connect("missing-reference", resolve_concept)
