"""Distance least squares on every 4-connected framework type: R_DLS beside IZA's own, and seconds.

    python benchmarks/dls.py             # about two minutes on one core
    python benchmarks/dls.py --types CHA MFI FAU
    python benchmarks/dls.py --beside-scipy      # only the least squares, beside SciPy's MINPACK

IZA's figures are read from ../shared/oracle/iza.json; without it only our own are printed. They are
rounded to 0.0001.

What to expect: IZA's list falls into two groups. For one (ratio IZA / ours near 1) IZA counts as
DLS-76 does here, every distinct distance once, with the weights 2.0, 0.61 and 0.23. For the other,
types approved earlier, its figures are smaller by a factor close to 0.77, as if T-T distances had a
weight of 0.175. The tables show both, parted at a ratio of 0.88, where hardly any type lies.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares

from zeoloom.silica.dls import r_dls, refine
from zeoloom.silica.freedom import freedom_of, jacobian, residuals, slopes_of
from zeoloom.silica.minimise import MARGIN, lengths_of, settle
from zeoloom.silica.oxygen import bridge, on_special_positions
from zeoloom.silica.repulsion import repulsion
from zeoloom.silica.restraints import Restraints, joined, silica_restraints
from zeoloom.silica.site_bonds import t_bonds
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

ORACLE = Path(__file__).resolve().parents[2] / "shared" / "oracle" / "iza.json"
PARTED_AT = 0.88
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
OUTLIER = 0.1
SAME = 2e-5
"""R_DLS that differ by less are one minimum."""


@dataclass(frozen=True, slots=True)
class Row:
    """One framework type.

    Attributes:
        code: framework type code.
        iza: IZA's R_DLS, NaN where it gives none.
        as_given: R_DLS of the reference coordinates as they are.
        refined: after refinement from them.
        from_t: after refinement from the T atoms alone.
        status: of the refinement from T atoms.
        n_t: unique T atoms.
        seconds: of the refinement from T atoms.
    """

    code: str
    iza: float
    as_given: float
    refined: float
    from_t: float
    status: str
    n_t: int
    seconds: float


def main() -> None:
    """Refine every type and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", nargs="*", help="framework type codes; all without it")
    parser.add_argument("--beside-scipy", action="store_true", help="compare the least squares")
    options = parser.parse_args()
    reference = load_reference()
    codes = options.types or [code for code in reference if not reference[code].flag]
    if options.beside_scipy:
        beside_scipy(codes)
        return
    listed = json.loads(ORACLE.read_text(encoding="utf-8")) if ORACLE.exists() else {}
    rows = []
    for code in codes:
        rows.append(measure(code, float(listed.get(code, {}).get("r_dls") or np.nan)))
        print(row_text(rows[-1]), flush=True)
    own_figures(rows)
    if listed:
        beside_iza(rows)
    speed(rows)


def measure(code: str, iza: float) -> Row:
    """Refine one type, with its oxygen and from its T atoms."""
    framework = load_reference()[code]
    started = time.perf_counter()
    from_t = refine(replace(framework, frac_o=np.zeros((0, 3))))
    seconds = time.perf_counter() - started
    return Row(
        code=code,
        iza=iza,
        as_given=r_dls(framework),
        refined=refine(framework).r_dls,
        from_t=from_t.r_dls,
        status=from_t.status,
        n_t=len(framework.frac_t),
        seconds=seconds,
    )


def beside_scipy(codes: list[str]) -> None:
    """Our least squares and MINPACK on the same distances, from T atoms with oxygen put in."""
    spent, ends = np.zeros((len(codes), 2)), np.zeros((len(codes), 2))
    for row, code in enumerate(codes):
        framework = on_special_positions(replace(load_reference()[code], frac_o=np.zeros((0, 3))))
        bridged = bridge(framework, t_bonds(framework))
        pairs = repulsion(bridged.framework, bridged.bonds, bridged.oxygen, MARGIN)
        wanted = joined(*silica_restraints(bridged).values(), pairs)
        for column, way in enumerate((settle, by_minpack)):
            if row == 0:  # compiled, or first called
                way(bridged.framework, wanted, 200, cell_free=True)
            started = time.perf_counter()
            refined, _, _ = way(bridged.framework, wanted, 200, cell_free=True)
            spent[row, column] = time.perf_counter() - started
            off = wanted.weight * (lengths_of(wanted, refined) - wanted.target)
            off = off[~wanted.repels | (off < 0)]
            ends[row, column] = np.linalg.norm(off) / wanted.norm()
    ours, theirs = spent.sum(axis=0)
    print(
        f"{len(codes)} types: ours {ours:.2f} s, MINPACK {theirs:.2f} s; "
        f"median ratio of a type {np.median(spent[:, 1] / spent[:, 0]):.1f}"
    )
    for label, gain in (("ours", ends[:, 1] - ends[:, 0]), ("MINPACK", ends[:, 0] - ends[:, 1])):
        lower = [code for code, less in zip(codes, gain, strict=True) if less > SAME]
        print(f"{label} ends lower by more than {SAME:g}: {', '.join(lower) or 'none'}")


def by_minpack(
    framework: Framework, wanted: Restraints, most: int, *, cell_free: bool
) -> tuple[Framework, bool, int]:
    """As `settle`, by SciPy, with slopes in NumPy; sparse where there are more parameters."""
    sites = np.concatenate([framework.frac_t, framework.frac_o])
    freedom = freedom_of(framework.cell, sites, framework.operations, cell_free=cell_free)
    slopes, norm = slopes_of(wanted, freedom), wanted.norm()
    dense = len(freedom) <= min(150, len(wanted))

    def slope(p: np.ndarray) -> object:
        sparse = jacobian(wanted, freedom, slopes, p) / norm
        return sparse.toarray() if dense else sparse

    found = least_squares(
        lambda p: residuals(wanted, freedom, p) / norm,
        np.zeros(len(freedom)),
        slope,
        method="lm" if dense else "trf",
        tr_solver=None if dense else "lsmr",
        ftol=1e-8,
        xtol=1e-7,
        gtol=1e-12,
        max_nfev=most,
    )
    sites, n_t = freedom.sites(found.x), len(framework.frac_t)
    refined = replace(
        framework, cell=freedom.strained_cell(found.x), frac_t=sites[:n_t], frac_o=sites[n_t:]
    )
    return refined, found.status > 0, int(found.nfev)


def row_text(row: Row) -> str:
    """One line."""
    return (
        f"{row.code}  IZA {row.iza:.4f}  as given {row.as_given:.5f}  refined {row.refined:.5f}  "
        f"from T {row.from_t:.5f}  {row.status}  {row.seconds:.2f} s"
    )


def own_figures(rows: list[Row]) -> None:
    """R_DLS by itself, and whether T atoms alone lead to the same minimum."""
    print(f"\n{len(rows)} types\n\n| R_DLS | {' | '.join(f'{q:.0%}' for q in QUANTILES)} |")
    print("|---" * (len(QUANTILES) + 1) + "|")
    for label in ("as_given", "refined", "from_t"):
        values = np.quantile([getattr(row, label) for row in rows], QUANTILES)
        print(f"| {label} | {' | '.join(f'{value:.5f}' for value in values)} |")
    worse = [row.code for row in rows if row.from_t > row.refined + SAME]
    print(f"\nfrom T atoms alone higher by more than 0.00002: {', '.join(worse) or 'none'}")
    unsettled = [f"{row.code} ({row.status})" for row in rows if row.status != "converged"]
    print(f"not converged: {', '.join(unsettled) or 'none'}")


def beside_iza(rows: list[Row]) -> None:
    """Differences and ratios to IZA's R_DLS, in the two groups its list has."""
    # IZA's JSR (76.0) is a slip of the pen
    known = [row for row in rows if 0.0 < row.iza < 1.0]
    for label in ("as_given", "refined", "from_t"):
        print(f"\n| {label} | n | {' | '.join(f'{q:.0%}' for q in QUANTILES)} | in rounding |")
        print("|---" * (len(QUANTILES) + 3) + "|")
        for name, group in groups(known).items():
            own = np.array([getattr(row, label) for row in group])
            iza = np.array([row.iza for row in group])
            if len(own) == 0:
                continue
            near = np.mean(np.abs(own - iza) <= 0.00005 + 0.005 * iza)
            differences = " | ".join(f"{x:+.5f}" for x in np.quantile(own - iza, QUANTILES))
            ratios = " | ".join(f"{x:.3f}" for x in np.quantile(iza / own, QUANTILES))
            print(f"| ours - IZA, {name} | {len(own)} | {differences} | {near:.0%} |")
            print(f"| IZA / ours, {name} | {len(own)} | {ratios} | |")
    for name, group in groups(known).items():
        ratio = np.array([row.iza / row.refined for row in group])
        middle = np.median(ratio) if len(ratio) else 1.0
        odd = [
            f"{row.code} {row.iza:.4f} {row.refined:.4f}"
            for row, each in zip(group, ratio, strict=True)
            if abs(each / middle - 1.0) > OUTLIER
        ]
        print(f"\noutliers of '{name}' (type, IZA, ours): {', '.join(odd) or 'none'}")


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    """The two groups of IZA's list, by the ratio that parts them."""
    return {
        "counted alike": [row for row in rows if row.iza / row.refined >= PARTED_AT],
        "counted otherwise": [row for row in rows if row.iza / row.refined < PARTED_AT],
    }


def speed(rows: list[Row]) -> None:
    """Seconds by the number of unique T atoms."""
    print("\n| unique T | types | median s | 90 % s | slowest |\n|---|---|---|---|---|")
    for low, high in ((1, 1), (2, 4), (5, 11), (12, 12), (13, 999)):
        some = [row for row in rows if low <= row.n_t <= high]
        if some:
            seconds = [row.seconds for row in some]
            slowest = max(some, key=lambda row: row.seconds)
            median, most = np.quantile(seconds, (0.5, 0.9))
            span = f"{low}" if low == high else f"{low}-{high}"
            print(
                f"| {span} | {len(some)} | {median:.3f} | {most:.3f} "
                f"| {slowest.code} {slowest.seconds:.2f} |"
            )


if __name__ == "__main__":
    main()
