"""`reference`, `cut` and `view`: what is known, clusters out of it, and looking at files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import zeoloom
from zeoloom.errors import InputError
from zeoloom.terminal import out, progress_bar, say

reference_app = typer.Typer(
    help="The bundled reference of IZA framework types.", no_args_is_help=True
)


@reference_app.command("list")
def reference_list() -> None:
    """List the framework types of the bundled reference."""
    out.print(zeoloom.reference_table(zeoloom.load_reference()))


@reference_app.command("show")
def reference_show(code: Annotated[str, typer.Argument(help="Framework type, as CHA.")]) -> None:
    """Show one framework type: space group, cell and asymmetric unit."""
    out.print(zeoloom.framework_sheet(zeoloom.load_reference()[code]))


def cut(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="CIF files and folders; the bundled reference if none is given."),
    ] = None,
    radius: Annotated[float, typer.Option(help="Å, around each T atom.")] = 7.0,
    sites: Annotated[
        str,
        typer.Option(help="Centres: primitive or conventional cell, or unique (one per orbit)."),
    ] = "primitive",
    regular: Annotated[
        bool,
        typer.Option("--regular", help="Of the reference, only regular 4-connected types."),
    ] = False,
    output: Annotated[Path, typer.Option("-o", "--output", help="Cluster file.")] = Path(
        "clusters.npz"
    ),
) -> None:
    """Cut T-only clusters around T atoms out of frameworks."""
    with progress_bar("cutting") as (progress, task):
        result = zeoloom.cut(
            sources or [],
            radius=radius,
            sites=sites,  # type: ignore[arg-type]  # cut names the choices itself
            regular=regular,
            progress=lambda name: progress.update(task, description=f"cutting {name}"),
        )
        zeoloom.save_clusters(output, result.clusters)
    for path, text in result.notices:
        say("note", "yellow", f"{path}: {text}")
    for path, reason in result.problems:
        say("skipped", "red", f"{path}: {reason}")
    sizes = result.clusters.offsets[1:] - result.clusters.offsets[:-1]
    out.print(
        f"{len(result.clusters):,} clusters of {result.frameworks} frameworks "
        f"({radius:g} Å, {sites}; {sizes.min()} to {sizes.max()} T atoms, mean {sizes.mean():.1f}) "
        f"-> {output}"
    )
    if result.problems:
        out.print(f"{len(result.problems)} files skipped, named above")


def view(
    file: Annotated[
        Path, typer.Argument(help="Clouds (.npz), atoms (.extxyz) or a crystal (.cif).")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Page; FILE.html if not given.")
    ] = None,
    png: Annotated[Path | None, typer.Option(help="Static figure too (.png, .svg, .pdf).")] = None,
    index: Annotated[int, typer.Option(min=1, help="Which cloud the static figure shows.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="Most clouds in the page.")] = 100,
) -> None:
    """Show clouds, atoms or a crystal as one offline page, and as a static figure."""
    scenes = zeoloom.read_scenes(file, max(limit, index))
    if index > len(scenes):
        raise InputError(f"--index {index}: {file} holds {len(scenes)} clouds")
    if png is not None:
        zeoloom.scene_figure(png, scenes[index - 1])
        out.print(f"figure -> {png}")
    if output is not None or png is None:
        page = output or file.with_suffix(".html")
        zeoloom.write_page(page, scenes[:limit], file.stem)
        out.print(f"page -> {page}")
