"""What `sample` and `join` share: making clouds part by part, repairing them, writing them out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.clusters.atoms import points_to_atoms
from zeoloom.clusters.repair import RepairPlan, begin_repair, repair
from zeoloom.diffusion.samplers import ancestral, euler, heun
from zeoloom.report.page import write_page
from zeoloom.report.scene import Scene, scenes_of_clouds
from zeoloom.run.folder import Part, RunFolder, run_parts
from zeoloom.structure.files.cloud_archive import save_atoms, save_clouds
from zeoloom.structure.records import Atoms, CloudSet, Trajectory

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.run.cluster_requests import ClusterRequest
    from zeoloom.run.progress import OnProgress

SHOWN = 12
"""Clouds in the page."""

TRAJECTORY_FRAMES = 60
"""Frames kept of the one trajectory that is."""

REPAIR_NOISE_FACTOR = 0.9
"""Repair samples a little colder than the model, by the ancestral sampler: LAB.md, 2026-11-22."""


States = Iterator[tuple["Tensor", "Tensor", float]]
"""Points (B, N, 3), centres (B, c, 3) and noise level after every step of making clouds."""

MakeClouds = Callable[[int], States]
"""Starts making so many clouds."""


@dataclass(frozen=True, slots=True)
class GeneratedClouds:
    """All clouds of a run.

    Attributes:
        clouds: as they are in the end.
        atoms: of each.
        atoms_before_repair: of each, as it came out of noise.
        evaluations: network evaluations spent, a cloud or a sphere of a joined cloud counting one.
    """

    clouds: CloudSet
    atoms: list[Atoms]
    atoms_before_repair: list[Atoms]
    evaluations: int


def make_clouds(
    run: RunFolder,
    network: nn.Module,
    request: ClusterRequest,
    make: MakeClouds,
    *,
    radius: float,
    generator: torch.Generator,
    on_progress: OnProgress,
) -> GeneratedClouds:
    """Make the clouds a request asks for, and write `clouds.npz`, `atoms.extxyz` and `clouds.html`.

    Args:
        run: where; finished parts are taken up.
        network: of single clusters.
        request: with the model's defaults filled in.
        make: starts making clouds.
        radius: Å, of the clusters.
        generator: source of randomness, on the CPU.
        on_progress: called with the clouds finished, those wanted and what is being done.
    """
    sizes = [min(request.batch, request.n - i) for i in range(0, request.n, request.batch)]
    plan = RepairPlan(rounds=request.repair or 0, radius=radius)

    def make_part(index: int) -> Part:
        done = sum(sizes[:index])
        with counting_evaluations(network) as count:
            part = _from_noise(make(sizes[index]), request, done, on_progress, record=index == 0)
            part |= _repaired(network, part, plan, request, done, generator, on_progress)
        if "frames" in part:  # the film ends with what is shown
            part["frames"] = np.concatenate([part["frames"], part["repaired"][:1]])
            part["frame_sigmas"] = np.append(part["frame_sigmas"], 0.0)
        return part | {"evaluations": np.array(count())}

    parts = run_parts(
        run,
        lambda index: index < len(sizes),
        make_part,
        generator,
        lambda index, _: on_progress(sum(sizes[: index + 1]), request.n, ""),
    )
    points = [cloud for part in parts for cloud in part["repaired"]]
    clouds = CloudSet(
        cart_points=np.concatenate(points),
        offsets=np.cumsum([0, *(len(cloud) for cloud in points)]),
        cart_centres=np.concatenate([part["centres"] for part in parts]).astype(np.float64),
        radius=radius,
        trajectory=Trajectory(parts[0]["frames"], parts[0]["frame_sigmas"], 0),
    )
    on_progress(request.n, request.n, "gathering points into atoms")
    atoms = [points_to_atoms(cloud) for cloud in points]
    before = [points_to_atoms(cloud) for part in parts for cloud in part["points"]]
    save_clouds(run.path / "clouds.npz", clouds)
    save_atoms(run.path / "atoms.extxyz", atoms)
    write_page(run.path / "clouds.html", scenes(clouds, atoms, SHOWN), run.path.name)
    return GeneratedClouds(clouds, atoms, before, sum(int(part["evaluations"]) for part in parts))


def sampler_of(request: ClusterRequest) -> Sampler:
    """The sampler that the request names."""
    samplers: dict[str, Sampler] = {
        "euler": euler,
        "heun": heun,
        "ancestral": functools.partial(ancestral, noise_factor=request.noise_factor),
    }
    return samplers[request.sampler]


def scenes(clouds: CloudSet, atoms: list[Atoms], limit: int) -> list[Scene]:
    """The first clouds as scenes."""
    return scenes_of_clouds(clouds, atoms.__getitem__, limit)


def _from_noise(
    states: States, request: ClusterRequest, done: int, on_progress: OnProgress, *, record: bool
) -> Part:
    """Run a sampler; with its trajectory of the first cloud if that is to be recorded."""
    frames: list[np.ndarray] = []
    sigmas: list[float] = []
    for step, (x, centres, sigma) in enumerate(states):  # noqa: B007 - the last ones are wanted
        on_progress(done, request.n, f"from noise, {sigma:.2f} Å (step {step + 1})")
        if record:
            frames.append(x[0].cpu().numpy())
            sigmas.append(sigma)
    part = {"points": x.cpu().numpy(), "centres": centres.cpu().numpy()}
    if record:
        same_size = [i for i, frame in enumerate(frames) if len(frame) == len(frames[-1])]
        kept = np.unique(np.linspace(0, len(same_size) - 1, TRAJECTORY_FRAMES).round().astype(int))
        chosen = [same_size[i] for i in kept]
        part |= {
            "frames": np.stack([frames[i] for i in chosen]),
            "frame_sigmas": np.array([sigmas[i] for i in chosen]),
        }
    return part


def _repaired(
    network: nn.Module,
    part: Part,
    plan: RepairPlan,
    request: ClusterRequest,
    done: int,
    generator: torch.Generator,
    on_progress: OnProgress,
) -> Part:
    """The best state repair found for each cloud of a part."""
    x, centres = torch.from_numpy(part["points"]), torch.from_numpy(part["centres"])
    if plan.rounds == 0:
        return {"repaired": part["points"]}

    sampler = functools.partial(ancestral, noise_factor=REPAIR_NOISE_FACTOR)
    device = next(network.parameters()).device
    population = begin_repair(x, centres, plan)
    for i, population in enumerate(repair(network, sampler, population, plan, generator, device)):  # noqa: B020
        faulty = int((population.best_cost > 0).sum())
        doing = f"repair round {i + 1}, {faulty} of {len(x)} still faulty"
        on_progress(done, request.n, doing)
    return {"repaired": population.best.numpy()}


@contextmanager
def counting_evaluations(network: nn.Module) -> Iterator[Callable[[], int]]:
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
