"""Verdicts on the files of the IZA database: are they right, and how long does each step take?

    python benchmarks/judge.py             # about three minutes on one core
    python benchmarks/judge.py --types CHA MFI FAU

The files are read from ../shared/iza-cif; without it the bundled reference is judged instead.
Energy is left out: `benchmarks/energy.py` has it. Times are of the processor, on one core.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.properties import with_pores
from zeoloom.judge.verdict import judge_net, refined
from zeoloom.nets.identity import net_key
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.judge.judgement import Judgement
    from zeoloom.structure.records import Framework

IZA_CIFS = Path(__file__).resolve().parents[2] / "shared" / "iza-cif"

STEPS = ("read", "key", "net", "refine", "pores")

SIZES = ((1, 25), (26, 50), (51, 100), (101, 200), (201, 999))


@dataclass(frozen=True, slots=True)
class Row:
    """One file.

    Attributes:
        code: framework type it is of.
        n_t: T atoms in the cell of the file.
        judgement: without energy.
        seconds: of each of `STEPS`; "key" is the identity alone, "net" all of `judge_net`.
    """

    code: str
    n_t: int
    judgement: Judgement
    seconds: dict[str, float]


def main() -> None:
    """Judge every file and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", nargs="*", help="framework type codes; all without it")
    wanted = parser.parse_args().types
    rows = [measure(code, read) for code, read in sources().items() if not wanted or code in wanted]
    verdicts(rows)
    speed(rows)


def sources() -> dict[str, Callable[[], Framework]]:
    """What reads each type: its file, or the bundled reference."""
    if not IZA_CIFS.exists():
        reference = load_reference()
        return {code: lambda code=code: reference[code] for code in reference}
    files = sorted(IZA_CIFS.glob("*.cif"))
    return {path.stem: lambda path=path: read_framework(path)[0] for path in files}


def measure(code: str, read: Callable[[], Framework]) -> Row:
    """Judge one file, with a watch on each step."""
    watch = [time.process_time()]
    framework = read()
    watch.append(time.process_time())
    net_key(net_of(framework))
    watch.append(time.process_time())
    judgement = judge_net(framework)
    watch.append(time.process_time())
    judgement = refined(judgement)
    watch.append(time.process_time())
    judgement = with_pores(judgement)
    watch.append(time.process_time())
    full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    return Row(code, len(full), judgement, dict(zip(STEPS, np.diff(watch).tolist(), strict=True)))


def verdicts(rows: list[Row]) -> None:
    """Which are what they should be."""
    right = sum(row.judgement.framework_type == row.code for row in rows)
    valid = sum(row.judgement.valid for row in rows)
    built = sum(row.judgement.framework is not None for row in rows)
    print(f"{len(rows)} files: {right} with their own code, {valid} valid, {built} built as SiO2")
    for row in rows:
        if row.judgement.framework_type != row.code or row.judgement.reason:
            print(f"  {row.code}  {row.judgement.framework_type}  {row.judgement.reason}")


def speed(rows: list[Row]) -> None:
    """Seconds by size, and of all."""
    print(
        f"\n| T atoms | files | {' | '.join(f'{step} s' for step in STEPS)} | all but key | most |"
    )
    print("|---" * (len(STEPS) + 4) + "|")
    for low, high in SIZES:
        some = [row for row in rows if low <= row.n_t <= high]
        if some:
            means = [np.mean([row.seconds[step] for row in some]) for step in STEPS]
            slowest = max(some, key=whole)
            print(
                f"| {low}-{high} | {len(some)} | {' | '.join(f'{mean:.3f}' for mean in means)} "
                f"| {np.mean([whole(row) for row in some]):.2f} "
                f"| {slowest.code} {whole(slowest):.2f} |"
            )
    totals = {step: sum(row.seconds[step] for row in rows) for step in STEPS}
    print("\nall together: " + ", ".join(f"{step} {each:.1f} s" for step, each in totals.items()))


def whole(row: Row) -> float:
    """Seconds of a verdict: everything but the identity that was asked for by itself."""
    return sum(row.seconds.values()) - row.seconds["key"]


if __name__ == "__main__":
    main()
