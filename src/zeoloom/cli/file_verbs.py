"""`reference` and `view`: the bundled framework types, and looking at files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zeoloom
from zeoloom.cli.terminal import out, say
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from zeoloom.run.file_requests import ShowRequest, ViewRequest


def reference_verb() -> None:
    """The bundled reference of IZA framework types."""


def list_reference() -> None:
    """List the framework types of the bundled reference."""
    out.print(zeoloom.reference_table(zeoloom.load_reference()))


def show_reference(request: ShowRequest) -> None:
    """Show one framework type: space group, cell and asymmetric unit."""
    out.print(zeoloom.framework_sheet(zeoloom.load_reference()[request.code]))


def view_verb(request: ViewRequest) -> None:
    """Show clouds, atoms or a crystal as one offline page, and as a static figure."""
    scenes = zeoloom.read_scenes(request.file, max(request.limit, request.index))
    if request.index > len(scenes):
        raise InputError(f"--index {request.index}: {request.file} holds {len(scenes)} clouds")
    for notice in dict.fromkeys(each for scene in scenes for each in scene.notices):
        say("note", "yellow", f"{request.file}: {notice}")
    if request.png is not None:
        zeoloom.scene_figure(request.png, scenes[request.index - 1])
        out.print(f"figure -> {request.png}")
    if request.output is not None or request.png is None:
        page = request.output or request.file.with_suffix(".html")
        zeoloom.write_page(page, scenes[: request.limit], request.file.stem)
        out.print(f"page -> {page}")
