"""Notebooks of the tutorials, made from their Markdown while the site is built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from tutorial_pages import notebook_of  # noqa: E402 - a script beside this folder

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

TUTORIALS = "tutorials/"


def add_notebooks(files: Files, config: MkDocsConfig) -> None:
    """Put a notebook of each tutorial beside its page."""
    for path in sorted((ROOT / "docs" / TUTORIALS).glob("*.md")):
        content = nbformat.writes(notebook_of(path))
        files.append(File.generated(config, f"{TUTORIALS}{path.stem}.ipynb", content=content))


def with_notebook(text: str, page: str) -> str:
    """A tutorial with a link to its notebook below the heading; other pages as they are.

    Args:
        text: of the page, Markdown.
        page: its path on the site.
    """
    if not page.startswith(TUTORIALS):
        return text
    heading, rest = text.split("\n", 1)
    name = Path(page).stem
    return f"{heading}\n\n[This page as a notebook]({name}.ipynb){{ download }}\n{rest}"
