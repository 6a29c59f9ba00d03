"""Which repair mends most for its cost: variants of the plan, all from the same unrepaired clouds.

    python benchmarks/repair.py --joined -n 16
    python benchmarks/repair.py -n 64 --only base reach-3

Each variant is given the same number of network evaluations. Cost is that of `find_faults`, per
cloud.
"""

from __future__ import annotations

import argparse
import functools
import time
from dataclasses import replace

import torch

import zeoloom
from zeoloom.clusters.join import join_together, tetrahedral_centres
from zeoloom.clusters.repair import RepairPlan, begin_repair, repair
from zeoloom.clusters.sample import denoise_clusters, open_denoiser
from zeoloom.clusters.statistics import joining_metrics
from zeoloom.diffusion.samplers import ancestral, euler, final

BASE = RepairPlan()
PLANS = {
    "base": BASE,
    "reach-3": replace(BASE, reaches=(3.0,)),
    "reach-4": replace(BASE, reaches=(4.0,)),
    "reach-5": replace(BASE, reaches=(5.0,)),
    "no-edits": replace(BASE, edits=0.0),
    "all-edits": replace(BASE, edits=1.0),
    "steps-10": replace(BASE, steps=10),
    "steps-20": replace(BASE, steps=20),
    "sigmas-low": replace(BASE, sigmas=(0.3, 0.5, 0.8)),
    "sigmas-high": replace(BASE, sigmas=(0.8, 1.2, 1.6)),
    "temperature-0.1": replace(BASE, temperature=0.1),
    "temperature-0.6": replace(BASE, temperature=0.6),
}


def main() -> None:
    """Run the variants and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=64)
    parser.add_argument("--joined", action="store_true", help="joined clusters, not single ones")
    parser.add_argument("--model", default="equivariant")
    parser.add_argument("--evaluations", type=int, default=600, help="per cloud, at most")
    parser.add_argument("--only", nargs="+", choices=PLANS, default=list(PLANS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = zeoloom.load_model(options.model, torch.device("cpu"))
    x, centres = unrepaired(model.network, options)
    print("| plan | noise | within 4 Å | bonds < 2.7 Å | cost | evaluations | s each |")
    print("|---|---|---|---|---|---|---|")
    for name in options.only:
        plan = replace(PLANS[name], rounds=options.evaluations // PLANS[name].steps)
        for noise_factor in (0.7, 0.9, 1.0) if name == "base" else (0.9,):
            generator = torch.Generator().manual_seed(options.seed)
            sampler = functools.partial(ancestral, noise_factor=noise_factor)
            started = time.perf_counter()
            begun = begin_repair(x, centres, plan)
            rounds = repair(model.network, sampler, begun, plan, generator, torch.device("cpu"))
            *_, population = (begun, *rounds)
            seconds = (time.perf_counter() - started) / options.n
            atoms = [zeoloom.merge_points(cloud).cart_t for cloud in population.best.numpy()]
            figures = joining_metrics(atoms, list(centres.numpy()))
            print(
                f"| {name} | {noise_factor} | {figures['within_4A_of_centres_4_coordinated']:.3f} "
                f"| {figures['bonds_under_2.7A']:.4f} | {population.best_cost.mean():.2f} "
                f"| {population.passes.mean():.0f} | {seconds:.2f} |",
                flush=True,
            )


def unrepaired(
    network: torch.nn.Module, options: argparse.Namespace
) -> tuple[torch.Tensor, torch.Tensor]:
    """Clouds (n, N, 3) and their centres (n, c, 3), as they come out of noise."""
    generator = torch.Generator().manual_seed(options.seed)
    settings = {"radius": 7.0, "steps": 60, "generator": generator, "device": torch.device("cpu")}
    if not options.joined:
        x = final(denoise_clusters(open_denoiser(network), euler, options.n, 48, **settings))
        return x, torch.zeros(options.n, 1, 3)
    centres = tetrahedral_centres(options.n, 5, generator)
    *_, joined = join_together(network, euler, centres, 48, **settings)
    return joined.x, joined.centres


if __name__ == "__main__":
    main()
