"""What MkDocs calls while it builds the site (`make site`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_reference import command_pages
from drawings import from_noise, representation
from equations import style_of_equations, with_mathml
from live_report import live_report
from mkdocs.structure.files import File
from python_reference import python_pages
from repository_pages import add_pages, github_slug, with_site_links
from tutorial_notebooks import add_notebooks, with_notebook

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

REPORT = "live/report.html"
STYLE_OF_EQUATIONS = "assets/equations.css"

MADE = {
    "<!-- commands -->": command_pages,
    "<!-- python -->": python_pages,
}
"""Texts that the code gives, by what stands in their place."""

DRAWINGS = {
    "<!-- figure representation -->": representation,
    "<!-- figure from noise -->": from_noise,
}
"""Drawings, likewise."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchors as GitHub makes them."""
    config.mdx_configs["toc"]["slugify"] = github_slug
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages from outside docs/, notebooks, the start page's report, and the equations' font."""
    add_pages(files, config)
    add_notebooks(files, config)
    files.append(File.generated(config, REPORT, abs_src_path=str(live_report())))
    files.append(File.generated(config, STYLE_OF_EQUATIONS, content=style_of_equations()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """What the code gives, and links that lead to pages."""
    for mark, made in MADE.items():
        if mark in markdown:
            markdown = markdown.replace(mark, made())
    linked = with_site_links(markdown, page.file.src_uri, files, config)
    return with_notebook(linked, page.file.src_uri)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Equations as MathML, and drawings."""
    for mark, drawn in DRAWINGS.items():
        if mark in html:
            html = html.replace(mark, drawn())
    return with_mathml(html)
