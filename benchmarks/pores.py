"""Pores of the known framework types beside IZA's: spheres, channels, seconds.

    python benchmarks/pores.py              # two minutes on one core
    python benchmarks/pores.py --types CHA MFI FAU

IZA's figures are read from ../shared/oracle/iza.json; without it only our own are printed. Types
are taken as the reference has them.

What to expect: every one of IZA's spheres is larger than here by 0.06 Å, as if its atoms had a
radius of 1.32 Å and not 1.35 Å. IZA tells the dimension of channels by the rings they pass, here it
is by a sphere, so types with narrow or puckered eight-rings differ.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeoloom.silica.pores import Pores, pores
from zeoloom.structure.primitive_sites import primitive_sites
from zeoloom.structure.reference import load_reference

ORACLE = Path(__file__).resolve().parents[2] / "shared" / "oracle" / "iza.json"
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
PROBES = (2.4, 2.6, 2.8, 3.0, 3.2)
SIZES = ((1, 12), (13, 24), (25, 48), (49, 96), (97, 9999))
OUTLIER = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One framework type.

    Attributes:
        code: framework type code.
        n_t: T atoms in the primitive cell.
        found: our own.
        included: IZA's largest included sphere, NaN where it gives none.
        free: IZA's largest free spheres along a, b, c, likewise.
        dimension: IZA's dimension of channels; -1 where it gives none.
        seconds: for our own.
    """

    code: str
    n_t: int
    found: Pores
    included: float
    free: tuple[float, ...]
    dimension: int
    seconds: float


def main() -> None:
    """Measure every type and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", nargs="*", help="framework type codes; all without it")
    options = parser.parse_args()
    reference = load_reference()
    listed = json.loads(ORACLE.read_text(encoding="utf-8")) if ORACLE.exists() else {}
    rows = []
    for code in options.types or list(reference):
        rows.append(measure(code, listed.get(code, {})))
        print(row_text(rows[-1]), flush=True)
    if listed:
        spheres(rows)
        channels(rows)
    speed(rows)


def measure(code: str, listed: dict[str, object]) -> Row:
    """The pores of one type, and IZA's."""
    framework = load_reference()[code]
    started = time.perf_counter()
    found = pores(framework)
    seconds = time.perf_counter() - started
    included, free = listed.get("largest_included_sphere"), listed.get("largest_free_sphere")
    dimension = listed.get("channel_dim")
    return Row(
        code=code,
        n_t=len(primitive_sites(framework)[1][0]),
        found=found,
        included=np.nan if included is None else float(str(included)),
        free=tuple(np.nan if x is None else float(x) for x in free)
        if isinstance(free, list)
        else (np.nan,) * 3,
        dimension=dimension if isinstance(dimension, int) else -1,
        seconds=seconds,
    )


def row_text(row: Row) -> str:
    """One line."""
    found = row.found
    along = " ".join(f"{x:.2f}" for x in found.free_along)
    iza = " ".join(f"{x:.2f}" for x in row.free)
    return (
        f"{row.code}  included {found.included:.2f} (IZA {row.included:.2f})  free along a b c "
        f"{along} (IZA {iza})  channels {found.channel_dimension} (IZA {row.dimension})  "
        f"accessible {found.accessible_volume:.0f}  pockets {found.pocket_volume:.0f}  "
        f"{row.seconds:.2f} s"
    )


def spheres(rows: list[Row]) -> None:
    """IZA's diameters less ours."""
    included = {row.code: row.included - row.found.included for row in rows}
    # along a, b, c by size: IZA's axes may be in another order
    free = {
        row.code: float(np.max(np.abs(np.sort(row.free) - np.sort(row.found.free_along) - 0.06)))
        for row in rows
    }
    print(f"\n| Å | n | {' | '.join(f'{q:.0%}' for q in QUANTILES)} |")
    print("|---" * (len(QUANTILES) + 2) + "|")
    for name, values in (
        ("included: IZA - ours", included),
        ("free: largest of three differences, less 0.06", free),
    ):
        known = np.array([value for value in values.values() if np.isfinite(value)])
        differences = " | ".join(f"{value:+.3f}" for value in np.quantile(known, QUANTILES))
        print(f"| {name} | {len(known)} | {differences} |")
    odd = [code for code, value in included.items() if abs(value - 0.06) > OUTLIER]
    print(f"\nincluded spheres off by more than {OUTLIER} Å: {' '.join(odd) or 'none'}")
    odd = [code for code, value in free.items() if value > OUTLIER]
    print(f"free spheres off by more than {OUTLIER} Å: {' '.join(odd) or 'none'}")


def channels(rows: list[Row]) -> None:
    """Dimensions of channels, for spheres of several sizes."""
    known = [row for row in rows if row.dimension >= 0]
    print(f"\n| sphere Å | same dimension as IZA, of {len(known)} |\n|---|---|")
    for probe in PROBES:
        same = [
            pores(load_reference()[row.code], probe=probe).channel_dimension == row.dimension
            for row in known
        ]
        print(f"| {probe} | {np.mean(same):.1%} |")


def speed(rows: list[Row]) -> None:
    """Seconds by the number of T atoms in the primitive cell."""
    print("\n| T atoms | types | median s | slowest |\n|---|---|---|---|")
    for low, high in SIZES:
        some = [row for row in rows if low <= row.n_t <= high]
        if some:
            slowest = max(some, key=lambda row: row.seconds)
            median = np.median([row.seconds for row in some])
            largest = max(row.n_t for row in some)
            print(
                f"| {low}-{largest} | {len(some)} | {median:.2f} "
                f"| {slowest.code} {slowest.seconds:.1f} |"
            )


if __name__ == "__main__":
    main()
