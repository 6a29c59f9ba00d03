"""Both models side by side on the poster's two tests: quality, steps, clusters per second.

    python benchmarks/clusters.py             # the README's tables: about an hour on one core
    python benchmarks/clusters.py --quick     # a look: a few minutes

Every row is one run of `zeoloom.sample` or `zeoloom.join` into its own folder; an interrupted
benchmark goes on where it stopped. Speeds are of whole runs, repair counted, judging and drawing
not. The equivariant network at the poster's setting is only timed, over a few of its 2,000 steps.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch

import zeoloom
from zeoloom.clusters.sample import denoise_clusters, open_denoiser
from zeoloom.diffusion.samplers import euler

POSTER = {"points": 1024, "steps": 2000}
POINTNET = {"model": "pointnet", "sampler": "euler"}
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
    Row("sample", "pointnet, the poster's setting", {**POINTNET, **POSTER, "n": 4}, 1),
    Row("sample", "pointnet", {**POINTNET, "n": 128}, 16),
    Row("sample", "equivariant, no repair", {"n": 256, "repair": 0}, 64),
    Row("sample", "equivariant", {"n": 1000}, 64),
    Row("join", "pointnet, sequential", {"model": "pointnet", "mode": "sequential", "n": 4}, 1),
    Row("join", "equivariant, sequential, no repair", {"mode": "sequential", **UNREPAIRED}, 8),
    Row("join", "equivariant, together, no repair", {"mode": "together", **UNREPAIRED}, 8),
    Row("join", "equivariant, together", {"mode": "together", "n": 64}, 8),
)

COLUMNS = {
    "sample": {
        "central 4-coordinated": "central_4_coordinated",
        "within 4 Å": "within_4A_4_coordinated",
        "bonds < 2.7 Å": "bonds_under_2.7A",
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
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verb", choices=COLUMNS, help="rows of this verb")
    parser.add_argument("--only", default="", help="rows whose label contains this")
    parser.add_argument("--again", action="store_true", help="forget finished rows")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    output = options.output / ("quick" if options.quick else "full")
    if options.again and output.exists():
        shutil.rmtree(output)
    for verb, columns in COLUMNS.items():
        if options.verb not in {None, verb}:
            continue
        print(f"\n| `{verb}` | n | points | steps | {' | '.join(columns)} |")
        print("|---" * (len(columns) + 4) + "|")
        for row in ROWS:
            if row.verb == verb and options.only in row.label:
                print(
                    table_row(row, columns, output, options.seed, quick=options.quick), flush=True
                )
    print(
        f"\nequivariant at the poster's setting: {equivariant_at_posters_setting():.5f} per second"
    )
    print(f"({TIMED_STEPS} of 2,000 steps timed; {options.threads} thread(s))")


def table_row(row: Row, columns: dict[str, str], output: Path, seed: int, *, quick: bool) -> str:
    """One row as Markdown, run first if need be."""
    flags = row.flags | {"seed": seed} | ({"n": row.quick} if quick else {})
    folder = output / row.label.replace(", ", "_").replace(" ", "-").replace("'", "")
    folder = folder.with_name(f"{row.verb}_{folder.name}")
    if not (folder / "metrics.json").exists():
        kind = zeoloom.SampleRequest if row.verb == "sample" else zeoloom.JoinRequest
        request = zeoloom.parse_request(kind, flags)
        model = zeoloom.load_model(request.model, torch.device("cpu"))
        make = zeoloom.sample if row.verb == "sample" else zeoloom.join
        generator = torch.Generator().manual_seed(seed)
        make(request, model, folder, resume=folder.exists(), generator=generator)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    asked = json.loads((folder / "run.json").read_text(encoding="utf-8"))["request"]
    cells = [row.label, asked["n"], asked["points"], asked["steps"]]
    return f"| {' | '.join(map(str, cells + [shown(metrics[key]) for key in columns.values()]))} |"


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
