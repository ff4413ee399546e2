"""A page's launch menu: its notebook, written beside it, and where to open that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx

from . import environment, run, website
from .address import Address
from .notebooks import NotebookConverter

NOT_INSTALLED = ("myst_nb",)  # the notebook's setup stands in for it


def write_notebook(app: Sphinx, name: str) -> bool:
    """Write the notebook of a page beside its HTML; return whether the page has one."""
    site, this = website.of(app), run.current()
    execution = this.execution(name)
    if execution is None or not website.is_wanted(app):
        return False
    page = site.book.pages[name]
    modules = [module for module in page.imports if module not in NOT_INSTALLED]
    needed = environment.requirements(this.book.root, modules)
    works = app.env.get_domain("cite").bibdata.data.entries
    convert = NotebookConverter(site, page, execution, works, tuple(needed.items()))
    file = Path(app.outdir, f"{name}.ipynb")
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(convert.notebook(), file)
    return True


def services(address: Address, name: str) -> list[dict[str, str]]:
    """Return the theme's buttons for the services that open a page's notebook."""
    if not address.on_github:
        return []
    return [
        {
            "type": "link",
            "text": text,
            "tooltip": f"Open this page in {text}, to run and change it",
            "icon": f"_static/images/{icon}",
            "url": url,
        }
        for text, icon, url in (
            ("Colab", "logo_colab.png", address.colab(name)),
            ("Binder", "logo_binder.svg", address.binder(name)),
        )
    ]


def add_menu(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the launch menu before the other buttons, and the notebook into the downloads."""
    if "header_buttons" not in context or not write_notebook(app, name):
        return
    file = {
        "type": "link",
        "text": ".ipynb",
        "tooltip": "Download this page as a notebook",
        "icon": "fas fa-code",
        "url": f"{context['pathto'](name, 1)}.ipynb",
        "label": "download-notebook-button",
    }
    for group in context["header_buttons"]:
        if group.get("label") == "download-buttons":
            group["buttons"].insert(0, file)
    buttons = services(website.of(app).address, name)
    if buttons:
        group = {
            "type": "group",
            "tooltip": "Run this page",
            "icon": "fas fa-rocket",
            "buttons": buttons,
            "label": "launch-buttons",
        }
        context["header_buttons"].insert(0, group)


def setup(app: Sphinx) -> None:
    """Register the handler, after the theme's own buttons are there."""
    app.connect("html-page-context", add_menu, priority=600)
