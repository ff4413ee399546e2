"""``_config.yml``: Jupyter Book's configuration, but strict about keys it does not know."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jupyter_book.config import PATH_JSON_SCHEMA, PATH_YAML_DEFAULT, get_final_config

from . import settings, yamltext
from .problems import BookError, Problem

FIX = "see https://jupyterbook.org/v1/customize/config.html"
# Keys that Jupyter Book reads, though neither its schema nor its defaults name them.
UNLISTED = {"project": {}, "parse": {"myst_substitutions": {}}, "html": {"navbar_footer_text": {}}}


def read(file: Path, toc: Path, folder: Path) -> dict[str, Any]:
    """Return the Sphinx configuration that the stock command would use.

    Raises BookError for a ``_config.yml`` that is missing, malformed or against its schema.
    """
    if not file.is_file():
        fix = "run this in the book's folder, or name it: python -m conceptbook build FOLDER"
        raise BookError([Problem(file.name, 1, f"no such file in {file.parent}", fix)])
    values, lines = yamltext.read_file(file, file.name)
    problems = list(yamltext.check(values, _schema(), file.name, lines))
    if problems:
        raise BookError(problems)
    try:
        config, _ = get_final_config(
            user_yaml=file,
            cli_config={"external_toc_path": toc.as_posix(), "latex_individualpages": False},
            sourcedir=folder,
            validate=False,
        )
    except ValueError as error:  # settings that need one another
        raise BookError([Problem(file.name, 1, str(error), FIX)]) from error
    return config


@cache
def _schema() -> dict[str, Any]:
    """Return Jupyter Book's schema with every key it knows, and closed to all others."""
    schema = json.loads(PATH_JSON_SCHEMA.read_text(encoding="utf-8"))
    for known in (yaml.safe_load(PATH_YAML_DEFAULT.read_text(encoding="utf-8")), UNLISTED):
        _admit(schema, known)
    config = schema["properties"]["sphinx"]["properties"]["config"]
    config["properties"] = {settings.SECTION[-1]: settings.SCHEMA}
    return schema


def _admit(schema: dict[str, Any], known: dict[str, Any]) -> None:
    for key, value in known.items():
        entry = schema.setdefault("properties", {}).setdefault(key, {})
        if isinstance(value, dict) and value:
            _admit(entry, value)
    schema["additionalProperties"] = False
