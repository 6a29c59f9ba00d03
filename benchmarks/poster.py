"""The poster's two tests with its own network: 1,024 points a cluster, nothing repaired.

    python benchmarks/poster.py                            # five minutes on one core
    python benchmarks/poster.py -n 64 --steps 2000         # the poster's numbers: hours; or a GPU
    python benchmarks/poster.py -n 64 --steps 2000 --finished    # what there is of it so far

Prints tables of both tests beside the real clusters, and writes pictures: the regeneration test,
and five clusters joined one after the other, as on the poster, and all together, with bonds under
2.7 Å in blue. An interrupted run goes on where it stopped, and a finished one is only drawn again.
With --finished a run that goes on or was interrupted is drawn as far as it has come, without being
touched, and nothing is joined.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

import zeoloom
from zeoloom.run.batches import STEP
from zeoloom.run.folder import JOURNAL, write_json
from zeoloom.run.journal import Journal

if TYPE_CHECKING:
    from zeoloom.clusters.statistics import Metrics

SAMPLED = {
    "centres with four neighbours": "central_4_coordinated",
    "atoms within 4 Å with four": "within_4A_4_coordinated",
    "bonds under 2.7 Å": "bonds_under_2.7A",
    "first shell, Wasserstein, Å": "wasserstein_first_shell_A",
    "second shell, Wasserstein, Å": "wasserstein_second_shell_A",
    "T-T-T angles, Wasserstein, degrees": "wasserstein_angle_deg",
    "atoms of a cluster": "atoms_per_cluster",
}
JOINED = {
    "centres with four neighbours": "centres_4_coordinated",
    "atoms within 4 Å of centres with four": "within_4A_of_centres_4_coordinated",
    "bonds under 2.7 Å": "bonds_under_2.7A",
    "atoms of five clusters": "atoms_per_joined",
}
COLOURS = 96
"""Of a picture: then it takes a third of the space."""


def main() -> None:
    """Make what is not there yet, print the tables, write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/poster"))
    parser.add_argument("--images", type=Path, default=Path("docs/images"))
    parser.add_argument("-n", type=int, default=12, help="clusters")
    parser.add_argument("--joined", type=int, default=1, help="joined clusters of each kind")
    parser.add_argument("--points", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=200, help="noise levels; the poster had 2,000")
    parser.add_argument("--sampler", default="ancestral", choices=["ancestral", "euler", "heun"])
    parser.add_argument("--noise-factor", type=float, default=1.0)
    parser.add_argument("--guidance", type=float, help="as for `zeoloom sample`")
    parser.add_argument("--batch", type=int, default=4, help="clusters made, and kept, at once")
    parser.add_argument(
        "--finished", action="store_true", help="draw what there is of the clusters"
    )
    parser.add_argument("--model", default="pointnet")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.finished:
        options.n = take_finished(folder_of("regeneration", options.n, options), options.batch)
    sampled = made("sample", "regeneration.png", options, n=options.n, batch=options.batch)
    print(f"\n| regeneration, {sampled['clusters']} clusters | made | real |\n|---|---|---|")
    for label, key in SAMPLED.items():
        print(f"| {label} | {shown(sampled[key])} | {shown(sampled.get(f'real_{key}'))} |")
    if options.finished:
        return
    columns = [
        made("join", "joined.png", options, n=options.joined, mode=mode, batch=1)
        for mode in ("sequential", "together")
    ]
    print(f"\n| joining, {options.joined} of each | sequential | together |\n|---|---|---|")
    for label, key in JOINED.items():
        print(f"| {label} | {' | '.join(shown(column[key]) for column in columns)} |")


def made(verb: str, picture: str, options: argparse.Namespace, **flags: object) -> Metrics:
    """The figures of merit of one run, made first if need be; its picture goes to the others."""
    name = str(flags.get("mode", "regeneration"))
    folder = folder_of(name, int(str(flags["n"])), options)
    if not (folder / "metrics.json").exists():
        names = ("points", "steps", "sampler", "noise_factor", "guidance")
        given = {name: getattr(options, name) for name in names}
        if verb == "join":  # whose clouds start as they always did
            given["sampler"] = "euler"
        kind = zeoloom.SampleRequest if verb == "sample" else zeoloom.JoinRequest
        request = zeoloom.parse_request(
            kind, {"model": options.model, "repair": 0, **given, **flags}
        )
        model = zeoloom.load_model(options.model, torch.device(options.device))
        make = zeoloom.sample if verb == "sample" else zeoloom.join
        generator = torch.Generator().manual_seed(request.seed)
        with precision_of(options):
            make(request, model, folder, resume=folder.exists(), generator=generator)
    options.images.mkdir(parents=True, exist_ok=True)
    with Image.open(folder / picture) as image:
        most_different = Image.Quantize.MAXCOVERAGE  # or the blue of a few short bonds is lost
        small = image.convert("RGB").quantize(COLOURS, method=most_different, kmeans=2)
        small.save(options.images / f"poster-{name}.png", optimize=True)
    metrics: Metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def folder_of(name: str, n: int, options: argparse.Namespace) -> Path:
    """Where so many clusters, or joined ones, are."""
    folder: Path = options.output / f"{name}-{options.points}-{options.steps}-{n}"
    return folder


def take_finished(folder: Path, batch: int) -> int:
    """Make the finished batches of a run a run of their own, in a folder beside it.

    Args:
        folder: of the run.
        batch: clusters of each batch.

    Returns:
        How many clusters there are; of a finished run all.
    """
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if "outcome" in record:
        return int(record["request"]["n"])
    done = set(Journal(folder / JOURNAL).names(STEP))
    whole = next(i for i in range(len(done) + 1) if str(i) not in done)
    if not whole:
        raise SystemExit(f"{folder}: no batch of {batch} clusters is finished yet")
    n = min(whole * batch, record["request"]["n"])
    part = folder.with_name(f"{folder.name.rpartition('-')[0]}-{n}")
    if not part.exists():
        record["request"]["n"] = n
        write_json(part / "run.json", record)
        shutil.copyfile(folder / JOURNAL, part / JOURNAL)
    return n


def precision_of(options: argparse.Namespace) -> contextlib.AbstractContextManager[object]:
    """In which the network computes."""
    if options.precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(options.device, dtype=torch.bfloat16)


def shown(value: float | None) -> str:
    """A figure to three significant digits."""
    return "-" if value is None else f"{value:.3g}"


if __name__ == "__main__":
    main()
