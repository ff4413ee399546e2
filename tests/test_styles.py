"""The joined stylesheet and diagrams: what stays, what goes, what a reader is told."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from sphinx.errors import ExtensionError

from conceptbook.diagrams import draw
from conceptbook.styles import rebased, reduced, used_names, without_unused_variables

USED = frozenset({"card", "open", "top"})


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".card { color: red }", ".card{color: red}"),
        (".btn { color: red }", ""),
        (".card .btn, .card > a { top: 0 }", ".card > a{top: 0}"),
        ("#top.open{top:0}", "#top.open{top:0}"),
        ("#bottom{top:0}", ""),
        ("a:not(.btn){top:0}", "a:not(.btn){top:0}"),
        ('[data-theme="dark"] .card{top:0}', '[data-theme="dark"] .card{top:0}'),
        ("@media print { .btn{top:0} .card{top:0} }", "@media print{.card{top:0}}"),
        ("@media print { .btn{top:0} }", ""),
        ('@charset "utf-8"; p{top:0}', "p{top:0}"),
        ("/* a */ p { /* b */ top: 0 }", "p{top: 0}"),
        (".card{&.btn{top:0}}", ".card{&.btn{top:0}}"),
    ],
)
def test_a_rule_stays_when_a_page_can_meet_its_selector(css, kept):
    assert reduced(css, USED) == kept


def test_a_class_that_only_a_script_sets_is_used():
    used = used_names(['<p class="card open" id="top">'], ['node.classList.add("is-busy")'])
    assert {"card", "open", "top", "is-busy"} <= used


def test_a_sheet_that_imports_another_is_refused():
    with pytest.raises(ExtensionError, match="imports another"):
        reduced('@import "other.css";', USED)


def test_variables_that_nothing_reads_go_with_those_that_only_they_read():
    css = ":root{--a:1;--b:var(--a);--c:2}p{top:var(--c)}"
    assert without_unused_variables(css) == ":root{--c:2}p{top:var(--c)}"


def test_files_that_a_sheet_names_are_found_from_the_joined_one():
    css = 'a{src:url("../vendor/a.woff")}b{src:url(data:x)}c{src:url(x.svg)}'
    assert rebased(css, PurePosixPath("styles")) == (
        'a{src:url("vendor/a.woff")}b{src:url(data:x)}c{src:url(styles/x.svg)}'
    )


def test_a_diagram_is_named_inked_and_has_no_tooltips():
    svg = draw('digraph { a [label="Write <ahead>"]; a -> b [class="fault"] }', "A to B", "d1")
    assert svg.startswith('<svg class="figure" role="img" aria-label="A to B"')
    assert "Write &lt;ahead&gt;" in svg
    assert "currentColor" in svg
    assert 'class="edge fault"' in svg
    assert "<title>" not in svg
    assert "black" not in svg


def test_a_diagram_that_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="syntax error in line 1"):
        draw("digraph { a -> ", "A", "d1")
