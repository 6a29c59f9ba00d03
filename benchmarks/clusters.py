"""Both models side by side on the poster's two tests: quality, steps, clusters per second.

    python benchmarks/clusters.py             # the README's tables: some hours on one core
    python benchmarks/clusters.py --quick     # a look: a few minutes
    python benchmarks/clusters.py --seeds 0 1 2 --only "pointnet, 60 points"

Every row is one run of `zeoloom.sample` or `zeoloom.join` for each seed, into its own folder; an
interrupted benchmark goes on where it stopped. Figures are means over the seeds. Speeds are of
whole runs, repair counted, judging and drawing not, by the seconds of all processes. The
equivariant network at the poster's setting is only timed, over a few of its 2,000 steps.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import time
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch

import zeoloom
from at_once import add_workers
from zeoloom.clusters.sample import denoise_clusters, open_denoiser
from zeoloom.diffusion.samplers import euler

POSTER = {"points": 1024, "steps": 2000}
POINTNET = {"model": "pointnet", "noise_factor": 1.0, "repair": 0}
SMALL = {"model": "pointnet", "points": 60, "n": 256}
UNGUIDED = {"repair": 0, "guidance": 0.0}
UNREPAIRED = {"n": 32, "repair": 0, "batch": 16}
TIMED_STEPS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a verb, what is asked of it, and how many are made in a quick look."""

    verb: str
    label: str
    flags: dict[str, object]
    quick: int


ROWS = (
    Row("sample", "pointnet, the poster's setting", {**POINTNET, **POSTER, "n": 64}, 1),
    Row("sample", "pointnet, 1024 points", {**POINTNET, "points": 1024, "n": 64}, 4),
    Row("sample", "pointnet, 60 points, no repair", {**SMALL, "repair": 0}, 64),
    Row("sample", "pointnet, 60 points, no repair, unguided", {**SMALL, **UNGUIDED}, 64),
    Row("sample", "pointnet, 60 points", {**SMALL, "repair": 160}, 64),
    Row("sample", "equivariant, no repair", {"n": 256, "repair": 0}, 64),
    Row("sample", "equivariant, no repair, unguided", {"n": 256, **UNGUIDED}, 64),
    Row("sample", "equivariant", {"n": 1000}, 64),
    Row("join", "pointnet, sequential", {"model": "pointnet", "mode": "sequential", "n": 4}, 1),
    Row("join", "pointnet, together", {"model": "pointnet", "mode": "together", "n": 32}, 2),
    Row("join", "equivariant, sequential, no repair", {"mode": "sequential", **UNREPAIRED}, 8),
    Row("join", "equivariant, together, no repair", {"mode": "together", **UNREPAIRED}, 8),
    Row("join", "equivariant, together", {"mode": "together", "n": 64}, 8),
)

COLUMNS = {
    "sample": {
        "central 4-coordinated": "central_4_coordinated",
        "within 4 Å": "within_4A_4_coordinated",
        "bonds < 2.7 Å": "bonds_under_2.7A",
        "first shell, W/Å": "wasserstein_first_shell_A",
        "second shell, W/Å": "wasserstein_second_shell_A",
        "atoms": "atoms_per_cluster",
        "real": "real_atoms_per_cluster",
        "evaluations each": "evaluations_per_cluster",
        "per second": "clusters_per_second",
    },
    "join": {
        "centres 4-coordinated": "centres_4_coordinated",
        "within 4 Å": "within_4A_of_centres_4_coordinated",
        "bonds < 2.7 Å": "bonds_under_2.7A",
        "evaluations each": "evaluations_per_joined",
        "per second": "joined_per_second",
    },
}


def main() -> None:
    """Run every row that has not run yet and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/clusters"))
    parser.add_argument("--quick", action="store_true", help="fewer clusters")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--model", help="weights instead of the shipped ones, in every row")
    parser.add_argument("--verb", choices=COLUMNS, help="rows of this verb")
    parser.add_argument(
        "--only", default="", help="the row of this label, or those that contain it"
    )
    parser.add_argument("--again", action="store_true", help="forget finished rows")
    add_workers(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    output = options.output / ("quick" if options.quick else "full")
    model = {"model": options.model} if options.model else {}
    if options.again and output.exists():
        shutil.rmtree(output)
    exact = [row for row in ROWS if row.label == options.only]
    wanted = exact or [row for row in ROWS if options.only in row.label]
    if not wanted:
        parser.error(f"no row {options.only!r}; labels: {', '.join(row.label for row in ROWS)}")
    for verb, columns in COLUMNS.items():
        if options.verb not in {None, verb}:
            continue
        print(f"\n| `{verb}` | n | points | steps | {' | '.join(columns)} |")
        print("|---" * (len(columns) + 4) + "|")
        for row in ROWS:
            if row in wanted and row.verb == verb:
                asked = replace(row, flags=row.flags | model)
                print(
                    table_row(asked, columns, output, options),
                    flush=True,
                )
    if not options.only:
        speed = equivariant_at_posters_setting()
        print(f"\nequivariant at the poster's setting: {speed:.5f} per second")
        print(f"({TIMED_STEPS} of 2,000 steps timed; {options.threads} thread(s))")


def table_row(row: Row, columns: dict[str, str], output: Path, options: argparse.Namespace) -> str:
    """One row as Markdown, run first if need be: means over the seeds."""
    runs = [figures(row, output, seed, options) for seed in options.seeds]
    asked, _ = runs[0]
    cells = [row.label, asked["n"], asked["points"], asked["steps"]]
    means = []
    for key in columns.values():
        values = [metrics[key] for _, metrics in runs if metrics[key] is not None]
        means.append(shown(math.fsum(values) / len(values) if values else None))
    return f"| {' | '.join(map(str, cells + means))} |"


def figures(
    row: Row, output: Path, seed: int, options: argparse.Namespace
) -> tuple[dict[str, object], dict[str, float | None]]:
    """What one run was asked for and what came out of it."""
    flags = row.flags | {"seed": seed} | ({"n": row.quick} if options.quick else {})
    folder = output / row.label.replace(", ", "_").replace(" ", "-").replace("'", "")
    folder = folder.with_name(f"{row.verb}_{folder.name}_{seed}")
    if not (folder / "metrics.json").exists():
        kind = zeoloom.SampleRequest if row.verb == "sample" else zeoloom.JoinRequest
        request = zeoloom.parse_request(kind, flags)
        model = zeoloom.load_model(request.model, torch.device("cpu"))
        make = zeoloom.sample if row.verb == "sample" else zeoloom.join
        generator = torch.Generator().manual_seed(seed)
        make(
            request,
            model,
            folder,
            resume=folder.exists(),
            generator=generator,
            workers=options.workers,
        )
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    asked = json.loads((folder / "run.json").read_text(encoding="utf-8"))["request"]
    return asked, metrics


def shown(value: float | None) -> str:
    """A figure to three significant digits."""
    return "-" if value is None else f"{value:.3g}"


def equivariant_at_posters_setting() -> float:
    """Clusters per second, from a few steps."""
    model = zeoloom.load_model("equivariant", torch.device("cpu"))
    steps = denoise_clusters(
        open_denoiser(model.network),
        euler,
        1,
        POSTER["points"],
        radius=float(model.record["radius"]),
        steps=POSTER["steps"],
        generator=torch.Generator().manual_seed(0),
        device=torch.device("cpu"),
    )
    next(steps)
    started = time.perf_counter()
    taken = len(list(islice(steps, TIMED_STEPS)))
    return taken / (time.perf_counter() - started) / POSTER["steps"]


if __name__ == "__main__":
    main()
