"""Pages of the site that are files outside docs/, and links between all of them.

Links in the repository are relative to the file that they stand in, so that they work where the
repository is read. Here they become links between the pages of the site; a file that is no page is
put on the site as it is.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
LAB = "dev/LAB.md"
LOG = "\n# The log\n"
"""Where the front page of the lab log ends."""

PAGES = {
    "record.md": "dev/RECORD.md",
    "lab.md": LAB,
    "lab-log.md": LAB,
    "likeness.md": "dev/LIKENESS.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
"""Pages by their source outside docs/."""

INSTEAD = {"README.md": "index.md"}
"""Pages in the place of others."""

LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]*)(#[^)\s]*)?(\))")
LIST_AFTER_TEXT = re.compile(r"^((?![-*] |\d+\. |[ |#>:<]).+\n)(?=(?:[-*]|\d+\.) )", re.MULTILINE)
OPENING = re.compile(r"^( *```\w+) +(\S.*)$", re.MULTILINE)
FENCE = re.compile(r"(^ *(?:```|~~~).*?^ *(?:```|~~~) *$)", re.MULTILINE | re.DOTALL)


def github_slug(text: str, separator: str) -> str:
    """The anchor that GitHub gives to a heading, so that links work in both places.

    Args:
        text: of the heading, without its marks.
        separator: between words.
    """
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", separator)


def add_pages(files: Files, config: MkDocsConfig) -> None:
    """Add the pages that are files outside docs/."""
    front, log = (ROOT / LAB).read_text(encoding="utf-8").split(LOG)
    parts = {"lab.md": front, "lab-log.md": LOG.lstrip() + log}
    for name, source in PAGES.items():
        text = parts.get(name) or (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))


def with_site_links(text: str, page: str, files: Files, config: MkDocsConfig) -> str:
    """A page whose links lead to pages and files of the site.

    Args:
        text: of the page, Markdown.
        page: its path on the site.
        files: all files of the site; what is linked and not among them is added.
        config: of the site.
    """
    source = PAGES.get(page, DOCS + page)

    def changed(match: re.Match[str]) -> str:
        before, path, anchor, after = match.groups()
        if ":" in path:
            return match[0]
        anchor = anchor or ""
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), path)) if path else ""
        if path and not (ROOT / there).is_file():
            return match[0]
        target = _page_of(there or source, anchor)
        if target is None:
            target = _file_of(there, files, config)
        if target == page and not path:
            return match[0]
        relative = posixpath.relpath(target, posixpath.dirname(page) or ".")
        return f"{before}{relative}{anchor}{after}"

    pieces = FENCE.split(OPENING.sub(_without_remarks, text))
    return "".join(
        piece if place % 2 else LINK.sub(changed, _with_lists(piece))
        for place, piece in enumerate(pieces)
    )


def _without_remarks(match: re.Match[str]) -> str:
    """The first line of a code block with its language and options such as title="...", no more."""
    return " ".join([match[1], *re.findall(r'\w+="[^"]*"', match[2])])


def _with_lists(text: str) -> str:
    """A list may follow a paragraph without an empty line, as where the repository is read."""
    return LIST_AFTER_TEXT.sub(r"\1\n", text)


def _page_of(source: str, anchor: str) -> str | None:
    """The page on the site of a file of the repository; None if it is no page."""
    if source == LAB:
        return "lab-log.md" if re.match(r"#20\d\d-", anchor) else "lab.md"
    if source.startswith(DOCS):
        return source.removeprefix(DOCS)
    own = {path: name for name, path in PAGES.items()} | INSTEAD
    return own.get(source)


def _file_of(source: str, files: Files, config: MkDocsConfig) -> str:
    """The path on the site of a file that is no page, put there if need be."""
    name = "files/" + source
    if name.endswith(".md"):
        raise ValueError(f"{source} is linked but is no page: name it in repository_pages.py")
    if files.get_file_from_path(name) is None:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    return name
