"""`reference` and `view`: what is known, and looking at files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zeoloom
from zeoloom.cli.terminal import out, say
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from zeoloom.run.file_requests import (
        AddRequest,
        ListRequest,
        RemoveRequest,
        ShowRequest,
        ViewRequest,
    )


def reference_verb() -> None:
    """What is known: IZA framework types, dense silica and silicates, and your own structures."""


def list_reference(request: ListRequest) -> None:
    """List everything that is known, with its kind and the date of its source."""
    entries = zeoloom.reference_entries(request.kind)
    out.print(zeoloom.reference_table(entries))
    out.print(f"{len(entries)} nets")


def show_reference(request: ShowRequest) -> None:
    """Show one net: kind, source, space group, cell and asymmetric unit."""
    out.print(zeoloom.reference_sheet(zeoloom.reference_entry(request.code)))


def add_reference(request: AddRequest) -> None:
    """Add structures of your own: `judge`, `solve` and `generate` then know them."""
    for net, path, notices in zeoloom.add_to_reference(request):
        for notice in notices:
            say("note", "yellow", f"{net.source}: {notice}")
        out.print(f"{net.name} -> {path}")


def remove_reference(request: RemoveRequest) -> None:
    """Take out a structure that was added."""
    out.print(f"{request.name} removed, it was in {zeoloom.remove_own_net(request.name)}")


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
