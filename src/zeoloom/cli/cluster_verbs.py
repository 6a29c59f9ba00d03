"""`cut`, `sample` and `join`: clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zeoloom
from zeoloom.cli.computing import device_of, generator_of
from zeoloom.cli.framework_verbs import solve_verb
from zeoloom.cli.terminal import out, print_facts, progress_bar, say, say_note
from zeoloom.run.request import in_words

if TYPE_CHECKING:
    from zeoloom.cli.program_options import FileOptions, SearchOptions, SolveOptions
    from zeoloom.run.cluster_requests import ClusterRequest, CutRequest, JoinRequest, SampleRequest


def cut_verb(request: CutRequest, options: FileOptions) -> None:
    """Cut clusters of T atoms out of frameworks."""
    with progress_bar("cutting") as (progress, task):
        result = zeoloom.cut(
            request, on_framework=lambda name: progress.update(task, description=f"cutting {name}")
        )
        zeoloom.save_clusters(options.output, result.clusters)
    for path, text in result.notices:
        say("note", "yellow", f"{path}: {text}")
    for path, reason in result.problems:
        say("skipped", "red", f"{path}: {reason}")
    sizes = result.clusters.offsets[1:] - result.clusters.offsets[:-1]
    out.print(
        f"{len(result.clusters):,} clusters of {result.frameworks} frameworks "
        f"({request.radius:g} Å, {request.sites}; {sizes.min()} to {sizes.max()} T atoms, "
        f"mean {sizes.mean():.1f}) -> {options.output}"
    )
    if result.problems:
        out.print(f"{len(result.problems)} files skipped, named above")


def sample_verb(request: SampleRequest, options: SearchOptions) -> None:
    """Generate clusters and test how well they regenerate real ones."""
    _run(zeoloom.sample, request, options)


def join_verb(request: JoinRequest, options: SolveOptions) -> None:
    """Join clusters: a central one and its neighbours; or, in a given cell, a whole crystal."""
    crystal = request.crystal
    if crystal is None:
        _run(zeoloom.join, request, options)
        return
    zeoloom.resolved(request, zeoloom.load_model(request.model, device_of(options)))  # of clusters?
    solve_verb(crystal, options)


def _run(verb: Any, request: ClusterRequest, options: SearchOptions) -> None:
    """Carry out `sample` or `join` and print its metrics."""
    model = zeoloom.load_model(request.model, device_of(options))
    asked = zeoloom.resolved(request, model)
    fewest = model.config.points[0]
    if asked.points is not None and asked.points < fewest:
        say_note(
            f"--points {asked.points}: the model {request.model} learned from clouds of "
            f"{fewest} points and more; atoms of a cluster that get no point are missing"
        )
    if options.dry_run:
        print_facts(in_words(asked))
        return
    with progress_bar("starting", request.n) as (progress, task):
        metrics = verb(
            request,
            model,
            options.output,
            generator=generator_of(request.seed),
            workers=options.workers,
            scheduler=options.scheduler,
            resume=options.resume,
            on_progress=lambda finished, _, doing: progress.update(
                task, completed=finished, description=doing or "working"
            ),
            on_notice=say_note,
        )
    out.print(zeoloom.metrics_table(metrics))
    names = ", ".join(sorted(path.name for path in options.output.iterdir()))
    out.print(f"-> {options.output}: {names}")
