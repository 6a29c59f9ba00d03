"""Energies of the known framework types, seconds each, and the share that meets the LID criteria.

    python benchmarks/energy.py                       # all 4-connected types, ten minutes, one core
    python benchmarks/energy.py --types CHA MFI FAU
    python benchmarks/energy.py --types CHA FAU --beside-cg   # and by LAMMPS's own minimiser

Every type is refined by distance least squares first, as a new framework would be, and relaxed from
there. With --beside-cg the same start is also relaxed as is customary: shells, then all at constant
volume, then the cell as well, by conjugate gradients; take small types.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from zeoloom.judge.lid import Lid, lid
from zeoloom.silica.dls import refine
from zeoloom.silica.energy import KJ_PER_MOL, QUARTZ, Relaxation, relax_many
from zeoloom.silica.force_field import ForceField
from zeoloom.silica.primitive_cell import primitive_cell
from zeoloom.structure.reference import load_reference

PUBLISHED = {"CHA": 16.1, "FAU": 19.6, "MFI": 9.7}
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SIZES = ((1, 12), (13, 24), (25, 48), (49, 96), (97, 200), (201, 9999))


@dataclass(frozen=True, slots=True)
class Row:
    """One framework type.

    Attributes:
        code: framework type code.
        n_t: T atoms in the primitive cell.
        r_dls: of the start.
        relaxation: of that start.
        verdict: its local distances, if it was relaxed.
    """

    code: str
    n_t: int
    r_dls: float
    relaxation: Relaxation
    verdict: Lid | None


def main() -> None:
    """Relax every type, the smallest first, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", nargs="*", help="framework type codes; all without it")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--seconds", type=float, default=300.0, help="most for each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--beside-cg", action="store_true", help="relax by LAMMPS alone as well")
    options = parser.parse_args()
    reference = load_reference()
    codes = options.types or [code for code in reference if not reference[code].flag]
    refined = {code: refine(reference[code]) for code in codes}
    sizes = {code: len(primitive_cell(refined[code].framework).frac_t) for code in codes}
    codes.sort(key=sizes.__getitem__)
    rows: list[Row] = []

    def keep(index: int, relaxation: Relaxation) -> None:
        code = codes[index]
        verdict = lid(relaxation.framework) if relaxation.framework else None
        rows.append(Row(code, sizes[code], refined[code].r_dls, relaxation, verdict))
        print(row_text(rows[-1]), flush=True)

    started = time.perf_counter()
    relax_many(
        [refined[code].framework for code in codes],
        seconds=options.seconds,
        workers=options.workers,
        seed=options.seed,
        on_done=keep,
    )
    spent = time.perf_counter() - started
    print(f"\n{len(rows)} types in {spent:.0f} s with {options.workers} workers")
    energies(rows)
    local_distances(rows)
    speed(rows)
    if options.beside_cg:
        for code in codes:
            beside_cg(code, rows)


def row_text(row: Row) -> str:
    """One line."""
    found = row.relaxation
    if found.framework is None or found.energy_kj_mol is None or row.verdict is None:
        return f"{row.code}  {row.n_t:4d} T  {found.status}: {found.reason}"
    failed = ", ".join(row.verdict.failed) or "all eight hold"
    return (
        f"{row.code}  {row.n_t:4d} T  R_DLS {row.r_dls:.5f}  {found.energy_kj_mol:7.2f} kJ/mol  "
        f"{'' if found.bonds_kept else 'bonds changed  '}{found.framework.space_group_symbol:8s}  "
        f"{found.seconds:6.2f} s  LID: {failed}"
    )


def energies(rows: list[Row]) -> None:
    """Where the energies lie, and beside those published."""
    known = {
        row.code: row.relaxation.energy_kj_mol
        for row in rows
        if row.relaxation.energy_kj_mol is not None
    }
    if not known:
        return
    values = np.array(list(known.values()))
    print(f"\n| kJ/mol | {' | '.join(f'{q:.0%}' for q in QUANTILES)} | <= 16 | <= 30 |")
    print("|---" * (len(QUANTILES) + 3) + "|")
    middle = " | ".join(f"{value:.1f}" for value in np.quantile(values, QUANTILES))
    print(f"| {len(known)} types | {middle} | {np.mean(values <= 16):.0%} "
          f"| {np.mean(values <= 30):.0%} |")  # fmt: skip
    above = sorted((code for code in known if known[code] > 30), key=known.__getitem__)
    print(f"\nabove 30: {', '.join(f'{code} {known[code]:.1f}' for code in above) or 'none'}")
    changed = [row.code for row in rows if not row.relaxation.bonds_kept]
    print(f"not relaxed, or with other bonds: {', '.join(changed) or 'none'}")
    for code in PUBLISHED.keys() & known.keys():
        print(f"{code}: {known[code]:.2f}, published {PUBLISHED[code]}")


def local_distances(rows: list[Row]) -> None:
    """The share that meets the LID criteria, and what the others fail."""
    verdicts = {row.code: row.verdict for row in rows if row.verdict}
    if not verdicts:
        return
    passed = sum(verdict.passed for verdict in verdicts.values())
    print(f"\nLID: {passed} of {len(verdicts)} pass ({passed / len(verdicts):.0%})")
    failed = Counter(name for verdict in verdicts.values() for name in verdict.failed)
    print("failed criteria:", ", ".join(f"{name} {n}" for name, n in failed.most_common()))
    print("types:", " ".join(code for code, verdict in verdicts.items() if not verdict.passed))


def speed(rows: list[Row]) -> None:
    """Seconds by the number of T atoms in the primitive cell."""
    print("\n| T atoms | types | median s | 90 % s | slowest |\n|---|---|---|---|---|")
    for low, high in SIZES:
        some = [row for row in rows if low <= row.n_t <= high]
        if some:
            seconds = [row.relaxation.seconds for row in some]
            slowest = max(some, key=lambda row: row.relaxation.seconds)
            median, most = np.quantile(seconds, (0.5, 0.9))
            print(
                f"| {low}-{max(row.n_t for row in some)} | {len(some)} | {median:.2f} "
                f"| {most:.2f} | {slowest.code} {slowest.relaxation.seconds:.1f} |"
            )


def beside_cg(code: str, rows: list[Row]) -> None:
    """Relax one type by LAMMPS's own conjugate gradients, from a start shaken at random."""
    field = ForceField(primitive_cell(refine(load_reference()[code]).framework))
    lammps = field._lammps  # noqa: SLF001 - this is about the engine itself
    n_t, n_o = len(field.atoms.frac_t), len(field.atoms.frac_o)
    noise = np.random.default_rng(0).normal(0.0, 0.1, (n_t + n_o, 3))
    field(field.cart + np.concatenate([noise, noise[n_t:]]), field.atoms.cell)
    started = time.perf_counter()
    lammps.commands_string(
        """
        group cores type 1 2
        min_style cg
        min_modify dmax 0.1 line quadratic
        fix still cores setforce 0.0 0.0 0.0
        minimize 0.0 1e-3 1000 10000
        unfix still
        minimize 0.0 1e-3 5000 20000
        fix cell all box/relax tri 0.0 vmax 0.002
        """
    )
    energy = np.inf
    # box/relax keeps its first cell as the measure: begin again until nothing changes
    for _ in range(30):
        lammps.command("minimize 0.0 1e-4 2000 10000")
        before, energy = energy, lammps.get_thermo("pe") / n_t
        if abs(before - energy) < 1e-6:
            break
    spent = time.perf_counter() - started
    ours = next(row.relaxation for row in rows if row.code == code)
    print(
        f"\n{code}: by conjugate gradients {KJ_PER_MOL * (energy - QUARTZ):.2f} kJ/mol in "
        f"{spent:.1f} s, here {ours.energy_kj_mol:.2f} in {ours.seconds:.2f} s"
    )
    field.close()


if __name__ == "__main__":
    main()
