"""What a tutorial in Markdown holds, and notebooks made from it.

A page is prose with fenced blocks:

- `bash`: commands, run in the folder of the tutorial; `python`: run after one another in one
  namespace. `sh` is for what is not run, such as installing.
- `text` right after one of these: what it printed. `text varies` where another processor or other
  versions of libraries round differently, so that a search or a training goes elsewhere.
- any language with `title="NAME"`: a file of that name for the folder. `<!-- file: PATH -->` on the
  line before it: it is the file of that path in the repository.
- `<!-- from: PATH -->` on the line before a picture: where in the folder the picture comes from.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"^<!-- from: (\S+) -->\n!\[([^\]]*)\]\(([^)\s]+)\)$", re.MULTILINE)
SOURCE = re.compile(r"<!-- file: (\S+) -->\n\Z")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)\s]+\)")
RUN = ("bash", "python")


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a page, or a picture.

    Attributes:
        kind: "bash", "python", "text", "file", "picture", or "shown" for what is only read.
        text: content of a block; of a picture its place in the folder of the tutorial.
        name: of a file; of a picture its path relative to the page.
        varies: whether an output may be another elsewhere.
        source: the file of the repository that a block shows, if any.
        start, end: where it stands in the page.
        inside: where its content begins and ends.
    """

    kind: str
    text: str
    name: str
    varies: bool
    start: int
    end: int
    inside: tuple[int, int]
    source: str = ""


def parts_of(page: str) -> list[Part]:
    """The blocks and pictures of a page in order."""
    found = []
    for match in BLOCK.finditer(page):
        language, details = match[1], match[2] or ""
        title = re.search(r'title="([^"]+)"', details)
        kind = "file" if title else language if language in (*RUN, "text") else "shown"
        if kind == "text" and not (found and found[-1].kind in RUN and _near(found[-1], match)):
            kind = "shown"
        source = SOURCE.search(page[: match.start()])
        found.append(
            Part(
                kind,
                match[3],
                title[1] if title else "",
                "varies" in details.split(),
                *match.span(),
                match.span(3),
                source[1] if source else "",
            )
        )
    for match in PICTURE.finditer(page):
        if not any(part.start < match.start() < part.end for part in found):
            span = match.span()
            found.append(Part("picture", match[1], match[3], False, *span, match.span(2)))
    return sorted(found, key=lambda part: part.start)


def _near(before: Part, match: re.Match[str]) -> bool:
    """Whether a block follows another with nothing between."""
    return not match.string[before.end : match.start()].strip()


def commands_of(code: str) -> list[str]:
    """The commands of a `bash` block, those of several lines as one."""
    return [line for line in re.sub(r"\\\n\s*", "", code).splitlines() if line.strip()]


def notebook_of(path: Path) -> Any:
    """The page as a Jupyter notebook: prose, commands behind `!`, outputs and pictures inside."""
    page = path.read_text(encoding="utf-8")
    cells: list[Any] = []
    at = 0
    for part in parts_of(page):
        if part.kind == "shown":
            continue
        cells.extend(_prose(page[at : part.start]))
        at = part.end
        if part.kind == "text":
            output = nbformat.v4.new_output("stream", name="stdout", text=part.text)
            cells[-1].outputs.append(output)
        elif part.kind == "picture":
            cells.append(_picture(path.parent / part.name, page[slice(*part.inside)]))
        else:
            cells.append(nbformat.v4.new_code_cell("\n".join(_code(part)).rstrip()))
    cells.extend(_prose(page[at:]))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _code(part: Part) -> Iterator[str]:
    """Lines of a cell."""
    if part.kind == "file":
        yield f"%%writefile {part.name}"
    if part.kind == "bash":
        yield from (f"!{command}" for command in commands_of(part.text))
    else:
        yield part.text


def _prose(text: str) -> list[Any]:
    """A cell of Markdown, unless there is nothing; links into the documentation become words."""
    said = LINK.sub(r"\1", text).strip()
    return [nbformat.v4.new_markdown_cell(said)] if said else []


def _picture(path: Path, words: str) -> Any:
    """A cell that holds a picture."""
    content = base64.b64encode(path.read_bytes()).decode()
    cell = nbformat.v4.new_markdown_cell(f"![{words}](attachment:{path.name})")
    cell["attachments"] = {path.name: {"image/png": content}}
    return cell
