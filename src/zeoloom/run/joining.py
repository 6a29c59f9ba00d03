"""`join`: clusters joined to one another, and the poster's joining test on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zeoloom.clusters.join import join_sequentially, join_together, tetrahedral_centres
from zeoloom.clusters.sample import denoise_clusters, first_level, open_denoiser
from zeoloom.clusters.statistics import Metrics, joining_metrics
from zeoloom.diffusion.samplers import final
from zeoloom.report.figures import scene_figure
from zeoloom.run.cluster_batches import States, finish_clouds, make_clouds, sampler_of, scenes
from zeoloom.run.cluster_requests import JoinRequest, points_of, resolved
from zeoloom.run.folder import open_run
from zeoloom.run.progress import OnProgress, silent

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.cluster_batches import MakeClouds


def join(
    request: JoinRequest,
    model: Model,
    folder: Path,
    *,
    generator: torch.Generator,
    resume: bool = False,
    on_progress: OnProgress = silent,
) -> Metrics:
    """Join clusters and count what came out well.

    Writes `clouds.npz`, `atoms.extxyz`, `clouds.html`, `joined.png`, `metrics.json`, `run.json`.

    Arguments and result are those of `sample`.
    """
    request = resolved(request, model)
    radius = float(model.record["radius"])
    run = open_run(
        folder, {"verb": "join", "weights": model.sha256, **request.model_dump()}, resume=resume
    )
    make = _joiner(request, model, radius, generator)
    made = make_clouds(
        run,
        model.network,
        request,
        make,
        radius=radius,
        generator=generator,
        on_progress=on_progress,
    )
    centres = list(made.clouds.cart_centres)
    before = joining_metrics([atoms.cart_t for atoms in made.atoms_before_repair], centres)
    metrics = joining_metrics([atoms.cart_t for atoms in made.atoms], centres)
    metrics |= {f"before_repair_{key}": v for key, v in before.items() if key != "joined"}
    metrics |= {
        "evaluations_per_joined": made.evaluations / request.n,
        "joined_per_second": request.n / made.seconds,
    }
    scene_figure(folder / "joined.png", scenes(made, 1)[0])
    finish_clouds(run, model, made, metrics)
    return metrics


def _joiner(
    request: JoinRequest, model: Model, radius: float, generator: torch.Generator
) -> MakeClouds:
    """How the request wants clusters joined."""
    network, sampler = model.network, sampler_of(request)
    device = next(network.parameters()).device
    points = points_of(request, model)
    how: dict[str, Any] = {
        "radius": radius,
        "steps": request.steps,
        "generator": generator,
        "sigma_max": first_level(model.config, points),
    }

    def together(n: int) -> States:
        centres = tetrahedral_centres(n, request.clusters, generator)
        for joined in join_together(network, sampler, centres, points, device=device, **how):
            yield joined.x, joined.centres, joined.sigma

    def sequentially(n: int) -> States:
        central = final(
            denoise_clusters(open_denoiser(network), sampler, n, points, device=device, **how)
        )
        for joined in join_sequentially(network, sampler, central, request.clusters, points, **how):
            yield joined.x, joined.centres, joined.sigma

    return together if request.mode == "together" else sequentially
