"""The same lists for simulated annealing: how often is each type found, on one core, in some time?

    python benchmarks/against.py --annealing --seconds 20
    python benchmarks/against.py --fragen PATH --list time-split --seconds 20
    python benchmarks/against.py --print-template > mine.txt    # edit it, then --template mine.txt

`--fragen` runs FraGen (Li, Yu & Xu, J. Appl. Cryst. 45 (2012) 855), which is not ours to give away;
`--annealing` runs `annealing.py`, our own program after the same recipe, for whoever has no FraGen.
Both are given cell, group and number of unique T atoms, as `solve.py` is, and what they make is
judged as there. One row a type: cycles that came out, valid nets among them (every T atom with four
neighbours, as many T atoms and unique ones as the type has), different nets, the type itself,
seconds to the first of these and valid nets a second; then how often FraGen itself found the type
in 20 s of one core, where that is known. Judging is not timed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import annealing
import fragen
import zeoloom
from solve import LISTS
from zeoloom.errors import InputError
from zeoloom.search.candidates import candidate_fingerprint, candidate_framework, points_to_atoms
from zeoloom.search.target import target_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import framework_type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zeoloom.search.target import Target
    from zeoloom.structure.records import Framework

HEADER = "type  unique T  cycles  valid  different   hits  first (s)  valid per s"


@dataclass(frozen=True, slots=True)
class Row:
    """All cycles for one type.

    Attributes:
        code: framework type.
        unique: its unique T atoms.
        cycles: cycles that came out.
        prints: fingerprints of the valid nets.
        hits: of these, those of the type.
        first: seconds to the first of them, inf without any.
        seconds: that the program ran.
    """

    code: str
    unique: int
    cycles: int
    prints: tuple[str, ...]
    hits: int
    first: float
    seconds: float


def judged(
    framework: Framework, target: Target, cycles: Sequence[annealing.Cycle], seconds: float
) -> Row:
    """Judge what came out, as `solve.py` does.

    Args:
        framework: the type looked for.
        target: its cell and group, with the numbers of T atoms it has.
        cycles: atoms of each; of more atoms than T atoms in the cell nothing is expected.
        seconds: they took.
    """
    wanted = candidate_fingerprint(points_to_atoms(framework.frac_t, target))
    prints: list[str] = []
    hits: list[float] = []
    for cycle in cycles:
        if len(cycle.frac) > target.n_t[1]:
            continue
        candidate = points_to_atoms(cycle.frac, target)
        mark = candidate_fingerprint(candidate) if candidate.valid else ""
        if not mark:
            continue
        prints.append(mark)
        if mark == wanted:
            # the key decides, not the fingerprint
            assert (
                hits
                or framework_type_of(net_of(candidate_framework(candidate, "made")))
                == framework.name
            )
            hits.append(cycle.seconds)
    first = min(hits, default=float("inf"))
    unique = len(framework.frac_t)
    return Row(framework.name, unique, len(cycles), tuple(prints), len(hits), first, seconds)


def shown(row: Row) -> str:
    """A row of the table."""
    first = f"{row.first:9.2f}" if row.hits else "    never"
    published = fragen.HITS.get(row.code)
    known = "" if published is None else f"  FraGen 20 s: {published or 'never'}"
    return (
        f"{row.code:4}  {row.unique:8d}  {row.cycles:6d}  {len(row.prints):5d}  "
        f"{len(set(row.prints)):9d}  {row.hits:5d}  {first}  "
        f"{len(row.prints) / row.seconds:11.3g}{known}"
    )


def rows_of(codes: Sequence[str], options: argparse.Namespace) -> Iterator[Row]:
    """Search for each type.

    Raises:
        InputError: if the program cannot be used, fails, or has written nothing for any type so far
            that can be read. Once something could be, a type may go without a cycle.
    """
    reference = zeoloom.load_reference()
    unknown = [code for code in codes if code not in reference]
    if unknown:
        raise InputError(f"no framework type {', '.join(unknown)} in the reference")
    template = fragen.TEMPLATE if options.template is None else read_template(options.template)
    if options.fragen is not None:
        fragen.check_program(options.fragen)
    else:
        sod = target_of(reference["SOD"], 1)
        annealing.anneal(sod, float("inf"), np.random.default_rng(0), most=1)  # compiles
    understood = False
    for code in codes:
        framework = reference[code]
        n_t, unique = fragen.n_t_of(framework), len(framework.frac_t)
        target = target_of(framework, unique, n_t=(n_t, n_t), n_t_unique=(unique, unique))
        if options.fragen is None:
            rng = np.random.default_rng(options.seed)
            cycles, spent = annealing.anneal(target, options.seconds, rng), options.seconds
        else:
            text = fragen.input_of(template, framework, options.cycles, options.seed)
            ran = fragen.run_program(options.fragen.resolve(), text, options.seconds)
            cycles, spent = ran.cycles, ran.seconds
            understood = understood or bool(cycles)
            if not cycles and (ran.failed or not understood):
                raise InputError(
                    f"no cycle can be read from what {options.fragen} has made for {code}: "
                    f"{ran.said}; its input may want another layout (--print-template, "
                    "--template), or it writes nothing until it ends (--cycles)"
                )
        yield judged(framework, target, cycles, spent)


def read_template(path: Path) -> str:
    """The text of a template.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the template {path} cannot be read: {error}") from None


def main() -> None:
    """Search for every type of a list and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--fragen", type=Path, metavar="PATH", help="FraGen's program")
    what.add_argument("--annealing", action="store_true", help="our own program instead")
    what.add_argument("--print-template", action="store_true", help="FraGen's input, to edit")
    parser.add_argument("--list", default="ten", choices=sorted(LISTS))
    parser.add_argument("--codes", nargs="*", help="types, instead of a list")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each type")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", type=Path, metavar="FILE", help="of FraGen's input")
    parser.add_argument("--cycles", type=int, default=fragen.CYCLES, help="asked of FraGen")
    options = parser.parse_args()
    if not options.seconds > 0:
        parser.error(f"--seconds {options.seconds:g}: give it some time")
    if options.print_template:
        print(fragen.TEMPLATE, end="")
        return
    codes = options.codes or LISTS[options.list]
    found = 0
    try:
        for number, row in enumerate(rows_of(codes, options)):
            if number == 0:
                print(HEADER)
            print(shown(row), flush=True)
            found += row.hits > 0
    except InputError as error:
        parser.exit(2, f"error  {error}\n")
    program = "annealing" if options.fragen is None else "FraGen"
    print(
        f"{found} of {len(codes)} found by {program} in {options.seconds:g} s each, "
        f"seed {options.seed}"
    )


if __name__ == "__main__":
    main()
