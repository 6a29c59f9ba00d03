"""`sample`: clusters from weights, and the poster's regeneration test on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.clusters.cut import cut_clusters
from zeoloom.clusters.sample import denoise_clusters, open_denoiser, starting_sites
from zeoloom.clusters.statistics import Metrics, cluster_statistics, regeneration_metrics
from zeoloom.errors import InputError
from zeoloom.learn.dataset import drawing_weights
from zeoloom.report.figures import regeneration_figure
from zeoloom.report.scene import scene_of_atoms
from zeoloom.run.cluster_batches import (
    GeneratedClouds,
    Making,
    States,
    finish_clouds,
    make_clouds,
    scenes,
)
from zeoloom.run.cluster_networks import guided_network, sampler_of, weak_sha256
from zeoloom.run.cluster_requests import SampleRequest, points_of, resolved
from zeoloom.run.folder import open_run
from zeoloom.run.progress import OnNotice, OnProgress, no_notice, silent
from zeoloom.structure.records import Atoms, ClusterSet
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.learn.checkpoint import Model

REAL_CLUSTERS = 2000
"""About how many the held-out clusters are repeated to, each as often as training would draw it."""


def sample(
    request: SampleRequest,
    model: Model,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    generator: torch.Generator,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = no_notice,
) -> Metrics:
    """Make clusters and compare them with real ones of types the model never saw.

    Writes `clouds.npz`, `atoms.extxyz`, `clouds.html`, `regeneration.png`, `metrics.json`,
    `run.json`.

    Args:
        request: what is wanted.
        model: with what.
        folder: for the run.
        workers: processes at once. What is made is the same whatever their number.
        scheduler: address of a Dask scheduler, whose workers then do what processes do here.
        resume: go on with an interrupted run in the folder.
        generator: seeded by the request; its seed and their indices seed all batches.
        on_progress: called with the progress.
        on_notice: called with a line for the user.

    Returns:
        The content of `metrics.json`.
    """
    request = resolved(request, model)
    held_out = held_out_clusters(model)
    weights = {"weights": model.sha256, "weak": weak_sha256(request, model)}
    run = open_run(folder, {"verb": "sample", **weights, **request.model_dump()}, resume=resume)
    how = Making(generator.initial_seed(), workers, scheduler, on_progress, on_notice)
    made = make_clouds(run, model, request, _states, how)
    metrics = _compared(made, repeat_as_drawn(held_out, REAL_CLUSTERS), run.path)
    finish_clouds(run, model, made, metrics, workers)
    return metrics


def _states(request: SampleRequest, model: Model, n: int, generator: torch.Generator) -> States:
    """`n` clusters on their way out of noise, each about the origin."""
    n_points = points_of(request, model)
    steps = denoise_clusters(
        open_denoiser(guided_network(request, model)),
        sampler_of(request),
        n,
        n_points,
        radius=float(model.record["radius"]),
        steps=request.steps,
        generator=generator,
        device=next(model.network.parameters()).device,
        sites=starting_sites(model.config, n_points),
    )
    return ((step.x, step.x.new_zeros(n, 1, 3), step.sigma) for step in steps)


def _compared(made: GeneratedClouds, real_clusters: list[FloatArray], folder: Path) -> Metrics:
    """Figures of merit against real clusters; draws `regeneration.png`."""
    real = cluster_statistics(real_clusters)
    generated = cluster_statistics(atoms.cart_t for atoms in made.atoms)
    before = cluster_statistics(atoms.cart_t for atoms in made.atoms_before_repair)
    radius = made.clouds.radius
    regeneration_figure(
        folder / "regeneration.png",
        generated,
        real,
        radius=radius,
        gallery=scenes(made, 6),
        real_gallery=[
            scene_of_atoms("", Atoms(cart_t), cart_centres=np.zeros((1, 3)), radius=radius)
            for cart_t in real_clusters[:: max(1, len(real_clusters) // 6)]
        ],
    )
    metrics = regeneration_metrics(generated, real) | {
        f"before_repair_{key}": value
        for key, value in regeneration_metrics(before, real).items()
        if not key.startswith("real_") and key != "clusters"
    }
    return metrics | {
        "evaluations_per_cluster": made.evaluations / len(made.atoms),
        "clusters_per_second": len(made.atoms) / made.seconds,
    }


def held_out_clusters(model: Model) -> ClusterSet:
    """Clusters of the framework types that were held out when the model was trained.

    Raises:
        InputError: if none was held out, or they are not in the bundled reference.
    """
    reference = load_reference()
    names = [name for name in model.record["held_out"] if name in reference]
    if not names:
        raise InputError(
            "the model's record names no held-out framework type of the bundled reference "
            "to compare with; train with held_out above 0"
        )
    return cut_clusters(
        [reference[name] for name in names], float(model.record["radius"]), "unique"
    )


def repeat_as_drawn(clusters: ClusterSet, n: int) -> list[FloatArray]:
    """Each cluster as often as training would draw it among `n`."""
    copies = np.round(drawing_weights(clusters.names, clusters.multiplicities) * n).astype(int)
    return [cluster.cart_t for cluster, k in zip(clusters, copies, strict=True) for _ in range(k)]
