"""The head of each page: what search engines, feed readers and link previews show of it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import card, feed, website
from .book import Page
from .card import Card
from .plain import plain_title
from .website import Site


def tags(site: Site, page: Page) -> list[str]:
    """Return the elements that describe a page."""
    title, summary, url = plain_title(page), page.meta.summary, site.canonical(page.name)
    picture, dates = picture_of(site, page), site.dates.get(page.name)
    properties = {
        "og:title": title,
        "og:description": summary,
        "og:type": "article" if page.concept else "website",
        "og:url": url,
        "og:site_name": site.title,
        "og:image": site.file_url(picture.path),
        "og:image:width": str(card.SIZE[0]),
        "og:image:height": str(card.SIZE[1]),
        "og:image:alt": picture.alt,
    }
    if page.concept and dates:
        properties["article:published_time"] = website.iso(dates.first)
        properties["article:modified_time"] = website.iso(dates.last)
    # Title, description and picture of a Twitter card are those of Open Graph unless given.
    named = {"description": summary, "twitter:card": "summary_large_image"}
    found = [_element("meta", name=key, content=value) for key, value in named.items() if value]
    found += [
        _element("meta", property=key, content=value) for key, value in properties.items() if value
    ]
    markdown = site.markdown_url(page.name)
    found.append(_element("link", rel="alternate", type="text/markdown", href=markdown))
    facts = _facts(site, page)
    if facts:
        # "<" would end the script, or open a comment in it.
        text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
        found.append(f'<script type="application/ld+json">{text}</script>')
    return found


def picture_of(site: Site, page: Page) -> Card:
    """Return what the picture beside a link to the page says."""
    domain = site.book.domain_title(page.domain) if page.concept else ""
    return Card(plain_title(page), page.meta.summary, domain, site.title)


def _element(kind: str, **attributes: str) -> str:
    pairs = "".join(f' {key}="{escape(value, quote=True)}"' for key, value in attributes.items())
    return f"<{kind}{pairs} />"


def _facts(site: Site, page: Page) -> dict[str, Any]:
    """Return what a page is, in the vocabulary of schema.org (nothing for an auxiliary page)."""
    if page.concept:
        graph = [_article(site, page), _trail(site, page)]
    elif page.name == site.home:
        described = {"description": site.summary} if site.summary else {}
        graph = [{**_book(site), **described, **_rights(site)}]
    else:
        return {}
    return {"@context": "https://schema.org", "@graph": graph}


def _book(site: Site) -> dict[str, Any]:
    return {"@type": "WebSite", "name": site.title, "url": site.address.lasting}


def _rights(site: Site) -> dict[str, Any]:
    author = {"@type": "Organization", "name": site.author}
    return {"author": author, "license": website.LICENSE, "inLanguage": site.language}


def _article(site: Site, page: Page) -> dict[str, Any]:
    labels = [site.book.settings.tags[tag] for tag in page.meta.tags]
    article = {
        "@type": "TechArticle",
        "headline": plain_title(page),
        "description": page.meta.summary,
        "url": site.canonical(page.name),
        "image": site.file_url(picture_of(site, page).path),
        "keywords": [*labels, *page.meta.aliases],
        **_rights(site),
        "isPartOf": _book(site),
    }
    dates = site.dates.get(page.name)
    if dates:
        article["datePublished"] = website.iso(dates.first)
        article["dateModified"] = website.iso(dates.last)
    return article


def _trail(site: Site, page: Page) -> dict[str, Any]:
    """Return the way to a page: the book, its domain if that has a page, the page."""
    steps = [(site.title, site.address.lasting)]
    index = site.book.pages.get(f"{page.domain}/index")
    if index:
        steps.append((plain_title(index), site.canonical(index.name)))
    steps.append((plain_title(page), site.canonical(page.name)))
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": url}
        for position, (name, url) in enumerate(steps, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def add_tags(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the elements into a page's head, and draw the picture that they name."""
    if not website.is_wanted(app):
        return
    site = website.of(app)
    found = []
    context["pageurl"] = site.canonical(name)  # Sphinx's template makes the canonical link of it
    if site.dates:
        attributes = {"type": "application/atom+xml", "title": site.title, "href": feed.url(site)}
        found.append(_element("link", rel="alternate", **attributes))
    page = site.book.pages.get(name)
    if page:
        found += tags(site, page)
        card.write(picture_of(site, page), Path(app.outdir))
    elif name == "search":
        found.append(_element("meta", name="description", content=f"Search {site.title}."))
    context["metatags"] = "\n    ".join([context.get("metatags") or "", *found])


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("html-page-context", add_tags)
