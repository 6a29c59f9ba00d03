"""`join`: clusters joined to one another, and the poster's joining test on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zeoloom.clusters.join import join_sequentially, join_together, tetrahedral_centres
from zeoloom.clusters.sample import denoise_clusters, open_denoiser
from zeoloom.clusters.statistics import Metrics, joining_metrics
from zeoloom.diffusion.samplers import final
from zeoloom.errors import InputError
from zeoloom.report.figures import scene_figure
from zeoloom.run.cluster_batches import (
    Making,
    States,
    finish_clouds,
    make_clouds,
    scenes,
)
from zeoloom.run.cluster_networks import guided_network, sampler_of, weak_sha256
from zeoloom.run.cluster_requests import CRYSTAL_ONLY, JoinRequest, points_of, resolved
from zeoloom.run.folder import open_run
from zeoloom.run.loaded_models import device_of_model
from zeoloom.run.progress import OnNotice, OnProgress, no_notice, silent

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from zeoloom.learn.checkpoint import Model


def join(
    request: JoinRequest,
    model: Model,
    folder: Path,
    *,
    generator: torch.Generator,
    workers: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = no_notice,
) -> Metrics:
    """Join clusters and count what came out well.

    Writes `clouds.npz`, `atoms.extxyz`, `clouds.html`, `joined.png`, `metrics.json`, `run.json`.

    Arguments and result are those of `sample`.

    Raises:
        InputError: if a crystal is asked for.
    """
    if request.cell is not None:
        raise InputError("a crystal is made by make_frameworks(request.crystal, ...), not by join")
    request = resolved(request, model)
    asked = request.model_dump(exclude={*CRYSTAL_ONLY})
    weights = {"weights": model.sha256, "weak": weak_sha256(request, model)}
    run = open_run(folder, {"verb": "join", **weights, **asked}, resume=resume)
    how = Making(generator.initial_seed(), workers, scheduler, on_progress, on_notice)
    made = make_clouds(run, model, request, _states, how)
    centres = list(made.clouds.cart_centres)
    before = joining_metrics([atoms.cart_t for atoms in made.atoms_before_repair], centres)
    metrics = joining_metrics([atoms.cart_t for atoms in made.atoms], centres)
    metrics |= {f"before_repair_{key}": v for key, v in before.items() if key != "joined"}
    metrics |= {
        "evaluations_per_joined": made.evaluations / len(made.atoms),
        "joined_per_second": len(made.atoms) / made.seconds,
    }
    scene_figure(folder / "joined.png", scenes(made, 1)[0])
    finish_clouds(run, model, made, metrics, workers)
    return metrics


def _states(request: JoinRequest, model: Model, n: int, generator: torch.Generator) -> States:
    """`n` joined clouds on their way out of noise, made as the request wants them."""
    network, sampler = guided_network(request, model), sampler_of(request)
    device = device_of_model(model)
    points = points_of(request, model)
    how: dict[str, Any] = {
        "radius": float(model.record["radius"]),
        "steps": request.steps,
        "generator": generator,
    }
    if request.mode == "together":
        centres = tetrahedral_centres(n, request.clusters, generator)
        joining = join_together(network, sampler, centres, points, device=device, **how)
    else:
        central = final(
            denoise_clusters(open_denoiser(network), sampler, n, points, device=device, **how)
        )
        joining = join_sequentially(network, sampler, central, request.clusters, points, **how)
    for joined in joining:
        yield joined.x, joined.centres, joined.sigma
