"""What `sample` and `join` share: clouds batch by batch, their repair, their files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from zeoloom.clusters.atoms import merge_points
from zeoloom.clusters.repair import RepairPlan, begin_repair, repair
from zeoloom.diffusion.samplers import ancestral
from zeoloom.errors import InputError, RunError
from zeoloom.report.scene import Scene, scenes_of_clouds
from zeoloom.report.scene_page import write_page
from zeoloom.run.batches import (
    LONGEST_PIECE,
    STEP,
    Batch,
    BatchPlan,
    Task,
    batch_generator,
    doing_text,
    run_batches,
)
from zeoloom.run.cluster_networks import weak_sha256
from zeoloom.run.folder import RunFolder, finish_run, write_json
from zeoloom.run.loaded_models import check_loadable, device_of_model, keep_loaded, loaded_model
from zeoloom.run.pools import pool_with_weights
from zeoloom.silica.pool import ThisProcess
from zeoloom.structure.files.cloud_archive import save_atoms, save_clouds
from zeoloom.structure.records import Atoms, CloudSet, Trajectory

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeoloom.clusters.statistics import Metrics
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.cluster_requests import ClusterRequest
    from zeoloom.run.progress import OnNotice, OnProgress
    from zeoloom.silica.pool import Pool

SHOWN = 12
"""Clouds in the page."""

TRAJECTORY_FRAMES = 60
"""Frames kept of the one trajectory that is."""

REPAIR_NOISE_FACTOR = 0.9
"""Of the ancestral sampler in repair; a little below that of the model: dev/LAB.md, 2026-11-22."""

States = Iterator[tuple["Tensor", "Tensor", float]]
"""Points (B, N, 3), centres (B, c, 3) and noise level after every step of making clouds."""

MakeClouds = Callable[[Any, "Model", int, "torch.Generator"], States]
"""Starts making so many clouds for a request, with a model and a source of randomness; a function
of a module, so that another process can import it."""


def _unseen(_doing: str) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class CloudsTask:
    """To make one batch of clouds.

    Attributes:
        make: starts making clouds.
        request: with the model's defaults filled in.
        weights: SHA-256 of them.
        weak: SHA-256 of those to be guided away from; None without guidance.
        device: of the network.
        seed: of the run.
        index: of the batch.
        n: clouds of the batch.
        report: called with what is being done.
    """

    make: MakeClouds
    request: ClusterRequest
    weights: str
    weak: str | None
    device: str
    seed: int
    index: int
    n: int
    report: Callable[[str], None] = _unseen


def clouds_batch(task: CloudsTask) -> Batch:
    """One batch of clouds, repaired; that of index 0 with a trajectory."""
    model = loaded_model(task.request.model, task.weights, task.device)
    if task.weak != weak_sha256(task.request, model):
        raise InputError(
            f"the weak companion of the weights {task.request.model} is another here than where "
            "the run was started; give every process the same files"
        )
    generator = batch_generator(task.seed, task.index)
    plan = RepairPlan(rounds=task.request.repair or 0, radius=float(model.record["radius"]))
    with _counting_evaluations(model.network) as count:
        states = task.make(task.request, model, task.n, generator)
        batch = _from_noise(states, task.report, record=not task.index)
        batch["repaired"] = _repaired(model.network, batch, plan, generator, task.report)
    return _with_last_frame(batch) | {"evaluations": count()}


@dataclass(frozen=True, slots=True)
class GeneratedClouds:
    """All clouds of a run.

    Attributes:
        clouds: as they are in the end.
        atoms: of each.
        atoms_before_repair: of each, as it came out of noise.
        evaluations: of the network; a cloud, or a sphere of a joined cloud, counts one.
        seconds: that it took, over all interruptions.
    """

    clouds: CloudSet
    atoms: list[Atoms]
    atoms_before_repair: list[Atoms]
    evaluations: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Making:
    """How batches are made.

    Attributes:
        seed: of the run; with their indices it seeds all batches.
        workers: processes at once; with one, clouds are made in this process.
        scheduler: address of a Dask scheduler, whose workers make them; None for processes here.
        on_progress: called with the clouds finished, those wanted, and what is being done.
        on_notice: called with what became of a process.
    """

    seed: int
    workers: int
    scheduler: str | None
    on_progress: OnProgress
    on_notice: OnNotice


def make_clouds(
    run: RunFolder,
    model: Model,
    request: ClusterRequest,
    make: MakeClouds,
    how: Making,
) -> GeneratedClouds:
    """Make the clouds of a request.

    Args:
        run: where; finished batches are not made again.
        model: of single clusters.
        request: with the model's defaults filled in.
        make: starts making clouds.
        how: to make the batches.

    Raises:
        InputError: if other processes cannot load the model.
    """
    sizes = [min(request.batch, request.n - i) for i in range(0, request.n, request.batch)]
    keep_loaded(model)
    alone, on_progress = how.workers == 1 and how.scheduler is None, how.on_progress
    if not alone:
        check_loadable(request.model, model)
    where = (model.sha256, weak_sha256(request, model), str(device_of_model(model)), how.seed)

    def first(index: int) -> Task:
        task = CloudsTask(make, request, *where, index, sizes[index])
        if alone:
            at = sum(sizes[:index])
            task = replace(task, report=lambda doing: on_progress(at, request.n, doing))
        return Task("batches", clouds_batch, task, LONGEST_PIECE)

    def add(done: tuple[Batch, ...], batch: Batch) -> tuple[Batch, ...]:
        return (*done, batch)

    def tell(done: tuple[Batch, ...], doing: Mapping[str, int]) -> None:
        on_progress(sum(len(batch["points"]) for batch in done), request.n, doing_text(doing))

    with _pool_of(request, model, how) as pool:
        nothing: tuple[Batch, ...] = ()
        plan = BatchPlan(
            wanted=lambda index: index < len(sizes),
            first=first,
            add=add,
            on_change=tell,
            on_loss=how.on_notice,
        )
        batches = run_batches(run.journal, pool, nothing, plan)
    if not batches:
        raise RunError(f"nothing was made: {pool.loss}")
    on_progress(request.n, request.n, "gathering points into atoms")
    clouds = _cloud_set(batches, float(model.record["radius"]))
    return GeneratedClouds(
        clouds,
        [merge_points(cloud) for batch in batches for cloud in batch["repaired"]],
        [merge_points(cloud) for batch in batches for cloud in batch["points"]],
        sum(batch["evaluations"] for batch in batches),
        run.journal.seconds(STEP),
    )


def _pool_of(request: ClusterRequest, model: Model, how: Making) -> Pool:
    if how.workers == 1 and how.scheduler is None:
        return ThisProcess()
    return pool_with_weights(how.workers, how.scheduler, request.model, model)


def finish_clouds(
    run: RunFolder, model: Model, made: GeneratedClouds, metrics: Metrics, workers: int
) -> None:
    """Write clouds, a page and the figures of merit, and close the run."""
    save_clouds(run.path / "clouds.npz", made.clouds)
    save_atoms(run.path / "atoms.extxyz", made.atoms)
    write_page(run.path / "clouds.html", scenes(made, SHOWN), run.path.name)
    write_json(run.path / "metrics.json", metrics)
    outcome = {
        "evaluations": made.evaluations,
        "seconds": round(made.seconds, 1),
        "device": next(model.network.parameters()).device.type,
        "threads": torch.get_num_threads(),
        "workers": workers,
    }
    finish_run(run, outcome)


def scenes(made: GeneratedClouds, limit: int) -> list[Scene]:
    """The first clouds as scenes."""
    return scenes_of_clouds(made.clouds, made.atoms.__getitem__, limit)


def _cloud_set(batches: Sequence[Batch], radius: float) -> CloudSet:
    first = batches[0]
    points = [cloud for batch in batches for cloud in batch["repaired"]]
    return CloudSet(
        cart_points=np.concatenate(points),
        offsets=np.cumsum([0, *(len(cloud) for cloud in points)]),
        cart_centres=np.concatenate([batch["centres"] for batch in batches]).astype(np.float64),
        radius=radius,
        trajectory=Trajectory(first["frames"], first["frame_sigmas"], 0)
        if "frames" in first
        else None,  # the batch with the trajectory was lost
    )


def _from_noise(states: States, report: Callable[[str], None], *, record: bool) -> Batch:
    """Run a sampler; with the trajectory of the first cloud if that is to be recorded."""
    frames: list[np.ndarray] = []
    sigmas: list[float] = []
    for step, (x, centres, sigma) in enumerate(states):  # noqa: B007 - the last ones are wanted
        report(f"from noise, {sigma:.2f} Å (step {step + 1})")
        if record:
            frames.append(x[0].cpu().numpy())
            sigmas.append(sigma)
    batch = {"points": x.cpu().numpy(), "centres": centres.cpu().numpy()}
    if record:
        same_size = [i for i, frame in enumerate(frames) if len(frame) == len(frames[-1])]
        kept = np.unique(np.linspace(0, len(same_size) - 1, TRAJECTORY_FRAMES).round().astype(int))
        chosen = [same_size[i] for i in kept]
        batch |= {
            "frames": np.stack([frames[i] for i in chosen]),
            "frame_sigmas": np.array([sigmas[i] for i in chosen]),
        }
    return batch


def _with_last_frame(batch: Batch) -> Batch:
    """A batch whose trajectory, if it has one, ends with the repaired cloud."""
    if "frames" not in batch:
        return batch
    return batch | {
        "frames": np.concatenate([batch["frames"], batch["repaired"][:1]]),
        "frame_sigmas": np.append(batch["frame_sigmas"], 0.0),
    }


def _repaired(
    network: nn.Module,
    batch: Batch,
    plan: RepairPlan,
    generator: torch.Generator,
    report: Callable[[str], None],
) -> np.ndarray:
    """(B, N, 3) Å, the best state that repair found for each cloud of a batch."""
    x, centres = torch.from_numpy(batch["points"]), torch.from_numpy(batch["centres"])
    if plan.rounds == 0:
        return x.numpy()
    sampler = functools.partial(ancestral, noise_factor=REPAIR_NOISE_FACTOR)
    device = next(network.parameters()).device
    population = begin_repair(x, centres, plan)
    for i, population in enumerate(repair(network, sampler, population, plan, generator, device)):  # noqa: B020
        faulty = int((population.best_cost > 0).sum())
        report(f"repair round {i + 1}, {faulty} of {len(x)} still faulty")
    return population.best.numpy()


@contextmanager
def _counting_evaluations(network: nn.Module) -> Iterator[Callable[[], int]]:
    """Count how many clouds a network is evaluated on.

    Yields:
        A function that gives the count so far.
    """
    count = 0

    def add(_: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
        nonlocal count
        count += len(inputs[0])

    handle = network.register_forward_hook(add)
    try:
        yield lambda: count
    finally:
        handle.remove()
