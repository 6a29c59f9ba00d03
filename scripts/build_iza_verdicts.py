"""Make `src/zeoloom/judge/iza_verdicts.json`: what the judge says of every known framework type.

    python scripts/build_iza_verdicts.py             # ten minutes on one core
    python scripts/build_iza_verdicts.py --fresh     # nothing kept from the last time

Types already in the file are kept, so an interrupted run goes on where it stopped; it is written
after every type. Each is refined by distance least squares and relaxed, as new frameworks are.
Interrupted types have no energy: they are no SiO2.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.judge.lid import lid
from zeoloom.nets.identity import describe
from zeoloom.silica.dls import refine
from zeoloom.silica.energy import Relaxation, relax_many
from zeoloom.silica.pores import pores
from zeoloom.silica.primitive_cell import primitive_sites
from zeoloom.silica.processes import Workers
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import framework_density, load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

SOURCE = Path(__file__).parents[1] / "src/zeoloom"

Verdict = dict[str, object]


def main() -> None:
    """Judge the types that are missing, the smallest first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=SOURCE / "judge/iza_verdicts.json")
    parser.add_argument("--fresh", action="store_true", help="judge all types again")
    parser.add_argument("--seconds", type=float, default=300.0, help="most for each relaxation")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    types: dict[str, Verdict] = {}
    if arguments.output.exists() and not arguments.fresh:
        types = json.loads(arguments.output.read_text(encoding="utf-8"))["types"]
    reference = load_reference()
    missing = [code for code in reference if code not in types]
    missing.sort(key=lambda code: len(primitive_sites(reference[code])[1][0]))
    with Workers(arguments.workers) as workers:
        for code in missing:
            started = time.perf_counter()
            types[code] = judged(reference[code], workers, arguments.seconds)
            write(arguments.output, types)
            print(f"{code}  {time.perf_counter() - started:.1f} s  {types[code]}", flush=True)
    print(f"{len(types)} of {len(reference)} types in {arguments.output}")


def judged(framework: Framework, workers: Workers, seconds: float) -> Verdict:
    """What is known of one type; what cannot be is null."""
    refined, r_dls = framework, None
    relaxation: Relaxation | None = None
    if not framework.flag:
        refinement = refine(framework)
        refined, r_dls = refinement.framework, refinement.r_dls
        relaxation = relax_many([refined], seconds=seconds, workers=workers)[0]
        if relaxation.status == "skipped":
            raise SystemExit(relaxation.reason)
    void = pores(refined)
    try:
        rings = list(describe(net_of(framework)).ring_sizes)
    except InputError:
        rings = []
    energy, local = None, None
    if relaxation and relaxation.framework and relaxation.bonds_kept:
        energy, local = relaxation.energy_kj_mol, lid(relaxation.framework).passed
    return {
        "name": framework.name,
        "energy_kj_mol": None if energy is None else round(energy, 2),
        "density": round(framework_density(refined), 2),
        "r_dls": None if r_dls is None else round(r_dls, 5),
        "lid": local,
        "largest_included_sphere": round(void.included, 2),
        "largest_free_sphere": round(void.free, 2),
        "accessible_volume": round(void.accessible_volume / 1000.0, 3),
        "channel_dim": void.channel_dimension,
        "rings": rings,
    }


def write(path: Path, types: dict[str, Verdict]) -> None:
    """The file, with where it comes from."""
    provenance = {
        "made_by": "scripts/build_iza_verdicts.py",
        "reference_sha256": hashlib.sha256(
            (SOURCE / "structure/reference.jsonl").read_bytes()
        ).hexdigest(),
        "energy": "kJ per mol SiO2 above alpha-quartz, Sanders-Leslie-Catlow, relaxed",
        "density": "T atoms per 1000 Å^3, spheres: diameters in Å, accessible_volume: share",
        "types": len(types),
    }
    rows = [f' "{code}": {json.dumps(types[code])}' for code in sorted(types)]
    text = f'{{"provenance": {json.dumps(provenance, ensure_ascii=False)},\n"types": {{\n'
    partial = path.with_suffix(".part")
    partial.write_text(text + ",\n".join(rows) + "\n}}\n", encoding="utf-8")
    partial.replace(path)


if __name__ == "__main__":
    main()
