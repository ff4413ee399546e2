"""The catalogue: cards and filters from records, the text a new page starts from, relations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT

from conceptbook import book as books
from conceptbook import catalogue, configuration, metadata, source, structure
from conceptbook.address import from_config
from conceptbook.relations import pairs, relations
from conceptbook.skeleton import skeleton


@pytest.fixture(scope="module")
def book() -> books.Book:
    """The records of the real book."""
    config = configuration.read(ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "book")
    return books.load(ROOT, ROOT / "book", ROOT / "_toc.yml", config)


def test_every_concept_has_one_card_written_ones_first(book):
    shown = catalogue.cards(book)
    slugs = [card.slug for card in shown]
    assert len(slugs) == len(set(slugs))
    assert set(slugs) == {page.slug for page in book.concepts} | set(book.planned)
    assert [card.written for card in shown] == sorted((c.written for c in shown), reverse=True)


def test_a_domain_shows_its_own_cards(book):
    assert {card.domain for card in catalogue.cards(book, "sql")} == {"sql"}


def test_counts_beside_the_filters_add_up(book):
    shown = catalogue.cards(book)
    filters = catalogue.filters(book, shown)
    for name in ("domain", "status"):
        assert sum(choice.count for choice in filters[name][1]) == len(shown)
    labels = [choice.label for choice in filters["domain"][1]]
    assert "SQL and databases" in labels, "a domain is called what its own page is called"


def test_a_relation_shows_on_both_pages(book):
    for page in book.concepts:
        seen = relations(book, page)
        assert len({relation.slug for relation in seen}) == len(seen)
        assert set(page.meta.related) <= {relation.slug for relation in seen}
        for relation in seen:
            other = book.concept(relation.slug)
            if other:
                assert page.slug in {back.slug for back in relations(book, other)}


def test_pairs_name_each_relation_once(book):
    found = pairs(book)
    assert len({frozenset(pair[:2]) for pair in found}) == len(found) > 0


def test_every_planned_page_starts_from_a_text_that_passes_the_checks(book):
    """What the forge's editor is filled with needs no mending before its author begins."""
    assert book.missing
    for entry in book.missing:
        rule = book.settings.structures[book.settings.domains[entry.domain]]
        text = skeleton(
            rule,
            slug=entry.slug,
            title=entry.title,
            definition=entry.definition,
            tags=entry.tags,
            evidence=entry.evidence,
            related=entry.related,
        )
        values, lines = metadata.read(text, entry.slug)
        assert metadata.is_notebook(values)
        problems = metadata.validate(values, lines, entry.slug, book.settings, True)[1]
        blocks = source.parse(text, book.extensions)
        problems += structure.check_unclosed(blocks, entry.slug)
        problems += structure.check_syntax(blocks, entry.slug)
        problems += structure.check_structure(blocks, rule, entry.slug)
        assert problems == [], entry.slug
        assert set(entry.related) <= set(book.planned), entry.slug


def test_templates_cannot_end_the_script_that_holds_them(book):
    text = catalogue.templates(book)
    assert "<" not in text
    assert set(json.loads(text)) == set(book.settings.domains)


REPOSITORY = {
    "repository_url": "https://github.com/Owner/book/",
    "repository_branch": "main",
    "path_to_docs": "book",
}


@pytest.mark.parametrize(
    ("environ", "url", "site"),
    [
        ({}, "https://github.com/Owner/book", "https://owner.github.io/book/"),
        (
            {"GITHUB_REPOSITORY": "fork/book"},
            "https://github.com/fork/book",
            "https://fork.github.io/book/",
        ),
        (
            {"GITHUB_REPOSITORY": "fork/fork.github.io"},
            "https://github.com/fork/fork.github.io",
            "https://fork.github.io/",
        ),
        ({"SITE_URL": "https://a.org/b"}, "https://github.com/Owner/book", "https://a.org/b/"),
        ({"SITE_URL": ""}, "https://github.com/Owner/book", "https://owner.github.io/book/"),
    ],
)
def test_addresses_come_from_one_place_and_a_forks_variables_win(environ, url, site):
    address = from_config(REPOSITORY, environ)
    assert (address.url, address.site) == (url, site)


def test_a_planned_page_starts_in_the_editor_of_the_forge():
    address = from_config(REPOSITORY, {})
    assert address.new_file("sql/joins") == (
        "https://github.com/Owner/book/new/main/book/sql?filename=joins.md"
    )
    assert Path(address.page("sql/joins")).name == "joins.html"
